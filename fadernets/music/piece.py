"""A piece: notes, pedal, tempo, meter, and the file it was read from."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import overload

import numpy as np

from fadernets.music import key
from fadernets.music.midifile.part import Part
from fadernets.music.notes import BEATS, Notes, sustain
from fadernets.music.pulse import follows_beats
from fadernets.music.windows import first_bar


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
    closed : tuple of int
        Which of these get no new notes, because they are locked.
    locked : Notes
        Notes of the piece that are locked, whose events stay.
    beside : Notes
        Notes of parts that are not the piece, on the one channel that the piece has.
    damage : tuple of str
        What is wrong with the file, in sentences.
    notices : tuple of str
        Further sentences for the user: what of the file stays as it is.
    """

    data: bytes
    name: str
    tracks: tuple[Part, ...]
    parts: tuple[int, ...]
    closed: tuple[int, ...] = field(default=(), kw_only=True)
    locked: Notes = field(default_factory=Notes.empty, kw_only=True)
    beside: Notes = field(default_factory=Notes.empty, kw_only=True)
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
    def follows_beats(self) -> bool:
        """Whether it follows the beats of its file, as scores and takes to a click do."""
        return follows_beats(self.notes.onset)

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

    def bars(self, beats: np.ndarray) -> np.ndarray:
        """Numbers of bars at beats, with fractions: 1 where the first bar begins, 0 at an upbeat.

        A change of meter begins a bar.
        """
        starts = self.meter[:, 0]
        lengths = 4 * self.meter[:, 1] / self.meter[:, 2]
        whole = np.ceil(np.diff(starts) / lengths[:-1] - 1e-9)  # a bar cut short counts as well
        first = first_bar(self.meter) + np.concatenate([[0.0], np.cumsum(whole)])
        row = np.searchsorted(starts[1:], beats, side="right")
        return first[row] + (beats - starts[row]) / lengths[row]

    def key_at(self, beat: float) -> int:
        """The key of the music around a beat, as `fadernets.music.key.find` numbers them."""
        return int(self._keys[np.clip(int(beat // BEATS), 0, len(self._keys) - 1)])

    @cached_property
    def _keys(self) -> np.ndarray:
        """Keys of every four beats: int64."""
        place = np.maximum(self.notes.onset // BEATS, 0).astype(int)
        lengths = self.notes.offset - self.notes.onset
        beats = np.zeros((int(place.max(initial=0)) + 1, 12))
        np.add.at(beats, (place, self.notes.pitch % 12), lengths)
        return key.along(beats)

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences for the user about the file."""
        return self.original.damage + self.original.notices if self.original else ()

    @property
    def weight(self) -> int:
        """About how much memory it takes, in notes of 100 bytes."""
        return len(self.notes) + (len(self.original.data) // 100 if self.original else 0)

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return float(self.seconds(self.length))
