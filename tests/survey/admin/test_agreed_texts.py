"""The texts that people agreed to: asked before they change, all kept."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from html import unescape

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from db.database import Database
from db.models import Audit, Participant, Study
from survey.core import texts
from tests.postgres import ONE
from tests.survey.manager import Manager, contents, stored_study
from tests.survey.person import Person

PATH = "/studies/small/settings"
OWN = """We ask you to hear music.

# Your data & your rights
Kept for <ten> years.
Then deleted.

Thank you."""


def log(database: Database) -> list[Audit]:
    with database.read() as session:
        return list(session.scalars(select(Audit).order_by(Audit.id)))


def consents(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Participant.consent).order_by(Participant.id)))


def versions(manager: Manager) -> list[tuple[str, str]]:
    """How many participants agreed to each text, and what it says."""
    page = manager.get("/studies/small/consent").text
    rows = re.findall(r'<td class="number">(\d+)</td>.*?<p class="kept">(.*?)</p>', page, re.S)
    return [(count, unescape(text)) for count, text in rows]


@ONE
def test_another_text_is_asked_for_and_both_are_logged(
    manager: Manager, client: TestClient, database: Database, study: Study
) -> None:
    Person.join(client)
    before, old = contents(database), texts.consent(stored_study(database))
    question = manager.send(PATH, PATH, retention="five years", participants="20")
    assert (
        question.status_code == 409 and "1 participant agreed to an earlier text" in question.text
    )
    assert "<mark>How long it is kept\nfive years</mark>" in question.text
    assert "<mark>How long it is kept\none year</mark>" in question.text
    assert contents(database) == before  # nothing yet, not even how many are wanted
    assert manager.confirm(question).status_code == 303
    row = stored_study(database)
    assert row.retention == "five years" and row.build["participants"] == 20
    entry = log(database)[-1]
    assert (entry.actor, entry.action) == ("admin", "consent text")
    assert entry.detail == {"before": old, "after": texts.consent(row)}
    page = unescape(manager.get("/studies/small/log").text)
    assert old in page and texts.consent(row) in page


@ONE
def test_where_nobody_has_agreed_it_is_not_said_that_0_have(manager: Manager, study: Study) -> None:
    question = manager.send(PATH, PATH, retention="five years")
    assert question.status_code == 409 and "0 participants" not in question.text
    assert (
        "The study is open, and nobody who is in it has agreed to an earlier text." in question.text
    )


@pytest.mark.slow
@ONE
def test_each_participant_points_at_their_text(
    manager: Manager, client: TestClient, database: Database, study: Study
) -> None:
    consent_texts = [texts.consent(stored_study(database))]
    Person.join(client)
    for retention, people in (("two years", 2), ("three years", 0), ("one year", 1)):
        manager.confirm(manager.send(PATH, PATH, retention=retention))
        consent_texts.append(texts.consent(stored_study(database)))
        for _ in range(people):
            Person.join(client)
    first, second = (hashlib.sha256(text.encode()).hexdigest() for text in consent_texts[:2])
    assert consents(database) == [first, second, second, first]
    assert versions(manager) == [
        ("2", consent_texts[0]),
        ("2", consent_texts[1]),
    ]  # nobody agreed to three years
    people = manager.get("/studies/small/participants").text
    pattern = r"(?:now|ago)</td><td>(\d) <small><code>(\w{12})</code>"
    numbered = [("1", first), ("1", first), ("2", second), ("2", second)]
    assert sorted(re.findall(pattern, people)) == [(number, at[:12]) for number, at in numbered]
    file = manager.get("/studies/small/export/participants.csv").content.decode("utf-8-sig")
    rows = csv.DictReader(io.StringIO(file))
    assert sorted((row["consent_number"], row["consent_text"]) for row in rows) == numbered
    exported = json.loads(manager.get("/studies/small/export/study.json").text)
    assert [text["text"] for text in exported["study"]["consent_texts"]] == consent_texts[:2]
    assert {person["consent"] for person in exported["participants"]} == {first, second}


@ONE
def test_a_text_of_the_studys_own(
    manager: Manager, client: TestClient, database: Database, study: Study
) -> None:
    form = {"information": OWN.replace("\n", "\r\n"), "statement": "Yes, I <want> to."}
    assert manager.confirm(manager.send(PATH, PATH, **form)).status_code == 303
    row = stored_study(database)
    assert (row.information, row.statement) == (OWN, "Yes, I <want> to.")
    page = client.get("/s/small").text.partition("<main")[2]
    assert "<h2>Your data &amp; your rights</h2>" in page
    assert "Kept for &lt;ten&gt; years.\nThen deleted." in page
    assert "Yes, I &lt;want&gt; to." in page
    assert texts.load("en")("consent.lead") not in page and "one year" not in page
    Person.join(client)
    assert versions(manager)[0][1] == (
        "A small study\n\nWe ask you to hear music.\n\nYour data & your rights\n"
        "Kept for <ten> years.\nThen deleted.\n\nThank you.\n\nYes, I <want> to."
    )
    # Sent as it is, nothing changes; emptied, it is the software's again.
    count = len(log(database))
    assert manager.send(PATH, PATH).status_code == 303 and len(log(database)) == count
    question = manager.send(PATH, PATH, information="", statement="")
    assert manager.confirm(question).status_code == 303
    row = stored_study(database)
    assert (row.information, row.statement) == ("", "")
    assert "one year" in client.get("/s/small").text


@ONE
def test_the_softwares_text_is_not_taken_for_the_studys(
    manager: Manager, database: Database, study: Study
) -> None:
    """It follows what else the form changes, with ends of lines as browsers send them."""
    with database.write() as session:
        session.get_one(Study, study.id).retention = "one year\r\n\r\nor two"
    form = {key: re.sub("\r?\n", "\r\n", value) for key, value in manager.form(PATH, PATH).items()}
    assert manager.post(PATH, form).status_code == 303
    assert stored_study(database).information == ""
    manager.confirm(manager.post(PATH, form | {"contact": "b@example.org", "language": "de"}))
    row = stored_study(database)
    assert (row.information, row.statement) == ("", "")
    assert "Schreiben Sie an b@example.org." in texts.consent(row)


@ONE
def test_what_the_new_text_does_not_say_is_said_before_it_is_confirmed(
    manager: Manager, client: TestClient, study: Study
) -> None:
    """Text, contact and retention at once: of the new text, and before it is there."""
    Person.join(client)
    new = {"contact": "b@example.org", "retention": "until 2040"}
    question = manager.send(PATH, PATH, information="Please listen, until 2040.", **new)
    assert question.status_code == 409
    notices = re.findall(r'<p class="notice">(.*?)</p>', question.text, re.S)
    assert len(notices) == 1 and "the contact (“b@example.org”) does not stand" in notices[0]
    complete = "Please listen, until 2040, and write to b@example.org."
    assert "notice" not in manager.send(PATH, PATH, information=complete, **new).text


@ONE
def test_what_was_confirmed_is_what_is_changed(
    manager: Manager, database: Database, study: Study
) -> None:
    """Another admin's change in between is not confirmed by the way."""
    question = manager.send(PATH, PATH, title="Mine")
    manager.confirm(manager.send(PATH, PATH, contact="theirs@example.org"))
    stale = manager.confirm(question)
    assert stale.status_code == 303  # the form says all of it, as it was shown
    row = stored_study(database)
    assert (row.title, row.contact) == ("Mine", "someone@example.org")
    form = manager.form(PATH, PATH) | {"title": "Unseen", "confirmed": "0" * 64}
    assert manager.post(PATH, form).status_code == 409
    assert stored_study(database).title == "Mine"


@ONE
def test_who_read_another_text_reads_again(
    manager: Manager, client: TestClient, database: Database, study: Study
) -> None:
    """The page was open while the text was changed: nobody agrees to what they have not read."""
    earlier = re.search(r'data-text="(\w{64})"', client.get("/s/small").text)[1]
    body = {"study": "small", "consent": True, "text": earlier}
    assert client.post("/api/join", json=body).status_code == 201
    manager.confirm(manager.send(PATH, PATH, retention="for ever"))
    refused = client.post("/api/join", json=body)
    assert (refused.status_code, refused.json()["error"]) == (409, "changed")
    assert len(consents(database)) == 1
    now = re.search(r'data-text="(\w{64})"', client.get("/s/small").text)[1]
    assert client.post("/api/join", json=body | {"text": now}).status_code == 201
    assert consents(database) == [earlier, now]
    assert client.post("/api/join", json=body | {"text": "x" * 65}).status_code == 422


@ONE
def test_the_softwares_own_words_may_change(
    client: TestClient, database: Database, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A newer version of the software says it otherwise: who joins then points at that."""
    Person.join(client)
    load = texts.load
    newer = load("en").words | {"consent.agree": "I want to."}
    monkeypatch.setattr(texts, "load", lambda _: texts.Texts("en", "ltr", newer))
    Person.join(client)
    first, second = consents(database)
    assert first != second
    with database.read() as session:
        from survey.records import consent_texts

        versions = consent_texts.versions(session, session.get_one(Study, study.id))
    assert [(version.sha256, version.is_current) for version in versions] == [
        (first, False),
        (second, True),
    ]
    assert versions[1].text.endswith("I want to.")
