"""The survey behind a proxy: below a further path, and under another name than it is asked by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from starlette.applications import Starlette
from starlette.routing import Mount

from db.models import Study
from survey.app import close, create_app
from survey.core.settings import Settings
from tests.postgres import ONE
from tests.survey.client import Client
from tests.survey.manager import ADMIN, Forms, Manager, basic, stored_study
from tests.survey.person import Person

pytestmark = ONE

PREFIX, BASE = "/music", "/music/survey"
PUBLIC = "https://example.org/music"
INNER = "http://inner:7860"  # what the proxy asks for
ADDRESS = re.compile(r'(?:href|src|action|data-live|data-base)="([^"]*)"')


@pytest.fixture(params=[PUBLIC, pytest.param(None, marks=pytest.mark.slow)])
def public(request: pytest.FixtureRequest) -> str | None:
    """What FADERNETS_PUBLIC_URL says."""
    return request.param


@pytest.fixture
def behind(settings: Settings, study: Study, public: str | None) -> Iterator[TestClient]:
    """A browser whose requests come through a proxy, the mount's path below the proxy's."""
    app = create_app(replace(settings, public_url=public))
    outer = Starlette(routes=[Mount("/survey", app)])
    with Client(outer, INNER, root_path=PREFIX, follow_redirects=False) as client:
        yield client
    close(app)


def addresses(response: Response) -> list[str]:
    """What a page links to, data in the address itself left out."""
    assert response.status_code == 200, response.text
    return [
        url for url in ADDRESS.findall(response.text) if not url.startswith(("data:", "#", "?"))
    ]


@pytest.mark.slow
def test_a_participant_never_leaves_the_path(behind: TestClient) -> None:
    assert behind.get(f"{BASE}/").headers["location"] == f"{BASE}/s/small"
    person = Person.ready(behind, base=BASE)
    for path in ("/s/small", f"/p/{person.token}"):
        urls = addresses(behind.get(BASE + path))
        assert urls and all(url == BASE or url.startswith(f"{BASE}/") for url in urls), urls
        for url in set(urls) - {BASE}:
            assert behind.get(url).status_code == 200, url
    joined = behind.post(f"{BASE}/api/join", json={"study": "small", "consent": True}).json()
    assert joined["url"] == f"{BASE}/p/{joined['token']}"
    clips = person.state()["trial"]["clips"].values()
    assert all(url.startswith(f"{BASE}/audio/") for url in clips)
    assert {behind.get(url).status_code for url in clips} == {200}
    assert person.finish()["stage"] == "finished"
    assert f'href="{BASE}/"' in behind.get(f"{BASE}/p/{'x' * 43}").text


@pytest.mark.parametrize("path", ["/s/small/", "/admin/new/", "/healthz/"])
def test_redirects_name_no_host(behind: TestClient, path: str) -> None:
    """The router's own, too, which it makes of the Host that the proxy asks for."""
    for host in ("inner:7860", "evil.example", "[", "a/b"):
        response = behind.get(BASE + path, headers={"Host": host})
        assert response.is_redirect and response.headers["location"] == BASE + path.rstrip("/")


@pytest.mark.slow
def test_the_admins_pages_stay_below_the_path(behind: TestClient, app: FastAPI) -> None:
    manager = Manager(behind, ADMIN, BASE)
    for path in ("", "/new", "/build", *(f"/studies/small{tab}" for tab in TABS)):
        response = manager.get(path)
        urls = addresses(response) + [action for action, _ in Forms(response.text).forms]
        assert all(url.startswith(f"{BASE}/") for url in urls if url), (path, urls)
        for url in {url for url in urls if url and "/export/" not in url}:
            assert behind.get(url, headers=manager.headers).status_code in (200, 405), url


TABS = ("", "/live", "/settings", "/consent", "/export", "/log", "/invitations", "/participants")
TABS += ("/payments",)


def test_what_the_admin_copies_is_what_the_world_sees(
    behind: TestClient, public: str | None
) -> None:
    manager = Manager(behind, ADMIN, BASE)
    base = f"{PUBLIC}/survey" if public else f"{INNER}{BASE}"
    assert f'value="{base}/s/small"' in manager.get("/studies/small").text
    path = "/studies/small/invitations"
    page = manager.send(path, path, count="2").text
    links = re.search(r'<textarea id="links"[^>]*>([^<]*)', page)[1].split("\n")
    assert len(links) == 2 and all(link.startswith(f"{base}/s/small?invite=") for link in links)
    for link in links:  # and it is good
        query = link.partition("?invite=")[2]
        assert f'data-invitation="{query}"' in behind.get(f"{BASE}/s/small?invite={query}").text
        Person.join(behind, base=BASE, invitation=query)


@pytest.mark.parametrize("public", [PUBLIC], indirect=True)
def test_forwarded_headers_do_not_change_a_public_address(behind: TestClient) -> None:
    odd = {"X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil", "Host": "evil:80"}
    response = behind.get(f"{BASE}/admin/studies/small", headers=basic(ADMIN) | odd)
    assert f'value="{PUBLIC}/survey/s/small"' in response.text and "evil" not in response.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://example.org"}, 303),
        ({"Origin": "https://example.org", "Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "null"}, 303),
        ({"Origin": INNER}, 303),
        ({"Origin": "https://evil.org"}, 403),
        ({"Origin": "https://example.org", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "http://example.org"}, 403),
    ],
)
def test_posts_through_the_proxy(
    behind: TestClient, database, public: str | None, headers: dict[str, str], status: int
) -> None:
    manager = Manager(behind, ADMIN, BASE)
    form = manager.form("/studies/small", "/studies/small/close")
    if public is None and headers == {"Origin": "https://example.org"}:
        status = 403  # nothing says that this is the server's name
    address = f"{BASE}/admin/studies/small/close"
    response = behind.post(address, data=form, headers=manager.headers | headers)
    assert response.status_code == status
    assert stored_study(database).state == ("closed" if status == 303 else "open")
    if status == 303:
        assert response.headers["location"] == f"{BASE}/admin/studies/small"


@pytest.mark.slow
def test_a_preview_below_the_path(behind: TestClient) -> None:
    manager = Manager(behind, ADMIN, BASE)
    preview = manager.send("/studies/small", "/studies/small/preview").headers["location"]
    assert preview.startswith(f"{BASE}/preview/")
    preview = preview.rstrip("/")
    assert behind.get(f"{preview}/").headers["location"] == f"{preview}/s/small"
    for url in addresses(behind.get(f"{preview}/s/small")):
        assert url == preview or url.startswith(f"{preview}/")
        assert url == preview or behind.get(url).status_code in (200, 303), url
    assert behind.get(preview).headers["location"] == f"{preview}/"
    assert Person.ready(behind, base=preview).finish()["stage"] == "finished"


def test_without_a_mount(settings: Settings, study: Study) -> None:
    """The survey at the root of its server, and below a proxy's path."""
    app = create_app(replace(settings, public_url=PUBLIC))
    for root in ("", PREFIX):
        with Client(app, INNER, root_path=root) as client:
            page = Manager(client, ADMIN, root).get("/studies/small").text
            assert f'value="{PUBLIC}/s/small"' in page
    close(app)
