"""A piece arranged by amounts: all of it first, then the bars that are drawn once more.

Bars drawn once more (`Redrawn`) start from their own notes again, between neighbours as they have
become, which stay note for note.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fadernets.lock_report import LockReport
from fadernets.music.locks import NO_LOCKS, Locks
from fadernets.music.notes import Notes, concatenate, visible
from fadernets.music.piece import Piece
from fadernets.music.segments import Segment
from fadernets.score import playing
from fadernets.score.settings import PieceSettings
from fadernets.whole_piece import changed

if TYPE_CHECKING:  # PyTorch takes 200 MB
    from fadernets.codes import Codes
    from fadernets.net import FaderNet

FEW_REDRAWN = 256  # segments that parts drawn once more may have together, in any piece
MOST_TIMES_REDRAWN = 4  # as many as those that change, likewise

ReportOf = Callable[[Segment], LockReport | None]  # which report learns of a segment


@dataclass(frozen=True)
class Arrangement:
    """What is asked of some segments of a piece.

    Attributes
    ----------
    net : FaderNet
    edit : PieceSettings
    piece : Piece
    chosen : sequence of Segment
        Those that change.
    codes : mapping
        Of these as they were, by index.
    locks : Locks
    batch : int
        Segments changed at a time.
    report_of : function
    progress : function
        Called with how many segments are done before each batch; may raise.
    """

    net: FaderNet
    edit: PieceSettings
    piece: Piece
    chosen: Sequence[Segment]
    codes: Mapping[int, Codes]
    locks: Locks = NO_LOCKS
    batch: int = 256
    report_of: ReportOf = lambda segment: None
    progress: Callable[[int], None] = lambda count: None

    def result(self) -> Piece:
        """The piece with its segments changed.

        Raises
        ------
        ValueError
            If parts are drawn once more again and again, over most of the piece.
        """
        self._require_few()
        home = playing.home(
            self.net, self.edit, self.piece, self.chosen, self.codes, batch=self.batch
        )
        result = self._played(
            self.piece, self.chosen, self.edit.seed, home, self.locks, self.report_of
        )
        for redrawn in self.edit.redrawn:
            inside = [segment for segment in self.chosen if redrawn.has(segment.middle)]
            if inside:
                before, fixed = _restored(self.piece, result, inside)
                held = self.locks.notes
                notes = fixed if held is None else concatenate([held, fixed])
                locks = replace(self.locks, notes=_sounding_in(notes, inside))
                own = self._played(before, inside, redrawn.seed, home, locks, lambda segment: None)
                result = own if result.original is None else _with_locks(own, result)
        return result

    def _require_few(self) -> None:
        counts = [sum(part.has(s.middle) for s in self.chosen) for part in self.edit.redrawn]
        most = max(FEW_REDRAWN, MOST_TIMES_REDRAWN * len(self.chosen))
        if sum(counts) > most:
            raise ValueError(
                f"parts drawn once more have {sum(counts)} segments together, more than {most}: "
                "let older drawings of the same bars go"
            )

    def _played(
        self,
        piece: Piece,
        chosen: Sequence[Segment],
        seed: int | None,
        home: Mapping[str, np.ndarray],
        locks: Locks,
        report_of: ReportOf,
    ) -> Piece:
        rows = {segment.index: row for row, segment in enumerate(self.chosen)}
        edit = replace(self.edit, seed=seed, redrawn=())
        count = 0

        def change(part: list[Segment]) -> list[Notes]:
            nonlocal count
            self.progress(count)
            count += len(part)
            groups: dict[tuple[tuple[str, ...], LockReport | None], list[Segment]] = {}
            placed = playing.placed(self.edit, self.piece, part)
            for segment, names in zip(part, placed, strict=True):
                groups.setdefault((names, report_of(segment)), []).append(segment)
            notes: dict[int, Notes] = {}
            for (names, report), some in groups.items():
                coded = self.net.coded(some, [self.codes[segment.index] for segment in some])
                own = [rows[segment.index] for segment in some]
                start = {name: values[own] for name, values in home.items()}
                played = playing.play(self.net, coded, edit, self.piece, some, start, names, report)
                notes |= {s.index: new for s, new in zip(some, played, strict=True)}
            return [notes[segment.index] for segment in part]

        indices = [segment.index for segment in chosen]
        return changed(piece, indices, change, locks=locks, batch=self.batch, source=self.piece)


def _with_locks(result: Piece, before: Piece) -> Piece:
    """A result whose file is written by what the visitor has locked, not by what stayed once."""
    if result.original is None or before.original is None:
        return result
    closed, locked = before.original.closed, before.original.locked
    return replace(result, original=replace(result.original, closed=closed, locked=locked))


def _restored(piece: Piece, result: Piece, inside: Sequence[Segment]) -> tuple[Piece, Notes]:
    """A result in which some segments have the piece's notes again, and all of its other notes.

    A note of the piece's that meets one of those others on its key makes room for it.
    """
    others = result.notes[~_begin_in(result, inside)]
    own = piece.notes[_begin_in(piece, inside)]
    offset, stays = own.offset.copy(), np.ones(len(own), bool)
    for pitch in np.unique(own.pitch):
        rows, on_key = own.pitch == pitch, others[others.pitch == pitch]
        begun = np.searchsorted(on_key.onset, own.onset[rows], "right")
        last_end = np.maximum.accumulate(np.append(-np.inf, on_key.offset))
        stays[rows] = last_end[begun] <= own.onset[rows]
        offset[rows] = np.minimum(offset[rows], np.append(on_key.onset, np.inf)[begun])
    back = replace(own, offset=offset)[stays]
    return replace(result, notes=concatenate([others, back])), others


def _sounding_in(notes: Notes, inside: Sequence[Segment]) -> Notes:
    """The notes that sound while some segments last: no others bear on these."""
    begin, end = inside[0].start, inside[-1].span.end
    return notes[(notes.onset <= end) & (notes.offset >= begin)]


def _begin_in(piece: Piece, inside: Sequence[Segment]) -> np.ndarray:
    """Which notes of a piece begin in some segments: bool, (n,)."""
    begin = np.zeros(len(piece.notes), bool)
    for segment in inside:
        begin[visible(piece.notes, segment.start, segment.beats)[0]] = True
    return begin
