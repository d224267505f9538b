"""Where the segments of a piece begin and end: bars of the file's meters, or every four beats.

A segment has sixteen steps at most. Short bars of one meter go together as long as they fit, two of
2/4 or of 7/16; a bar too long for one segment, such as one of 5/4 or 12/8, is cut at beats into
parts as equal as can be.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

import numpy as np

from fadernets.music.notes import BEATS, NO_PEDAL, STEPS, STEPS_PER_BEAT, Notes
from fadernets.music.texture import Texture

Unit = Literal["bars", "beats"]
Hand = Literal["left", "right", "both"]

SHORTEST = 1.0  # beats: what a change of meter leaves is joined to what follows where that fits
COMPOUND = 3  # quavers, or shorter, in a beat of 6/8, 9/8 and 12/8
QUAVER = 8
ROUNDING = 1e-9  # beats
NO_NOTES = Notes.empty()


@dataclass(frozen=True)
class Span:
    """Quarter notes between which a segment lies, and the number of the bar in which it begins.

    Bars count from 1, and an upbeat is bar 0. `beat` is how long a beat of its meter is.
    """

    start: float
    end: float
    bar: int
    beat: float = 1.0

    @property
    def middle(self) -> float:
        """The beat in its middle."""
        return (self.start + self.end) / 2

    @property
    def steps(self) -> int:
        """Steps of a sixteenth that it has, 1 to 16."""
        return int(np.ceil((self.end - self.start) * STEPS_PER_BEAT - 1e-6).clip(1, STEPS))

    @property
    def beat_steps(self) -> int:
        """Steps of a sixteenth of a beat, 1 to 16."""
        return int(np.clip(round(self.beat * STEPS_PER_BEAT), 1, STEPS))


@dataclass(frozen=True, eq=False)
class Window:
    """What the arranger sees of a segment.

    Attributes
    ----------
    notes : Notes
        Beats from its start, cut at its end; those that begin before beat 0 ring in.
    steps : int
        Of a sixteenth, 1 to 16.
    beat : int
        Steps of a beat as its meter counts, 1 to 16: 4, or 6 in 6/8.
    follows_beats : bool
        Whether its piece does (`fadernets.music.pulse`): in a take without a click no step is one
        on a beat.
    locked : Notes
        Those of the notes that come out exactly as they are.
    ring_in : Notes
        Those of the notes that begin before beat 0 and have to sound in the first step.
    ring_on : Notes
        Those of the notes that the next segment goes on with.
    ring_out : Notes
        Those of the notes that have to sound to the end.
    may_ring : Notes
        Notes that end about beat 0, and may be held on instead.
    before : Notes, optional
        The notes before a neighbour was changed, if one was: they tell the densities that stay.
    keeps_rhythm : bool
        Notes begin where they begin now, and nowhere else.
    keeps_pitches : bool
        No key is struck that is not among the notes.
    pattern : Notes, optional
        The notes whose onsets and keys are kept, where they are others than `notes`.
    hand : Notes
        Those of the notes that a locked hand plays.
    closed : {"left", "right", "both"}, optional
        The hand that is locked: no new note is struck among its keys, or anywhere.
    beside : tuple of two Texture, optional
        Of what sounds before its start and behind its end, half as long as it is.
    key : int, optional
        Of the music around it, before any of it was changed (`fadernets.music.key`).
    pedal : float array, shape (p, 2)
        Down and up of each sustain pedal press in it, beats from its start, in order.
    """

    notes: Notes
    steps: int = STEPS
    beat: int = STEPS_PER_BEAT
    follows_beats: bool = True
    locked: Notes = NO_NOTES
    ring_in: Notes = NO_NOTES
    ring_on: Notes = NO_NOTES
    ring_out: Notes = NO_NOTES
    may_ring: Notes = NO_NOTES
    before: Notes | None = None
    keeps_rhythm: bool = False
    keeps_pitches: bool = False
    pattern: Notes | None = None
    hand: Notes = NO_NOTES
    closed: Hand | None = None
    beside: tuple[Texture, Texture] | None = None
    key: int | None = None
    pedal: np.ndarray = field(default_factory=NO_PEDAL.copy)

    @property
    def is_locked(self) -> bool:
        """Whether anything of it stays as it is."""
        return bool(len(self.locked)) or self.keeps_rhythm or self.keeps_pitches

    @property
    def kept_pattern(self) -> Notes:
        """The notes whose onsets and keys are kept, if they are."""
        return self.notes if self.pattern is None else self.pattern


def among(notes: Notes, chosen: Notes) -> np.ndarray:
    """Which notes are among those chosen, by onset and pitch: bool, shape (n,)."""
    is_chosen = np.zeros(len(notes), bool)
    if len(notes):
        # A piece may have thousands of segments and as many chosen notes in each.
        chosen = chosen[(chosen.onset >= notes.onset.min()) & (chosen.onset <= notes.onset.max())]
    if len(notes) and len(chosen):
        near = (notes.onset >= chosen.onset.min()) & (notes.onset <= chosen.onset.max())
        places = notes.onset[near] + 1j * notes.pitch[near]
        is_chosen[near] = np.isin(places, chosen.onset + 1j * chosen.pitch)
    return is_chosen


def first_bar(meter: np.ndarray) -> int:
    """The number of a piece's first bar: 1, or 0 where the piece begins with an upbeat.

    An upbeat is a single bar before a change of meter, which either is cut short by it or is half
    a bar of the next meter at most.

    Parameters
    ----------
    meter : array, shape (m, 3)
        Rows (beat, numerator, denominator) in order, as a piece has them.

    >>> first_bar(np.array([[0, 1, 4], [1, 4, 4]])), first_bar(np.array([[0, 3, 4], [3, 4, 4]]))
    (0, 1)
    """
    if len(meter) < 2:
        return 1
    (start, *own), (end, *after) = meter[:2].tolist()
    bar, following = (4 * numerator / denominator for numerator, denominator in (own, after))
    beats = end - start
    is_short = beats < min(bar, following) - ROUNDING
    is_half = beats <= bar + ROUNDING and beats <= following / 2 + ROUNDING
    return 0 if is_short or is_half else 1


def spans(meter: np.ndarray, length: float, unit: Unit = "bars") -> list[Span]:
    """The segments' spans from beat 0 to the end of a piece; the last may reach past it.

    Parameters
    ----------
    meter : array, shape (m, 3)
        Rows (beat, numerator, denominator) in order, as a piece has them.
    length : float
        Beats.
    unit : {"bars", "beats"}
        Bars of the meters, or four beats whatever the meter, as in the paper.

    >>> three_four = np.array([[0, 3, 4], [9, 5, 4]])
    >>> [(s.start, s.end, s.bar) for s in spans(three_four, 19.0)][2:]
    [(6.0, 9.0, 3), (9.0, 12.0, 4), (12.0, 14.0, 4), (14.0, 17.0, 5), (17.0, 19.0, 5)]
    """
    if unit == "beats":
        count = max(1, int(np.ceil(length / BEATS - ROUNDING)))
        return [Span(float(i * BEATS), float((i + 1) * BEATS), i + 1) for i in range(count)]
    return list(_bars(tuple(map(tuple, meter.tolist())), length))


@lru_cache(maxsize=4)  # of a piece whose parts are drawn again and again
def _bars(rows: tuple[tuple[float, ...], ...], length: float) -> list[Span]:
    """As `spans`, by the rows of the meters."""
    meter = np.array(rows)
    bar_spans: list[Span] = []
    bar = first_bar(meter)
    ends = np.append(meter[1:, 0], np.inf).tolist()
    for (start, numerator, denominator), end in zip(meter.tolist(), ends, strict=True):
        until = min(end, length)
        if until <= start + ROUNDING and bar_spans:
            break
        beats = numerator * 4 / denominator
        count = max(1, int(np.ceil((until - start) / beats - ROUNDING)))
        edges, bars = _edges(numerator, denominator, count)
        for begin, stop, number in zip(edges, edges[1:], bars, strict=False):
            stop = min(start + stop, end)
            bar_spans.append(
                Span(start + begin, stop, bar + number, beat_of(numerator, denominator))
            )
        bar += count
    return _joined(
        [bar_spans[0], *(span for span in bar_spans[1:] if span.start < length - ROUNDING)]
    )


def beat_of(numerator: float, denominator: float) -> float:
    """How long a beat of a meter is as it is counted, in quarter notes.

    >>> beat_of(3, 4), beat_of(6, 8), beat_of(5, 8)
    (1.0, 1.5, 0.5)
    """
    is_compound = numerator % COMPOUND == 0 and denominator >= QUAVER
    return (COMPOUND if is_compound else 1) * 4 / denominator


def _edges(numerator: float, denominator: float, count: int) -> tuple[list[float], list[int]]:
    """Edges in beats of the segments of so many bars, and of each segment its first bar, from 0."""
    beats = numerator * 4 / denominator
    if beats <= BEATS:
        together = int(BEATS / beats + ROUNDING)
        bars = list(range(0, count, together))
        return [bar * beats for bar in (*bars, count)], bars
    unit = beat_of(numerator, denominator)
    inside = round(beats / unit)  # beats as they are counted
    parts = int(np.ceil(inside / int(BEATS / unit)))
    # The longer parts come first: 3 + 2 for five.
    lengths = [inside // parts + (part < inside % parts) for part in range(parts)]
    within = np.concatenate([[0], np.cumsum(lengths)]) * unit
    edges = [bar * beats + edge for bar in range(count) for edge in within[:-1].tolist()]
    return [*edges, count * beats], [bar for bar in range(count) for _ in lengths]


def _joined(bar_spans: list[Span]) -> list[Span]:
    """Spans of less than a beat joined to the next one, where both together are four at most."""
    result: list[Span] = []
    for span in bar_spans:
        before = result[-1] if result else None
        if (
            before is not None
            and min(before.end - before.start, span.end - span.start) < SHORTEST
            and span.end - before.start <= BEATS + ROUNDING
        ):
            result[-1] = replace(before, end=span.end)
        else:
            result.append(span)
    return result
