"""A PostgreSQL server of the tests' own: Debian's binaries, a temporary folder, no network."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from db.database import Database
from db.migrate import VERSIONS, upgrade
from db.models import Base

DEBIAN = "/usr/lib/postgresql"  # a folder for each version, with its programs in bin/
KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]  # of databases
# Of a test where the kind of database can make no difference.
ONE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
OWNER = "postgres"  # the server refuses to run as root
EMPTY, MIGRATED = "template1", "migrated"
# Whoever else is connected has a second to be gone before tables are emptied.
# Rows go in any order: what points at them goes, too.
ALONE = """SET lock_timeout = '1s'; SET session_replication_role = replica;
    SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""
TABLES = """SELECT tablename FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> 'alembic_version'"""
RESTART = """SELECT setval(format('%I', sequencename)::regclass, 1, false) FROM pg_sequences
    WHERE last_value IS NOT NULL"""
# Nothing has to outlive a power cut here, and PostgreSQL's defaults are for bigger machines.
OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "120",
}


class Server:
    """A running server that makes databases."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self._numbers = count(1)
        self._clean: list[str] = []  # databases as migrated, given back by tests
        self.create(EMPTY, MIGRATED)
        database = Database(self.url(MIGRATED))
        upgrade(database)
        database.close()

    def url(self, name: str) -> str:
        """The address of a database, for DATABASE_URL."""
        return f"postgresql://{OWNER}@/{name}?host={self.socket}"

    def create(self, template: str = MIGRATED, name: str | None = None) -> str:
        """A new database, with the newest schema or empty; its address."""
        name = name or f"test{next(self._numbers)}"
        with self._connected() as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def lend(self) -> str:
        """The address of a database with the newest schema and no rows, for one test at a time."""
        return self._clean.pop() if self._clean else self.create()

    def give_back(self, url: str) -> None:
        """Empty a database that was lent: making another takes much longer."""
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(ALONE)
                names = {name for (name,) in connection.execute(TABLES)}
                version = connection.execute("SELECT version_num FROM alembic_version").fetchall()
                if names != set(Base.metadata.tables) or version != [(VERSIONS[-1],)]:
                    raise psycopg.ProgrammingError("its schema was changed")
                connection.execute("; ".join(f'DELETE FROM "{name}"' for name in names))
                connection.execute(RESTART)
            self._clean.append(url)
        except psycopg.Error:  # a test has removed it, or a part
            self.drop(url)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is connected to it."""
        name = url.split("/")[3].split("?")[0]
        with self._connected() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _connected(self) -> psycopg.Connection:
        return psycopg.connect(self.url("postgres"), autocommit=True)


def wait_for_waiting(database: Database) -> None:
    """Wait until a transaction waits for another's lock, 20 s at most."""
    query, until = text("SELECT count(*) FROM pg_locks WHERE NOT granted"), time.monotonic() + 20
    while True:
        with database.read() as session:
            if session.scalar(query):
                return
        assert time.monotonic() < until, "nobody waits for a lock"
        time.sleep(0.02)


@contextmanager
def running() -> Iterator[Server]:
    """Start a server, and stop it at the end; without PostgreSQL the test is skipped."""
    programs = _programs()
    if programs is None:
        pytest.skip(f"no PostgreSQL: no initdb on the path or in {DEBIAN}")
    # A socket's path has 107 bytes at most: pytest's own temporary folders are too deep.
    folder = Path(tempfile.mkdtemp(prefix="fadernets-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, OWNER)
    data = folder / "data"
    control = [programs / "pg_ctl", "--pgdata", data, "--silent"]
    options = " ".join(f"-c {key}='{value}'" for key, value in OPTIONS.items())
    try:
        _run(programs / "initdb", "-D", data, "-U", OWNER, "-A", "trust", "--no-sync", "-E", "UTF8")
        start = ("--wait", "-o", f"-k {folder} {options}", "--log", folder / "log", "start")
        _run(*control, *start)
        try:
            yield Server(folder)
        finally:
            _run(*control, "--mode", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path | None:
    """The folder of initdb and pg_ctl: the newest of Debian's, or the path's."""
    paths = sorted(Path(DEBIAN).glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    on_path = shutil.which("initdb")
    if paths:
        return paths[-1].parent
    return Path(on_path).resolve().parent if on_path else None


def _run(*command: str | Path) -> None:
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        words = ["runuser", "-u", OWNER, "--", *words]
    process = subprocess.run(
        words, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
    )
    if process.returncode:
        raise RuntimeError(f"{words} failed: {process.stdout}{process.stderr}")
