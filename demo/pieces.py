"""The pieces that visitors have open, as many and as long as memory allows.

A piece is asked for by its `id`, which only the page that opened it knows.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from demo.study import Study

KEPT = 3600.0  # seconds without use after which a piece is closed; FADERNETS_KEEP_PIECES sets it
GRACE = 300.0  # seconds until the pieces of a closed page go: a reload comes back within them
MOST_NOTES = 3_000_000  # of all open pieces: a few hundred megabytes


@dataclass
class _Open:
    study: Study
    session: str
    ends: float


class OpenPieces:
    """Pieces by id; the one used longest ago makes room.

    Parameters
    ----------
    kept, grace : float
        Seconds that a piece stays without use, and after its page was closed.
    most_notes : int
        Notes that all pieces may have together.
    clock : function
        Gives seconds; only differences count.
    """

    def __init__(
        self,
        kept: float | None = None,
        grace: float = GRACE,
        most_notes: int = MOST_NOTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.kept = kept or float(os.environ.get("FADERNETS_KEEP_PIECES") or KEPT)
        self.grace, self.most_notes, self.clock = grace, most_notes, clock
        self._open: OrderedDict[str, _Open] = OrderedDict()
        self._notes = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._open)

    def add(self, study: Study, session: str | None) -> None:
        """Keep a piece for the page with this session."""
        with self._lock:
            self._expire()
            self._open[study.id] = _Open(study, session or "", self.clock() + self.kept)
            self._notes += len(study.piece.notes)
            while self._notes > self.most_notes and len(self._open) > 1:
                self._drop(next(iter(self._open)))

    def get(self, name: str) -> Study | None:
        """The piece with this id, None if it has been closed."""
        with self._lock:
            self._expire()
            if name not in self._open:
                return None
            found = self._open[name]
            found.ends = self.clock() + self.kept
            self._open.move_to_end(name)
            return found.study

    def leave(self, session: str) -> None:
        """The page with this session was closed: what it had open goes soon."""
        with self._lock:
            soon = self.clock() + self.grace
            for found in self._open.values():
                if found.session == session:
                    found.ends = min(found.ends, soon)
            self._expire()

    def _expire(self) -> None:
        now = self.clock()
        for name in [name for name, found in self._open.items() if found.ends <= now]:
            self._drop(name)

    def _drop(self, name: str) -> None:
        self._notes -= len(self._open.pop(name).study.piece.notes)
