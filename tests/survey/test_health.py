"""/healthz: what it says, and that it says it within a second whatever hangs."""

from __future__ import annotations

import json
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import ValidationError
from starlette.datastructures import State

from db.database import Database
from db.models import Study
from survey import health
from survey.core import texts
from survey.core.settings import Settings
from survey.health import FRESH_SECONDS, LONGEST_WAIT_SECONDS, HealthMonitor
from tests.postgres import ONE
from tests.survey.clock import Clock
from tests.survey.manager import contents
from tests.survey.person import Person

WELL = {"ok": True, "database": "ok", "disk": "ok", "journal": "off"}


@pytest.fixture(autouse=True)
def fresh(app: FastAPI) -> None:
    """Every look is a new one."""
    app.state.health_monitor = HealthMonitor(clock=count())


def count() -> Callable[[], float]:
    """A clock that is a long time later whenever it is looked at."""
    moments = iter(range(0, 10**9, 1000))
    return lambda: float(next(moments))


@contextmanager
def exclusive(database: Database) -> Iterator[None]:
    """Another process, say, that has the SQLite file to itself."""
    connection = sqlite3.connect(str(database.url.database), isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.rollback()
        connection.close()


def ask(client: TestClient) -> tuple[int, dict[str, Any]]:
    """Status and answer, which came within a second."""
    begun = time.monotonic()
    response = client.get("/healthz")
    assert time.monotonic() - begun < 5  # the database was not waited for
    return response.status_code, response.json()


def until_well(client: TestClient) -> None:
    deadline = time.monotonic() + 15
    while ask(client)[0] != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_all_is_well(client: TestClient, settings: Settings) -> None:
    status, health = ask(client)
    assert (status, health) == (200, WELL)  # and nothing more, such as how large the disk is
    head = client.head("/healthz")
    assert head.status_code == 200 and not head.content
    assert head.headers["cache-control"] == "no-store"
    assert client.post("/healthz").status_code == 405


def test_it_writes_nothing(client: TestClient, database: Database, settings: Settings) -> None:
    Person.ready(client)
    before = contents(database)
    files = {path: path.stat().st_mtime_ns for path in settings.data.iterdir() if path.is_file()}
    assert ask(client)[0] == 200
    assert contents(database) == before
    after = {path: path.stat().st_mtime_ns for path in settings.data.iterdir() if path.is_file()}
    shared = {path for path in files if path.suffix.endswith("-shm")}  # where SQLite has its locks
    assert {path: after[path] for path in files if path not in shared} == {
        path: files[path] for path in files if path not in shared
    }


@ONE
def test_a_locked_database(client: TestClient, database: Database) -> None:
    with exclusive(database):
        for _ in range(3):
            status, health = ask(client)
            assert (status, health["ok"], health["database"], health["disk"]) == (
                503,
                False,
                "slow",
                "ok",
            )
    until_well(client)


@pytest.mark.slow
@ONE
def test_a_locked_database_that_everybody_waits_for(
    client: TestClient, app: FastAPI, settings: Settings, database: Database
) -> None:
    """All threads that answer requests are taken; health has its own."""
    app.state.database.close()
    app.state.database = Database(settings.database_url, busy=3)
    waiting = [
        threading.Thread(target=client.post, args=["/api/join"], kwargs={"json": body})
        for body in [{"study": "small", "consent": True}] * 45
    ]
    with exclusive(database):
        for thread in waiting:
            thread.start()
        time.sleep(0.5)
        status, health = ask(client)
        assert status == 503 and health["database"] == "slow"
    for thread in waiting:
        thread.join()
    until_well(client)


@ONE
def test_a_database_file_that_is_gone(client: TestClient, database: Database) -> None:
    """What has it open reads on as if nothing were, so that a query alone would not tell."""
    assert ask(client)[0] == 200
    Path(str(database.url.database)).rename(f"{database.url.database}.away")
    assert (ask(client)[0], ask(client)[1]["database"]) == (503, "failing")
    Path(f"{database.url.database}.away").rename(str(database.url.database))
    assert ask(client)[0] == 200


@ONE
@pytest.mark.parametrize("end", ["", "-wal", "-shm"])
def test_nothing_is_stored_in_files_that_have_lost_their_names(
    client: TestClient, database: Database, end: str
) -> None:
    """Reading goes on; who wants to store something is told that it was not done."""
    person = Person.ready(client)
    person.step()
    path = Path(f"{database.url.database}{end}")
    away = path.rename(f"{path}.away")
    for _ in range(2):
        response = client.post("/api/join", json={"study": "small", "consent": True})
        assert (response.status_code, response.json()["message"]) == (
            503,
            texts.load("en")("refused.busy"),
        )
        assert response.headers["retry-after"]
        trial = person.state()["trial"]["id"]
        assert person.answer(trial).status_code == 503
        status, health = ask(client)
        assert (status, health["database"]) == (503, "failing")
    assert not path.exists(), "another file was put where the old one is missing"
    path.touch()  # what another program would leave there
    assert client.post("/api/join", json={"study": "small", "consent": True}).status_code == 503
    assert ask(client)[0] == 503
    away.replace(path)
    assert ask(client) == (200, WELL)
    person.hear(trial)
    person.answer(trial).raise_for_status()
    Person.ready(client)


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_postgresql_that_is_gone(client: TestClient, database: Database, postgres) -> None:
    assert ask(client)[0] == 200
    postgres.drop(database.url.render_as_string())
    assert (ask(client)[0], ask(client)[1]["database"]) == (503, "failing")


@pytest.mark.slow
@ONE
def test_a_postgresql_that_does_not_answer(client: TestClient, app: FastAPI) -> None:
    """It accepts the connection and never answers; clients wait ten seconds for it."""
    database = app.state.database
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        app.state.database = Database(f"postgresql://somebody@127.0.0.1:{port}/none", busy=2)
        for _ in range(3):
            status, health = ask(client)
            assert (status, health["database"]) == (503, "slow")
    app.state.database.close()
    app.state.database = database
    until_well(client)


@ONE
@pytest.mark.parametrize(
    ("free", "access", "disk"),
    [
        (health.FREE_BYTES, True, "ok"),
        (health.FREE_BYTES - 1, True, "full"),
        (10**12, False, "read-only"),
    ],
)
def test_the_disk(
    client: TestClient,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    free: int,
    access: bool,
    disk: str,
) -> None:
    monkeypatch.setattr(health.shutil, "disk_usage", lambda path: SimpleNamespace(free=free))
    monkeypatch.setattr(health.os, "access", lambda path, mode: access or path != settings.data)
    status, status_report = ask(client)
    assert (status, status_report["disk"]) == (200 if disk == "ok" else 503, disk)
    assert set(status_report) == set(WELL)


@ONE
def test_a_data_folder_that_is_gone(client: TestClient, app: FastAPI, settings: Settings) -> None:
    app.state.settings = replace(settings, data=settings.data / "none")
    status, health = ask(client)
    assert (status, health["disk"]) == (503, "failing")
    assert str(settings.data) not in json.dumps(health)


def test_a_clips_folder_that_is_gone(
    client: TestClient, database: Database, settings: Settings, study: Study
) -> None:
    """It counts while somebody could take part, and only then."""
    away = settings.audio.rename(settings.data / "elsewhere")
    status, health = ask(client)
    assert (status, health) == (503, WELL | {"ok": False, "disk": "failing"})
    with database.write() as session:
        session.get_one(Study, study.id).state = "closed"
    assert ask(client) == (200, WELL)
    with database.write() as session:
        session.get_one(Study, study.id).state = "open"
    away.rename(settings.audio)
    assert ask(client) == (200, WELL)


def test_a_clips_folder_that_was_emptied(
    client: TestClient, database: Database, settings: Settings, study: Study
) -> None:
    """As one that is gone; and so does a clip that was cut short."""
    clips = {path: path.read_bytes() for path in settings.audio.iterdir()}
    for path in clips:
        path.unlink()
    assert ask(client) == (503, WELL | {"ok": False, "disk": "failing"})
    for path, content in clips.items():
        path.write_bytes(content[:-1])
    assert ask(client) == (503, WELL | {"ok": False, "disk": "failing"})
    with database.write() as session:
        session.get_one(Study, study.id).state = "closed"
    assert ask(client) == (200, WELL)
    with database.write() as session:
        session.get_one(Study, study.id).state = "open"
    for path, content in clips.items():
        path.write_bytes(content)
    assert ask(client) == (200, WELL)


@ONE
def test_clips_are_looked_at_a_few_at_a_time(
    client: TestClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large study costs no more than a small one, and every clip has its turn."""
    monkeypatch.setattr(health, "CHECKED_CLIPS", 2)
    third = sorted(settings.audio.glob("*.mp3"))[2]
    content = third.read_bytes()
    third.unlink()
    lacking = (503, WELL | {"ok": False, "disk": "failing"})
    assert [ask(client) for _ in range(4)] == [(200, WELL), lacking, lacking, lacking]
    third.write_bytes(content)
    assert [ask(client) for _ in range(20)] == [(200, WELL)] * 20


@ONE
def test_a_clips_folder_that_cannot_be_read(
    client: TestClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    access = health.os.access
    monkeypatch.setattr(
        health.os, "access", lambda path, mode: path != settings.audio and access(path, mode)
    )
    assert ask(client) == (503, WELL | {"ok": False, "disk": "failing"})


@ONE
@pytest.mark.parametrize(
    ("failure", "expected"), [(None, "ok"), ("503: the Hub is down at hf_secret", "failing")]
)
def test_the_journal(
    client: TestClient, app: FastAPI, settings: Settings, failure: str | None, expected: str
) -> None:
    """It is told of, but restarting would lose what it has not yet uploaded: 200 all the same."""
    app.state.journal = SimpleNamespace(failure=failure)
    status, health = ask(client)
    assert (status, health["ok"], health["journal"]) == (200, True, expected)
    assert "hf_secret" not in json.dumps(health)
    app.state.journal = None
    app.state.settings = replace(settings, dataset="somebody/answers", hf_token="hf_x")
    status, health = ask(client)
    assert (status, health["journal"]) == (200, "failing")


@ONE
def test_a_result_is_given_again_for_a_second(app: FastAPI, database: Database) -> None:
    clock, looks = Clock(), []
    state = State(dict(app.state._state))
    state.health_monitor = HealthMonitor(clock)
    state.database = SimpleNamespace(probe=lambda: looks.append(clock.now), read=database.read)
    for share in (0, 0, 0.5, 0.99, 1, 1.5, 2.5):
        clock.now = share * FRESH_SECONDS
        assert health.check(state).ok
    assert looks == [0, FRESH_SECONDS, FRESH_SECONDS * 2.5]


@pytest.mark.slow
@ONE
def test_what_hangs_is_asked_once(app: FastAPI, database: Database) -> None:
    """However often and by how many at once: one thread waits."""
    release, looks = threading.Event(), []
    state = State(dict(app.state._state))
    state.health_monitor = HealthMonitor()
    state.database = SimpleNamespace(
        probe=lambda: (looks.append(1), release.wait(20)), read=database.read
    )
    begun = time.monotonic()
    asking = [threading.Thread(target=health.check, args=[state]) for _ in range(20)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert time.monotonic() - begun < 10 * LONGEST_WAIT_SECONDS and looks == [1]
    time.sleep(FRESH_SECONDS)
    begun = time.monotonic()
    assert (
        health.check(state).database == "slow" and time.monotonic() - begun < LONGEST_WAIT_SECONDS
    )
    assert looks == [1]
    release.set()
    deadline = time.monotonic() + 5
    while not health.check(state).ok:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_health_is_a_plain_value() -> None:
    well = health.Health(database="ok", disk="ok", journal="off")
    assert well.ok and well.model_dump() == WELL
    assert not health.Health(database="slow", disk="ok").ok
    assert not health.Health(database="ok", disk="full").ok
    with pytest.raises(ValidationError):
        well.disk = "full"  # type: ignore[misc]
