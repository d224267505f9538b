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


def browser_status(
    authenticator: Authenticator, token: str, name: str = "somebody", *, again: bool = False
) -> int:
    """What a browser is answered."""
    return status_of(authenticator, basic(token, name)["Authorization"], again)


def script_status(authenticator: Authenticator, token: str) -> int:
    """What a script is answered."""
    return status_of(authenticator, f"Bearer {token}")


def status_of(authenticator: Authenticator, header: str, again: bool = False) -> int:
    try:
        authenticator.admit(header, TOKEN, again=again)
    except AdminError as error:
        return error.status
    return 200


@pytest.mark.parametrize(
    ("header", "expected"),
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
def test_reading_the_header(header: str | None, expected: Credentials | None) -> None:
    assert credentials(header) == expected


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


@pytest.mark.parametrize("token", ["", TOKEN[:-1], TOKEN + " x", TOKEN.upper(), "ü" * 20])
def test_a_wrong_token_does_not(authenticator: Authenticator, token: str) -> None:
    assert browser_status(authenticator, token) == 401


def test_tokens_are_compared_in_constant_time(
    authenticator: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is compared has one length, whatever was sent, and the comparison is hmac's."""
    compared = []
    real = authentication.hmac.compare_digest

    def watched(first: bytes, second: bytes) -> bool:
        compared.append((first, second))
        return real(first, second)

    monkeypatch.setattr(authentication.hmac, "compare_digest", watched)
    assert browser_status(authenticator, "short") == 401
    expected = tuple(hashlib.sha256(text.encode()).digest() for text in ("short", TOKEN))
    assert compared == [expected]


def test_after_some_wrong_tries_one_is_told_to_wait(authenticator: Authenticator) -> None:
    for number in range(TRIES):
        assert browser_status(authenticator, f"wrong {number}", f"name {number}") == 401
    with pytest.raises(AdminError) as refused:
        authenticator.admit(basic("wrong", "a stranger")["Authorization"], TOKEN)
    assert refused.value.status == 429
    assert refused.value.headers["Retry-After"] == "12"
    assert "Try again in 12 seconds" in refused.value.message


def test_no_wrong_tokens_keep_the_right_one_out(authenticator: Authenticator, clock: Clock) -> None:
    """Whoever sends them, under whichever name, and however many."""
    for number in range(1000):
        browser_status(authenticator, f"wrong {number}", f"name {number % 7}")
        script_status(authenticator, f"wrong {number}")
        clock.now += 0.01
        if number % 100 == 0:
            assert (
                browser_status(authenticator, TOKEN, "name 1")
                == browser_status(authenticator, TOKEN, "new")
                == 200
            )
            assert script_status(authenticator, TOKEN) == 200
    assert browser_status(authenticator, "wrong") == script_status(authenticator, "wrong") == 429
    assert browser_status(authenticator, TOKEN, "") == script_status(authenticator, TOKEN) == 200


def test_after_a_while_a_wrong_token_is_told_so_again(
    authenticator: Authenticator, clock: Clock
) -> None:
    """And refusals in between do not make the while longer."""
    for _ in range(TRIES):
        browser_status(authenticator, "wrong")
    for _ in range(11):
        clock.now += 1
        assert browser_status(authenticator, "wrong") == 429
    clock.now += 1.01
    assert [browser_status(authenticator, "wrong") for _ in range(2)] == [401, 429]
    clock.now += TRIES * INTERVAL
    assert [browser_status(authenticator, "wrong") for _ in range(TRIES + 1)] == [401] * TRIES + [
        429
    ]


def test_scripts_and_browsers_are_counted_apart(authenticator: Authenticator) -> None:
    assert [browser_status(authenticator, "wrong") for _ in range(TRIES + 1)] == [401] * TRIES + [
        429
    ]
    assert [script_status(authenticator, "wrong") for _ in range(TRIES + 1)] == [401] * TRIES + [
        429
    ]


def test_a_browser_can_always_be_asked_for_another_token(authenticator: Authenticator) -> None:
    """Or it would send the one that was mistyped on and on, as long as others send wrong ones."""
    for _ in range(TRIES):
        browser_status(authenticator, "wrong")
    assert browser_status(authenticator, "mistyped") == 429
    assert browser_status(authenticator, "mistyped", again=True) == 401
    assert browser_status(authenticator, TOKEN, again=True) == 200


def test_guesses_at_the_same_moment_are_all_counted(authenticator: Authenticator) -> None:
    statuses = together([lambda: browser_status(authenticator, "wrong")] * 40)
    assert sorted(statuses) == [401] * TRIES + [429] * (40 - TRIES)


def test_the_log_says_so_once_a_minute(
    authenticator: Authenticator, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(120):
        browser_status(authenticator, "a wrong token", "Ada of the lab")
        clock.now += 1
    assert [record.getMessage() for record in caplog.records] == [
        "many wrong tokens are sent to the admin's pages"
    ] * 2


def test_every_form_has_a_token_of_its_own() -> None:
    form_tokens = {
        form_token(token, study, action)
        for token in (TOKEN, TOKEN + "x")
        for study in ("a", "ab", "")
        for action in ("open", "bopen", "")
    }
    assert len(form_tokens) == 18
    assert form_token(TOKEN, "a", "open") == form_token(TOKEN, "a", "open")


def request_with(**headers: str) -> Request:
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
    check_post(request_with(**headers), BROWSER, "abc", "abc")
    with pytest.raises(AdminError, match="out of date") as refused:
        check_post(request_with(**headers), BROWSER, "", "abc")
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
        check_post(request_with(**headers), BROWSER, "abc", "abc")
    assert refused.value.status == 403


@pytest.mark.parametrize(
    ("public", "origin", "is_allowed"),
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
def test_posts_behind_a_proxy(public: str | None, origin: str, is_allowed: bool) -> None:
    """The proxy asks for another host than the browser knows."""
    request = request_with(host="inner:7860", origin=origin)
    if is_allowed:
        check_post(request, BROWSER, "abc", "abc", public)
        return
    with pytest.raises(AdminError, match="another site"):
        check_post(request, BROWSER, "abc", "abc", public)


def test_a_script_needs_no_form() -> None:
    check_post(request_with(host="here", origin="http://elsewhere"), SCRIPT, "", "abc")


@pytest.mark.parametrize(
    "header", ["Basic \xff\xfe", "Basic \u00e9", "Basic =", "Basic /w==", "Basic"]
)
def test_headers_that_are_no_credentials_are_none(header: str) -> None:
    assert authentication.credentials(header) is None
