"""A piece under the faders: what is asked of it, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from reprlib import repr as short
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np

from fadernets import mood_classifier
from fadernets.mood_transfer import MOODS
from fadernets.music import examples, midi
from fadernets.music.attributes import ATTRIBUTES
from fadernets.music.notes import BEATS, EARLY, Notes
from fadernets.music.piece import Piece, Segment, segments, stitch
from fadernets.playback import pianoroll

if TYPE_CHECKING:  # PyTorch takes 200 MB, and only the workers need it
    from fadernets.codes import Codes
    from fadernets.net import FaderNet

HIGHEST_SEED = 999_999
SLICE = 32  # segments between two moments at which work can be given up: about .2 seconds
SAMPLE = 32  # segments whose mean arousal stands for that of more


@dataclass(frozen=True)
class EditRequest:
    """Which segments are to change, and how.

    Attributes
    ----------
    first, last : int
        The first and the last segment, from 0.
    faders : name -> float
        Positions, 0 to 1, of the faders that were moved; any other stays where each segment has it.
    arousal : float
        -1 is all the way to calm, 1 to energetic, 0 leaves the arousal.
    valence : float
        -1 is all the way to sad, 1 to joyful, 0 leaves the valence.
    seed : int or None
        None plays the likeliest notes.
    """

    first: int
    last: int
    faders: Mapping[str, float] = field(default_factory=dict)
    arousal: float = 0.0
    valence: float = 0.0
    seed: int | None = None

    @classmethod
    def read(cls, values: Mapping, count: int, faders: Sequence[str]) -> EditRequest:
        """An ask as the page sends it, for a piece of `count` segments and a model with `faders`.

        Raises
        ------
        ValueError
            If a value is not a number or outside its range, or is for a fader that the model has
            not.
        """
        for name in ATTRIBUTES:
            if name not in faders and values.get(name) is not None:
                raise ValueError(f"the model has no fader for {name}")
        positions = {name: number(values, name, 0, 1) for name in faders}
        first = whole(values, "first", 0, count - 1)
        last = whole(values, "last", first or 0, count - 1)
        if first is None or last is None:
            raise ValueError(f"{'first' if first is None else 'last'} is missing")
        return cls(
            first,
            last,
            {name: position for name, position in positions.items() if position is not None},
            number(values, "arousal", -1, 1) or 0.0,
            number(values, "valence", -1, 1) or 0.0,
            whole(values, "seed", 0, HIGHEST_SEED),
        )

    @property
    def span(self) -> tuple[int, int]:
        """First and last segment."""
        return self.first, self.last

    @property
    def moods(self) -> dict[str, float]:
        """How far the moods that were moved shall go, below 0 towards low."""
        both = {mood: getattr(self, mood) for mood in MOODS}
        return {mood: way for mood, way in both.items() if way}

    @property
    def is_neutral(self) -> bool:
        """Whether nothing was moved, so that the result is the original itself."""
        return not self.faders and not self.moods


def number(values: Mapping, name: str, low: float, high: float) -> float | None:
    """A number that the page may send, None if it does not.

    Raises
    ------
    ValueError
        If it is not a number or outside its range.
    """
    value = values.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise ValueError(f"{name} {short(value)} is not a number")
    if not low <= value <= high:
        raise ValueError(f"{name} {short(value)} is outside {low:g} to {high:g}")
    return value


def whole(values: Mapping, name: str, low: int, high: int) -> int | None:
    """As `number`, a whole one."""
    value = number(values, name, low, high)
    if value is not None and value != int(value):
        raise ValueError(f"{name} {short(value)} is not a whole number")
    return None if value is None else int(value)


def flag(values: Mapping, name: str) -> bool:
    """A yes or no that the page may send, no if it does not; raises ValueError if it is neither."""
    value = values.get(name)
    if value is not None and not isinstance(value, bool):
        raise ValueError(f"{name} {short(value)} is neither true nor false")
    return bool(value)


Progress = Callable[[int, int], None]


def nobody(done: int, total: int) -> None:
    """Nobody wants to know how far work is."""


@dataclass(eq=False)
class PieceSession:
    """A piece with its segments, and what was last worked out about it.

    Attributes
    ----------
    piece : Piece
    id : str
        Tells the pieces a visitor has opened apart.
    peak : (span, float) or None
        The loudest sample of the original before any gain, for the short selection heard last.
        Saves work, no more: a study in another process has none.
    progress : function
        Called with how many segments are done and how many there are, as work on them goes on; it
        may raise to give the work up.
    """

    piece: Piece
    id: str = field(default_factory=lambda: uuid4().hex)
    peak: tuple[tuple[int, int], float] | None = None
    progress: Progress = nobody
    _codes: tuple[tuple[int, int], list[Codes]] | None = None
    _result: tuple[EditRequest, Piece] | None = None

    @cached_property
    def segments(self) -> list[Segment]:
        """Every 4-beat window."""
        return segments(self.piece)

    @cached_property
    def bars(self) -> np.ndarray:
        """Seconds of the bar lines."""
        return np.array(pianoroll.roll(self.piece)["bars"])

    def usable(self, span: tuple[int, int]) -> list[Segment]:
        """The segments of a span that the model can take."""
        return [s for s in self.segments[span[0] : span[1] + 1] if s.problem is None]

    def ends(self, span: tuple[int, int]) -> tuple[float, float]:
        """Beats at which a span of segments begins and ends."""
        return span[0] * float(BEATS), min((span[1] + 1) * float(BEATS), self.piece.length)

    def codes(self, net: FaderNet, span: tuple[int, int]) -> list[Codes]:
        """Codes of the usable segments of a span, `SLICE` by `SLICE`; the last span's are kept."""
        if self._codes is None or self._codes[0] != span:
            self._codes = span, self._encoded(net, self.usable(span))
        return self._codes[1]

    def _encoded(self, net: FaderNet, chosen: Sequence[Segment]) -> list[Codes]:
        slices = []
        for first in range(0, len(chosen), SLICE):
            self.progress(0, len(chosen))
            slices.append(net.encode([s.notes for s in chosen[first : first + SLICE]]))
        return slices

    def result(self, net: FaderNet, ask: EditRequest) -> Piece:
        """The whole piece with the asked segments changed; the piece itself if nothing is."""
        if self.leaves(ask):
            return self.piece
        if self._result is None or self._result[0] != ask:
            self._result = ask, self._changed(net, ask, self.codes(net, ask.span))
        return self._result[1]

    def nearby(self, net: FaderNet, ask: EditRequest, begin: float, end: float) -> Piece:
        """As `result`, between two beats; what lies outside may not be changed yet.

        Costs only what lies between, where the result is not at hand: segments are changed one by
        one, each with a seed of its own.
        """
        if self.leaves(ask) or (self._result is not None and self._result[0] == ask):
            return self.result(net, ask)
        first = max(ask.first, int(begin // BEATS) - 1)  # one more: what rings on, early notes
        last = min(ask.last, int(end // BEATS) + 1)
        near = replace(ask, first=first, last=last)
        chosen = self.usable(near.span)
        if not chosen:
            return self.piece
        return self._changed(net, near, self._encoded(net, chosen))

    def leaves(self, ask: EditRequest) -> bool:
        """Whether the result is the piece itself: nothing was moved, or no segment can change."""
        return ask.is_neutral or not self.usable(ask.span)

    def _changed(self, net: FaderNet, ask: EditRequest, slices: Sequence[Codes]) -> Piece:
        chosen = self.usable(ask.span)
        changed: dict[int, Notes] = {}
        for codes in slices:
            self.progress(len(changed), len(chosen))
            indices = [s.index for s in chosen[len(changed) :][: len(codes)]]
            changed |= zip(indices, play(net, codes, ask, indices), strict=True)
        return stitch(self.piece, changed)


def mean_arousal(source: Sequence[Notes]) -> float:
    """Mean probability of high arousal; of many segments, `SAMPLE` that lie evenly among them.

    As the shipped judge hears it, not the model: its mixtures tell arousal apart less well, and are
    what it moves by.
    """
    chosen = [notes for notes in source if len(notes)]
    if len(chosen) > SAMPLE:
        chosen = [chosen[i] for i in np.linspace(0, len(chosen) - 1, SAMPLE).astype(int)]
    return float(mood_classifier.of_arousal().probability(chosen).mean()) if chosen else 0.0


def play(net: FaderNet, codes: Codes, ask: EditRequest, indices: list[int]) -> list[Notes]:
    """What the model plays for the codes of some segments, given with their indices.

    Moods move first, so that the faders have their say. Each segment has its own seed, the same
    whatever is selected beside it, and on the command line.
    """
    for mood, way in ask.moods.items():
        codes = net.shifted(codes, {mood: "high" if way > 0 else "low"}, abs(way))
    seeds = None if ask.seed is None else [ask.seed + i for i in indices]
    return net.slide(codes, ask.faders, seed=seeds)


def open_file(path: str | Path) -> PieceSession:
    """A MIDI file of the visitor's.

    Raises
    ------
    MidiError
        If it cannot be used; one plain sentence.
    """
    piece = midi.read(path)
    midi.check_length(piece)
    return PieceSession(piece)


def open_example(key: str) -> PieceSession:
    """One of `fadernets.music.examples.EXAMPLES`; raises ValueError for any other key."""
    return PieceSession(examples.load(key))


def excerpt(piece: Piece, begin: float, end: float) -> Piece:
    """What lies between two beats, as a piece of its own.

    Notes that begin in it, cut at its end, as segments are. Bars are counted from its first beat.
    """
    if begin <= 0 and end >= piece.length:
        return piece
    first, last = np.searchsorted(piece.notes.onset, [begin - EARLY, end - EARLY])
    notes = piece.notes[first:last]
    onset = np.maximum(notes.onset - begin, 0.0)
    offset = np.minimum(notes.offset, end) - begin
    sounds = offset > onset
    notes = Notes(onset, offset, notes.pitch, notes.velocity)[sounds]
    pedal = piece.pedal.clip(begin, end) - begin
    return Piece(
        notes=notes,
        pedal=pedal[pedal[:, 1] > pedal[:, 0]],
        tempo=_rows_between(piece.tempo, begin, end),
        meter=_rows_between(piece.meter, begin, end),
        length=end - begin,
        name=piece.name,
    )


def _rows_between(rows: np.ndarray, begin: float, end: float) -> np.ndarray:
    """Rows (beat, ...) that hold between two beats, the first at beat 0."""
    first = np.searchsorted(rows[:, 0], begin, side="right") - 1
    inside = rows[first:][rows[first:, 0] < end].astype(float)
    inside[:, 0] = np.maximum(inside[:, 0] - begin, 0.0)
    return inside
