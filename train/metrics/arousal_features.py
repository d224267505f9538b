"""What classifiers of arousal hear of a segment, in seconds and keys: nothing of how loud it is.

Two sets for classifiers of two kinds. `averages` has one number for each means that the literature
on arousal names: how fast, how high, how long, how full, which mode. `distributions` has no mean:
how gaps, lengths, pitches and intervals are spread. `loudness` is for a comparison with classifiers
that hear it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fadernets.music import key
from fadernets.music.notes import Notes

SAME_STRIKE = 0.03  # seconds, within which keys are struck together
RUNG_IN = -0.02  # seconds: a key struck before this was struck in the segment before
SOON = 0.35  # seconds, within which a key that is struck again is a repeat
SHORT = 0.6  # of the gap to the next strike: what is shorter is detached
FASTEST = 0.5  # seconds: the window in which the fastest place is counted
SHORTEST_GAP = 0.01  # seconds
NOTHING = 0.5  # strikes, of which a logarithm can be taken
MANY = 4  # keys that sound
OF_ONSETS = ("strikes a second", "notes a second", "length", "gaps, spread")
BASS = 48  # pitches below
STEP, OCTAVE = 2, 12  # semitones
TRITONE, FOURTHS_AND_FIFTHS, THIRDS_AND_SIXTHS = (6,), (5, 7), (3, 4, 8, 9)


@dataclass(frozen=True, eq=False)
class Heard:
    """A segment of music as it is heard.

    Attributes
    ----------
    notes : Notes
        Onsets and offsets in seconds from its start; those that begin before it ring in.
    seconds : float
        How long it lasts.
    """

    notes: Notes
    seconds: float

    @cached_property
    def struck(self) -> Notes:
        """The notes that begin in it."""
        return self.notes[self.notes.onset >= RUNG_IN]

    @cached_property
    def strike(self) -> np.ndarray:
        """The number of each struck note's strike: int64, (n,)."""
        apart = np.diff(self.struck.onset) > SAME_STRIKE
        return np.concatenate([[0], np.cumsum(apart)])[: len(self.struck)]

    @cached_property
    def first(self) -> np.ndarray:
        """The number of each strike's first note: int64, (s,)."""
        return np.flatnonzero(np.diff(self.strike, prepend=-1))

    @cached_property
    def top(self) -> np.ndarray:
        """The highest pitch of each strike: float64, (s,)."""
        return np.maximum.reduceat(self.struck.pitch, self.first).astype(float)

    @cached_property
    def bottom(self) -> np.ndarray:
        """The lowest pitch of each strike: float64, (s,)."""
        return np.minimum.reduceat(self.struck.pitch, self.first).astype(float)

    @cached_property
    def gaps(self) -> np.ndarray:
        """Seconds from each strike to the next one, the last to the segment's end: float64, (s,).

        Where nothing is struck, the whole segment.
        """
        at = self.struck.onset[self.first]
        if not len(at):
            return np.array([self.seconds])
        return np.maximum(np.diff(at, append=max(self.seconds, at[-1])), SHORTEST_GAP)

    @cached_property
    def sounding(self) -> np.ndarray:
        """Seconds in which 0, 1, 2, … keys sound: float64."""
        start = self.notes.onset.clip(0, self.seconds)
        end = self.notes.offset.clip(0, self.seconds)
        edges = np.unique(np.concatenate([[0, self.seconds], start, end]))
        middle = (edges[1:] + edges[:-1]) / 2
        keys = ((start[:, None] <= middle) & (end[:, None] > middle)).sum(0)
        return np.bincount(keys, weights=np.diff(edges))

    @cached_property
    def correlations(self) -> np.ndarray:
        """With the twelve major keys, then the minor ones: float64, (24,)."""
        return key.correlations(key.histogram(self.notes))


def averages(heard: Heard) -> dict[str, float]:
    """One number a means; NaN where there is too little of something.

    Where nothing is struck, half a strike is counted.
    """
    struck, seconds = heard.struck, heard.seconds
    time = {
        "strikes a second": float(np.log(max(len(heard.first), NOTHING) / seconds)),
        "notes a second": float(np.log(max(len(struck), NOTHING) / seconds)),
        "keys that sound": float(heard.sounding @ np.arange(len(heard.sounding)) / seconds),
        "silence": float(heard.sounding[0] / seconds),
    }
    if not len(struck):
        return dict.fromkeys(AVERAGES, np.nan) | time
    length = struck.offset - struck.onset
    in_gaps = length / heard.gaps[heard.strike]
    fit = heard.correlations
    return time | {
        "notes a strike": len(struck) / len(heard.first),
        "pitch": _mean(struck.pitch),
        "highest line": _mean(heard.top),
        "lowest line": _mean(heard.bottom),
        "pitch, spread": float(np.std(struck.pitch)),
        "bass": _mean(struck.pitch < BASS),
        "intervals of the highest line": _mean(np.abs(np.diff(heard.top))),
        "length": _mean(np.log(length)),
        "length in gaps": _mean(np.log(in_gaps)),
        "detached": _mean(in_gaps < SHORT),
        "gaps, spread": float(np.std(np.log(heard.gaps))),
        "repeats": _mean(np.diff(heard.top) == 0),
        "major": float(fit[: key.MINOR].max() - fit[key.MINOR :].max()),
        "clear key": float(fit.max()),
    }


def without_onsets(heard: Heard) -> dict[str, float]:
    """The `averages` that do not tell how often anything is struck, nor how soon it ends."""
    return {name: value for name, value in averages(heard).items() if name not in OF_ONSETS}


def distributions(heard: Heard) -> dict[str, float]:
    """How things are spread; NaN where there is too little of something."""
    struck = heard.struck
    time = np.append(heard.sounding, np.zeros(MANY + 1)) / heard.seconds
    times = _quantiles(heard.gaps, "gap", (0, 0.25, 0.5, 0.75, 1)) | {
        f"{keys} keys sound": float(time[keys]) for keys in range(MANY)
    }
    times["more keys sound"] = float(time[MANY:].sum())
    if not len(struck):
        return dict.fromkeys(DISTRIBUTIONS, np.nan) | times
    order = np.lexsort((struck.pitch, heard.strike))
    together = np.diff(struck.pitch[order])[np.diff(heard.strike) == 0] % OCTAVE
    line = np.diff(heard.top)
    by_key = np.lexsort((struck.onset, struck.pitch))
    again = np.diff(struck.onset[by_key])[np.diff(struck.pitch[by_key]) == 0]
    classes = key.histogram(heard.notes)
    share = classes[classes > 0] / classes.sum()
    at = struck.onset[heard.first]
    within = at[None] < at[:, None] + FASTEST
    return (
        times
        | _quantiles(struck.offset - struck.onset, "length", (0, 0.1, 0.5, 0.9, 1))
        | _quantiles(struck.pitch, "pitch", (0, 0.1, 0.5, 0.9, 1))
        | {
            "seconds struck": _mean((together > 0) & (together <= STEP)),
            "thirds and sixths struck": _mean(np.isin(together, THIRDS_AND_SIXTHS)),
            "fourths and fifths struck": _mean(np.isin(together, FOURTHS_AND_FIFTHS)),
            "tritones struck": _mean(np.isin(together, TRITONE)),
            "octaves struck": _mean(together == 0),
            "line repeats": _mean(line == 0),
            "line steps": _mean((line != 0) & (np.abs(line) <= STEP)),
            "line leaps up": _mean(line > STEP),
            "line leaps down": _mean(line < -STEP),
            "largest strike": float(np.bincount(heard.strike).max()),
            "keys struck again": float((again < SOON).sum() / len(struck)),
            "pitch classes": float(len(share)),
            "pitch classes, entropy": float(-(share * np.log(share)).sum()),
            "fastest place": float((within & (at[None] >= at[:, None])).sum(1).max()),
            "first half": _mean(at < heard.seconds / 2),
        }
    )


def loudness(heard: Heard) -> dict[str, float]:
    """How loud it is, for comparison."""
    velocity = heard.struck.velocity
    if not len(velocity):
        return dict.fromkeys(("velocity", "loudest", "velocity, spread"), np.nan)
    return {
        "velocity": _mean(velocity),
        "loudest": float(velocity.max()),
        "velocity, spread": float(np.std(velocity)),
    }


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else np.nan


def _quantiles(values: np.ndarray, name: str, shares: tuple[float, ...]) -> dict[str, float]:
    measured = np.quantile(values, shares).tolist()
    return {f"{name}, {s:.0%}": v for s, v in zip(shares, measured, strict=True)}


_ANY = Heard(Notes.of([0, 0, 1], [1, 1, 2], [60, 64, 62], [64] * 3), 2.0)
AVERAGES, DISTRIBUTIONS = tuple(averages(_ANY)), tuple(distributions(_ANY))
