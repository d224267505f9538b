"""Whose a request is: nobody is believed who was not named as a proxy."""

from __future__ import annotations

import pytest

from survey.proxies import Proxies

PLAIN: dict[str, str] = {}
SPACE = {"SPACE_ID": "somebody/faders"}
DOCKER = {"FADERNETS_PROXIES": "172.16.0.0/12, 2001:db8::/32"}
NOBODY = {"FADERNETS_PROXIES": "none"}


@pytest.mark.parametrize(
    ("env", "connected", "header", "visitor"),
    [
        # nginx on this machine, which says who connected to it, or adds it to what came
        (PLAIN, "127.0.0.1", "1.2.3.4", "1.2.3.4"),
        (PLAIN, "::1", "2a00::1%0", "2a00::1%0"),
        (PLAIN, "::ffff:127.0.0.1", "1.2.3.4", "1.2.3.4"),
        (PLAIN, "127.0.0.1", "192.168.1.5", "192.168.1.5"),
        (PLAIN, "127.0.0.1", "6.6.6.6, 192.168.1.5", "192.168.1.5"),
        (PLAIN, "127.0.0.1", "6.6.6.6, 1.2.3.4, 127.0.0.1", "1.2.3.4"),
        (PLAIN, "127.0.0.1", "1.2.3.4:567", "1.2.3.4"),
        (PLAIN, "127.0.0.1", "6.6.6.6, [2a00::1]:567", "2a00::1"),
        (PLAIN, "127.0.0.1", "[2a00::1]", "2a00::1"),
        (PLAIN, "127.0.0.1", "::1, 127.0.0.9", "::1"),
        (PLAIN, "127.0.0.1", None, "127.0.0.1"),
        # what is no address is nobody's, and neither is what comes before it
        (PLAIN, "127.0.0.1", "unknown, <b>", "127.0.0.1"),
        (PLAIN, "127.0.0.1", "6.6.6.6, unknown", "127.0.0.1"),
        (PLAIN, "127.0.0.1", "[]:1", "127.0.0.1"),
        (PLAIN, "127.0.0.1", "1.2.3.4," * 5000 + "x" * 5000, "127.0.0.1"),
        # no proxy: whoever is near says nothing about others
        (PLAIN, "192.168.1.7", "192.168.1.5", "192.168.1.7"),
        (PLAIN, "172.17.0.1", "1.2.3.4", "172.17.0.1"),
        (PLAIN, "1.1.1.1", "1.2.3.4", "1.1.1.1"),
        (PLAIN, "testclient", "1.2.3.4", "testclient"),
        (NOBODY, "127.0.0.1", "1.2.3.4", "127.0.0.1"),
        # a Space, whose proxy is somewhere in a private network
        (SPACE, "10.16.4.2", "1.2.3.4", "1.2.3.4"),
        (SPACE, "10.16.4.2", "6.6.6.6, 1.2.3.4, 10.1.1.1, 100.64.3.4", "1.2.3.4"),
        (SPACE, "8.8.8.8", "1.2.3.4", "8.8.8.8"),
        # a proxy in another container
        (DOCKER, "172.18.0.2", "6.6.6.6, 192.168.1.5", "192.168.1.5"),
        (DOCKER, "2001:db8::5", "1.2.3.4", "1.2.3.4"),
        (DOCKER, "127.0.0.1", "1.2.3.4", "127.0.0.1"),
    ],
)
def test_whose_a_request_is(env, connected, header, visitor):
    headers = [] if header is None else [(b"x-forwarded-for", header.encode())]
    scope = {"type": "http", "client": (connected, 1), "headers": headers}
    assert Proxies.from_env(env).visitor(scope)[0] == visitor


def test_several_headers_are_one():
    headers = [(b"x-forwarded-for", b"6.6.6.6"), (b"x-forwarded-for", b"1.2.3.4")]
    scope = {"type": "http", "client": ("127.0.0.1", 1), "headers": headers}
    assert Proxies.from_env(PLAIN).visitor(scope)[0] == "1.2.3.4"
    assert Proxies.from_env(PLAIN).visitor({**scope, "client": None}) is None


@pytest.mark.parametrize("setting", ["nginx", "10.0.0.0/40", "127.0.0.1,", "10.0.0.1 10.0.0.2"])
def test_what_is_no_list_of_addresses_is_refused(setting):
    with pytest.raises(ValueError, match="FADERNETS_PROXIES must be") as refusal:
        Proxies.from_env({"FADERNETS_PROXIES": setting})
    assert "nginx" not in str(refusal.value)


def test_the_host_is_told_who_is_believed():
    assert "127.0.0.0/8, ::1/128 (FADERNETS_PROXIES)" in str(Proxies.from_env(PLAIN))
    assert "believed of nobody" in str(Proxies.from_env(NOBODY))
