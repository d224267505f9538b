"""A piece: notes, pedal, tempo and meter; cut into 4-beat segments, stitched back into one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import overload

import numpy as np

from fadernets.music.notes import BEATS, EARLY, Notes, concatenate, cut, sustain
from fadernets.music.segment_limits import problem

NO_PEDAL = np.zeros((0, 2))
GAP = 1 / 240  # beats by which a key is let go before a pedal that must not catch it


@dataclass(frozen=True, eq=False)
class Piece:
    """A piece of piano music, in beats (quarter notes) from its beginning.

    Attributes
    ----------
    notes : Notes
        As played: a note ends where its key is released or struck again.
    pedal : float array, shape (p, 2)
        Down and up of each sustain pedal press, in order, not overlapping.
    tempo : float array, shape (t, 2)
        Rows (beat, quarter notes per minute) in order; the first at beat 0.
    meter : int or float array, shape (m, 3)
        Rows (beat, numerator, denominator) in order; the first at beat 0.
    length : float
        Beats: the end of the last note or of the file, whichever is later.
    name : str
        What to call it; a file name, for instance.
    """

    notes: Notes
    pedal: np.ndarray
    tempo: np.ndarray
    meter: np.ndarray
    length: float
    name: str = ""

    @cached_property
    def sounding(self) -> Notes:
        """The notes as heard, lengthened by the pedal."""
        return sustain(self.notes, self.pedal)

    @cached_property
    def _clock(self) -> np.ndarray:
        """Seconds at which each row of the tempo map begins: float64, shape (t,)."""
        beats, qpm = self.tempo[:, 0], self.tempo[:, 1]
        return np.concatenate([[0.0], np.cumsum(np.diff(beats) * 60 / qpm[:-1])])

    @overload
    def seconds(self, beats: float) -> float: ...
    @overload
    def seconds(self, beats: np.ndarray) -> np.ndarray: ...
    def seconds(self, beats: float | np.ndarray) -> float | np.ndarray:
        """When beats come, in seconds, through the tempo map. Any shape; a float gives a float."""
        row = np.searchsorted(self.tempo[1:, 0], beats, side="right")
        return self._clock[row] + (beats - self.tempo[row, 0]) * 60 / self.tempo[row, 1]

    @overload
    def beats(self, seconds: float) -> float: ...
    @overload
    def beats(self, seconds: np.ndarray) -> np.ndarray: ...
    def beats(self, seconds: float | np.ndarray) -> float | np.ndarray:
        """Which beats come at seconds, the inverse of `seconds`. Any shape."""
        row = np.searchsorted(self._clock[1:], seconds, side="right")
        return self.tempo[row, 0] + (seconds - self._clock[row]) * self.tempo[row, 1] / 60

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return float(self.seconds(self.length))


@dataclass(frozen=True, eq=False)
class Segment:
    """Four beats of a piece.

    Attributes
    ----------
    index : int
        Its place in the piece, from 0.
    start : float
        Beats from the piece's beginning.
    notes : Notes
        The notes that begin in it, lengthened by the pedal and cut at its end; beats from `start`.
    problem : str or None
        Why the model cannot take it (`fadernets.music.segment_limits.PROBLEMS`); None when it can.
    """

    index: int
    start: float
    notes: Notes
    problem: str | None


def segment_count(piece: Piece) -> int:
    """Number of 4-beat windows from beat 0 that cover a piece; the last may be short."""
    # A length that rounding puts just past the end of a window opens no further one.
    return max(1, int(np.ceil(piece.length / BEATS - 1e-9)))


def segments(piece: Piece) -> list[Segment]:
    """Every 4-beat window of a piece from beat 0 to its end, usable or not."""
    windows = []
    for index in range(segment_count(piece)):
        notes = cut(piece.sounding, index * BEATS)
        windows.append(Segment(index, float(index * BEATS), notes, problem(notes)))
    return windows


def struck_once(notes: Notes) -> Notes:
    """The notes as one string per key can play them; any unit of time.

    Of several strikes of a key at one instant the longest stays, then the loudest. A key struck
    again while it is down ends its note there.

    >>> list(struck_once(Notes.of([0, 0, 1], [1, 3, 2], [60] * 3, [80, 70, 60])))
    [(0.0, 1.0, 60, 70), (1.0, 2.0, 60, 60)]
    """
    order = np.lexsort((-notes.velocity, -notes.offset, notes.onset, notes.pitch))
    onset, pitch = notes.onset[order], notes.pitch[order]
    first = np.ones(len(order), bool)
    first[1:] = (onset[1:] != onset[:-1]) | (pitch[1:] != pitch[:-1])
    return sustain(notes[np.sort(order[first])], NO_PEDAL)


def stitch(piece: Piece, changed: Mapping[int, Notes]) -> Piece:
    """A piece with other notes in some of its segments.

    The new notes carry their sounding length, so the pedal is lifted while they play. A note from
    before that rings into a changed segment goes on ringing, unless the new notes strike its key.
    Length, tempo, meter and the notes of the other segments stay as they are; only what rang into
    these from a segment that changed ends with it.

    Parameters
    ----------
    piece : Piece
    changed : mapping from segment index to Notes
        In beats from the segment's start. What lies outside the segment, or past the end of the
        piece, is cut off.

    Raises
    ------
    TypeError
        If `changed` is no mapping, or maps to something else than notes.
    ValueError
        If the piece has no segment of such an index.
    """
    if not isinstance(changed, Mapping):
        raise TypeError("new notes go with the index of their segment, such as {0: notes}")
    count = segment_count(piece)
    for index, notes in changed.items():
        if not isinstance(notes, Notes):
            raise TypeError(f"segment {index} is given a {type(notes).__name__} and no Notes")
        if not 0 <= index < count:
            raise ValueError(f"segment {index} is outside 0 to {count - 1}")
    if not changed:
        return piece
    is_changed = np.zeros(count, bool)
    is_changed[list(changed)] = True
    spans = _spans(is_changed)
    pedal = _lifted(piece.pedal, spans)
    starts = np.arange(1, count) * float(BEATS) - EARLY
    unchanged = ~is_changed[np.searchsorted(starts, piece.notes.onset, side="right")]
    parts = [_ringing(piece.notes[unchanged], piece.sounding[unchanged], spans, pedal)]
    for index, notes in changed.items():
        parts.append(_fitted(notes, index * BEATS, piece.length, pedal))
    return replace(piece, notes=struck_once(concatenate(parts)), pedal=pedal)


def _spans(is_changed: np.ndarray) -> np.ndarray:
    """Runs of changed segments: bool (n,) -> beats of begin and end, (r, 2), as `cut` has them."""
    edges = np.flatnonzero(np.diff(is_changed.astype(int), prepend=0, append=0))
    return edges.reshape(-1, 2) * float(BEATS) - EARLY


def _lifted(pedal: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """Presses without what lies in the spans.

    Presses and spans are in order and do not overlap: a press is cut into as many pieces as gaps
    between spans that it reaches into.
    """
    after = np.append(-np.inf, spans[:, 1])  # where each gap begins
    before = np.append(spans[:, 0], np.inf)  # and ends
    first = np.searchsorted(spans[:, 1], pedal[:, 0], side="right")  # gap it may begin in
    last = np.searchsorted(spans[:, 0], pedal[:, 1], side="left")  # gap it may end in
    count = last - first + 1
    press = np.repeat(np.arange(len(pedal)), count)
    gap = first[press] + np.arange(len(press)) - np.repeat(np.cumsum(count) - count, count)
    down, up = np.maximum(pedal[press, 0], after[gap]), np.minimum(pedal[press, 1], before[gap])
    return np.stack([down, up], axis=1)[up > down]


def _ringing(notes: Notes, sounding: Notes, spans: np.ndarray, pedal: np.ndarray) -> Notes:
    """Kept notes, their keys held as long as the pedal held them where it is now lifted.

    A note that rings on behind the span is held to the span's end: there the pedal, down as ever,
    takes it over and ends it when it always did.
    """
    last = np.searchsorted(spans[:, 0], sounding.offset, side="left") - 1  # span it may ring into
    begin, end = spans[last].T  # of the last span, where there is none before
    held = np.minimum(sounding.offset, end)
    taken = np.isin(end, pedal[:, 0]) & (sounding.offset == end)
    held[taken] -= GAP  # not to be taken over: what ended at that very instant
    rings = (last >= 0) & (notes.onset < begin)
    return replace(notes, offset=np.where(rings, np.maximum(notes.offset, held), notes.offset))


def _fitted(notes: Notes, start: float, length: float, pedal: np.ndarray) -> Notes:
    """New notes in beats of the piece, cut to their segment and the piece.

    They let go before a pedal that goes down on the next segment's first beat, as the rest of a
    press from inside this one does: it would hold them.
    """
    end = min(start + BEATS, length)
    down = pedal[np.searchsorted(pedal[:, 0], start, side="right") :, 0]  # after the start
    last = down[0] - GAP if len(down) and down[0] <= end else end
    notes = notes[(notes.onset >= 0) & (notes.onset < BEATS - EARLY)].shifted(start)
    notes = replace(notes, offset=np.minimum(notes.offset, last))
    return notes[notes.offset > notes.onset]
