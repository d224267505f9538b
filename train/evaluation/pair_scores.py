"""What became of pieces: densities, identity, borders and musical measures of pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fadernets.music.attributes import ATTRIBUTES
from fadernets.music.notes import EARLY, Notes
from fadernets.music.segments import Segment, segments
from train import metrics
from train.data.pairs import PiecePair
from train.metrics import patterns
from train.metrics.borders import PLACES, BorderFit
from train.metrics.changes import changes
from train.metrics.music import measures
from train.metrics.over_pieces import Tally, mean
from train.reporting.results.part import Estimate
from train.reporting.results.score import (
    BeforeAfter,
    Borders,
    Crossing,
    DensityMoved,
)

ALL, CHANGED = "all segments", "changed segments"
SAME = EARLY  # beats: notes that another program wrote differ by its rounding
DIGITS = 4


@dataclass(frozen=True, eq=False)
class Compared:
    """A pair by its segments, bars of the piece before.

    Attributes
    ----------
    pair : PiecePair
    before, after : list of n Segment
    heard : list of int
        Numbers of the segments in which something sounds before or after.
    changed : list of int
        Of those in which not all notes are as they were.
    """

    pair: PiecePair
    before: list[Segment]
    after: list[Segment]
    heard: list[int]
    changed: list[int]

    @classmethod
    def of(cls, pair: PiecePair) -> Compared:
        """A pair, cut and compared."""
        before, after = segments(pair.before), segments(pair.after)
        sides = [(a.window.notes, b.window.notes) for a, b in zip(before, after, strict=True)]
        heard = [i for i, (a, b) in enumerate(sides) if len(a) or len(b)]
        return cls(pair, before, after, heard, [i for i in heard if not _alike(*sides[i])])

    @property
    def judged(self) -> list[int]:
        """The changed segments, or all where none changed."""
        return self.changed or self.heard

    @cached_property
    def densities(self) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Densities before and after by name: float64, (n,) each."""
        before, after = (
            [segment.measure() for segment in side] for side in (self.before, self.after)
        )
        return (
            {name: np.array([m[name] for m in before]) for name in ATTRIBUTES},
            {name: np.array([m[name] for m in after]) for name in ATTRIBUTES},
        )

    def judged_notes(self, notes: Notes) -> np.ndarray:
        """Which notes of the piece begin in a judged segment: bool, (n,)."""
        starts = np.array([segment.start for segment in self.before])
        own = np.searchsorted(starts - EARLY, notes.onset, side="right") - 1
        return np.isin(own, self.judged)


def _alike(one: Notes, other: Notes) -> bool:
    """Whether all notes of two segments are the same but for rounding."""
    if len(one) != len(other):
        return False
    one, other = (x[np.lexsort((x.onset, x.pitch))] for x in (one, other))
    return bool(
        (one.pitch == other.pitch).all()
        and (one.velocity == other.velocity).all()
        and (np.abs(one.onset - other.onset) <= SAME).all()
        and (np.abs(one.offset - other.offset) <= SAME).all()
    )


def estimate(tallies: Iterable[Tally], seed: int) -> Estimate | None:
    """A mean over pieces with its interval, None of nothing."""
    some = list(tallies)
    count = sum(tally.size for tally in some)
    if not count:
        return None
    value, interval = mean(some, seed)
    ends = interval and [round(end, DIGITS) for end in interval]
    return Estimate(mean=round(value, DIGITS), interval=ends, n=count)


def groups(pairs: Sequence[Compared]) -> dict[str, list[list[int]]]:
    """Numbers of segments to measure in each pair: all, and the changed ones if there are any."""
    numbers = {ALL: [pair.heard for pair in pairs], CHANGED: [pair.changed for pair in pairs]}
    return {name: each for name, each in numbers.items() if any(each)}


def spread(pairs: Sequence[Compared]) -> dict[str, float]:
    """Standard deviations of the densities of all segments before, by name."""
    return {
        name: float(np.concatenate([p.densities[0][name][p.heard] for p in pairs]).std())
        for name in ATTRIBUTES
    }


def moved(pairs: Sequence[Compared], seed: int) -> dict[str, dict[str, DensityMoved]]:
    """Densities before and after, and their change, by attribute and group of segments."""
    result: dict[str, dict[str, DensityMoved]] = {}
    sd = spread(pairs)
    for name in ATTRIBUTES:
        result[name] = {}
        for group, numbers in groups(pairs).items():
            sides = [
                [side[name][part] for side in pair.densities]
                for pair, part in zip(pairs, numbers, strict=True)
            ]
            measured = {
                "before": [before for before, _ in sides],
                "after": [after for _, after in sides],
                "change": [after - before for before, after in sides],
                "absolute_change": [np.abs(after - before) for before, after in sides],
            }
            estimates = {
                kind: estimate([Tally.of(part) for part in values], seed)
                for kind, values in measured.items()
            }
            result[name][group] = DensityMoved.model_validate(
                estimates | {"sd": round(sd[name], DIGITS)}
            )
    return result


# How much of a segment is left: scores, each with whether a pair of segments can have it.
IDENTITY: Mapping[str, tuple[Callable[[Notes, Notes], float], Callable[[Notes, Notes], bool]]] = {
    "note_f1": (metrics.note_f1, lambda before, after: len(before) + len(after) > 0),
    "pitch_class_cosine": (metrics.pitch_class_cosine, lambda before, _: len(before) > 0),
    "key_kept": (metrics.key_kept, lambda before, _: len(before) > 0),
    # A top voice that sounds in one step only has no contour, so nothing can be like it.
    "contour": (metrics.contour, lambda before, _: metrics.contour(before, before) > 0),
}


def identity(pairs: Sequence[Compared], seed: int) -> dict[str, dict[str, Estimate]]:
    """What is left of segments, by group of segments and score."""
    result: dict[str, dict[str, Estimate]] = {}
    for group, numbers in groups(pairs).items():
        result[group] = {}
        for name, (score, is_known) in IDENTITY.items():
            tallies = []
            for pair, part in zip(pairs, numbers, strict=True):
                sides = [(pair.before[i].notes, pair.after[i].notes) for i in part]
                tallies.append(Tally.of([score(*side) for side in sides if is_known(*side)]))
            if value := estimate(tallies, seed):
                result[group][name] = value
    return result


def borders(pairs: Sequence[Compared], seed: int) -> tuple[Borders, Borders]:
    """Cuts and jumps at borders and middles of judged segments, before and after."""
    fits: tuple[list[BorderFit], list[BorderFit]] = [], []
    for compared in pairs:
        pair = compared.pair
        for side, piece in zip(fits, (pair.before, pair.after), strict=True):
            side.append(BorderFit())
            side[-1].add(pair.before, piece, compared.judged, with_edges=True)
    before, after = (
        Borders(**{place: _crossing(side, place, seed) for place in PLACES}) for side in fits
    )
    return before, after


def _crossing(fits: Sequence[BorderFit], place: str, seed: int) -> Crossing:
    cuts = [fit.cuts[place] for fit in fits]
    joined = BorderFit()
    joined.jumps[place] = [jump for fit in fits for jump in fit.jumps[place]]
    return Crossing(
        crossing=sum(each.crossing for each in cuts),
        cut=estimate([Tally(each.cut, each.surviving) for each in cuts], seed),
        jumps=joined.mean_jumps(place),
    )


def music(pairs: Sequence[Compared], seed: int) -> dict[str, BeforeAfter]:
    """What a composer would ask, of judged segments before and after, by name."""
    before, after = [], []
    for compared in pairs:
        one, other = compared.pair.before.notes, compared.pair.after.notes
        judged, judged_after = (compared.judged_notes(notes) for notes in (one, other))
        beats = patterns.beats(compared.pair.before, compared.judged)
        before.append(measures(one, judged, beats))
        after.append(
            measures(other, judged_after, beats) | changes(one, other, judged, judged_after)
        )
    return {
        name: BeforeAfter(
            before=estimate([side[name] for side in before if name in side], seed),
            after=estimate([side[name] for side in after], seed),
        )
        for name in after[0]
    }
