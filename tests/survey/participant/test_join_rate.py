"""How fast people may begin, by the limits themselves and over HTTP."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from db.database import Database
from db.models import Participant, Study
from survey.admin import invitations
from survey.participant.join_rate import JoinLimiter
from tests.postgres import ONE
from tests.survey.clock import Clock
from tests.survey.person import Person
from tests.survey.together import together

ASK = {"study": "small", "consent": True}
BURST, BURST_OF_ALL = 60, 120  # people at once, of a study and of all studies
LONGEST_WAIT_SECONDS = 30  # seconds


@pytest.fixture
def limiter(clock: Clock) -> JoinLimiter:
    return JoinLimiter(clock)


@pytest.fixture
def hall(app: FastAPI, client: TestClient, clock: Clock) -> Iterator[TestClient]:
    """A survey whose limits go by a clock of the test's own."""
    app.state.join_limiter = JoinLimiter(clock)
    yield client


def test_a_crowd_at_once_and_then_one_a_second(limiter: JoinLimiter, clock: Clock) -> None:
    assert [limiter.admit(1) for _ in range(BURST)] == [0] * BURST
    assert limiter.admit(1) == 1
    clock.now += 0.9
    assert limiter.admit(1) > 0
    clock.now += 0.1
    assert limiter.admit(1) == 0 and limiter.admit(1) > 0
    clock.now += 3600
    assert [limiter.admit(1) for _ in range(BURST + 1)][BURST - 1 :] == [0, 1]


def test_who_is_sent_away_comes_back_one_after_the_other(limiter: JoinLimiter) -> None:
    for _ in range(BURST):
        limiter.admit(1)
    waits = [limiter.admit(1) for _ in range(100)]
    assert waits == [min(number + 1, LONGEST_WAIT_SECONDS) for number in range(100)]


def test_one_study_does_not_stop_another(limiter: JoinLimiter) -> None:
    while not limiter.admit(1):
        pass
    assert [limiter.admit(2) for _ in range(BURST_OF_ALL - BURST)] == [0] * (BURST_OF_ALL - BURST)
    assert limiter.admit(2) > 0 and limiter.admit(3) > 0


def test_refusals_take_nothing(limiter: JoinLimiter, clock: Clock) -> None:
    """Refused requests use no token: a script without pauses gets one join a second."""
    passed = 0
    for _ in range(20_000):
        passed += limiter.admit(1) == 0
        clock.now += 0.01
    assert passed == pytest.approx(BURST + 200, abs=1)


def test_threads_share_the_limit(limiter: JoinLimiter) -> None:
    waits = together([lambda: limiter.admit(1)] * 100)
    assert waits.count(0) == BURST


@pytest.mark.parametrize(("people", "within"), [(200, 120.0), (200, 0.0), (90, 30.0)])
def test_a_lecture_hall(limiter: JoinLimiter, clock: Clock, people: int, within: float) -> None:
    """All get in; like the page, a client that has to wait asks again after the given time.

    Of 200 within two minutes nobody waits longer than a minute, of 200 in one moment three.
    """
    dice = random.Random(1)
    start = clock.now
    coming = [(start + dice.uniform(0, within), number) for number in range(people)]
    arrived = {number: moment for moment, number in coming}
    heapq.heapify(coming)
    waited, requests = [], 0
    while coming:
        clock.now, number = heapq.heappop(coming)
        requests += 1
        seconds = limiter.admit(1)
        if seconds:
            heapq.heappush(coming, (clock.now + seconds * dice.uniform(1, 1.25), number))
        else:
            waited.append(clock.now - arrived[number])
    assert len(waited) == people
    assert max(waited) < (60 if within else 180)
    assert requests < 8 * people  # nobody asks without a pause


@pytest.mark.slow
def test_a_script_that_floods(
    hall: TestClient, clock: Clock, database: Database, study: Study
) -> None:
    """150 joins in 8 seconds: half are refused, and a person begins a second later."""
    responses = []
    for _ in range(150):
        responses.append(hall.post("/api/join", json=ASK))
        clock.now += 8 / 150
    statuses = [response.status_code for response in responses]
    assert statuses[:BURST] == [201] * BURST and statuses.count(201) <= BURST + 8
    refused = responses[statuses.index(429)]
    assert refused.json()["error"] == "crowded" and refused.json()["message"].endswith("moment.")
    assert 1 <= int(refused.headers["retry-after"]) <= LONGEST_WAIT_SECONDS
    with database.read() as session:
        assert session.scalar(select(func.count(Participant.id))) == statuses.count(201)
    clock.now += LONGEST_WAIT_SECONDS
    assert Person.ready(hall).finish()["stage"] == "finished"


@pytest.mark.slow
def test_an_invitation_passes_by(hall: TestClient, database: Database, study: Study) -> None:
    with database.write() as session:
        invitation_tokens = invitations.create(session, session.get_one(Study, study.id), 3)
    while hall.post("/api/join", json=ASK).status_code == 201:
        pass
    for token in invitation_tokens:
        Person.join(hall, invitation=token)
    response = hall.post("/api/join", json=ASK | {"invitation": invitation_tokens[0]})
    assert response.status_code == 403 and "retry-after" not in response.headers


@pytest.mark.slow
@ONE
def test_what_could_never_join_takes_nothing(hall: TestClient, study: Study) -> None:
    """Unknown studies, wrong invitations, no consent: nobody's allowance is spent by them."""
    for changes in ({"study": "none"}, {"invitation": "x" * 43}, {"consent": False}):
        for _ in range(BURST):
            assert hall.post("/api/join", json=ASK | changes).status_code in (403, 404, 422)
    assert hall.post("/api/join", json=ASK).status_code == 201


@pytest.mark.slow
@ONE
def test_who_is_sent_away_needs_no_writer(
    hall: TestClient, database: Database, study: Study
) -> None:
    """A flood is refused without the turn that answers are stored in."""
    while hall.post("/api/join", json=ASK).status_code == 201:
        pass
    with database.write():
        assert hall.post("/api/join", json=ASK).status_code == 429
