"""The server's idea of its own address, for any headers of a request."""

from __future__ import annotations

import json

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from demo.guard.public_address import Address, PublicAddress
from survey.proxies import Proxies

PUBLIC = "https://example.org/music"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the scope and headers that arrived, or with what the query asks for."""
    request = Request(scope)
    if target := request.query_params.get("to"):
        answer: Response = RedirectResponse(target)
    elif "stream" in request.query_params:
        answer = StreamingResponse(iter(["data: 1\n\n"]), media_type="text/event-stream")
    else:
        fields = {name: scope.get(name) for name in ("path", "root_path", "scheme", "client")}
        answer = JSONResponse(fields | {"headers": dict(request.headers)})
    answer.headers["access-control-allow-origin"] = "https://evil.example"
    await answer(scope, receive, send)


def client(**env: str) -> TestClient:
    app = PublicAddress(echo, Address.from_env(env), Proxies.from_env(env))
    return TestClient(app, "http://10.0.0.7:7860", follow_redirects=False)


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({}, Address()),
        ({"FADERNETS_PUBLIC_URL": ""}, Address()),
        ({"FADERNETS_PUBLIC_URL": "https://example.org/"}, Address("https://example.org")),
        ({"FADERNETS_PUBLIC_URL": f"{PUBLIC}/"}, Address("https://example.org", "/music")),
        ({"FADERNETS_PUBLIC_URL": "http://[::1]:80/a/b"}, Address("http://[::1]:80", "/a/b")),
        ({"GRADIO_ROOT_PATH": "/music/"}, Address(None, "/music")),
        ({"GRADIO_ROOT_PATH": PUBLIC}, Address("https://example.org", "/music")),
        (
            {"GRADIO_ROOT_PATH": "/other", "FADERNETS_PUBLIC_URL": PUBLIC},
            Address("https://example.org", "/music"),
        ),
    ],
)
def test_settings(env, expected):
    assert Address.from_env(env) == expected


@pytest.mark.parametrize(
    "url",
    [
        "example.org/music",
        "ftp://example.org",
        "https://example.org/a?b",
        "https://user@example.org/a",
        "https://example.org/a//b",
        "https://example.org/../a",
        "https://example.org/%2e%2e/a",
        "https://example.org/survey",
        "https://example.org/gradio_api/x",
    ],
)
def test_settings_that_cannot_be(url):
    with pytest.raises(ValueError, match="FADERNETS_PUBLIC_URL"):
        Address.from_env({"FADERNETS_PUBLIC_URL": url})
    with pytest.raises(ValueError):
        Address.from_env({"GRADIO_ROOT_PATH": "music"})


@pytest.mark.parametrize(
    ("requested", "path"),
    [
        ("/", "/music/"),
        ("/music/", "/music/"),
        ("/survey/s/x", "/music/survey/s/x"),
        ("/music/survey/s/x", "/music/survey/s/x"),
        ("/musical", "/music/musical"),
        ("/music/music/", "/music/music/"),
    ],
)
def test_a_path_kept_or_taken_away_is_the_same(requested, path):
    scope = client(FADERNETS_PUBLIC_URL=PUBLIC).get(requested).json()
    assert (scope["path"], scope["root_path"]) == (path, "/music")


def test_the_path_alone_leads_to_the_page():
    answer = client(FADERNETS_PUBLIC_URL=PUBLIC).get("/music?a=b")
    assert (answer.status_code, answer.headers["location"]) == (307, "/music/?a=b")


CLAIMS = {
    "Host": "evil.example",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-For": "192.0.2.1",
    "X-Forwarded-Prefix": "/evil",
    "Forwarded": "host=evil.example",
    "X-Gradio-Server": "https://evil.example",
}


def test_with_a_public_address_no_header_counts():
    answer = client(FADERNETS_PUBLIC_URL=PUBLIC).get("/", headers=CLAIMS)
    assert "evil" not in answer.text
    answer = answer.json()
    assert answer["scheme"] == "https"
    assert answer["headers"]["host"] == "example.org"
    assert answer["headers"]["x-gradio-server"] == PUBLIC
    assert not [name for name in answer["headers"] if "forwarded" in name]


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ({}, "http://10.0.0.7:7860"),
        ({"Host": "a.example:81"}, "http://a.example:81"),
        ({"X-Forwarded-Proto": "https, http"}, "https://10.0.0.7:7860"),
        ({"X-Forwarded-Proto": "javascript"}, "http://10.0.0.7:7860"),
        ({"X-Forwarded-Host": "a.example, b.example"}, "http://a.example"),
        ({"X-Forwarded-Host": "["}, "http://10.0.0.7:7860"),
        ({"X-Forwarded-Host": "a/b"}, "http://10.0.0.7:7860"),
        ({"X-Forwarded-Host": 'a"><script>'}, "http://10.0.0.7:7860"),
        ({"Host": "user@a"}, "http://10.0.0.7:7860"),
        ({"X-Gradio-Server": "https://evil.example"}, "http://10.0.0.7:7860"),
    ],
)
def test_without_one_headers_count_if_they_make_sense(headers, address):
    answer = client().get("/a", headers=headers)
    scope = answer.json()
    assert scope["headers"]["x-gradio-server"] == address
    assert (scope["path"], scope["root_path"]) == ("/a", "")
    assert answer.headers["cache-control"] == "private, no-cache"


def test_a_root_that_the_server_was_given():
    app = PublicAddress(echo, Address(), Proxies(()))
    scope = TestClient(app, "http://a.example", root_path="/root").get("/b").json()
    assert scope["root_path"] == "/root"
    assert scope["path"] == "/root/b"
    assert scope["headers"]["x-gradio-server"] == "http://a.example/root"


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("http://10.0.0.7:7860/a/?b=c#d", "/a/?b=c#d"),
        ("/a/", "/a/"),
        ("http://10.0.0.7:7860//evil.example/", "http://10.0.0.7:7860//evil.example/"),
        ("https://elsewhere.example/a", "https://elsewhere.example/a"),
    ],
)
def test_redirects_name_no_host_of_ours(target, location):
    assert client().get("/", params={"to": target}).headers["location"] == location


def test_answers_are_for_their_receiver():
    answer = client().get("/?stream")
    assert answer.headers["x-accel-buffering"] == "no"
    assert "access-control-allow-origin" not in answer.headers
    assert "cache-control" not in answer.headers
    assert json.loads(client().get("/").text)["path"] == "/"


def test_a_visitor_that_a_proxy_names_is_whose_the_request_is():
    for connected, visitor in (("127.0.0.1", "1.2.3.4"), ("10.0.0.9", "10.0.0.9")):
        for public in ({}, {"FADERNETS_PUBLIC_URL": PUBLIC}):
            app = PublicAddress(echo, Address.from_env(public), Proxies.from_env(public))
            near = TestClient(app, client=(connected, 1))
            scope = near.get("/", headers={"X-Forwarded-For": "1.2.3.4"}).json()
            assert scope["client"][0] == visitor
