from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from db.database import Database
from db.models import Answer, Audit, Invitation, Participant, Play, Study, Trial
from survey.core import tokens
from tests.survey.core.test_tokens import dump
from tests.survey.person import Person

SECRET = "my neighbour Ada plays this too loudly"


@pytest.mark.slow
def test_withdrawal_erases_every_row_and_byte(
    client: TestClient, database: Database, study: Study
) -> None:
    staying, leaving = Person.ready(client), Person.ready(client)
    staying.step(comment="this stays")
    for _ in range(3):
        leaving.step(comment=SECRET)
    with database.read() as session:
        public = session.scalar(select(Participant.public_id).order_by(Participant.id.desc()))
    assert SECRET in dump(database) and public in dump(database)

    response = leaving.post("withdraw", confirm=True)
    assert response.status_code == 200 and response.json() == {"withdrawn": True}

    everything = dump(database)
    assert "this stays" in everything
    for trace in (SECRET, public, tokens.hashed(leaving.token)):
        assert trace not in everything
    with database.read() as session:
        for table, rows in ((Participant, 1), (Answer, 1), (Play, 4), (Trial, 8)):
            assert session.scalar(select(func.count()).select_from(table)) == rows
        assert session.scalar(select(Study.withdrawn)) == 1
        audit = session.scalars(select(Audit).where(Audit.action == "erased")).one()
        assert (audit.actor, audit.study_id, audit.detail) == ("participant", study.id, {})


def test_the_token_is_unknown_afterwards(client: TestClient) -> None:
    person = Person.ready(client)
    trial = person.state()["trial"]["id"]
    clip = person.state()["trial"]["clips"]["first"]
    person.post("withdraw", confirm=True).raise_for_status()
    answers = [
        client.get("/api/state", headers=person.headers),
        person.post("questions"),
        person.answer(trial),
        person.post("withdraw", confirm=True),
        client.get(clip),
    ]
    assert [response.status_code for response in answers] == [404] * 5
    assert {response.json()["error"] for response in answers} == {"unknown"}


def test_withdrawal_wants_to_be_confirmed(client: TestClient, database: Database) -> None:
    person = Person.ready(client)
    for body in ({}, {"confirm": False}, {"confirm": "yes"}, {"confirm": 1}):
        assert person.post("withdraw", **body).status_code == 422
    assert person.state()["stage"] == "practice"
    with database.read() as session:
        assert session.scalar(select(Study.withdrawn)) == 0


@pytest.mark.slow
def test_one_may_withdraw_from_a_closed_study_and_when_finished(
    client: TestClient, database: Database, study: Study
) -> None:
    person = Person.ready(client)
    person.finish()
    with database.write() as session:
        session.get(Study, study.id).state = "closed"
    assert person.post("withdraw", confirm=True).status_code == 200
    with database.read() as session:
        assert session.scalars(select(Participant)).all() == []


def test_the_invitation_stays_used_and_loses_its_label(
    client: TestClient, database: Database, study: Study
) -> None:
    token = tokens.secret()
    with database.write() as session:
        session.add(
            Invitation(study_id=study.id, token_hash=tokens.hashed(token), label="Ada Example")
        )
    person = Person.join(client, invitation=token)
    person.post("withdraw", confirm=True).raise_for_status()
    assert "Ada Example" not in dump(database)
    body = {"study": "small", "consent": True, "invitation": token}
    assert client.post("/api/join", json=body).status_code == 403
