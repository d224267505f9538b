"""What is left of who was erased is cleared: later, where that cannot be at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from db.database import Database
from db.models import Answer, Participant, Study
from survey.app import close, create_app
from survey.core.settings import Settings
from survey.records import export_files
from survey.records.erasure import erase
from survey.records.traces import Traces
from tests.postgres import ONE
from tests.survey.person import Person
from tests.waiting import wait_until

REMARK = "what nobody should read again"


@pytest.fixture
def exported(client: TestClient, database: Database, study: Study, tmp_path: Path) -> Path:
    """The folder of an export in which there is somebody's remark."""
    Person.ready(client).finish(comment=REMARK)
    assert has_remark(Path(str(database.url.database)).parent)
    out = tmp_path / "out"
    export_files.export(database, out)
    assert has_remark(out)
    return out


def has_remark(folder: Path) -> bool:
    return any(REMARK.encode() in path.read_bytes() for path in folder.glob("*.*"))


def erase_all(database: Database) -> None:
    with database.write() as session:
        for person in session.scalars(select(Participant)):
            erase(session, person)


@pytest.mark.slow
@ONE
def test_what_a_reader_holds_up_is_cleared_when_it_ends(
    database: Database, exported: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.database.SCRUB_SECONDS", 0.1)
    traces = Traces(database, again=0.1)
    with database.read() as session:
        session.scalars(select(Answer)).all()
        erase_all(database)
        traces.clear()
        assert has_remark(settings.data) and not has_remark(exported)
    wait_until(lambda: not has_remark(settings.data))
    traces.close()


@pytest.mark.slow
@ONE
def test_a_writer_keeps_no_export_from_being_written_again(
    database: Database, exported: Path, settings: Settings
) -> None:
    erase_all(database)
    database.busy = 0.1
    traces = Traces(database, again=0.1)
    with ThreadPoolExecutor() as threads, database.write():
        threads.submit(traces.clear).result()
        assert not has_remark(exported) and has_remark(settings.data)
    wait_until(lambda: not has_remark(settings.data))
    traces.close()


@pytest.mark.slow
@ONE
def test_who_was_erased_before_a_server_was_killed_is_gone_when_it_starts(
    database: Database, exported: Path, settings: Settings
) -> None:
    erase_all(database)
    assert has_remark(settings.data) and has_remark(exported)
    app = create_app(settings)
    try:
        assert not has_remark(settings.data) and not has_remark(exported)
        times = {path: path.stat().st_mtime_ns for path in exported.iterdir()}
    finally:
        close(app)
    close(create_app(settings))  # nothing is left to be done
    assert {path: path.stat().st_mtime_ns for path in exported.iterdir()} == times
