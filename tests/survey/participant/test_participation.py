"""The steps of a participant through a study, and requests out of order."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from db.database import Database
from db.models import Answer, Clip, Participant, Play, Study, Trial, now
from survey.app import close, create_app
from survey.core.settings import Settings
from tests.survey.participant.test_joining import close_study
from tests.survey.person import Person, key
from tests.survey.together import together


@pytest.mark.slow
def test_a_participant_goes_all_the_way(client: TestClient) -> None:
    person = Person.join(client)
    state = person.state()
    assert state["stage"] == "questions"
    assert state["progress"] == {"done": 0, "total": 6}
    assert person.post("questions").json()["stage"] == "sound"
    state = person.post("sound", left="left", right="none", ok=False).json()
    stages = []
    while state["trial"]:
        stages.append((state["stage"], state["trial"]["practice"], state["trial"]["number"]))
        assert state["trial"]["heard"] == {"first": False, "second": False}
        state = person.step()
    practice = [("practice", True, number) for number in (1, 2)]
    assert stages == practice + [("trial", False, number) for number in range(1, 7)]
    assert state["stage"] == "finished"
    assert state["progress"] == {"done": 6, "total": 6}
    assert len(state["code"]) == 9
    assert person.state() == state


@pytest.mark.slow
def test_fifty_threads_with_one_submission_store_one_row(
    client: TestClient, database: Database
) -> None:
    person = Person.ready(client)
    trial = person.state()["trial"]["id"]
    person.hear(trial)
    submission = key()
    responses = together([lambda: person.answer(trial, submission)] * 50)
    assert Counter(response.status_code for response in responses) == {200: 50}
    assert len({response.text for response in responses}) == 1
    assert responses[0].json() == person.state()
    with database.read() as session:
        assert session.scalars(select(Answer.submission)).all() == [submission]


@pytest.mark.slow
def test_fifty_different_submissions_store_the_first(
    client: TestClient, database: Database
) -> None:
    person = Person.ready(client)
    trial = person.state()["trial"]["id"]
    person.hear(trial)
    ratings = [1 + number % 5 for number in range(50)]
    responses = together([partial(person.answer, trial, rhythm=rating) for rating in ratings])
    assert Counter(response.status_code for response in responses) == {200: 1, 409: 49}
    state = person.state()
    for response, rating in zip(responses, ratings, strict=True):
        if response.status_code == 409:
            assert response.json()["error"] == "stale" and response.json()["state"] == state
        else:
            stored = rating
    with database.read() as session:
        assert session.scalars(select(Answer.rhythm)).all() == [stored]


@pytest.mark.slow
def test_fifty_threads_with_one_play_store_one_row(client: TestClient, database: Database) -> None:
    person = Person.ready(client)
    trial = person.state()["trial"]["id"]
    body = {"trial": trial, "side": "first", "submission": key()}
    person.post("plays", **body | {"event": "started", "submission": key()})
    responses = together([lambda: person.post("plays", **body, event="ended")] * 50)
    assert {response.status_code for response in responses} == {204}
    with database.read() as session:
        assert session.scalar(select(func.count(Play.id))) == 2
    assert person.state()["trial"]["heard"] == {"first": True, "second": False}


def test_an_answer_sent_again_much_later_is_still_acknowledged(
    client: TestClient, database: Database, study: Study
) -> None:
    """The acknowledgement was lost; meanwhile another device went on and the study closed."""
    person = Person.ready(client)
    trial = person.state()["trial"]["id"]
    person.hear(trial)
    submission = key()
    person.answer(trial, submission).raise_for_status()
    person.step()
    assert person.answer(trial, submission, rhythm=1).status_code == 200
    close_study(database, study)
    assert person.answer(trial, submission).status_code == 200
    assert person.answer(trial).status_code == 403
    with database.read() as session:
        assert session.scalar(select(func.count(Answer.id))) == 2
        assert session.scalars(select(Answer.rhythm).order_by(Answer.id)).first() == 3


def test_the_same_way_on_any_device(client: TestClient, app: FastAPI) -> None:
    person = Person.ready(client)
    person.step()
    trial = person.state()["trial"]["id"]
    for event in ("started", "ended"):
        person.post("plays", trial=trial, side="second", event=event, submission=key())
    before = person.state()
    assert before["trial"]["heard"] == {"first": False, "second": True}
    with TestClient(app) as elsewhere:
        other_device = Person(elsewhere, person.token)
        assert other_device.state() == before
        other_device.step()
        assert person.state() == other_device.state() != before


def test_the_same_way_after_a_restart(client: TestClient, settings: Settings) -> None:
    person = Person.ready(client)
    person.step()
    before = person.state()
    restarted = create_app(settings)
    with TestClient(restarted) as restarted_client:
        assert Person(restarted_client, person.token).state() == before
    close(restarted)


def test_unheard_trials_are_refused(client: TestClient, database: Database) -> None:
    person = Person.ready(client)
    trial = person.state()["trial"]["id"]

    def play(side: str, event: str) -> None:
        response = person.post("plays", trial=trial, side=side, event=event, submission=key())
        assert response.status_code == 204 and not response.content

    for side, event in ((None, None), ("first", "started"), ("first", "ended")):
        if side:
            play(side, event)
        response = person.answer(trial)
        assert response.status_code == 422 and response.json()["error"] == "unheard"
    play("second", "started")
    assert person.answer(trial).status_code == 422
    with database.read() as session:
        assert session.scalar(select(func.count(Answer.id))) == 0
    play("second", "ended")
    assert person.answer(trial).status_code == 200


def test_an_end_counts_after_its_start(client: TestClient, database: Database) -> None:
    """An end without a start, before the start or of the other clip does not count as heard.

    Whose start got lost hears the clip again, and goes on.
    """
    person = Person.ready(client)
    trial = person.state()["trial"]["id"]

    def play(side: str, event: str) -> dict[str, bool]:
        person.post("plays", trial=trial, side=side, event=event, submission=key())
        return person.state()["trial"]["heard"]

    assert play("first", "ended") == {"first": False, "second": False}
    assert play("second", "started") == {"first": False, "second": False}
    assert play("first", "started") == {"first": False, "second": False}
    assert person.answer(trial).json()["error"] == "unheard"
    assert play("first", "ended") == {"first": True, "second": False}
    assert play("second", "ended") == {"first": True, "second": True}
    assert play("second", "started") == {"first": True, "second": True}  # heard is heard
    assert person.answer(trial).status_code == 200


def test_one_trial_after_the_other(client: TestClient, database: Database) -> None:
    person = Person.ready(client)
    with database.read() as session:
        coming = session.scalars(select(Trial.token).where(Trial.position == 5)).one()
    person.hear(coming)
    response = person.answer(coming)
    assert response.status_code == 409 and response.json()["state"] == person.state()


def test_questions_and_sound_check_come_first(client: TestClient, database: Database) -> None:
    person = Person.join(client)
    with database.read() as session:
        trial = session.scalars(select(Trial.token).where(Trial.position == 0)).one()
    person.hear(trial)
    assert person.answer(trial).json()["state"]["stage"] == "questions"
    person.post("questions", age_band="25-34", training=None)
    assert person.answer(trial).json()["state"]["stage"] == "sound"
    person.post("sound", left="right", right="left", ok=True)
    assert person.answer(trial).status_code == 200
    with database.read() as session:
        stored = session.scalars(select(Participant)).one()
    assert (stored.age_band, stored.training, stored.device) == ("25-34", None, None)
    assert stored.sound_ok is False


@pytest.mark.parametrize(
    ("left", "right", "ok", "stored"),
    [("left", "right", True, True), ("left", "right", False, False), ("left", "none", True, False)],
)
def test_the_sound_check_is_kept_as_one_word(
    client: TestClient, database: Database, left: str, right: str, ok: bool, stored: bool
) -> None:
    person = Person.join(client)
    person.post("sound", left=left, right=right, ok=ok).raise_for_status()
    with database.read() as session:
        assert session.scalars(select(Participant.sound_ok)).one() is stored


def test_questions_are_asked_once(client: TestClient, database: Database) -> None:
    person = Person.join(client)
    first = person.post("questions", device="speakers")
    assert person.post("questions", device="headphones").json() == first.json()
    with database.read() as session:
        assert session.scalars(select(Participant.device)).one() == "speakers"


def test_everything_said_is_kept(client: TestClient, database: Database) -> None:
    person = Person.ready(client)
    person.step(direction="lower", comment="“schön” 🎹 =1+1", seconds=3, rhythm=1, naturalness=5)
    with database.read() as session:
        answer = session.scalars(select(Answer)).one()
    assert (answer.direction, answer.comment, answer.seconds) == ("lower", "“schön” 🎹 =1+1", 3.0)
    assert (answer.rhythm, answer.melody, answer.harmony, answer.naturalness) == (1, 4, 2, 5)
    assert abs(now() - answer.at) < timedelta(minutes=1)


@pytest.mark.slow
def test_finishing_is_remembered(client: TestClient, database: Database) -> None:
    person = Person.ready(client)
    state = person.finish()
    with database.read() as session:
        stored = session.scalars(select(Participant)).one()
    assert stored.stage == "finished" and stored.finished_at is not None
    assert stored.completion_code == state["code"]
    assert state["trial"] is None and state["next"] is None


def test_another_ones_trial_is_refused_like_an_unknown_one(
    client: TestClient, database: Database
) -> None:
    person, owner = Person.ready(client), Person.ready(client)
    trial = owner.state()["trial"]["id"]
    owner.hear(trial)
    responses = [
        person.answer(trial),
        person.answer("x" * 22),
        person.answer(""),
        person.answer("\0"),
    ]
    play = {"side": "first", "event": "ended", "submission": key()}
    responses += [
        person.post("plays", trial=trial, **play),
        person.post("plays", trial="\0", **play),
    ]
    assert [refused.status_code for refused in responses] == [403] * 6
    assert len({refused.text for refused in responses}) == 1
    with database.read() as session:
        assert session.scalar(select(func.count(Answer.id))) == 0
        assert session.scalar(select(func.count(Play.id))) == 4


@pytest.mark.slow
def test_nothing_tells_what_a_trial_is(client: TestClient, database: Database) -> None:
    """All that the browser gets on the whole way, but for the sounds themselves."""
    telling = r"lower|higher|same|identical|swapped|transfer|catch|strength|kind|bach|gm-vae"
    person = Person.ready(client)
    with database.read() as session:
        hashes = session.scalars(select(Clip.sha256)).all()
    state = person.state()
    shapes = set()
    while state["trial"]:
        assert not re.search(telling, json.dumps(state))
        assert not any(sha256 in json.dumps(state) for sha256 in hashes)
        if state["stage"] == "trial":
            shapes.add((tuple(state), tuple(state["trial"]), len(json.dumps(state["trial"]))))
        state = person.step()
    assert len(shapes) == 1
    assert set(state) == {"stage", "study", "progress", "trial", "next", "tones", "code", "leave"}


@pytest.mark.slow
def test_the_next_clips_are_those_of_the_next_trial(client: TestClient) -> None:
    person = Person.ready(client)
    state = person.state()
    while state["trial"]:
        promised = state["next"]
        state = person.step()
        assert promised == (state["trial"]["clips"] if state["trial"] else None)
