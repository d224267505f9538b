"""The connection: SQLite with every answer on the disk before it is acknowledged, or PostgreSQL."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.exc import TimeoutError as Timeout
from sqlalchemy.orm import Session

from db import private
from db.presence import DatabaseFileGone, Presence

BUSY_SECONDS = 10.0  # that a writer waits for its turn
SCRUB_SECONDS = 2.0  # that scrubbing waits for readers to finish
PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # an acknowledged answer outlives a power cut
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # erased answers leave no bytes behind
)


class DatabaseError(ValueError):
    """The database cannot be used; the message is one sentence for a person."""


class Database:
    """A database of listening tests, shared by threads.

    Parameters
    ----------
    url : str
        ``sqlite:///path/to/file.sqlite`` or ``postgresql://user:password@host/name``.
    busy : float
        Seconds that a writer waits for the writers before it, then there is an error.

    Raises
    ------
    DatabaseError
        If the address is no SQLite file's and no PostgreSQL server's.
    """

    def __init__(self, url: str, busy: float = BUSY_SECONDS) -> None:
        self.url = address(url)
        self.busy = busy
        self._turn = threading.Lock()
        if self.is_sqlite and self.url.database:
            private.make_folder(Path(self.url.database).parent)
        self._presence = Presence()
        self.engine = self._engine()

    @property
    def is_sqlite(self) -> bool:
        """True for SQLite, False for PostgreSQL."""
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Session]:
        """A transaction that may write: committed at the end, undone by an exception.

        On SQLite it has the write lock from its beginning, so that what it reads cannot change
        before it writes; and when it has ended well, what it wrote is in files that had their
        names.

        Parameters
        ----------
        durable : bool
            False for what a power cut, not a crash of the program, may take back: SQLite then
            does not wait for the disk. The next durable transaction makes this one so, too.

        Raises
        ------
        sqlalchemy.exc.SQLAlchemyError
            If the turn does not come within `busy` seconds, or what the transaction raises;
            `db.presence.DatabaseFileGone` if SQLite's file was removed, renamed or replaced.
        """
        with self._alone() if self.is_sqlite else nullcontext():
            engine = self.engine.execution_options(writes=True, durable=durable)
            with Session(engine, expire_on_commit=False) as session, session.begin():
                yield session
                self._presence.check()
            self._presence.check()  # committing takes a while

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    def probe(self) -> None:
        """Make sure that answers could be stored now, and store nothing.

        On SQLite that takes the lock that every writer needs, and gives it back. Waits as a writer
        does; whoever cannot wait asks in a thread.

        Raises
        ------
        sqlalchemy.exc.SQLAlchemyError
            If the database cannot be reached, read or locked; `db.presence.DatabaseFileGone` if the
            file of an SQLite database is gone; what was opened before could be read on.
        """
        if self.is_sqlite and not Path(str(self.url.database)).is_file():
            raise DatabaseFileGone("the database's file is gone")
        with self.engine.execution_options(writes=True).connect() as connection:
            connection.execute(text("SELECT id FROM studies LIMIT 1"))

    def scrub(self, wait: float | None = None) -> bool:
        """Let SQLite forget the bytes of erased rows that its log still holds.

        Deleted rows are overwritten in the file itself; the log keeps earlier pages until it is
        cut. False if somebody is reading just now: the next scrubbing or the closing does it.
        PostgreSQL clears up by itself (autovacuum).

        Parameters
        ----------
        wait : float, optional
            Seconds to wait for the writers before it, as long as any writer does if None.

        Raises
        ------
        sqlalchemy.exc.SQLAlchemyError
            If the turn does not come.
        """
        if not self.is_sqlite:
            return True
        with self._alone(wait):
            pooled = self.engine.raw_connection()
            connection: Any = pooled.driver_connection
            try:
                connection.execute(f"PRAGMA busy_timeout = {_milliseconds(SCRUB_SECONDS)}")
                blocked = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
                return not blocked
            finally:
                connection.execute(f"PRAGMA busy_timeout = {_milliseconds(self.busy)}")
                pooled.close()

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    def _engine(self) -> Engine:
        # An error's message would hold what was answered, and messages end in logs.
        common = {"hide_parameters": True}
        if not self.is_sqlite:
            waiting = {
                "connect_timeout": round(max(self.busy, 2)),
                "options": f"-c lock_timeout={_milliseconds(self.busy)}",
            }
            return create_engine(
                self.url,
                connect_args=waiting,
                pool_size=20,
                max_overflow=20,
                pool_pre_ping=True,
                **common,
            )
        engine = create_engine(
            self.url,
            connect_args={"timeout": self.busy},
            pool_size=50,
            max_overflow=10,
            **common,
        )
        event.listen(engine, "do_connect", self._before_connecting)
        event.listen(engine, "connect", self._prepare)
        event.listen(engine, "close", self._closed)
        event.listen(engine, "begin", self._begin)
        return engine

    def _before_connecting(
        self, dialect: Any, record: Any, arguments: list[Any], keywords: dict[str, Any]
    ) -> None:
        self._presence.check()  # SQLite would make new files where others are missing
        if not keywords.get("uri"):
            with suppress(OSError):  # it is there, or SQLite says why it cannot be made
                os.close(private.opener(arguments[0], os.O_RDWR | os.O_CREAT | os.O_EXCL))

    def _prepare(self, connection: Any, record: Any) -> None:
        connection.isolation_level = None  # `_begin` says where transactions begin, not the driver
        for pragma in PRAGMAS:
            connection.execute(pragma)
        try:
            self._presence.opened(connection)
        except DatabaseFileGone:
            connection.close()
            raise

    def _closed(self, connection: Any, record: Any) -> None:
        self._presence.closed()

    def _begin(self, connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("writes"):
            self._presence.check()
            # Within a transaction it could not be said any more.
            level = "FULL" if options.get("durable", True) else "NORMAL"
            connection.exec_driver_sql(f"PRAGMA synchronous = {level}")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql("BEGIN")

    @contextmanager
    def _alone(self, wait: float | None = None) -> Iterator[None]:
        # SQLite's own waiting is sleeping and asking again: with many threads some starve.
        wait = self.busy if wait is None else wait
        if not self._turn.acquire(timeout=wait):
            raise Timeout(f"no turn to write within {wait:g} s")
        try:
            yield
        finally:
            self._turn.release()


def address(url: str) -> URL:
    """A database's address as SQLAlchemy wants it.

    Raises
    ------
    DatabaseError
        If it is neither SQLite's nor PostgreSQL's.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise DatabaseError("DATABASE_URL is not an address, such as sqlite:///a/file") from error
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise DatabaseError(f"DATABASE_URL is for {parsed.drivername}, not sqlite or postgresql")
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise DatabaseError("DATABASE_URL names no file; threads cannot share SQLite's memory")
    return parsed


def _milliseconds(seconds: float) -> int:
    """As both databases take times."""
    return round(1000 * seconds)
