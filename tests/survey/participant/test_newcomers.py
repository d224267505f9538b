"""Where few have begun lately: places are kept for these, and no address is."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from db.database import Database
from db.models import Study
from survey.participant import unused_places
from survey.participant.join_rate import JoinLimiter
from survey.participant.newcomers import FEW, MEMORY, Newcomers
from survey.records.preregistration import WANTED
from tests.postgres import ONE
from tests.survey.clock import Clock
from tests.survey.person import Person

ASK = {"study": "small", "consent": True}
SCRIPT, PERSON, OTHER = "203.0.113.7", "198.51.100.9", "198.51.100.10"


@pytest.fixture
def newcomers(clock: Clock) -> Newcomers:
    return Newcomers(clock)


@pytest.fixture
def app(app: FastAPI, clock: Clock) -> FastAPI:
    """A survey whose limits go by a clock of the test's own."""
    app.state.join_limiter, app.state.newcomers = JoinLimiter(clock), Newcomers(clock)
    return app


def at(app: FastAPI, address: str) -> TestClient:
    """A browser at an address."""
    return TestClient(app, client=(address, 50000))


def until_refused(client: TestClient) -> int:
    """How many join who do nothing else, one after the other."""
    count = 0
    while client.post("/api/join", json=ASK).status_code == 201:
        count += 1
    return count


def test_few_have_begun_until_there_are_as_many(newcomers: Newcomers, clock: Clock) -> None:
    for _ in range(FEW):
        assert newcomers.is_one(SCRIPT)
        newcomers.began(SCRIPT)
    assert not newcomers.is_one(SCRIPT) and newcomers.is_one(PERSON)
    clock.now += MEMORY
    assert newcomers.is_one(SCRIPT)


def test_a_house_is_one_address(newcomers: Newcomers) -> None:
    for number in range(FEW):
        newcomers.began(f"2001:db8:0:7::{number:x}")
    assert not newcomers.is_one("2001:db8:0:8::1")  # of the same /56
    assert newcomers.is_one("2001:db8:0:100::1")


def test_nothing_is_kept_for_whose_address_is_unknown(newcomers: Newcomers) -> None:
    newcomers.began(None)
    assert not newcomers.is_one(None)


def test_no_address_is_kept_and_what_stands_for_it_is_forgotten(clock: Clock) -> None:
    """What is in memory cannot be made by anybody who has addresses, but not the key."""
    memories: list[dict[str, Any]] = []
    for _ in range(2):
        newcomers = Newcomers(clock)
        newcomers.began(PERSON)
        memories.append({name: vars(newcomers)[name] for name in ("_began", "_counts")})
        assert PERSON.encode() not in pickle.dumps(memories[-1])
    assert memories[0]["_counts"].keys().isdisjoint(memories[1]["_counts"])
    clock.now += MEMORY
    newcomers.is_one(OTHER)
    assert not memories[1]["_began"] and not memories[1]["_counts"]


@pytest.mark.slow
def test_a_script_at_one_address_keeps_nobody_else_out(
    app: FastAPI, client: TestClient, database: Database, study: Study
) -> None:
    """Neither by its rate nor by the places that it holds, as long as it goes on."""
    script = at(app, SCRIPT)
    assert until_refused(script) == unused_places.cap(0) == 60
    person = Person.ready(at(app, PERSON))
    assert script.post("/api/join", json=ASK).status_code == 429
    assert Person.ready(at(app, OTHER)).finish()["stage"] == "finished"
    assert person.finish()["stage"] == "finished"


@pytest.mark.slow
def test_places_that_one_address_holds_are_not_all(
    app: FastAPI, client: TestClient, database: Database, study: Study, clock: Clock
) -> None:
    with database.write() as session:
        stored = session.get_one(Study, study.id)
        stored.build = stored.build | {WANTED: 40}
    script, held = at(app, SCRIPT), 0
    while clock.now < 1000.0 + 60:
        held += until_refused(script)
        clock.now += 1
    assert held == unused_places.cap(40) == 80  # its rate would let it have more
    assert Person.ready(at(app, PERSON)).finish()["stage"] == "finished"
    clients = [at(app, f"192.0.2.{number}") for number in range(60)]
    statuses = [one.post("/api/join", json=ASK).status_code for one in clients]
    assert statuses.count(201) == 40 and set(statuses[40:]) == {429}  # half as many more


@pytest.mark.slow
@ONE
def test_a_hall_at_one_address_has_what_all_have(app: FastAPI, client: TestClient, study: Study):
    """People who share an address are not fewer than they would be without anybody's address."""
    hall = at(app, SCRIPT)
    people = [Person.ready(hall) for _ in range(60)]
    assert hall.post("/api/join", json=ASK).status_code == 429
    assert people[-1].state()["stage"] in ("practice", "trial")
