"""A study's settings: what may be changed, and until when."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient

from db.database import Database
from db.models import Study
from survey.core import texts
from tests.postgres import ONE
from tests.survey.manager import Manager, actions, contents, stored_study
from tests.survey.person import Person

PATH = "/studies/small/settings"
OWN = """We ask you to hear music.

# Your data & your rights
Kept for <ten> years.
Then deleted.

Thank you."""


@ONE
def test_once_a_browser_is_a_setting_that_people_read_of(
    manager: Manager, client: TestClient, database: Database, study: Study
) -> None:
    box = 'id="another"'
    assert box in client.get("/s/small").text
    manager.confirm(manager.send(PATH, PATH, once="yes"))
    page = client.get("/s/small").text
    assert box not in page and "<h2>Once only</h2>" in page
    assert texts.is_once(stored_study(database))
    assert 'name="once" type="checkbox" value="yes" checked' in manager.get(PATH).text
    manager.confirm(manager.send(PATH, PATH, once=""))
    page = client.get("/s/small").text
    assert box in page and "<h2>Once only</h2>" not in page


def test_settings(manager: Manager, client: TestClient, database: Database, study: Study) -> None:
    path = "/studies/small/settings"
    new = {"title": "Another title", "participants": "20", "invited_only": "yes"}
    assert manager.confirm(manager.send(path, path, **new)).status_code == 303
    row = stored_study(database)
    assert (row.title, row.invited_only, row.contact) == (
        "Another title",
        True,
        "someone@example.org",
    )
    assert row.build["seed"] == 0
    assert client.post("/api/join", json={"study": "small", "consent": True}).status_code == 403
    assert "0<small> of 10</small>" in manager.get("/studies/small/live").text
    assert actions(database)[-2:] == [("admin", "settings"), ("admin", "consent text")]
    form = manager.form(path, path)
    assert form["participants"] == "20" and form["title"] == "Another title"
    count = len(actions(database))
    manager.post(path, form)  # nothing changed
    assert len(actions(database)) == count
    del form["invited_only"]
    manager.post(path, form)
    assert not stored_study(database).invited_only


@pytest.mark.slow
@ONE
def test_a_language_until_somebody_has_agreed(
    manager: Manager, client: TestClient, database: Database, study: Study
) -> None:
    path = "/studies/small/settings"
    assert manager.confirm(manager.send(path, path, language="de")).status_code == 303
    assert stored_study(database).language == "de"
    assert 'lang="de"' in client.get("/s/small").text
    assert manager.send(path, path, lease="90").status_code == 303
    assert stored_study(database).lease_minutes == 90
    assert manager.send(path, path, lease="0").status_code == 422
    assert manager.send(path, path, lease="60").status_code == 303
    assert manager.send(path, path, language="tlh").status_code == 422
    assert stored_study(database).language == "de"
    assert client.post("/api/join", json={"study": "small", "consent": True}).status_code == 201
    assert "somebody has agreed in this language" in manager.get(path).text
    assert manager.send(path, path, lease="15").status_code == 303
    assert stored_study(database).lease_minutes == 60
    assert manager.send(path, path, language="en").status_code == 303
    assert stored_study(database).language == "de"


@ONE
@pytest.mark.parametrize(
    "change",
    [
        {"title": " "},
        {"title": "x" * 201},
        {"title": "a\0b"},
        {"contact": "x" * 201},
        {"information": "x" * 10_001},
        {"statement": "x" * 501},
        {"participants": "0"},
        {"participants": "many"},
    ],
)
def test_settings_that_cannot_be(
    manager: Manager, database: Database, study: Study, change: dict[str, str]
) -> None:
    before = contents(database)
    path = "/studies/small/settings"
    response = manager.send(path, path, **change)
    assert response.status_code == 422 and next(iter(change)) in response.text
    assert contents(database) == before


@pytest.mark.slow
@ONE
def test_a_contact_that_nobody_would_read_is_told(
    manager: Manager, database: Database, study: Study
) -> None:
    """A study's own text replaces the software's, which alone has contact and retention."""
    manager.confirm(manager.send(PATH, PATH, information=OWN))
    assert manager.send(PATH, PATH, contact="new@example.org").status_code == 303
    for page in (PATH, "/studies/small"):
        notices = re.findall(r'<p class="notice">([^<]*)</p>', manager.get(page).text)
        assert [words for words in notices if "the contact (“new@example.org”) does not" in words]
    question = manager.send(PATH, PATH, information=f"{OWN}\n\nWrite to new@example.org.")
    manager.confirm(question)
    assert "the contact" not in manager.get(PATH).text.partition("<form")[0]


@pytest.mark.slow
@ONE
def test_a_draft_is_changed_without_a_question(
    manager: Manager, client: TestClient, database: Database, study: Study
) -> None:
    with database.write() as session:
        session.get_one(Study, study.id).state = "draft"
    assert manager.send(PATH, PATH, title="Another title").status_code == 303
    assert actions(database)[-1] == ("admin", "settings")
    assert manager.send("/studies/small", "/studies/small/open").status_code == 303
    Person.join(client)
    assert manager.send("/studies/small", "/studies/small/close").status_code == 303
    assert manager.send(PATH, PATH, title="A third").status_code == 409  # somebody has agreed


@ONE
def test_headphones_until_somebody_has_begun(
    manager: Manager, client: TestClient, database: Database, study: Study
) -> None:
    """People agree to the check, so that a change is asked for."""
    question = manager.send(PATH, PATH, headphones="gate")
    assert "This study needs headphones" in question.text
    assert manager.confirm(question).status_code == 303
    assert stored_study(database).headphones == "gate"
    assert manager.send(PATH, PATH, headphones="loud").status_code == 422
    Person.join(client)
    assert manager.send(PATH, PATH, headphones="none").status_code == 303
    assert stored_study(database).headphones == "gate"
