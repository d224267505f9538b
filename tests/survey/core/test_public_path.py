"""A server below a path, whether the proxy before it takes the path away or hands it on."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from survey.core.public_path import PublicPath
from survey.core.templates import mount_path
from tests.survey.client import Client


def where(request: Request) -> JSONResponse:
    return JSONResponse([mount_path(request), request.url.path])


@pytest.mark.parametrize(
    ("public_url", "address", "expected"),
    [
        (None, "/survey/x", ["/survey", "/survey/x"]),
        ("https://example.org", "/survey/x", ["/survey", "/survey/x"]),
        ("https://example.org/music", "/survey/x", ["/music/survey", "/music/survey/x"]),
        ("https://example.org/music", "/music/survey/x", ["/music/survey", "/music/survey/x"]),
        ("https://example.org/a/b%20c", "/survey/x", ["/a/b c/survey", "/a/b c/survey/x"]),
    ],
)
def test_addresses_begin_with_the_public_path(
    public_url: str | None, address: str, expected: list[str]
) -> None:
    inner = Starlette(routes=[Mount("/survey", Starlette(routes=[Route("/x", where)]))])
    with Client(PublicPath(inner, public_url)) as client:
        response = client.get(address)
    assert response.status_code == 200
    assert response.json()[0] == expected[0]


def test_a_name_that_only_begins_alike_is_no_path() -> None:
    inner = Starlette(routes=[Route("/musical", where)])
    with Client(PublicPath(inner, "https://example.org/music")) as client:
        assert client.get("/musical").json()[0] == "/music"
        assert client.get("/music/musical").status_code == 200
        assert client.get("/music").status_code == 404
