"""The headphone check: judged by the server, a covariate or a gate."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from db.database import Database
from db.models import Participant, Study, Trial
from survey.core.headphones import PATTERNS, QUIET
from survey.ratings import rating_table
from tests.postgres import ONE
from tests.survey.panel_people import FAILED, FINISHED, add_panel, ids, read
from tests.survey.person import Person


def check(database: Database, study: Study, how: str) -> None:
    with database.write() as session:
        session.get_one(Study, study.id).headphones = how


def at_the_check(client: TestClient, **fields: Any) -> Person:
    person = Person.join(client, **fields)
    person.post("questions").raise_for_status()
    state = person.post("sound", left="left", right="right", ok=True).json()
    assert state["stage"] == "headphones" and state["trial"] is None
    return person


def answers(person: Person, wrong: int = 0) -> list[int]:
    """Right answers but for some, by what the sounds are."""
    numbers = [int(url[-5]) for url in person.state()["tones"]]
    right = [PATTERNS[number - 1].index(QUIET) + 1 for number in numbers]
    return [place % 3 + 1 for place in right[:wrong]] + right[wrong:]


def scores(database: Database) -> list[int | None]:
    with database.read() as session:
        query = select(Participant.headphones_right).order_by(Participant.id)
        return list(session.scalars(query))


@ONE
def test_a_study_without_it_asks_nobody(client: TestClient, database: Database) -> None:
    person = Person.ready(client)
    assert person.state()["stage"] == "practice" and person.state()["tones"] is None
    assert "Headphones" not in read(client, "/s/small")
    assert person.post("headphones", answers=[1] * 6).json()["stage"] == "practice"
    assert scores(database) == [None]


@pytest.mark.slow
@pytest.mark.parametrize("wrong", [0, 1, 2, 6])
@ONE
def test_as_a_covariate_everybody_goes_on(
    client: TestClient, database: Database, study: Study, wrong: int
) -> None:
    check(database, study, "covariate")
    assert "Whatever comes out, you can take part" in read(client, "/s/small")
    person = at_the_check(client)
    state = person.post("headphones", answers=answers(person, wrong)).json()
    assert state["stage"] == "practice" and scores(database) == [6 - wrong]
    assert state["tones"] is None
    assert person.finish()["stage"] == "finished"
    with database.read() as session:
        table = rating_table.frame(session, session.get_one(Study, study.id))
    assert set(table["headphones_right"]) == {6 - wrong}


@pytest.mark.parametrize(("wrong", "stage"), [(1, "practice"), (2, "failed")])
def test_as_a_gate_who_fails_goes_no_further(
    client: TestClient, database: Database, study: Study, wrong: int, stage: str
) -> None:
    check(database, study, "gate")
    assert "you cannot go on" in read(client, "/s/small")
    person = at_the_check(client)
    trial = None
    with database.read() as session:
        trial = session.scalars(select(Trial.token).order_by(Trial.position)).first()
    assert person.post("headphones", answers=answers(person, wrong)).json()["stage"] == stage
    assert person.state()["stage"] == stage
    with database.read() as session:
        left = session.scalar(select(func.count(Trial.id)))
        flow = rating_table.flow(session, session.get_one(Study, study.id))
    assert (left == 0) == (stage == "failed") == (flow.turned_away == 1)
    assert (person.answer(trial).status_code == 403) == (stage == "failed")
    if stage == "failed":
        person.post("withdraw", confirm=True).raise_for_status()
        assert scores(database) == []


def test_only_the_first_result_counts(client: TestClient, database: Database, study: Study) -> None:
    check(database, study, "gate")
    person = at_the_check(client)
    right = answers(person)
    person.post("headphones", answers=answers(person, 3)).raise_for_status()
    assert person.post("headphones", answers=right).json()["stage"] == "failed"
    assert scores(database) == [3]


@pytest.mark.slow
@ONE
def test_who_fails_takes_no_place_and_goes_back_to_the_panel(
    client: TestClient, database: Database, study: Study
) -> None:
    check(database, study, "gate")
    add_panel(database, study)
    with database.write() as session:
        row = session.get_one(Study, study.id)
        row.stops_at_wanted, row.build = True, {"participants": 1}
    failing = at_the_check(client, panel=ids("bad"))
    state = failing.post("headphones", answers=answers(failing, 6)).json()
    assert (state["stage"], state["leave"]) == ("failed", FAILED)
    again = client.post("/api/join", json={"study": "small", "consent": True, "panel": ids("bad")})
    assert again.json()["token"] == failing.token  # no second try
    passing = at_the_check(client, panel=ids("good"))
    passing.post("headphones", answers=answers(passing)).raise_for_status()
    assert passing.finish()["leave"] == FINISHED


@ONE
def test_without_a_panel_who_fails_takes_no_place_either(
    client: TestClient, database: Database, study: Study
) -> None:
    check(database, study, "gate")
    with database.write() as session:
        row = session.get_one(Study, study.id)
        row.stops_at_wanted, row.build = True, {"participants": 1}
    failing = at_the_check(client)
    failing.post("headphones", answers=answers(failing, 6)).raise_for_status()
    at_the_check(client)
    assert client.post("/api/join", json={"study": "small", "consent": True}).status_code == 403


@ONE
@pytest.mark.parametrize(
    "wrong", [[], [1] * 5, [1] * 7, [0] * 6, [4] * 6, ["1"] * 6, [1.0] * 5 + [None], "123123", None]
)
def test_what_is_no_result_is_refused(
    client: TestClient, database: Database, study: Study, wrong: object
) -> None:
    check(database, study, "covariate")
    person = at_the_check(client)
    assert person.post("headphones", answers=wrong).status_code == 422
    assert scores(database) == [None]


@ONE
def test_a_closed_study_checks_nobody(client: TestClient, database: Database, study: Study) -> None:
    check(database, study, "gate")
    person = at_the_check(client)
    with database.write() as session:
        session.get_one(Study, study.id).state = "closed"
    assert person.post("headphones", answers=[1] * 6).status_code == 403
    assert scores(database) == [None]


@ONE
def test_each_person_has_an_order_of_their_own_that_lasts(
    client: TestClient, database: Database, study: Study
) -> None:
    check(database, study, "covariate")
    people = [at_the_check(client) for _ in range(4)]
    orders = [tuple(person.state()["tones"]) for person in people]
    assert orders == [tuple(person.state()["tones"]) for person in people]
    assert len(set(orders)) > 1  # all four alike once in 370 million times
    for order in orders:
        assert len(set(order)) == 6
        for url in order:
            response = client.get(url)
            assert response.status_code == 200 and response.headers["content-type"] == "audio/mpeg"


@ONE
def test_in_german(client: TestClient, database: Database, study: Study) -> None:
    check(database, study, "gate")
    with database.write() as session:
        session.get_one(Study, study.id).language = "de"
    assert "Für diese Studie braucht man Kopfhörer" in read(client, "/s/small")
    person = at_the_check(client)
    assert "Welcher Ton war der leiseste?" in read(client, f"/p/{person.token}")
