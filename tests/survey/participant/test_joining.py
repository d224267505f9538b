"""Who may join a study: open ones, agreed to, by an invitation of their own."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from db.database import Database
from db.models import Answer, Invitation, Participant, Study
from survey.core import texts, tokens
from tests.survey.person import Person, key
from tests.survey.together import together


@pytest.mark.slow
def test_a_closed_study_takes_nothing(client: TestClient, database: Database, study: Study) -> None:
    finished, person = Person.ready(client), Person.ready(client)
    code = finished.finish()["code"]
    trial = person.state()["trial"]["id"]
    person.hear(trial)
    close_study(database, study)
    play = {"trial": trial, "side": "first", "event": "ended", "submission": key()}
    refused = [
        person.answer(trial),
        person.post("plays", **play),
        person.post("questions"),
        person.post("sound", left="left", right="right", ok=True),
        client.post("/api/join", json={"study": "small", "consent": True}),
    ]
    assert [response.status_code for response in refused] == [403] * 5
    assert {response.json()["error"] for response in refused} == {"closed"}
    assert person.state()["stage"] == "closed" and person.state()["trial"] is None
    assert finished.state()["stage"] == "finished" and finished.state()["code"] == code
    with database.read() as session:
        assert session.scalar(select(func.count(Answer.id))) == 8
        assert session.scalar(select(func.count(Participant.id))) == 2


def test_what_was_agreed_to_is_known(client: TestClient, database: Database, study: Study) -> None:
    Person.join(client)
    with database.write() as session:
        session.get(Study, study.id).retention = "for ever"
    Person.join(client)
    with database.read() as session:
        agreed = session.scalars(select(Participant.consent).order_by(Participant.id)).all()
    assert agreed[0] == hashlib.sha256(texts.consent(study).encode()).hexdigest()
    assert agreed[0] != agreed[1]


@pytest.mark.parametrize("state", ["draft", "closed"])
def test_nobody_joins_a_study_that_is_not_open(
    client: TestClient, database: Database, study: Study, state: str
) -> None:
    with database.write() as session:
        session.get(Study, study.id).state = state
    assert client.post("/api/join", json={"study": "small", "consent": True}).status_code == 403


def test_an_invitation_is_good_for_one(
    client: TestClient, database: Database, study: Study
) -> None:
    invitation = tokens.secret()
    with database.write() as session:
        session.get(Study, study.id).invited_only = True
        session.add(Invitation(study_id=study.id, token_hash=tokens.hashed(invitation)))
    body = {"study": "small", "consent": True, "invitation": invitation}
    responses = together([lambda: client.post("/api/join", json=body)] * 20)
    assert Counter(response.status_code for response in responses) == {201: 1, 403: 19}
    assert {response.json().get("error") for response in responses} == {None, "invitation"}
    for changes in (
        {"invitation": tokens.secret()},
        {"invitation": "\0"},
        {"invitation": None},
        {},
    ):
        refused = client.post("/api/join", json={"study": "small", "consent": True, **changes})
        assert refused.status_code == 403 and refused.json()["error"] == "invitation"
    with database.read() as session:
        assert session.scalar(select(func.count(Participant.id))) == 1
        assert session.scalars(select(Invitation)).one().used_at is not None


def test_another_studys_invitation_is_refused(
    client: TestClient, database: Database, study: Study
) -> None:
    invitation = tokens.secret()
    with database.write() as session:
        other_study = Study(name="other", title="Other", trials_each=1)
        session.add(other_study)
        session.flush()
        session.add(Invitation(study_id=other_study.id, token_hash=tokens.hashed(invitation)))
    body = {"study": "small", "consent": True, "invitation": invitation}
    assert client.post("/api/join", json=body).status_code == 403


def close_study(database: Database, study: Study) -> None:
    with database.write() as session:
        session.get(Study, study.id).state = "closed"
