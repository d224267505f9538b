from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError, StatementError

from db.database import Database, DatabaseError
from db.migrate import upgrade
from db.models import Audit, Participant, Study, Trial
from db.presence import DatabaseFileGone
from tests.db.rows import fill

FORBIDDEN = (
    "UPDATE answers SET rhythm = 0",
    "UPDATE answers SET melody = 6",
    "UPDATE answers SET direction = 'up'",
    "UPDATE answers SET trial_id = 1",
    "UPDATE answers SET trial_id = 999",
    "UPDATE answers SET rhythm = NULL",
    "UPDATE trials SET position = 1",
    "UPDATE trials SET token = 't1'",
    "UPDATE plays SET event = 'heard'",
    "UPDATE studies SET state = 'ajar'",
    "UPDATE studies SET withdrawn = -1",
    "UPDATE stimuli SET kind = 'identical'",
    "UPDATE participants SET stage = 'finished'",
    "DELETE FROM clips",
)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_sqlite_is_set_up_to_lose_nothing(database: Database) -> None:
    expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
    with database.read() as session:
        settings = {name: session.scalar(text(f"PRAGMA {name}")) for name in expected}
        assert settings == expected
        assert session.scalar(text("PRAGMA busy_timeout")) == 10_000


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_only_what_need_not_be_durable_does_not_wait_for_the_disk(database: Database) -> None:
    full, normal = 2, 1
    for durable, level in ((True, full), (False, normal), (True, full)):
        with database.write(durable=durable) as session:
            assert session.scalar(text("PRAGMA synchronous")) == level
    with database.write() as session:
        assert session.scalar(text("PRAGMA synchronous")) == full


def test_the_schema_refuses(database: Database) -> None:
    upgrade(database)
    with database.engine.begin() as connection:
        fill(connection)
    for change in FORBIDDEN:
        with pytest.raises(IntegrityError), database.write() as session:
            session.execute(text(change))
            pytest.fail(f"{change} was done")


def test_comments_have_an_end(database: Database) -> None:
    upgrade(database)
    with database.engine.begin() as connection:
        fill(connection)
    with database.write() as session:
        session.execute(text("UPDATE answers SET comment = :said"), {"said": "é" * 1000})
    with pytest.raises(IntegrityError), database.write() as session:
        session.execute(text("UPDATE answers SET comment = :said"), {"said": "é" * 1001})


def test_moments_are_in_utc(database: Database) -> None:
    upgrade(database)
    summer = datetime(2026, 7, 1, 12, 0, 0, 5, timezone(timedelta(hours=2)))
    with database.write() as session:
        session.add(Audit(actor="system", action="test", at=summer))
    with database.read() as session:
        stored = session.scalars(select(Audit)).one().at
        assert stored == summer and stored.tzinfo == UTC
    with pytest.raises(StatementError, match="no time zone"), database.write() as session:
        session.add(Audit(actor="system", action="test", at=datetime(2026, 7, 1)))


@pytest.mark.slow
def test_an_exception_undoes_all(database: Database) -> None:
    upgrade(database)
    with pytest.raises(ZeroDivisionError), database.write() as session:
        session.add(Audit(actor="system", action="test"))
        session.flush()
        raise ZeroDivisionError
    with database.read() as session:
        assert session.scalars(select(Audit)).all() == []


@pytest.mark.slow
def test_writers_wait_for_each_other(database: Database, url: str) -> None:
    """What a writer has read does not change before it writes: nobody's step is lost.

    Several databases of one address stand for several processes.
    """
    others = [Database(url) for _ in range(3)]
    upgrade(database)
    with database.engine.begin() as connection:
        fill(connection)

    def add(connected: Database) -> None:
        for _ in range(5):
            with connected.write() as session:
                study = session.scalars(select(Study).with_for_update()).one()
                study.withdrawn += 1

    threads = [
        threading.Thread(target=add, args=[connected]) for connected in [database, *others] * 4
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        assert session.scalars(select(Study.withdrawn)).one() == 80
    for opened in others:
        opened.close()


@pytest.mark.slow
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("same_object", [True, False], ids=["same process", "another process"])
def test_a_turn_that_does_not_come_is_an_error(
    database: Database, url: str, same_object: bool
) -> None:
    upgrade(database)
    hasty = Database(url, busy=0.2)
    with (hasty if same_object else database).write() as session:
        session.add(Audit(actor="system", action="first"))
        session.flush()
        started = time.monotonic()
        errors: list[Exception] = []

        def write() -> None:
            try:
                with hasty.write() as second:
                    second.add(Audit(actor="system", action="second"))
            except SQLAlchemyError as error:
                errors.append(error)

        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        assert len(errors) == 1 and 0.1 < time.monotonic() - started < 5
    with database.read() as session:
        assert session.scalars(select(Audit.action)).all() == ["first"]
    hasty.close()


def test_erased_rows_leave_no_bytes(database: Database) -> None:
    secret = "the text nobody should find again"
    upgrade(database)
    with database.engine.begin() as connection:
        fill(connection)
        connection.execute(text("UPDATE answers SET comment = :said"), {"said": secret})
    assert database.scrub()  # so that the file has it, not only the log
    if database.is_sqlite:
        assert secret.encode() in everything(database)
    with database.write() as session:
        session.delete(session.scalars(select(Participant)).one())
    assert database.scrub()
    with database.read() as session:
        assert session.scalars(select(Trial)).all() == []
    if database.is_sqlite:
        assert secret.encode() not in everything(database)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_scrubbing_does_not_wait_for_long_readers(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.database.SCRUB_SECONDS", 0.1)
    upgrade(database)
    with database.read() as session:
        session.scalars(select(Audit)).all()
        with database.write() as second:
            second.add(Audit(actor="system", action="test"))
        assert not database.scrub()
    assert database.scrub()
    with database.read() as session:
        assert session.scalar(text("PRAGMA busy_timeout")) == 10_000


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_scrubbing_waits_for_writers_as_long_as_it_is_told(database: Database) -> None:
    upgrade(database)
    with database.write():
        started = time.monotonic()
        with pytest.raises(SQLAlchemyError):
            database.scrub(0.1)
        assert time.monotonic() - started < 8  # a writer is waited for 10 s otherwise
    assert database.scrub(0.1)


@pytest.mark.slow
def test_a_probe_stores_nothing_and_says_whether_one_could(database: Database, url: str) -> None:
    with pytest.raises(SQLAlchemyError):
        database.probe()  # no tables, or no file at all
    upgrade(database)
    with database.engine.begin() as connection:
        fill(connection)
    if not database.is_sqlite:
        return database.probe()
    path = Path(str(database.url.database))
    files = (path, path.with_name(path.name + "-wal"))  # the third one is where its locks are
    before = [file.read_bytes() for file in files]
    database.probe()
    assert [file.read_bytes() for file in files] == before
    hasty = Database(url, busy=0.1)
    with database.write() as session:
        session.scalars(select(Study)).one()
        with pytest.raises(SQLAlchemyError):
            hasty.probe()
    hasty.probe()
    Path(str(hasty.url.database)).rename(f"{hasty.url.database}.away")
    with pytest.raises(DatabaseFileGone, match="gone"):
        hasty.probe()
    hasty.close()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("nonsense", "not an address"),
        ("mysql://a/b", "not sqlite or postgresql"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
    ],
)
def test_other_addresses_are_refused(url: str, reason: str) -> None:
    with pytest.raises(DatabaseError, match=reason):
        Database(url)


def test_heroku_style_addresses_are_understood() -> None:
    database = Database("postgres://somebody:secret@localhost:1/name")
    assert database.url.drivername == "postgresql+psycopg"
    assert not database.is_sqlite


def test_answers_do_not_end_in_logs(database: Database) -> None:
    upgrade(database)
    with pytest.raises(IntegrityError) as caught, database.write() as session:
        query = text("INSERT INTO clips (sha256, bytes, seconds) VALUES (:said, 1, 1)")
        session.execute(query, {"said": "very private"})
    if database.is_sqlite:
        assert "very private" not in str(caught.value)


def everything(database: Database) -> bytes:
    """All bytes that SQLite has on the disk."""
    path = Path(database.url.database)
    return b"".join(file.read_bytes() for file in path.parent.glob(path.name + "*"))
