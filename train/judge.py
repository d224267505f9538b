"""Judge of a mood: a logistic regression on hand-made features of notes, which knows no model.

``python -m train.judge --data FILE --out judge.json`` fits that of arousal on the labelled training
pieces and says how well it does on pieces it never saw, beside the two densities alone. How loud
the notes are is left out: the velocities of a sequenced file and of a performance are not on one
scale.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from fadernets import events, key
from fadernets.attributes import ATTRIBUTES, measure
from fadernets.models.batch import UNLABELLED
from fadernets.notes import Notes
from train import metrics
from train.dataset import TEST, TRAIN, Segments

RIDGE = 0.02  # penalty on the squared weights; the folds of the training pieces hardly mind which
SHORT, LONG = 0.25, 1.0  # beats: staccato below, sustained above
BASS, TREBLE = 48, 72  # pitches: below, from here


def features(notes: Notes) -> dict[str, float]:
    """What a segment is told apart by, by name.

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
        measure(notes)
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
class Judge:
    """A fitted judge.

    Attributes
    ----------
    names : tuple of str
        Features, in order.
    mean, sd, weights : tuple of float
        One a feature; features are counted in sd from the mean.
    bias : float
    """

    names: tuple[str, ...]
    mean: tuple[float, ...]
    sd: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float

    def log_odds(self, segments: Sequence[Notes]) -> np.ndarray:
        """How much more likely high arousal (or valence) is than low: float64, (n,).

        NaN without notes. A comparison with NaN is never true: what yields nothing has not moved
        as asked.
        """
        found = np.full(len(segments), np.nan)
        heard = [i for i, notes in enumerate(segments) if len(notes)]
        if heard:
            found[heard] = self.of(table([segments[i] for i in heard], self.names))
        return found

    def of(self, values: np.ndarray) -> np.ndarray:
        """Log-odds, (n,), of a table of features, (n, f)."""
        standard = (values - np.array(self.mean)) / np.array(self.sd)
        return standard @ np.array(self.weights) + self.bias


def table(segments: Sequence[Notes], names: Sequence[str]) -> np.ndarray:
    """Features of segments as float64, (n, names)."""
    rows = [features(notes) for notes in segments]
    return np.array([[row[name] for name in names] for row in rows]).reshape(-1, len(names))


def fit(values: np.ndarray, high: np.ndarray, names: Sequence[str], mood: str = "arousal") -> Judge:
    """A ridge logistic regression.

    Parameters
    ----------
    values : float array, shape (n, f)
    high : bool array, shape (n,)
    names : sequence of f str
    mood : str
        Of `fadernets.transfer.MOODS`.

    Raises
    ------
    ValueError
        If all segments are of one arousal, or valence.
    """
    if high.all() or not high.any():
        raise ValueError(f"all {len(high)} labelled segments are of one {mood}")
    mean, sd = values.mean(0), values.std(0)
    sd = np.where(sd > 0, sd, 1.0)
    x, sign = (values - mean) / sd, np.where(high, 1.0, -1.0)

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (x @ theta[:-1] + theta[-1])
        pull = -sign * expit(-margin) / len(x)
        value = np.logaddexp(0, -margin).mean() + RIDGE / 2 * theta[:-1] @ theta[:-1]
        return value, np.append(x.T @ pull + RIDGE * theta[:-1], pull.sum())

    theta = minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B").x
    return Judge(tuple(names), *(tuple(v.tolist()) for v in (mean, sd, theta[:-1])), theta[-1])


def labelled(data: Segments, split: int, mood: str = "arousal") -> tuple[list[Notes], np.ndarray]:
    """The segments of a split that a mood is labelled in, and whether it is high: bool, (n,)."""
    labels = getattr(data, mood).cpu().numpy()
    rows = np.flatnonzero((data.split == split) & (labels != UNLABELLED))
    tokens = data.tokens.cpu().numpy()[rows]
    return [events.decode(row) for row in tokens], labels[rows] == 1


def judge_of(data: Segments, names: Sequence[str] | None = None, mood: str = "arousal") -> Judge:
    """The judge that a prepared file's labelled training pieces make.

    Raises
    ------
    ValueError
        If they do not have both labels.
    """
    segments, high = labelled(data, TRAIN, mood)
    if not segments:
        raise ValueError("no labelled segment to train a judge on")
    names = list(features(segments[0])) if names is None else names
    return fit(table(segments, names), high, names, mood)


def held_out(judge: Judge, data: Segments) -> dict[str, float | int | None]:
    """How a judge does on labelled test segments; None for what needs labels of both kinds."""
    segments, high = labelled(data, TEST)
    both = len(high) > 0 and high.any() and not high.all()
    odds = judge.log_odds(segments)
    return {
        "segments": len(segments),
        "auc": round(metrics.auc(odds, high), 4) if both else None,
        "accuracy": round(metrics.accuracy(expit(odds), high), 4) if both else None,
    }


def save(judge: Judge, path: Path) -> None:
    """Write a judge as JSON."""
    path.write_text(json.dumps(dataclasses.asdict(judge), indent=1) + "\n")


def load(path: Path) -> Judge:
    """The judge that `save` wrote.

    Raises
    ------
    ValueError
        If the file holds none.
    """
    try:
        stored = json.loads(path.read_text())
        lists = {n: tuple(stored.pop(n)) for n in ("names", "mean", "sd", "weights")}
        return Judge(**lists, **stored)
    except (OSError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} holds no judge: {error}") from error


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m train.judge", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="file of train.prepare")
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")
    options = parser.parse_args(arguments)
    try:
        data = Segments.load(options.data)
        judge, baseline = judge_of(data), judge_of(data, tuple(ATTRIBUTES))
    except ValueError as error:
        print(f"train.judge: {error}", file=sys.stderr)
        return 2
    options.out.parent.mkdir(parents=True, exist_ok=True)
    save(judge, options.out)
    found = {"judge": held_out(judge, data), "densities alone": held_out(baseline, data)}
    print(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
