import base64
import hashlib

import pytest
from starlette.requests import Request

from survey.admin import authentication
from survey.admin.authentication import (
    OFF,
    AdminError,
    Authenticator,
    Credentials,
    check_post,
    credentials,
    form_token,
)
from tests.survey.clock import Clock
from tests.survey.manager import basic
from tests.survey.together import together

TOKEN = "the right token of the admin"
TRIES, INTERVAL = 5, 12.0  # wrong tokens in a minute; seconds for each


@pytest.fixture
def authenticator(clock: Clock) -> Authenticator:
    return Authenticator(clock)


def knock(
    authenticator: Authenticator, token: str, name: str = "somebody", *, again: bool = False
) -> int:
    """What a browser is answered."""
    return said(authenticator, basic(token, name)["Authorization"], again)


def ask(authenticator: Authenticator, token: str) -> int:
    """What a script is answered."""
    return said(authenticator, f"Bearer {token}")


def said(authenticator: Authenticator, header: str, again: bool = False) -> int:
    try:
        authenticator.admit(header, TOKEN, again=again)
    except AdminError as error:
        return error.status
    return 200


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("Basic " + base64.b64encode(b"me:a:b").decode(), Credentials("me", "a:b", True)),
        ("basic " + base64.b64encode(b":t").decode(), Credentials("", "t", True)),
        ("Basic " + base64.b64encode("é:ü".encode()).decode(), Credentials("é", "ü", True)),
        ("Bearer  abc ", Credentials("", "abc", False)),
        (None, None),
        ("", None),
        ("Basic", None),
        ("Basic !!!", None),
        ("Basic " + base64.b64encode(b"no colon").decode(), None),
        ("Basic " + base64.b64encode(b"\xff:\xfe").decode(), None),
        ("Bearer ", None),
        ("Digest abc", None),
    ],
)
def test_reading_the_header(header: str | None, found: Credentials | None) -> None:
    assert credentials(header) == found


def test_the_right_token_comes_in_by_both_ways(authenticator: Authenticator) -> None:
    assert authenticator.admit(basic(TOKEN)["Authorization"], TOKEN).ambient
    assert not authenticator.admit(f"Bearer {TOKEN}", TOKEN).ambient


def test_without_a_token_in_the_environment_the_pages_are_off(authenticator: Authenticator) -> None:
    for token in (None, ""):
        with pytest.raises(AdminError) as refused:
            authenticator.admit(basic("")["Authorization"], token)
        assert (refused.value.status, refused.value.message) == (404, OFF)


def test_a_browser_is_asked_to_sign_in(authenticator: Authenticator) -> None:
    with pytest.raises(AdminError) as refused:
        authenticator.admit(None, TOKEN)
    assert refused.value.status == 401
    assert refused.value.headers["WWW-Authenticate"].startswith("Basic realm=")


@pytest.mark.parametrize("wrong", ["", TOKEN[:-1], TOKEN + " x", TOKEN.upper(), "ü" * 20])
def test_a_wrong_token_does_not(authenticator: Authenticator, wrong: str) -> None:
    assert knock(authenticator, wrong) == 401


def test_tokens_are_compared_in_constant_time(
    authenticator: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is compared has one length, whatever was sent, and the comparison is hmac's."""
    seen = []
    real = authentication.hmac.compare_digest

    def watched(one: bytes, other: bytes) -> bool:
        seen.append((one, other))
        return real(one, other)

    monkeypatch.setattr(authentication.hmac, "compare_digest", watched)
    assert knock(authenticator, "short") == 401
    expected = tuple(hashlib.sha256(text.encode()).digest() for text in ("short", TOKEN))
    assert seen == [expected]


def test_after_some_wrong_tries_one_is_told_to_wait(authenticator: Authenticator) -> None:
    for number in range(TRIES):
        assert knock(authenticator, f"wrong {number}", f"name {number}") == 401
    with pytest.raises(AdminError) as refused:
        authenticator.admit(basic("wrong", "a stranger")["Authorization"], TOKEN)
    assert refused.value.status == 429
    assert refused.value.headers["Retry-After"] == "12"
    assert "Try again in 12 seconds" in refused.value.message


def test_no_wrong_tokens_keep_the_right_one_out(authenticator: Authenticator, clock: Clock) -> None:
    """Whoever sends them, under whichever name, and however many."""
    for number in range(1000):
        knock(authenticator, f"wrong {number}", f"name {number % 7}")
        ask(authenticator, f"wrong {number}")
        clock.now += 0.01
        if number % 100 == 0:
            assert (
                knock(authenticator, TOKEN, "name 1") == knock(authenticator, TOKEN, "new") == 200
            )
            assert ask(authenticator, TOKEN) == 200
    assert knock(authenticator, "wrong") == ask(authenticator, "wrong") == 429
    assert knock(authenticator, TOKEN, "") == ask(authenticator, TOKEN) == 200


def test_after_a_while_a_wrong_token_is_told_so_again(
    authenticator: Authenticator, clock: Clock
) -> None:
    """And refusals in between do not make the while longer."""
    for _ in range(TRIES):
        knock(authenticator, "wrong")
    for _ in range(11):
        clock.now += 1
        assert knock(authenticator, "wrong") == 429
    clock.now += 1.01
    assert [knock(authenticator, "wrong") for _ in range(2)] == [401, 429]
    clock.now += TRIES * INTERVAL
    assert [knock(authenticator, "wrong") for _ in range(TRIES + 1)] == [401] * TRIES + [429]


def test_scripts_and_browsers_are_counted_apart(authenticator: Authenticator) -> None:
    assert [knock(authenticator, "wrong") for _ in range(TRIES + 1)] == [401] * TRIES + [429]
    assert [ask(authenticator, "wrong") for _ in range(TRIES + 1)] == [401] * TRIES + [429]


def test_a_browser_can_always_be_asked_for_another_token(authenticator: Authenticator) -> None:
    """Or it would send the one that was mistyped on and on, as long as others send wrong ones."""
    for _ in range(TRIES):
        knock(authenticator, "wrong")
    assert knock(authenticator, "mistyped") == 429
    assert knock(authenticator, "mistyped", again=True) == 401
    assert knock(authenticator, TOKEN, again=True) == 200


def test_guesses_at_the_same_moment_are_all_counted(authenticator: Authenticator) -> None:
    found = together([lambda: knock(authenticator, "wrong")] * 40)
    assert sorted(found) == [401] * TRIES + [429] * (40 - TRIES)


def test_the_log_says_so_once_a_minute(
    authenticator: Authenticator, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(120):
        knock(authenticator, "a wrong token", "Ada of the lab")
        clock.now += 1
    assert [record.getMessage() for record in caplog.records] == [
        "many wrong tokens are sent to the admin's pages"
    ] * 2


def test_every_form_has_a_token_of_its_own() -> None:
    made = {
        form_token(token, study, action)
        for token in (TOKEN, TOKEN + "x")
        for study in ("a", "ab", "")
        for action in ("open", "bopen", "")
    }
    assert len(made) == 18
    assert form_token(TOKEN, "a", "open") == form_token(TOKEN, "a", "open")


def asked(**headers: str) -> Request:
    pairs = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    return Request({"type": "http", "method": "POST", "headers": pairs})


BROWSER, SCRIPT = Credentials("me", TOKEN, True), Credentials("", TOKEN, False)


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "here", "sec_fetch_site": "same-origin", "origin": "null"},
        {"host": "here", "sec_fetch_site": "none"},
        {"host": "here:80", "origin": "http://here:80"},
        {"host": "here", "origin": "null"},
        {"host": "here"},
    ],
)
def test_posts_of_our_own_pages(headers: dict[str, str]) -> None:
    check_post(asked(**headers), BROWSER, "abc", "abc")
    with pytest.raises(AdminError, match="out of date") as refused:
        check_post(asked(**headers), BROWSER, "", "abc")
    assert refused.value.status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "here", "sec_fetch_site": "cross-site", "origin": "http://here"},
        {"host": "here", "sec_fetch_site": "same-site"},
        {"host": "here", "origin": "http://evil"},
        {"host": "here", "origin": "http://[evil"},
        {"host": "here", "origin": "http://here.evil"},
        {"host": "here", "origin": ""},
    ],
)
def test_posts_of_other_sites(headers: dict[str, str]) -> None:
    with pytest.raises(AdminError, match="another site") as refused:
        check_post(asked(**headers), BROWSER, "abc", "abc")
    assert refused.value.status == 403


@pytest.mark.parametrize(
    ("public", "origin", "good"),
    [
        ("https://example.org/music", "https://example.org", True),
        ("https://example.org:443", "https://example.org", True),
        ("http://example.org:8080/music", "http://EXAMPLE.org:8080", True),
        ("https://example.org/music", "http://example.org", False),
        ("https://example.org/music", "https://example.org:8443", False),
        ("https://example.org/music", "https://example.org.evil", False),
        ("https://example.org/music", "https://evil", False),
        ("https://example.org/music", "http://[evil", False),
        ("https://example.org/music", "https://inner:7860", True),  # who asks the server itself
        (None, "https://example.org", False),
    ],
)
def test_posts_behind_a_proxy(public: str | None, origin: str, good: bool) -> None:
    """The proxy asks for another host than the browser knows."""
    request = asked(host="inner:7860", origin=origin)
    if good:
        check_post(request, BROWSER, "abc", "abc", public)
        return
    with pytest.raises(AdminError, match="another site"):
        check_post(request, BROWSER, "abc", "abc", public)


def test_a_script_needs_no_form() -> None:
    check_post(asked(host="here", origin="http://elsewhere"), SCRIPT, "", "abc")


@pytest.mark.parametrize(
    "header", ["Basic \xff\xfe", "Basic \u00e9", "Basic =", "Basic /w==", "Basic"]
)
def test_headers_that_are_no_credentials_are_none(header: str) -> None:
    assert authentication.credentials(header) is None
