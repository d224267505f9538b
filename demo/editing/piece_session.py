"""A piece under the faders, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING

import numpy as np

from demo.editing.requests import EditRequest
from demo.editing.segmented_piece import SegmentedPiece
from fadernets.curve import moving
from fadernets.expression.registry import EXPRESSIONS
from fadernets.lock_report import LockReport
from fadernets.lock_words import NO_WORDS, LockWords
from fadernets.music.locks import NO_LOCKS, Locks
from fadernets.music.piece import Piece
from fadernets.music.segments import Segment
from fadernets.score import playing
from fadernets.score.arranging import Arrangement
from fadernets.score.expressing import expressed

if TYPE_CHECKING:  # PyTorch takes 200 MB, and only the workers need it
    from fadernets.codes import Codes
    from fadernets.net import FaderNet

SLICE = 32  # segments changed before work can be given up: about .2 seconds

NO_LOCKS_YET = (NO_WORDS, NO_LOCKS, None)

WorkProgress = Callable[[int, int], None]


def ignore_progress(count: int, total: int) -> None:
    """WorkProgress that is not shown."""


@dataclass(eq=False)
class PieceSession(SegmentedPiece):
    """A piece with its segments, and what was last worked out about it.

    Attributes
    ----------
    peak : (span, float) or None
        The loudest sample of the original before any gain, for the short selection heard last.
        Saves work, no more: a session in another process has none.
    progress : function
        Called with how many segments are done and how many there are, as work on them goes on; it
        may raise to give the work up.
    """

    peak: tuple[tuple[int, int], float] | None = None
    progress: WorkProgress = ignore_progress
    _codes: dict[int, Codes] = field(default_factory=dict)
    _result: tuple[EditRequest, Piece, LockReport | None] | None = None
    _locks: tuple[LockWords, Locks, np.ndarray | None] = NO_LOCKS_YET

    def __getstate__(self) -> dict[str, object]:
        """What another process needs: the rest it works out sooner than it would read it."""
        state = {each.name: getattr(self, each.name) for each in fields(self)}
        caches: dict[str, object] = {
            "peak": None,
            "_codes": {},
            "_result": None,
            "_locks": NO_LOCKS_YET,
        }
        return state | {"piece": replace(self.piece), **caches}

    def moving(self, edit: EditRequest) -> list[Segment]:
        """The usable segments that a fader or a mood moves; all others stay exactly as they are.

        Of those that are looked at, where the amounts hold everywhere.
        """
        return playing.moved(edit, self.piece, self.usable(edit.span))

    def bearing(self, edit: EditRequest, begin: float, end: float) -> EditRequest:
        """The edit over those segments alone on which what sounds between two beats depends.

        Two segments more on either side: notes ring on, a segment's first ones may be early, and
        every second segment depends on its neighbours' results. From further back come long notes
        and what the pedal holds.
        """
        first, last = self.bearing_span(begin, end, len(edit.redrawn))
        low, high = (0, len(self.spans) - 1) if edit.everywhere else edit.span
        return replace(edit, first=max(low, first), last=min(high, last))

    def codes(self, net: FaderNet, chosen: Sequence[Segment]) -> dict[int, Codes]:
        """Codes of segments by index, each worked out once."""
        self._codes |= self._encoded(net, [s for s in chosen if s.index not in self._codes])
        return self._codes

    def _encoded(self, net: FaderNet, chosen: Sequence[Segment]) -> dict[int, Codes]:
        """Codes of segments by index, worked out `SLICE` by `SLICE`."""
        codes: dict[int, Codes] = {}
        for first in range(0, len(chosen), SLICE):
            self.progress(0, len(chosen))
            part = chosen[first : first + SLICE]
            part_codes = net.encode(part)
            codes |= {s.index: part_codes[[row]] for row, s in enumerate(part)}
        return codes

    def home(
        self,
        net: FaderNet,
        edit: EditRequest,
        chosen: Sequence[Segment],
        codes: Mapping[int, Codes],
    ) -> dict[str, np.ndarray]:
        """Where the faders' offsets start from, as `fadernets.score.playing.home` has it."""
        return playing.home(net, edit, self.piece, chosen, codes, batch=SLICE)

    def result(self, net: FaderNet, edit: EditRequest) -> Piece:
        """The whole piece with the asked segments changed; the piece itself if nothing is.

        Where the amounts hold everywhere, only what bears on the segments that are looked at may be
        changed yet; that gives the same notes there, because each segment has a seed of its own.
        """
        if self.leaves(edit):
            return self.piece
        if self._result is None or self._result[0] != edit:
            chosen = self.moving(self._all(edit))
            report = LockReport(edit.lock.sentence) if edit.lock or net.realiser.takes_any else None
            result = self._changed(net, edit, chosen, self.codes(net, chosen), report)
            self._result = edit, self.expressed(net, edit, result), report
        return self._result[1]

    @property
    def latest(self) -> tuple[EditRequest, Piece, LockReport | None] | None:
        """What was asked for last, and its result: the next move of a fader starts from there."""
        return self._result

    @latest.setter
    def latest(self, result: tuple[EditRequest, Piece, LockReport | None] | None) -> None:
        self._result = result

    def lock_report(self, net: FaderNet, edit: EditRequest) -> LockReport | None:
        """How far the faders came beside what stays; None where nothing moves."""
        if self.leaves(edit) or not self.moving(edit):
            return None
        self.result(net, edit)
        return self._result[2] if self._result else None

    def lock_sentences(self, net: FaderNet, edit: EditRequest) -> list[str]:
        """Sentences on how far each fader came that locks or ties hold back."""
        report = self.lock_report(net, edit)
        names = net.faders if edit.moods else edit.faders.keys() | edit.positions.keys()
        locked = [
            f"{EXPRESSIONS[name].words.title} is locked and stays."
            for name in edit.expression
            if name in edit.lock.names
        ]
        return [*locked, *(report.sentences(names) if report else [])]

    def locks(self, edit: EditRequest) -> tuple[Locks, np.ndarray]:
        """The locks of a request, and which notes of the piece they lock: bool, (n,).

        Raises
        ------
        ValueError
            If the piece has no such note or track.
        """
        words, locks, locked = self._locks
        if locked is None or words != edit.lock:
            locks = edit.lock.on(self.piece)
            locked = locks.of(self.piece.notes)
            if edit.lock:  # looked up once
                notes = self.piece.notes[locked]
                locks = replace(locks, melody=False, bass=False, notes=notes)
            self._locks = edit.lock, locks, locked
        return locks, locked

    def nearby(self, net: FaderNet, edit: EditRequest, begin: float, end: float) -> Piece:
        """As `result`, between two beats; what lies outside may not be changed yet.

        Unless the result is there already, only the segments between are changed.
        """
        if self.leaves(edit) or (self._result is not None and self._result[0] == edit):
            return self.result(net, edit)
        near = self.bearing(edit, begin, end)
        chosen = self.moving(near)
        return self.expressed(net, edit, self._changed(net, near, chosen, self.codes(net, chosen)))

    def leaves(self, edit: EditRequest) -> bool:
        """Whether the result is the piece itself: nothing was moved, or no segment can change."""
        return edit.is_neutral or not self.moves(self._all(edit))

    def moves(self, edit: EditRequest) -> bool:
        """Whether anything that is looked at is moved, be it in how it is played alone."""
        chosen = self.segments[edit.first : edit.last + 1]
        return bool(self.moving(edit) or moving(edit.expression.values(), self.piece, chosen))

    def expressed(self, net: FaderNet, edit: EditRequest, result: Piece) -> Piece:
        """A result played with the expression that is asked for."""
        return expressed(
            self.piece,
            result,
            edit,
            by_arousal=net.realiser.moves_expression,
            part=None if edit.everywhere else edit.span,
            fixed=self.piece.notes[self.locks(edit)[1]],
        )

    def _all(self, edit: EditRequest) -> EditRequest:
        """The edit over all segments that have to change."""
        return self.bearing(edit, *self.ends(edit.span)) if edit.everywhere else edit

    def _changed(
        self,
        net: FaderNet,
        edit: EditRequest,
        chosen: Sequence[Segment],
        codes: Mapping[int, Codes],
        report: LockReport | None = None,
    ) -> Piece:
        if not chosen:
            return self.piece

        def report_of(segment: Segment) -> LockReport | None:
            return report if edit.first <= segment.index <= edit.last else None

        return Arrangement(
            net.strict() if edit.strict else net,
            edit,
            self.piece,
            chosen,
            codes,
            self.locks(edit)[0],
            SLICE,
            report_of,
            lambda count: self.progress(min(count, len(chosen)), len(chosen)),
        ).result()
