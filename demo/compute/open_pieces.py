"""The pieces that visitors have open, as many and as long as memory allows.

A piece is asked for by its `id`, which only the page that opened it knows.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from demo.editing.piece_session import PieceSession

KEPT = 3600.0  # seconds without use after which a piece is closed; FADERNETS_KEEP_PIECES sets it
GRACE = 300.0  # seconds until the pieces of a closed page go: a reload comes back within them
MOST_PIECES = 2_000
LEAST = 100  # notes that a piece counts for beside its own, so that small ones go, too
MOST_NOTES = 3_000_000  # of all open pieces: a few hundred megabytes


@dataclass
class _Open:
    study: PieceSession
    session: str
    ends: float
    used: float

    def weight(self, now: float) -> float:
        """How much is won by closing it: its size times the seconds that nobody has used it."""
        return (len(self.study.piece.notes) + LEAST) * (now - self.used)


class OpenPieces:
    """Pieces by id; large ones that are not used make room.

    By notes times seconds without use, so that a visitor who opens many large pieces closes their
    own before those of others.

    Parameters
    ----------
    kept, grace : float
        Seconds that a piece stays without use, and after its page was closed.
    most_notes : int
        Notes that all pieces may have together.
    clock : function
        Gives seconds; only differences count.
    closed : function, optional
        Called with the ids of pieces that were closed.
    """

    def __init__(
        self,
        kept: float | None = None,
        grace: float = GRACE,
        most_notes: int = MOST_NOTES,
        clock: Callable[[], float] = time.monotonic,
        closed: Callable[[list[str]], None] = lambda names: None,
    ) -> None:
        self.kept = kept or float(os.environ.get("FADERNETS_KEEP_PIECES") or KEPT)
        self.grace, self.most_notes, self.clock = grace, most_notes, clock
        self._closed = closed
        self._open: dict[str, _Open] = {}
        self._notes = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._open)

    def add(self, study: PieceSession, session: str | None) -> None:
        """Keep a piece for the page with this session."""
        with self._lock:
            self._expire()
            now = self.clock()
            self._open[study.id] = _Open(study, session or "", now + self.kept, now)
            self._notes += len(study.piece.notes)
            while len(self._open) > 1 and (
                self._notes > self.most_notes or len(self._open) > MOST_PIECES
            ):
                others = [name for name in self._open if name != study.id]
                self._drop([max(others, key=lambda name: self._open[name].weight(now))])

    def get(self, name: str) -> PieceSession | None:
        """The piece with this id, None if it has been closed."""
        with self._lock:
            self._expire()
            if name not in self._open:
                return None
            found = self._open[name]
            found.used = self.clock()
            found.ends = found.used + self.kept
            return found.study

    def leave(self, session: str) -> None:
        """The page with this session was closed: what it had open goes soon."""
        with self._lock:
            soon = self.clock() + self.grace
            for found in self._open.values():
                if found.session == session:
                    found.ends = min(found.ends, soon)
            self._expire()

    def expire(self) -> None:
        """Close what nobody has used for its time."""
        with self._lock:
            self._expire()

    def _expire(self) -> None:
        now = self.clock()
        self._drop([name for name, found in self._open.items() if found.ends <= now])

    def _drop(self, names: list[str]) -> None:
        for name in names:
            self._notes -= len(self._open.pop(name).study.piece.notes)
        if names:
            self._closed(names)
