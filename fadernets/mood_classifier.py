"""Classifier of a mood: a logistic regression on hand-made features of notes, which knows no model.

How loud the notes are is left out: the velocities of a sequenced file and of a performance are not
on one scale. `train.evaluation.mood_classifier` fits one and says how well it does; the one shipped
is of arousal, and tells high from low on pieces that it never saw better than a model's mixtures.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import scipy  # whose parts are loaded when they are first used

from fadernets.music import key
from fadernets.music.attributes import PAPER, measure
from fadernets.music.notes import Notes

AROUSAL = Path(__file__).parent / "assets" / "arousal.json"
SHORT, LONG = 0.25, 1.0  # beats: staccato below, sustained above
BASS, TREBLE = 48, 72  # pitches: below, from here


def features(notes: Notes) -> dict[str, float]:
    """Features of a segment by name.

    Raises
    ------
    ValueError
        If it has no notes.
    """
    if not len(notes):
        raise ValueError("a segment without notes has no features")
    onset, pitch, lasts = notes.onset, notes.pitch, notes.offset - notes.onset
    instants = len(np.unique(np.round(onset, 2)))
    histogram = key.histogram(notes)
    fit = key.correlations(histogram)
    step = np.round(onset * 4).astype(int)
    return (
        measure(notes, PAPER)  # a classifier stays the same, whichever faders there are
        | {
            "notes": float(np.log(len(notes))),
            "chord": len(notes) / instants,  # notes struck together, on average
            "lasts": float(np.log(lasts.mean())),
            "short": float((lasts < SHORT).mean()),
            "long": float((lasts > LONG).mean()),
            "spread": float(pitch.std()),
            "lowest": float(pitch.min()),
            "highest": float(pitch.max()),
            "bass": float((pitch < BASS).mean()),
            "treble": float((pitch >= TREBLE).mean()),
            "major": float(fit[:12].max() - fit[12:].max()),
            "clarity": float(fit.max()),  # of the key
            "classes": float((histogram > 0).sum()),  # pitch classes
            "repeats": 1 - len(np.unique(pitch)) / len(pitch),
            "offbeat": float((step % 2 == 1).mean()),
        }
    )


@dataclass(frozen=True)
class MoodClassifier:
    """A fitted classifier.

    Attributes
    ----------
    names : tuple of str
        Features, in order.
    mean, sd, weights : tuple of float
        One a feature; features are counted in sd from the mean.
    bias : float
    per_octave : float
        Log-odds that music gains when it is played twice as fast. Absolute tempo is left out:
        recordings without a click have none that means anything.
    """

    names: tuple[str, ...]
    mean: tuple[float, ...]
    sd: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    per_octave: float = 0.0

    def log_odds(self, segments: Sequence[Notes], octaves: float = 0.0) -> np.ndarray:
        """How much more likely high arousal (or valence) is than low: float64, (n,).

        `octaves` says by how much faster they are played than they were: 1 is twice as fast.
        NaN without notes. A comparison with NaN is never true: a result without notes never
        counts as moved.
        """
        odds = np.full(len(segments), np.nan)
        sounding = [i for i, notes in enumerate(segments) if len(notes)]
        if sounding:
            odds[sounding] = self.of(table([segments[i] for i in sounding], self.names))
        return odds + self.per_octave * octaves

    def probability(self, segments: Sequence[Notes], octaves: float = 0.0) -> np.ndarray:
        """How probable high arousal (or valence) is: float64, (n,); NaN without notes."""
        return scipy.special.expit(self.log_odds(segments, octaves))

    def of(self, values: np.ndarray) -> np.ndarray:
        """Log-odds, (n,), of a table of features, (n, f)."""
        standard = (values - np.array(self.mean)) / np.array(self.sd)
        return standard @ np.array(self.weights) + self.bias


def table(segments: Sequence[Notes], names: Sequence[str]) -> np.ndarray:
    """Features of segments as float64, (n, names)."""
    rows = [features(notes) for notes in segments]
    return np.array([[row[name] for name in names] for row in rows]).reshape(-1, len(names))


def load(path: Path) -> MoodClassifier:
    """The classifier that `save` wrote.

    Raises
    ------
    ValueError
        If the file holds none.
    """
    try:
        stored = json.loads(path.read_text())
        stored |= {name: tuple(stored[name]) for name in ("names", "mean", "sd", "weights")}
        return MoodClassifier(**stored)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} holds no mood classifier: {error}") from error


@lru_cache
def of_arousal() -> MoodClassifier:
    """The shipped classifier of arousal."""
    return load(AROUSAL)
