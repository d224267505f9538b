"""What is under way in a survey's database, and what lies there after its server was killed.

Of an SQLite file, whose copy is looked at as it lies there, or of a PostgreSQL database. Linux.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import struct
import tempfile
from pathlib import Path
from typing import LiteralString

import psycopg

WRITE_LOCK = 120  # byte of the -shm file, see SQLite's "WAL-mode File Format", 2.2
FLOCK = "hhqqi"  # struct flock of 64-bit Linux
SUBMISSIONS: LiteralString = "SELECT submission FROM answers"
ENDED: LiteralString = """SELECT submission FROM answers JOIN trials ON trials.id = answers.trial_id
    JOIN participants ON participants.id = trials.participant_id
    JOIN panel_places ON panel_places.participant_id = participants.id
    WHERE stage = 'finished' AND outcome <> 'begun' AND NOT EXISTS (
        SELECT 1 FROM trials AS others WHERE others.participant_id = participants.id
        AND others.id NOT IN (SELECT trial_id FROM answers))"""


def writing(path: Path) -> bool:
    """Whether a process holds the write lock of an SQLite file in WAL mode.

    The asking process must have no connection to it: closing any descriptor of a file gives up all
    locks of the process on it.
    """
    try:
        with open(f"{path}-shm", "rb+") as file:
            query = struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, WRITE_LOCK, 1, 0)
            lock = fcntl.fcntl(file, fcntl.F_GETLK, query)
    except FileNotFoundError:
        return False
    return struct.unpack(FLOCK, lock)[0] != fcntl.F_UNLCK


class File:
    """An SQLite database that a server has open.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def has_writer(self) -> bool:
        """Whether a transaction that writes is under way."""
        return writing(self.path)

    def survivors(self, with_ends: bool) -> tuple[bool, set[str], set[str]]:
        """Whether a copy is intact as it lies there, its answers, and those `ended` if asked."""
        with tempfile.TemporaryDirectory() as folder:
            copy = copied(self.path, Path(folder))
            return *checked(copy), ended(copy) if with_ends else set()

    def close(self) -> None:
        """Nothing is open."""


class OnPostgres:
    """The same of a PostgreSQL database, whose own server nobody kills.

    Parameters
    ----------
    url : str
    """

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True)

    def has_writer(self) -> bool:
        """Whether a transaction of another connection has written something."""
        query = """SELECT count(*) FROM pg_stat_activity WHERE backend_xid IS NOT NULL
            AND datname = current_database() AND pid <> pg_backend_pid()"""
        return self._column(query) != {0}

    def survivors(self, with_ends: bool) -> tuple[bool, set[str], set[str]]:
        """What it has; it is intact as far as it answers."""
        return True, self._column(SUBMISSIONS), self._column(ENDED) if with_ends else set()

    def close(self) -> None:
        """Give its connection back."""
        self.connection.close()

    def _column(self, query: LiteralString) -> set:
        return {value for (value,) in self.connection.execute(query).fetchall()}


def checked(path: Path) -> tuple[bool, set[str]]:
    """Whether SQLite finds nothing wrong in a file, and the submissions of its answers."""
    connection = sqlite3.connect(path)
    try:
        intact = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        foreign_keys_hold = connection.execute("PRAGMA foreign_key_check").fetchall() == []
        rows = connection.execute(SUBMISSIONS).fetchall()
    finally:
        connection.close()
    return intact and foreign_keys_hold, {row[0] for row in rows}


def ended(path: Path) -> set[str]:
    """The submissions of the answers of those who are stored as done with all, for a panel, too."""
    connection = sqlite3.connect(path)
    try:
        rows = connection.execute(ENDED).fetchall()
    finally:
        connection.close()
    return {row[0] for row in rows}


def copied(path: Path, folder: Path) -> Path:
    """A copy of an SQLite file and its log, without opening them as a database."""
    for suffix in ("", "-wal"):
        source = Path(f"{path}{suffix}")
        target = folder / f"copy{suffix}"
        target.unlink(missing_ok=True)
        if source.exists():
            shutil.copyfile(source, target)
    (folder / "copy-shm").unlink(missing_ok=True)
    return folder / "copy"
