"""Notes as arrays, lengthened by the sustain pedal and cut into 4-beat segments (paper 4.1).

Time is counted in beats (quarter notes) throughout: the grid of sixteen steps, the labels and
the tokens are then the same whatever the tempo, and a tempo change needs no special case. Only
`fadernets.music.midi` knows about seconds in a piece.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

BEATS = 4  # beats in a segment
STEPS_PER_BEAT = 4
STEPS = BEATS * STEPS_PER_BEAT  # label steps in a segment
LOWEST_PITCH, HIGHEST_PITCH = 21, 108  # the piano, A0 to C8

# A note that rings into a segment counts there when it fills half of the first step.
RINGS_IN = 0.5 / STEPS_PER_BEAT

# A note this many beats before a step belongs to the step: 5 ms of rounding to the token clock,
# or a finger that came a hair early, must not move it to the step before.
EARLY = 0.0125

NO_PEDAL = np.zeros((0, 2))


@dataclass(frozen=True, eq=False)
class Notes:
    """Notes sorted by onset, then pitch.

    Attributes
    ----------
    onset, offset : float64 arrays, shape (n,)
        Beats, with ``offset > onset``. A note of a segment that begins before beat 0 rings into it.
    pitch : int64 array, shape (n,)
        MIDI pitch, 21 to 108.
    velocity : int64 array, shape (n,)
        MIDI velocity, 1 to 127.
    """

    onset: np.ndarray
    offset: np.ndarray
    pitch: np.ndarray
    velocity: np.ndarray

    @classmethod
    def of(
        cls, onset: ArrayLike, offset: ArrayLike, pitch: ArrayLike, velocity: ArrayLike
    ) -> Notes:
        """Notes from four sequences of one length, in any order.

        >>> list(Notes.of(onset=[1, 0], offset=[2, 1], pitch=[64, 60], velocity=[80, 80]))
        [(0.0, 1.0, 60, 80), (1.0, 2.0, 64, 80)]

        Raises
        ------
        ValueError
            If there are not as many of each, a note ends before it begins, or a pitch or velocity
            is out of range.
        """
        start, end = np.asarray(onset, float), np.asarray(offset, float)
        keys, loudness = np.asarray(pitch, np.int64), np.asarray(velocity, np.int64)
        counts = len(start), len(end), len(keys), len(loudness)
        if len(set(counts)) > 1:
            raise ValueError(
                "{}, {}, {} and {} onsets, offsets, pitches and velocities".format(*counts)
            )
        if len(start) and not (end > start).all():
            raise ValueError(f"note {int(np.argmin(end > start))} does not end after its onset")
        for name, value, low, high in (
            ("pitch", keys, LOWEST_PITCH, HIGHEST_PITCH),
            ("velocity", loudness, 1, 127),
        ):
            bad = (value < low) | (value > high)
            if bad.any():
                raise ValueError(f"{name} {value[bad][0]} is outside {low} to {high}")
        order = np.lexsort((keys, start))
        return cls(start[order], end[order], keys[order], loudness[order])

    @classmethod
    def empty(cls) -> Notes:
        """No notes at all."""
        return cls.of([], [], [], [])

    def __len__(self) -> int:
        return len(self.onset)

    def __getitem__(self, index: np.ndarray | slice) -> Notes:
        """The notes of a mask, a slice or an index array."""
        return Notes(self.onset[index], self.offset[index], self.pitch[index], self.velocity[index])

    def __iter__(self) -> Iterator[tuple[float, float, int, int]]:
        """(onset, offset, pitch, velocity) of each note, as Python numbers."""
        return zip(
            self.onset.tolist(),
            self.offset.tolist(),
            self.pitch.tolist(),
            self.velocity.tolist(),
            strict=True,
        )

    def shifted(self, beats: float) -> Notes:
        """The same notes, later by `beats`."""
        return Notes(self.onset + beats, self.offset + beats, self.pitch, self.velocity)


def first_steps(onset: np.ndarray) -> np.ndarray:
    """The step in which each note counts first, from its onset in beats: int64, as onset.

    >>> first_steps(np.array([-0.1, -0.01, 0.2, 0.24])).tolist()
    [-1, 0, 0, 1]
    """
    return np.floor((onset + EARLY) * STEPS_PER_BEAT).astype(np.int64)


def concatenate(parts: list[Notes]) -> Notes:
    """All notes of several collections, sorted."""
    if not parts:
        return Notes.empty()
    names = ("onset", "offset", "pitch", "velocity")
    return Notes.of(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))


def sustain(notes: Notes, pedal: np.ndarray) -> Notes:
    """Lengthen notes by the sustain pedal.

    A note released while the pedal is down sounds until the pedal comes up or the same pitch is
    struck again. A note still held by its key when the same pitch is struck is cut there too: a
    piano has one string per key.

    >>> notes = Notes.of([0.0, 2.0], [1.0, 3.0], [60, 60], [80, 80])
    >>> sustain(notes, np.array([[0.5, 4.0]])).offset.tolist()
    [2.0, 4.0]

    Parameters
    ----------
    notes : Notes
    pedal : float array, shape (p, 2)
        Down and up of each press in beats, in order, not overlapping.
    """
    if not len(notes):
        return notes
    offset = notes.offset.copy()
    if len(pedal):
        press = np.searchsorted(pedal[:, 0], offset, side="right") - 1  # last press before release
        held = (press >= 0) & (offset < pedal[press, 1])
        offset[held] = pedal[press[held], 1]
    order = np.lexsort((notes.onset, notes.pitch))
    pitch, onset = notes.pitch[order], notes.onset[order]
    again = np.full(len(notes), np.inf)  # when the same pitch is struck next
    same = pitch[1:] == pitch[:-1]
    again[:-1][same] = onset[1:][same]
    struck = np.empty_like(again)
    struck[order] = again
    together = struck <= notes.onset  # a pitch doubled at one instant: leave both as they are
    return Notes(
        notes.onset,
        np.where(together, offset, np.minimum(offset, struck)),
        notes.pitch,
        notes.velocity,
    )


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


def cut(notes: Notes, start: float, beats: float = BEATS) -> Notes:
    """The segment of `beats` beats that begins at `start`, in beats from its own beginning.

    A note that began before the segment is left out, unless it began at most `EARLY` before: that
    one begins with the segment. A note that lasts longer is cut at its end.

    >>> list(cut(Notes.of([3.99, 6.0], [5.0, 9.0], [60, 64], [80, 80]), start=4))
    [(0.0, 1.0, 60, 80), (2.0, 4.0, 64, 80)]
    """
    return visible(notes, start, beats)[1]


def visible(notes: Notes, start: float, beats: float = BEATS) -> tuple[np.ndarray, Notes]:
    """As `cut`, and before it the number of each of its m notes in the piece: int64, (m,)."""
    first, last = np.searchsorted(notes.onset, [start - EARLY, start + beats - EARLY])
    inside = notes[first:last]
    onset = np.maximum(inside.onset - start, 0.0)
    offset = np.minimum(inside.offset - start, beats)
    rows = np.flatnonzero(offset > onset)
    rows = rows[np.lexsort((inside.pitch[rows], onset[rows]))]  # early ones now begin together
    return rows + first, Notes(onset[rows], offset[rows], inside.pitch[rows], inside.velocity[rows])
