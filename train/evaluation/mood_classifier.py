"""Fit a mood classifier (`fadernets.mood_classifier`) to labelled segments.

``python -m train.evaluation.mood_classifier --data FILE --out classifier.json`` fits that of
arousal on the labelled training pieces and says how well it does on pieces it never saw, beside
the two densities alone.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from fadernets.models.batch import UNLABELLED
from fadernets.mood_classifier import MoodClassifier, features, load, table
from fadernets.music import events
from fadernets.music.attributes import PAPER
from fadernets.music.notes import Notes
from train import metrics
from train.data.dataset import TEST, TRAIN, Segments
from train.reporting.results.evaluation import HeldOut
from train.reporting.writing import write

__all__ = [
    "MoodClassifier",
    "features",
    "fit",
    "fit_training_pieces",
    "held_out",
    "labelled",
    "load",
    "save",
    "table",
]
TOLERANCE = 1e-8  # of the gradient at the minimum
RIDGE = 0.02  # penalty on the squared weights; cross-validation depends on it very little


def fit(
    values: np.ndarray, high: np.ndarray, names: Sequence[str], mood: str = "arousal"
) -> MoodClassifier:
    """A ridge logistic regression.

    Parameters
    ----------
    values : float array, shape (n, f)
    high : bool array, shape (n,)
    names : sequence of f str
    mood : str
        Of `fadernets.mood_transfer.MOODS`.

    Raises
    ------
    ValueError
        If all segments are of one arousal, or valence.
    """
    if high.all() or not high.any():
        raise ValueError(f"all {len(high)} labelled segments are of one {mood}")
    scaler = StandardScaler().fit(values)
    regression = LogisticRegression(  # its loss is a sum over segments, RIDGE is of their mean
        C=1 / (RIDGE * len(values)), solver="newton-cholesky", tol=TOLERANCE
    ).fit(scaler.transform(values), high)
    return MoodClassifier(
        names=tuple(names),
        mean=tuple(scaler.mean_.tolist()),
        sd=tuple(scaler.scale_.tolist()),
        weights=tuple(regression.coef_[0].tolist()),
        bias=float(regression.intercept_[0]),
    )


def labelled(data: Segments, split: int, mood: str = "arousal") -> tuple[list[Notes], np.ndarray]:
    """The segments of a split that a mood is labelled in, and whether it is high: bool, (n,)."""
    labels = getattr(data, mood).cpu().numpy()
    rows = np.flatnonzero((data.split == split) & (labels != UNLABELLED))
    tokens = data.tokens.cpu().numpy()[rows]
    return [events.decode(row) for row in tokens], labels[rows] == 1


def fit_training_pieces(
    data: Segments, names: Sequence[str] | None = None, mood: str = "arousal"
) -> MoodClassifier:
    """The classifier fitted to the labelled training pieces of a prepared file.

    Raises
    ------
    ValueError
        If they do not have both labels.
    """
    segments, high = labelled(data, TRAIN, mood)
    if not segments:
        raise ValueError("no labelled segment to train a classifier on")
    names = list(features(segments[0])) if names is None else names
    return fit(table(segments, names), high, names, mood)


def held_out(classifier: MoodClassifier, data: Segments) -> HeldOut:
    """Scores of a classifier on labelled test segments; None without labels of both kinds."""
    segments, high = labelled(data, TEST)
    has_both = len(high) > 0 and high.any() and not high.all()
    odds = classifier.log_odds(segments)
    return HeldOut(
        segments=len(segments),
        auc=round(metrics.auc(odds, high), 4) if has_both else None,
        accuracy=round(metrics.accuracy(expit(odds), high), 4) if has_both else None,
    )


def save(classifier: MoodClassifier, path: Path) -> None:
    """Write a classifier as JSON."""
    write(path, json.dumps(dataclasses.asdict(classifier), indent=1) + "\n")


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    program = "python -m train.evaluation.mood_classifier"
    parser = argparse.ArgumentParser(prog=program, description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="file of train.prepare")
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")
    options = parser.parse_args(arguments)
    try:
        data = Segments.load(options.data)
        classifier, baseline = fit_training_pieces(data), fit_training_pieces(data, PAPER)
    except ValueError as error:
        print(f"train.evaluation.mood_classifier: {error}", file=sys.stderr)
        return 2
    save(classifier, options.out)
    classifiers = {"classifier": classifier, "densities alone": baseline}
    print(json.dumps({n: held_out(c, data).stored() for n, c in classifiers.items()}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
