"""The frames of the pages, as the server gives them."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select, update
from starlette.applications import Starlette
from starlette.routing import Mount

from db.database import Database
from db.models import ConsentText, Study
from survey.core import texts, tokens
from tests.postgres import ONE
from tests.survey.person import Person

HOSTILE = """<script>alert(1)</script>'"&{{ 7 * 7 }}"""
pytestmark = ONE


class Tags(HTMLParser):
    """All tags of a page, with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def values(self, tag: str, name: str) -> list[str | None]:
        return [
            attributes[name]
            for name_of_tag, attributes in self.tags
            if name_of_tag == tag and name in attributes
        ]


@pytest.fixture
def change(database: Database, study: Study) -> Callable[..., None]:
    """Changes the small study."""

    def change(**values: object) -> None:
        with database.write() as session:
            session.execute(update(Study).values(**values))

    return change


def another(database: Database, **values: object) -> None:
    with database.write() as session:
        session.add(Study(name="other", title="Another", trials_each=1, **values))


def test_the_only_open_study_comes_at_once(client: TestClient) -> None:
    response = client.get("/", follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, "/s/small")


def test_there_is_a_choice(client: TestClient, database: Database) -> None:
    another(database, state="open")
    page = client.get("/").text
    assert Tags(page).values("a", "href") == ["/s/small", "/s/other"] or "/s/other" in page
    assert "A small study" in page and "Another" in page


def test_drafts_and_studies_by_invitation_are_not_shown(
    client: TestClient, database: Database
) -> None:
    another(database, state="draft")
    assert client.get("/", follow_redirects=False).headers["location"] == "/s/small"
    with database.write() as session:
        session.execute(update(Study).values(state="open", invited_only=True))
    response = client.get("/")
    assert response.status_code == 200 and "No listening test is open" in response.text


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"state": "closed"}, "consent.closed"),
        ({"state": "draft"}, "consent.draft"),
        ({"invited_only": True}, "consent.invited"),
    ],
)
def test_a_study_that_takes_nobody_says_so(
    client: TestClient, change: Callable[..., None], values: dict, sentence: str
) -> None:
    change(**values)
    response = client.get("/s/small")
    assert response.status_code == 200 and texts.load("en")(sentence) in response.text
    assert "form" not in [tag for tag, _ in Tags(response.text).tags]


def test_an_invitation_is_kept(client: TestClient, change: Callable[..., None]) -> None:
    change(invited_only=True)
    token = tokens.secret()
    page = client.get("/s/small", params={"invite": token}).text
    assert Tags(page).values("body", "data-invitation") == [token]
    assert "form" in [tag for tag, _ in Tags(page).tags]


def test_what_is_no_invitation_is_not_repeated(
    client: TestClient, change: Callable[..., None]
) -> None:
    change(invited_only=True)
    page = client.get("/s/small", params={"invite": HOSTILE}).text
    assert Tags(page).values("body", "data-invitation") == [""]
    assert texts.load("en")("consent.invited") in page


@pytest.mark.parametrize("path", ["/s/none", "/s/a%00b", "/s/%3Cb%3E", "/p/x", "/p/" + "x" * 43])
def test_unknown_addresses(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response.text.count('<p class="lead">') == 1 and "<b>" not in response.text


def test_nothing_of_a_study_is_taken_for_code(
    client: TestClient, change: Callable[..., None]
) -> None:
    change(title=HOSTILE, contact=HOSTILE, retention=HOSTILE)
    person = Person.join(client)
    for path in ("/s/small", f"/p/{person.token}"):
        page = client.get(path).text.replace(person.token, "")  # which has any characters
        assert "<script>" not in page and "49" not in page
        assert page.count("&lt;script&gt;") >= 2


def test_pages_load_nothing_from_elsewhere_and_hold_no_code(client: TestClient) -> None:
    """What the policy would forbid is not there, and every file that is asked for exists."""
    person = Person.join(client)
    for path in ("/s/small", f"/p/{person.token}", "/p/none"):
        response = client.get(path)
        tags = Tags(response.text)
        assert "script-src 'self'" in response.headers["content-security-policy"]
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert "set-cookie" not in response.headers
        for tag, attributes in tags.tags:
            assert "style" not in attributes and tag != "style"
            assert not any(name.startswith("on") for name in attributes)
            assert tag != "script" or attributes["src"]
        for address in tags.values("script", "src") + tags.values("link", "href"):
            assert address.startswith("/static/")
            assert client.get(address).status_code == 200


def test_scripts_and_sheets_exist_for_each_import(client: TestClient) -> None:
    todo, loaded = ["participant.js", "consent.js"], set()
    while todo:
        name = todo.pop()
        if name in loaded:
            continue
        loaded.add(name)
        response = client.get(f"/static/{name}")
        assert response.status_code == 200 and "javascript" in response.headers["content-type"]
        todo += re.findall(r'from "\./([a-z]+\.js)"', response.text)
    assert len(loaded) > 10


def test_all_participants_get_the_same_page(client: TestClient) -> None:
    """Nothing of what was assigned is in it."""
    pages = []
    for _ in range(3):
        token = Person.join(client).token
        pages.append(client.get(f"/p/{token}").text.replace(token, "TOKEN"))
    assert "TOKEN" in pages[0] and pages == pages[:1] * 3


def test_addresses_begin_where_the_survey_is_mounted(app: FastAPI) -> None:
    with TestClient(Starlette(routes=[Mount("/survey", app)])) as client:
        response = client.get("/survey/", follow_redirects=False)
        assert response.headers["location"] == "/survey/s/small"
        person = Person.join(client, base="/survey")
        for path in ("/survey/s/small", f"/survey/p/{person.token}"):
            tags = Tags(client.get(path).text)
            assert tags.values("html", "data-base") == ["/survey"]
            for address in tags.values("script", "src") + tags.values("link", "href"):
                assert client.get(address).status_code == 200


@pytest.mark.slow
def test_a_study_in_another_language(client: TestClient, change: Callable[..., None]) -> None:
    change(language="de")
    response = client.get("/s/small")
    assert Tags(response.text).values("html", "lang") == ["de"]
    assert texts.load("de")("consent.agree") in response.text
    person = Person.join(client)
    assert texts.load("de")("guide.title") in client.get(f"/p/{person.token}").text


def test_what_somebody_agreed_to_can_be_read_again(
    client: TestClient, database: Database, change: Callable[..., None]
) -> None:
    """As it was then, from their own page, also where the study's text is another one now."""
    person = Person.join(client)
    change(title=HOSTILE, information="Another text.", language="de", state="closed")
    later = client.get(f"/p/{person.token}").text
    address = f"/p/{person.token}/agreed"
    assert later.count(f'href="{address}"') == 5  # pause, withdrawal, and the three ends
    response = client.get(address)
    assert response.status_code == 200 and "Another text." not in response.text
    assert html.escape(texts.load("en")("consent.data_text"), quote=False)[:80] in response.text
    assert texts.load("en")("consent.agree") in response.text
    assert texts.load("de")("agreed.title") in response.text
    assert re.search(r"am \d{4}-\d\d-\d\d, nach dem Datum", response.text)
    with database.write() as session:
        session.execute(update(ConsentText).values(text=None))
        fingerprint = session.scalars(select(ConsentText.sha256)).one()
    assert fingerprint in client.get(address).text
    person.post("withdraw", confirm=True).raise_for_status()
    for token in (person.token, "x" * 43, "x"):
        assert client.get(f"/p/{token}/agreed").status_code == 404


def test_head_is_answered(client: TestClient) -> None:
    response = client.head("/s/small")
    assert response.status_code == 200 and response.content == b""
