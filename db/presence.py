"""Whether the files that SQLite has open still have their names.

A file that was renamed or removed can be read and written on by whoever has it open: answers would
be acknowledged, and be gone with the process. That goes for the log (``-wal``), which holds the
newest rows, and for the index of it (``-shm``), without which processes do not see each other.
"""

from __future__ import annotations

import os
import sqlite3
import threading

from sqlalchemy.exc import SQLAlchemyError

SUFFIXES = ("", "-wal", "-shm")  # of the files that SQLite keeps for a database


class DatabaseFileGone(SQLAlchemyError):
    """A file that SQLite has open is no longer the one of its name: nothing may be stored."""


class Presence:
    """What the connections of one database have open; shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._known: dict[str, tuple[int, int]] = {}

    def check(self) -> None:
        """Make sure that what is open has its names; nothing is wrong while nothing is open.

        Raises
        ------
        DatabaseFileGone
            If it is not so.
        """
        for path, known in self._known.items():
            if _identity(path) != known:
                raise DatabaseFileGone("the database's file is gone")

    def opened(self, connection: sqlite3.Connection) -> None:
        """Take note of a new connection, which has its journal's mode.

        Raises
        ------
        DatabaseFileGone
            If it has other files open than the connections before it.
        """
        # SQLite makes the files beside the database's when it reads for the first time.
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
        name = connection.execute("PRAGMA database_list").fetchone()[2]
        files = {name + suffix: _identity(name + suffix) for suffix in SUFFIXES}
        with self._lock:
            existing = {path: identity for path, identity in files.items() if identity is not None}
            if len(existing) < len(files) or (self._count and existing != self._known):
                raise DatabaseFileGone("the database's file is gone")
            self._known = existing
            self._count += 1

    def closed(self) -> None:
        """Take note that a connection ends; with the last one SQLite removes what is beside."""
        with self._lock:
            self._count -= 1
            if self._count == 0:
                self._known = {}


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
