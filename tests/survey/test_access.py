import base64
import hashlib

import pytest
from starlette.requests import Request

from survey import access
from survey.access import (
    KNOWN_NAMES,
    OFF,
    TRIES,
    WINDOW,
    AdminError,
    Credentials,
    Door,
    check_post,
    credentials,
    form_token,
)
from tests.survey.manager import basic
from tests.survey.together import together

TOKEN = "the right token of the admin"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def door(clock: Clock) -> Door:
    return Door(clock)


def knock(door: Door, token: str, name: str = "somebody") -> int:
    try:
        door.admit(basic(token, name)["Authorization"], TOKEN)
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


def test_the_right_token_comes_in_by_both_ways(door: Door) -> None:
    assert door.admit(basic(TOKEN)["Authorization"], TOKEN).ambient
    assert not door.admit(f"Bearer {TOKEN}", TOKEN).ambient


def test_without_a_token_in_the_environment_the_pages_are_off(door: Door) -> None:
    for token in (None, ""):
        with pytest.raises(AdminError) as refused:
            door.admit(basic("")["Authorization"], token)
        assert (refused.value.status, refused.value.message) == (404, OFF)


def test_a_browser_is_asked_to_sign_in(door: Door) -> None:
    with pytest.raises(AdminError) as refused:
        door.admit(None, TOKEN)
    assert refused.value.status == 401
    assert refused.value.headers["WWW-Authenticate"].startswith("Basic realm=")


@pytest.mark.parametrize("wrong", ["", TOKEN[:-1], TOKEN + " x", TOKEN.upper(), "ü" * 20])
def test_a_wrong_token_does_not(door: Door, wrong: str) -> None:
    assert knock(door, wrong) == 401


def test_tokens_are_compared_in_constant_time(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is compared has one length, whatever was sent, and the comparison is hmac's."""
    seen = []
    real = access.hmac.compare_digest

    def watched(one: bytes, other: bytes) -> bool:
        seen.append((one, other))
        return real(one, other)

    monkeypatch.setattr(access.hmac, "compare_digest", watched)
    assert knock(door, "short") == 401
    expected = tuple(hashlib.sha256(text.encode()).digest() for text in ("short", TOKEN))
    assert seen == [expected]


def test_after_five_wrong_tries_nothing_is_compared(door: Door, clock: Clock) -> None:
    for number in range(TRIES):
        assert knock(door, f"wrong {number}", f"name {number}") == 401
        clock.now += 1
    with pytest.raises(AdminError) as refused:
        door.admit(basic(TOKEN, "a stranger")["Authorization"], TOKEN)
    assert refused.value.status == 429
    assert refused.value.headers["Retry-After"] == str(int(WINDOW) - TRIES)
    assert refused.value.headers["Retry-After"] in refused.value.message


def test_it_opens_again_within_a_minute(door: Door, clock: Clock) -> None:
    for _ in range(TRIES):
        knock(door, "wrong")
    clock.now += WINDOW - 0.1
    assert knock(door, TOKEN) == 429
    clock.now += 0.1
    assert knock(door, TOKEN) == 200


def test_refusals_do_not_make_the_wait_longer(door: Door, clock: Clock) -> None:
    for _ in range(TRIES):
        knock(door, "wrong")
    for _ in range(59):
        clock.now += 1
        assert knock(door, "wrong") == 429
    clock.now += 1
    assert knock(door, TOKEN) == 200


def test_strangers_cannot_keep_the_admin_out(door: Door, clock: Clock) -> None:
    assert knock(door, TOKEN, "Ada of the lab") == 200
    for _ in range(600):
        knock(door, "wrong", "admin")
        knock(door, "wrong", "Ada")
        clock.now += 0.1
    assert knock(door, TOKEN, "admin") == 429
    assert knock(door, TOKEN, "Ada of the lab") == 200


def test_a_known_name_is_no_way_to_guess(door: Door) -> None:
    assert knock(door, TOKEN, "Ada") == 200
    said = [knock(door, f"wrong {number}", "Ada") for number in range(TRIES + 1)]
    assert said == [401] * TRIES + [429]
    assert knock(door, TOKEN, "Ada") == 429


def test_guesses_in_an_hour(door: Door, clock: Clock) -> None:
    """Whatever names a guesser takes, it is five a minute."""
    compared = 0
    for number in range(3600):
        compared += knock(door, "wrong", f"name {number}") == 401
        clock.now += 1
    assert compared == 60 * TRIES


def test_guesses_at_the_same_moment_share_the_allowance(door: Door) -> None:
    said = together([lambda: knock(door, "wrong")] * 40)
    assert sorted(said) == [401] * TRIES + [429] * (40 - TRIES)


def test_only_so_many_names_are_remembered(door: Door) -> None:
    for number in range(KNOWN_NAMES + 1):
        assert knock(door, TOKEN, f"name {number}") == 200
    for _ in range(TRIES):
        knock(door, "wrong")
    assert knock(door, TOKEN, "name 0") == 429
    assert knock(door, TOKEN, "name 1") == 200


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


def test_a_script_needs_no_form() -> None:
    check_post(asked(host="here", origin="http://elsewhere"), SCRIPT, "", "abc")
