"""A piece: notes, pedal, tempo and meter; cut into 4-beat segments, stitched back into one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import overload

import numpy as np

from fadernets.music.midi_part import Part
from fadernets.music.notes import BEATS, EARLY, Notes, concatenate, cut, sustain, visible
from fadernets.music.segment_limits import problem

NO_PEDAL = np.zeros((0, 2))


@dataclass(frozen=True, eq=False)
class Original:
    """The MIDI file of a piece: what is saved again, with other notes.

    Attributes
    ----------
    data : bytes
    name : str
        What sentences call it.
    tracks : tuple of Part
        All that have notes.
    parts : tuple of int
        Which of these are the piece.
    damage : tuple of str
        What is wrong with the file, in sentences.
    notices : tuple of str
        What whoever opens it should know beside, in sentences: what stays as it is.
    """

    data: bytes
    name: str
    tracks: tuple[Part, ...]
    parts: tuple[int, ...]
    damage: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


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
    original : Original or None
        The file that it was read from, or that a piece changed to this one was.
    """

    notes: Notes
    pedal: np.ndarray
    tempo: np.ndarray
    meter: np.ndarray
    length: float
    name: str = ""
    original: Original | None = None

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
    def notices(self) -> tuple[str, ...]:
        """What whoever opens its file should know, in sentences."""
        return self.original.damage + self.original.notices if self.original else ()

    @property
    def weight(self) -> int:
        """About how much memory it takes, in notes of 100 bytes."""
        return len(self.notes) + (len(self.original.data) // 100 if self.original else 0)

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
        The notes that begin in it, as long as their keys are down and cut at its end; beats from
        `start`. These are what faders measure and change.
    sounding : Notes
        The same notes as heard, lengthened by the pedal.
    problem : str or None
        Why the model cannot take it (`fadernets.music.segment_limits.PROBLEMS`), by its sound, as
        in training; None when it can.
    """

    index: int
    start: float
    notes: Notes
    sounding: Notes
    problem: str | None


def segment_count(piece: Piece) -> int:
    """Number of 4-beat windows from beat 0 that cover a piece; the last may be short."""
    # A length that rounding puts just past the end of a window opens no further one.
    return max(1, int(np.ceil(piece.length / BEATS - 1e-9)))


def segments(piece: Piece) -> list[Segment]:
    """Every 4-beat window of a piece from beat 0 to its end, usable or not."""
    windows = []
    for index in range(segment_count(piece)):
        start = float(index * BEATS)
        sounding = cut(piece.sounding, start)
        windows.append(Segment(index, start, cut(piece.notes, start), sounding, problem(sounding)))
    return windows


def struck_once(notes: Notes) -> Notes:
    """The notes as one string per key can play them; any unit of time.

    Several strikes of a key at one instant are one, as long as the longest and as loud as the
    loudest. A key struck again while it is down ends its note there.

    >>> list(struck_once(Notes.of([0, 0, 1], [1, 3, 2], [60] * 3, [80, 70, 60])))
    [(0.0, 1.0, 60, 80), (1.0, 2.0, 60, 60)]
    """
    return one_string(notes)[0]


def one_string(notes: Notes) -> tuple[Notes, np.ndarray]:
    """As `struck_once`, and of each of n notes its number in the result: int64, (n,)."""
    if not len(notes):
        return notes, np.zeros(0, np.int64)
    order = np.lexsort((-notes.offset, notes.onset, notes.pitch))
    onset, pitch = notes.onset[order], notes.pitch[order]
    first = np.ones(len(order), bool)
    first[1:] = (onset[1:] != onset[:-1]) | (pitch[1:] != pitch[:-1])
    begin = np.flatnonzero(first)
    loudest = np.maximum.reduceat(notes.velocity[order], begin)
    strings = Notes(onset[begin], notes.offset[order][begin], pitch[begin], loudest)
    rising = np.lexsort((strings.pitch, strings.onset))
    number = np.empty(len(rising), np.int64)
    number[rising] = np.arange(len(rising))
    of_notes = np.empty(len(order), np.int64)
    of_notes[order] = number[np.cumsum(first) - 1]
    return sustain(strings[rising], NO_PEDAL), of_notes


def stitch(piece: Piece, changed: Mapping[int, Notes]) -> Piece:
    """A piece with other notes in some of its segments.

    All else stays, the pedal too: notes have the lengths of keys, and the pedal takes over what it
    took over before. A note that the segment has already, of the same onset and pitch, stays that
    note, with its end behind the segment's if it has the end that the segment shows. What rings
    into the segment goes on ringing, unless new notes strike its key.

    Parameters
    ----------
    piece : Piece
    changed : mapping from segment index to Notes
        In beats from the segment's start, as `Segment.notes`. What lies outside the segment, or
        past the end of the piece, is cut off.

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
    stays = np.ones(len(piece.notes), bool)
    parts = []
    for index, notes in changed.items():
        start = float(index * BEATS)
        rows, shown = visible(piece.notes, start)
        stays[rows] = False
        parts.append(
            _restored(_fitted(notes, start, piece.length), piece.notes[rows], shown, start)
        )
    return replace(piece, notes=struck_once(concatenate([piece.notes[stays], *parts])))


def _fitted(notes: Notes, start: float, length: float) -> Notes:
    """New notes from a segment's start, cut to the segment and the piece."""
    notes = notes[(notes.onset >= 0) & (notes.onset < BEATS - EARLY)]
    notes = replace(notes, offset=np.minimum(notes.offset, min(float(BEATS), length - start)))
    return notes[notes.offset > notes.onset]


def _restored(notes: Notes, own: Notes, shown: Notes, start: float) -> Notes:
    """New notes in beats of the piece, those that the segment has already as they are there.

    Parameters
    ----------
    notes : Notes
        From the segment's start.
    own, shown : Notes
        The segment's, in beats of the piece, and as the segment shows them.
    """
    numbers = {place: k for k, place in enumerate(zip(shown.onset, shown.pitch, strict=True))}
    places = zip(notes.onset, notes.pitch, strict=True)
    match = np.array([numbers.get(place, -1) for place in places], np.int64)
    new = notes.shifted(start)
    mine = np.flatnonzero(match >= 0)
    match = match[mine]
    new.onset[mine] = own.onset[match]
    same_end = notes.offset[mine] == shown.offset[match]
    new.offset[mine[same_end]] = own.offset[match[same_end]]
    return new
