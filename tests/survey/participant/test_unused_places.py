"""Participants who agree and do nothing more hold a place for minutes, and a row for a day."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from db.database import Database
from db.models import Answer, Participant, Study, Trial
from survey.admin import invitations, monitoring
from survey.participant import participation, unused_places
from survey.participant.assignment import loads
from survey.participant.schemas import Questions
from survey.participant.unused_places import FIRST_ANSWER, IDLE_ROW, SMALLEST_CAP
from survey.ratings import rating_table
from survey.records.preregistration import WANTED
from tests.postgres import ONE
from tests.survey import crowd
from tests.survey.crowd import people_count
from tests.survey.manager import ADMIN, Manager
from tests.survey.person import Person
from tests.survey.together import together

ASK = {"study": "small", "consent": True}
Later = Callable[[timedelta], None]


class Unlimited:
    """Lets everybody join at once: these tests are about the next limit."""

    def admit(self, study_id: int, is_newcomer: bool = False) -> int:
        return 0


@pytest.fixture(autouse=True)
def no_join_limit(app: FastAPI) -> None:
    app.state.join_limiter = Unlimited()


@pytest.fixture
def later(database: Database) -> Later:
    """Lets time pass: all that people did until now is so much longer ago."""

    def pass_time(time: timedelta) -> None:
        with database.write() as session:
            for person in session.scalars(select(Participant)):
                for name in ("consented_at", "seen_at", "asked_at", "checked_at", "finished_at"):
                    moment: datetime | None = getattr(person, name)
                    if moment is not None:
                        setattr(person, name, moment - time)

    return pass_time


@pytest.fixture
def small_cap(database: Database, study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """The small study wants ten people, so that twenty may hold places for nothing."""
    monkeypatch.setattr(unused_places, "SMALLEST_CAP", 6)
    with database.write() as session:
        stored_study = session.get_one(Study, study.id)
        stored_study.build = stored_study.build | {WANTED: 10}


def promised(database: Database, study: Study) -> int:
    """How many answers to transfer pairs are stored or promised."""
    with database.read() as session:
        transfers = {candidate.id for candidate in study.stimuli if candidate.kind == "transfer"}
        load = loads(session, session.get_one(Study, study.id))
    return sum(count for stimulus, count in load.items() if stimulus in transfers)


def flow(database: Database, study: Study) -> rating_table.ParticipantCounts:
    with database.read() as session:
        return rating_table.flow(session, session.get_one(Study, study.id))


@pytest.fixture
def study(study: Study, database: Database) -> Study:
    """The small study, its stimuli loaded."""
    with database.read() as session:
        stored_study = session.get_one(Study, study.id)
        assert stored_study.stimuli
    return stored_study


def test_a_place_is_promised_for_minutes(
    client: TestClient, database: Database, study: Study, later: Later
) -> None:
    person = Person.join(client)
    assert promised(database, study) == study.trials_each
    later(FIRST_ANSWER - timedelta(seconds=5))
    assert promised(database, study) == study.trials_each
    later(timedelta(seconds=6))
    assert promised(database, study) == 0
    with database.read() as session:
        cells = monitoring.cells(session, session.get_one(Study, study.id))
    assert {cell.waiting for cell in cells} == {0}
    assert person.state()["stage"] == "questions"


@pytest.mark.parametrize(
    ("path", "body"),
    [("questions", {}), ("sound", {"left": "left", "right": "right", "ok": True})],
)
def test_the_first_answer_to_anything_makes_it_the_studys_lease(
    client: TestClient, database: Database, study: Study, later: Later, path: str, body: dict
) -> None:
    """Also after the promised minutes: a slow participant loses nothing."""
    quick, slow = Person.join(client), Person.join(client)
    quick.post(path, **body).raise_for_status()
    later(FIRST_ANSWER + timedelta(minutes=30))
    assert promised(database, study) == study.trials_each
    slow.post(path, **body).raise_for_status()
    assert promised(database, study) == 2 * study.trials_each
    later(timedelta(minutes=31))
    assert promised(database, study) == study.trials_each


def test_looking_at_the_page_is_no_answer(
    client: TestClient, database: Database, study: Study, later: Later
) -> None:
    """Or a script that asks for its state would hold places for nothing."""
    person = Person.join(client)
    later(FIRST_ANSWER + timedelta(minutes=1))
    person.state()
    assert promised(database, study) == 0


@pytest.mark.slow
def test_so_many_hold_places_for_nothing_and_others_begin_within_minutes(
    client: TestClient, database: Database, study: Study, later: Later, small_cap: None
) -> None:
    under_way = Person.ready(client)
    before = under_way.step()
    responses = [client.post("/api/join", json=ASK) for _ in range(50)]
    assert [response.status_code for response in responses] == [201] * 20 + [429] * 30  # twice 10
    refused = responses[-1]
    assert refused.json()["error"] == "crowded" and 1 <= int(refused.headers["retry-after"]) <= 30
    assert under_way.state()["trial"]["id"] == before["trial"]["id"]
    # Whoever was quick enough goes on, and with the first answer frees a place for another.
    real = Person(client, responses[0].json()["token"])
    real.post("questions").raise_for_status()
    assert client.post("/api/join", json=ASK).status_code == 201
    assert client.post("/api/join", json=ASK).status_code == 429
    later(FIRST_ANSWER)
    late = Person.ready(client)
    assert [person.finish()["stage"] for person in (late, under_way)] == ["finished"] * 2
    real.post("sound", left="left", right="right", ok=True).raise_for_status()
    assert real.finish()["stage"] == "finished"
    assert flow(database, study).consented == 23  # 1 under way, 20, 1, 1
    with database.read() as session:
        assert session.scalar(select(func.count(Answer.id))) == 3 * 8


@pytest.mark.parametrize(
    ("participants", "cap"), [(1, SMALLEST_CAP), (30, SMALLEST_CAP), (48, 96), (500, 1000)]
)
def test_the_cap(participants: int, cap: int) -> None:
    assert unused_places.cap(participants) == cap >= 60  # as many as may join at once


@pytest.mark.slow
def test_the_invited_come_in_all_the_same(
    client: TestClient, database: Database, study: Study, small_cap: None
) -> None:
    with database.write() as session:
        invitation_tokens = invitations.create(session, session.get_one(Study, study.id), 2)
    while client.post("/api/join", json=ASK).status_code == 201:
        pass
    for token in invitation_tokens:
        Person.join(client, invitation=token)


@pytest.mark.slow
def test_rows_go_after_a_day_and_go_on_being_counted(
    client: TestClient, database: Database, study: Study, later: Later
) -> None:
    with database.write() as session:
        (token,) = invitations.create(session, session.get_one(Study, study.id), 1)
    invited = Person.join(client, invitation=token)
    idle = Person.join(client)
    questioned, listened = Person.join(client), Person.ready(client)
    questioned.post("questions").raise_for_status()
    listened.step()
    later(IDLE_ROW - timedelta(minutes=1))
    Person.join(client)
    assert people_count(database) == 5
    idle.state()  # a look keeps the row for another day
    later(timedelta(minutes=2))
    Person.join(client)
    assert people_count(database) == 6
    later(IDLE_ROW)
    before = flow(database, study)
    Person.join(client)
    assert people_count(database) == 4  # the invited, those who answered anything, and the last
    assert flow(database, study) == replace(before, consented=7)
    with database.read() as session:
        stored_study = session.get_one(Study, study.id)
        assert (stored_study.lapsed, stored_study.withdrawn) == (3, 0)
        assert session.scalar(select(func.count(Trial.id))) == 4 * 8
    response = client.get("/api/state", headers=idle.headers)
    assert response.status_code == 404
    assert "begin anew" in client.get(f"/p/{idle.token}").text
    for person in (invited, questioned, listened):
        assert person.state()["stage"] in ("questions", "sound", "practice", "trial")
    page = Manager(client, ADMIN).get("/studies/small/participants").text
    assert "4 participants" in page and "3 more agreed and did nothing else" in page


@pytest.mark.slow
def test_rows_beyond_a_number_go_sooner_the_oldest_first(
    client: TestClient,
    database: Database,
    study: Study,
    later: Later,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(unused_places, "IDLE_ROWS", 5)
    monkeypatch.setattr(unused_places, "ROWS_PER_SWEEP", 4)
    people = [Person.join(client) for _ in range(20)]
    assert people_count(database) == 20  # their places are promised still
    later(FIRST_ANSWER + timedelta(seconds=1))
    row_counts = []
    for _ in range(6):
        Person.join(client)
        row_counts.append(people_count(database))
    assert row_counts == [
        17,
        14,
        11,
        9,
        10,
        11,
    ]  # four go with each that comes, until five are left
    statuses = [client.get("/api/state", headers=person.headers).status_code for person in people]
    assert statuses == [404] * 15 + [200] * 5
    assert flow(database, study).consented == 26


@pytest.mark.slow
def test_a_flood_for_a_day_leaves_few_rows(
    client: TestClient,
    database: Database,
    study: Study,
    later: Later,
    monkeypatch: pytest.MonkeyPatch,
    small_cap: None,
) -> None:
    """As fast as the cap lets a script join, for as long as it likes."""
    monkeypatch.setattr(unused_places, "IDLE_ROWS", 30)
    joined = 0
    for _ in range(5):
        while client.post("/api/join", json=ASK).status_code == 201:
            joined += 1
        later(FIRST_ANSWER + timedelta(seconds=1))
    assert joined == 5 * 20
    assert people_count(database) <= 30 + 20 + 1
    assert flow(database, study).consented == joined


@ONE
def test_language_stays_what_people_agreed_in(
    client: TestClient, database: Database, study: Study, later: Later
) -> None:
    """Though all who agreed were removed."""
    Person.join(client)
    later(IDLE_ROW + timedelta(minutes=1))
    with database.write() as session:
        assert unused_places.sweep(session, session.get_one(Study, study.id)) == 1
    assert people_count(database) == 0
    Manager(client, ADMIN).send("/studies/small/settings", "/studies/small/settings", language="de")
    with database.read() as session:
        assert session.get_one(Study, study.id).language == "en"


def test_whoever_answers_while_rows_are_removed_stays(
    client: TestClient, database: Database, study: Study, later: Later
) -> None:
    """Theirs is a locked row on PostgreSQL, which is passed over; SQLite has one writer."""
    person = Person.join(client)
    later(IDLE_ROW + timedelta(minutes=1))
    removed = []

    def remove() -> None:
        with database.write() as session:
            removed.append(unused_places.sweep(session, session.get_one(Study, study.id)))

    sweeping = threading.Thread(target=remove)
    with database.write() as session:
        participation.question(participation.find(session, person.token, lock=True), Questions())
        session.flush()
        sweeping.start()
        sweeping.join(0.5)
    sweeping.join(10)
    assert removed == [0] and person.state()["stage"] == "sound"


@pytest.mark.slow
def test_whoever_withdraws_while_rows_are_removed_is_counted_once(
    client: TestClient, database: Database, study: Study, later: Later
) -> None:
    """Both would change the study, and the same row."""
    people = [Person.join(client) for _ in range(8)]
    later(IDLE_ROW + timedelta(minutes=1))
    responses = together(
        [*(partial(person.post, "withdraw", confirm=True) for person in people)]
        + [lambda: client.post("/api/join", json=ASK)] * 4
    )
    assert {response.status_code for response in responses[8:]} == {201}
    assert {response.status_code for response in responses[:8]} <= {200, 404}  # 404: removed before
    withdrawn = sum(response.status_code == 200 for response in responses[:8])
    with database.read() as session:
        stored_study = session.get_one(Study, study.id)
        assert (stored_study.withdrawn, stored_study.lapsed) == (withdrawn, 8 - withdrawn)
    assert people_count(database) == 4


def test_answers_count_though_no_question_was_asked(
    client: TestClient, database: Database, study: Study, later: Later
) -> None:
    """As in databases that were filled in another way."""
    Person.join(client)
    with database.write() as session:
        crowd.answer(session, session.scalars(select(Participant)).one(), random.Random(1))
    later(IDLE_ROW + timedelta(minutes=1))
    with database.write() as session:
        assert unused_places.sweep(session, session.get_one(Study, study.id)) == 0
