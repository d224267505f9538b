"""A database that cannot be written or read: nothing is acknowledged, and the log says why."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import event, func, select, text

from db.database import Database, DatabaseError
from db.models import Answer, Participant
from survey.app import create_app
from survey.core.settings import Settings
from tests.postgres import ONE
from tests.survey.manager import ADMIN, basic
from tests.survey.person import Person, key


def test_a_locked_database_acknowledges_nothing(
    client: TestClient, app: FastAPI, settings: Settings, database: Database
) -> None:
    person = Person.ready(client)
    trial = person.state()["trial"]["id"]
    person.hear(trial)
    app.state.database.close()
    app.state.database = Database(settings.database_url, busy=0.2)
    submission = key()
    with database.write() as session:
        session.scalars(select(Participant).with_for_update()).one()
        response = person.answer(trial, submission)
        assert response.status_code == 503 and response.json()["error"] == "busy"
        assert response.json()["message"].endswith(".") and int(response.headers["retry-after"]) > 0
        assert session.scalar(select(func.count(Answer.id))) == 0
        assert person.state()["trial"]["id"] == trial  # reading goes on
    assert person.answer(trial, submission).status_code == 200
    with database.read() as session:
        assert session.scalars(select(Answer.submission)).all() == [submission]


@pytest.mark.slow
@ONE
def test_a_full_disk_acknowledges_nothing(
    client: TestClient, app: FastAPI, settings: Settings, database: Database
) -> None:
    """Until SQLite has no page left, every acknowledged answer is there, and no other one."""
    person = Person.ready(client)
    with database.read() as session:
        pages = session.scalar(text("PRAGMA page_count"))
    app.state.database.close()
    full = app.state.database = Database(settings.database_url)

    @event.listens_for(full.engine, "connect")
    def limit(connection, record) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + 1}")

    acknowledged = 0
    for _ in range(8):
        trial = person.state()["trial"]["id"]
        statuses = set()
        for side, happened in product(("first", "second"), ("started", "ended")):
            play = {"trial": trial, "side": side, "event": happened, "submission": key()}
            statuses.add(person.post("plays", **play).status_code)
        response = person.answer(trial, comment="🎹" * 1000)
        if response.status_code != 200:
            break
        acknowledged += 1
    assert response.status_code == 503 or 503 in statuses
    with database.read() as session:
        assert session.scalar(select(func.count(Answer.id))) == acknowledged
        assert session.scalar(text("PRAGMA integrity_check")) == "ok"
    full.close()
    app.state.database = Database(settings.database_url)
    person.finish()
    with database.read() as session:
        assert session.scalar(select(func.count(Answer.id))) == 8


@pytest.mark.slow
@ONE
def test_a_disk_that_is_full_for_one_answer_costs_nothing(
    client: TestClient, app: FastAPI, settings: Settings, database: Database
) -> None:
    """Its plays are there already; it is stored once there is room, and all goes on."""
    person = Person.ready(client)

    def use(limit: int | None) -> None:
        app.state.database.close()
        app.state.database = Database(settings.database_url)
        if limit is not None:
            pragma = f"PRAGMA max_page_count = {limit}"
            event.listen(app.state.database.engine, "connect", lambda one, _: one.execute(pragma))

    stored = 0
    while stored < 8:  # the first may find pages that are free
        trial, submission, comment = person.state()["trial"]["id"], key(), "🎹" * 1000
        person.hear(trial)
        with database.read() as session:
            use(session.scalar(text("PRAGMA page_count")))
        refused = person.answer(trial, submission, comment=comment)
        if refused.status_code != 200:
            break
        use(None)
        stored += 1
    assert refused.status_code == 503 and refused.json()["message"].endswith(".")
    assert person.answer(trial, submission, comment=comment).status_code == 503
    assert person.state()["trial"]["id"] == trial
    use(None)
    with database.read() as session:
        assert session.scalar(select(func.count(Answer.id))) == stored
    assert person.answer(trial, submission, comment=comment).status_code == 200
    person.finish()
    with database.read() as session:
        assert session.scalar(select(func.count(Answer.id))) == 8


@ONE
def test_a_newer_database_stops_the_start(settings: Settings, database: Database) -> None:
    with database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseError, match="newer than this software"):
        create_app(settings)


@ONE
def test_a_database_that_cannot_be_reached_stops_the_start(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    """In one sentence, which names neither its place nor its password."""
    url = f"postgresql://somebody:password@/none?host={tmp_path}"
    with pytest.raises(DatabaseError, match=r"cannot be used \(OperationalError\)") as refused:
        create_app(replace(settings, database_url=url))
    sentence = str(refused.value)
    assert "password" not in sentence and str(tmp_path) not in sentence and "\n" not in sentence
    with pytest.raises(DatabaseError, match="The data folder cannot be used"):
        create_app(replace(settings, database_url="sqlite:////proc/none/x.sqlite"))


def test_the_log_names_what_failed_and_no_value(
    client: TestClient, app: FastAPI, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Databases repeat values in what they say: constraints, types, addresses."""
    with database.write() as session:
        session.execute(text("DROP TABLE answers"))
        session.execute(text("DROP TABLE plays"))
    response = client.get("/admin/studies/small", headers=basic(ADMIN))
    assert response.status_code == 503 and response.json()["error"] == "busy"
    failed = [record for record in caplog.records if record.levelname == "ERROR"]
    assert failed and all(record.exc_info is None for record in failed)
    for record in failed:
        assert re.fullmatch(r"the database failed: \w+(, \w+)*", record.getMessage())
