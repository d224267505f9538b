"""Joins in the journal: counted at once, written when there is something to lose."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from db.database import Database
from db.models import Participant, Study, now
from survey.admin import invitations
from survey.app import close, create_app
from survey.core.settings import Settings
from survey.journal.journal import Journal
from survey.participant import unused_places
from survey.ratings import rating_table
from survey.records import consent_texts, payments
from tests.postgres import ONE
from tests.survey.crowd import pass_time, people_count
from tests.survey.journalling import Connect, lines, local, wipe
from tests.survey.person import Person


@pytest.fixture
def site(client: TestClient, app: FastAPI, journal: Journal) -> Iterator[TestClient]:
    """A survey that keeps a journal."""
    app.state.journal = journal
    yield client
    app.state.journal = None


def flow(database: Database) -> rating_table.ParticipantCounts:
    with database.read() as session:
        return rating_table.flow(session, session.scalars(select(Study)).one())


def restored(host: Settings, start: Connect, empty: Database, journal: Journal) -> Journal:
    """What a host has after its disk was wiped."""
    journal.close()
    wipe(host)
    restarted = start()
    restarted.restore(empty)
    return restarted


def test_a_join_is_counted_and_the_first_answer_is_written(
    site: TestClient, database: Database, host: Settings
) -> None:
    Person.join(site)  # the first one brings the text that people agree to
    before = len(local(host))
    person = Person.join(site)
    with database.read() as session:
        query = select(Participant.public_id).order_by(Participant.id.desc())
        public_id = session.scalars(query).first()
    line = [line for line in lines(host) if line["type"] == "begun"][-1]
    assert (line["study"], line["count"]) == ("small", 2)
    assert len(local(host)) - before < 150 and public_id.encode() not in local(host)
    person.post("questions").raise_for_status()
    assert public_id.encode() in local(host)


@pytest.mark.slow
def test_after_a_wiped_disk_all_are_counted_and_who_did_something_goes_on(
    site: TestClient,
    database: Database,
    study: Study,
    journal: Journal,
    host: Settings,
    start: Connect,
    empty: Database,
) -> None:
    with database.write() as session:
        (token,) = invitations.create(session, session.get_one(Study, study.id), 1)
        journal.opened(session, session.get_one(Study, study.id))
    doing, nothing, leaving = (Person.join(site) for _ in range(3))
    invited = Person.join(site, invitation=token)
    for person in (doing, leaving):
        person.post("questions").raise_for_status()
    for person in (leaving, Person.join(site)):  # the second one did nothing before
        person.post("withdraw", confirm=True).raise_for_status()
    before = flow(database)
    assert (before.consented, before.withdrawn) == (5, 2)
    restarted = restored(host, start, empty, journal)
    assert flow(empty) == before and people_count(empty) == 2
    app = create_app(Settings(data=host.data, database_url=address(empty)))
    with TestClient(app) as client:
        assert Person(client, doing.token).state()["stage"] == "sound"
        assert Person(client, invited.token).state()["stage"] == "questions"
        assert client.get("/api/state", headers=nothing.headers).status_code == 404
        body = {"study": "small", "consent": True, "invitation": token}
        assert client.post("/api/join", json=body).status_code == 403
    close(app)
    outcome = restarted.restore(empty)
    assert (outcome.participants, outcome.journalled) == (0, 0) and flow(empty) == before


@pytest.mark.slow
def test_what_people_agreed_to_outlives_the_disk(
    site: TestClient,
    database: Database,
    study: Study,
    journal: Journal,
    host: Settings,
    start: Connect,
    empty: Database,
) -> None:
    """Two texts, none of them written by a page of the admin's: also a newer version's words."""
    Person.ready(site).step()
    with database.write() as session:
        session.get_one(Study, study.id).statement = "Yes."
    Person.ready(site).step()
    Person.join(site)
    texts = [line for line in lines(host) if line["type"] == "study"]
    assert [len(line["study"]["consent_texts"]) for line in texts] == [0, 1, 2]
    with database.read() as session:
        before = consent_texts.versions(session, session.get_one(Study, study.id))
    restored(host, start, empty, journal)
    with empty.read() as session:
        after = consent_texts.versions(session, session.scalars(select(Study)).one())
    assert [version.text for version in after] == [version.text for version in before]
    assert [version.since for version in after] == [version.since for version in before]
    assert [version.participants for version in after] == [1, 1]  # who only joined is a count
    assert after[1].text.endswith("\n\nYes.")


@pytest.mark.slow
def test_who_was_paid_outlives_the_disk(
    site: TestClient,
    database: Database,
    study: Study,
    journal: Journal,
    host: Settings,
    start: Connect,
    empty: Database,
) -> None:
    codes = [Person.ready(site).finish()["code"] for _ in range(3)]
    for paid, names in ((True, codes[:2]), (False, codes[:1])):
        with database.write() as session:
            row = session.get_one(Study, study.id)
            journal.paid(session, payments.mark(session, row, names, paid))
    expected = {codes[0]: False, codes[1]: True, codes[2]: False}

    def marks(store: Database) -> dict[str, bool]:
        with store.read() as session:
            finished = payments.finished(session, session.scalars(select(Study)).one())
        return {finisher.code: finisher.paid_on is not None for finisher in finished}

    assert marks(database) == expected
    restarted = restored(host, start, empty, journal)
    assert marks(empty) == expected and flow(empty) == flow(database)
    outcome = restarted.restore(empty)
    assert (outcome.answers, outcome.journalled) == (0, 0)
    # A database that is older than the journal, in which nobody was paid yet.
    with empty.write() as session:
        payments.mark(session, session.scalars(select(Study)).one(), codes, False)
    restarted.restore(empty)
    assert marks(empty) == expected


@pytest.mark.slow
def test_removed_rows_are_counted_once(
    site: TestClient,
    database: Database,
    study: Study,
    journal: Journal,
    host: Settings,
    start: Connect,
    empty: Database,
) -> None:
    Person.ready(site)
    for _ in range(3):
        Person.join(site)
    pass_time(database, unused_places.IDLE_ROW + timedelta(minutes=1))
    Person.join(site)
    before = flow(database)
    assert before.consented == 5 and people_count(database) == 2
    for _ in range(2):  # restarts that leave the disk as it is
        journal.restore(database)
        assert flow(database) == before and people_count(database) == 2
    restored(host, start, empty, journal)
    assert flow(empty) == before and people_count(empty) == 1


@pytest.mark.slow
@ONE
def test_a_journal_of_an_earlier_version(
    site: TestClient,
    database: Database,
    study: Study,
    journal: Journal,
    host: Settings,
    start: Connect,
    empty: Database,
) -> None:
    """It has lines of participants who did nothing, and studies without the newest field."""
    Person.ready(site).step()
    for _ in range(2):
        Person.join(site)
    with database.write() as session:
        for person in session.scalars(select(Participant)):
            journal.joined(session, person)
    journal.close()
    for path in (host.data / "journal").glob("*.jsonl"):
        old = [json.loads(line) for line in path.read_text().splitlines()]
        for line in old:
            if line["type"] == "study":
                del line["study"]["lapsed"]
        old_lines = [json.dumps(line) for line in old if line["type"] != "begun"]
        path.write_text("".join(f"{line}\n" for line in old_lines))
    restarted = start()
    outcome = restarted.restore(empty)
    assert outcome.problems == [] and people_count(empty) == 1
    assert flow(empty) == flow(database)
    # The old database still has them, and removes them in time: once each.
    pass_time(database, unused_places.IDLE_ROW + timedelta(minutes=1))
    with database.write() as session:
        assert unused_places.sweep(session, session.get_one(Study, study.id)) == 2
    restarted.restore(database)
    assert people_count(database) == 1 and flow(database).consented == 3


@ONE
@pytest.mark.parametrize("count", [-1, True, "5", None, 2**31, 1.5])
def test_a_count_that_cannot_be(
    journal: Journal, host: Settings, start: Connect, empty: Database, count: object
) -> None:
    journal.close()
    path = sorted((host.data / "journal").glob("*.jsonl"))[-1]
    line = {"type": "begun", "study": "small", "count": count, "at": now().isoformat()}
    path.write_text(path.read_text() + json.dumps(line) + "\n")
    start().restore(empty)
    assert flow(empty).consented == 0


def address(database: Database) -> str:
    return database.url.render_as_string(hide_password=False)
