"""The pieces that visitors have open, as many and as long as memory allows.

A piece is asked for by its `id`, which only the page that opened it knows.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from demo.compute.jobs import Full
from demo.editing.piece_session import PieceSession
from survey.core.environment import positive_number

UNUSED_SECONDS = 3600.0  # a piece unused for so long is closed; FADERNETS_KEEP_PIECES sets it
CLOSED_SECONDS = 300.0  # until the pieces of a closed page go: a reload comes back within them
PIECES_OPEN = 2_000  # at most
NOTES_ADDED = 100  # to those of each piece, so that small ones go, too
# Of all open pieces with their files, at most; FADERNETS_OPEN_NOTES sets it:
NOTES_OPEN = 3_000_000  # a few hundred megabytes
LARGE_NOTES = 20_000  # of a large piece: examples and most files have fewer
FOR_LARGE = 5 / 6  # of those notes, of all pieces where another large one comes
IN_USE_SECONDS = 180.0  # since it was last used, a piece makes room for no one else's
OWN_SHARE = 1 / 8  # of all: of a visitor who has more, the last used piece alone is in use
FULL = "Many large pieces are open here. Please try again in a minute."


@dataclass
class _OpenPiece:
    """A piece, the page and visitor that opened it, when it will be closed and was used last."""

    session: PieceSession
    page: str
    visitor: Hashable
    ends: float
    used_at: float

    def weight(self, now: float) -> float:
        """What closing the piece frees: its size times the seconds since it was last used."""
        return (self.session.piece.weight + NOTES_ADDED) * (now - self.used_at)


def _used(piece: _OpenPiece) -> float:
    return piece.used_at


class OpenPieces:
    """Pieces by id; those of the visitor who has the most make room, large ones not used first.

    Where there are too many notes it is the visitor with the most notes, where there are too many
    pieces the one with the most pieces; of theirs the piece with the most notes times seconds
    without use is closed. So who opens many loses their own before those of others. What somebody
    works on stays, however many come, up to a share of all: then a newcomer's piece finds no room.
    Large pieces leave some for small ones.

    Parameters
    ----------
    unused_seconds, closed_seconds : float
        Seconds that a piece stays without use, and after its page was closed.
    most_notes : int, optional
        Notes that all pieces may have together.
    clock : function
        Gives seconds; only differences count.
    closed : function, optional
        Called with the ids of pieces that were closed.
    """

    def __init__(
        self,
        unused_seconds: float | None = None,
        closed_seconds: float = CLOSED_SECONDS,
        most_notes: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        closed: Callable[[list[str]], None] = lambda names: None,
    ) -> None:
        self.unused_seconds = unused_seconds or positive_number(
            "FADERNETS_KEEP_PIECES", UNUSED_SECONDS
        )
        self.closed_seconds, self.clock = closed_seconds, clock
        self.most_notes = most_notes or int(positive_number("FADERNETS_OPEN_NOTES", NOTES_OPEN))
        self._closed = closed
        self._open: dict[str, _OpenPiece] = {}
        self._notes = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._open)

    def add(self, session: PieceSession, page: str | None, visitor: Hashable = None) -> None:
        """Keep a piece for a page, by Gradio's name of its session, and whose address asks.

        Raises
        ------
        Full
            If there is no room for it.
        """
        with self._lock:
            self._expire()
            now = self.clock()
            ends = now + self.unused_seconds
            self._open[session.id] = _OpenPiece(session, page or "", visitor, ends, now)
            self._notes += session.piece.weight
            weight = session.piece.weight
            most = self.most_notes * (FOR_LARGE if weight > LARGE_NOTES else 1)
            while len(self._open) > 1 and (self._notes > most or len(self._open) > PIECES_OPEN):
                least_needed = self._least_needed(session.id, now, self._notes > most)
                if least_needed is None:
                    self._drop([session.id])
                    raise Full(FULL)
                self._drop([least_needed])

    def _least_needed(self, new: str, now: float, by_notes: bool) -> str | None:
        """The piece that makes room for a new one; None if others work on all of theirs."""
        held: Counter[Hashable] = Counter()
        for piece in self._open.values():
            held[piece.visitor] += piece.session.piece.weight if by_notes else 1

        def burden(name: str) -> tuple[int, float]:
            return held[self._open[name].visitor], self._open[name].weight(now)

        share = OWN_SHARE * (self.most_notes if by_notes else PIECES_OPEN)
        latest = {piece.visitor: piece.used_at for piece in sorted(self._open.values(), key=_used)}

        def is_kept(piece: _OpenPiece) -> bool:
            if piece.visitor == self._open[new].visitor or not self._is_in_use(piece, now):
                return False
            return held[piece.visitor] <= share or piece.used_at == latest[piece.visitor]

        others = (name for name in self._open if name != new and not is_kept(self._open[name]))
        return max(others, key=burden, default=None)

    def _is_in_use(self, piece: _OpenPiece, now: float) -> bool:
        was_left = piece.ends < piece.used_at + self.unused_seconds
        return now - piece.used_at < IN_USE_SECONDS and not was_left

    def get(self, name: str) -> PieceSession | None:
        """The piece with this id, None if it has been closed."""
        with self._lock:
            self._expire()
            if name not in self._open:
                return None
            piece = self._open[name]
            piece.used_at = self.clock()
            piece.ends = piece.used_at + self.unused_seconds
            return piece.session

    def leave(self, page: str) -> None:
        """After a page was closed, close its pieces after `closed_seconds`."""
        with self._lock:
            soon = self.clock() + self.closed_seconds
            for piece in self._open.values():
                if piece.page == page:
                    piece.ends = min(piece.ends, soon)
            self._expire()

    def expire(self) -> None:
        """Close the pieces that have been unused for too long."""
        with self._lock:
            self._expire()

    def _expire(self) -> None:
        now = self.clock()
        self._drop([name for name, piece in self._open.items() if piece.ends <= now])

    def _drop(self, names: list[str]) -> None:
        for name in names:
            self._notes -= self._open.pop(name).session.piece.weight
        if names:
            self._closed(names)
