"""How well labels can be learnt: grouped cross-validation, and bootstrap intervals over pieces.

Segments of one piece are alike and share their rater's opinion. So they are never on both sides of
a fold, and the bootstrap draws pieces.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sklearn.model_selection import PredefinedSplit

from train import metrics
from train.evaluation.mood_classifier import fit
from train.reporting.results.valence import PieceSeparation

FOLDS, REPEATS, DRAWS = 10, 5, 1_000
LEVEL_PERCENT = 95  # of the draws that an interval holds


def out_of_fold(values: np.ndarray, high: np.ndarray, piece: np.ndarray, seed: int) -> np.ndarray:
    """Log-odds of every segment by regressions that never saw its piece: float64, (n,).

    Means over `REPEATS` ways of dealing the pieces into `FOLDS` folds.

    Parameters
    ----------
    values : float array, shape (n, f)
    high : bool array, shape (n,)
    piece : int array, shape (n,)
    seed : int

    Raises
    ------
    ValueError
        If the pieces are too few for the folds, or too much alike.
    """
    pieces, place = np.unique(piece, return_inverse=True)
    names = [str(i) for i in range(values.shape[1])]
    if len(pieces) < FOLDS:
        raise ValueError(f"{len(pieces)} labelled pieces are too few for {FOLDS} folds")
    rng, odds = np.random.default_rng(seed), np.zeros(len(high))
    for _ in range(REPEATS):
        fold = np.empty(len(pieces), int)
        for number, part in enumerate(np.array_split(rng.permutation(len(pieces)), FOLDS)):
            fold[part] = number
        # Not GroupKFold: it uses another generator, and the published figures must repeat.
        for inside, outside in PredefinedSplit(fold[place]).split():
            classifier = fit(values[inside], high[inside], names)
            odds[outside] += classifier.of(values[outside]) / REPEATS
    return odds


def aucs(
    scores: Mapping[str, np.ndarray], high: np.ndarray, piece: np.ndarray, seed: int
) -> dict[str, PieceSeparation]:
    """AUC of scores with bootstrap intervals over pieces, and its distance from the first score's.

    Parameters
    ----------
    scores : name -> float array, shape (n,)
        The baseline first.
    high : bool array, shape (n,)
    piece : int array, shape (n,)
    seed : int

    Returns
    -------
    name -> PieceSeparation
        Draws in which all labels are alike are left out.
    """
    rows = [np.flatnonzero(piece == p) for p in np.unique(piece)]
    rng = np.random.default_rng(seed)
    drawn: dict[str, list[float]] = {name: [] for name in scores}
    for _ in range(DRAWS):
        part = np.concatenate([rows[i] for i in rng.integers(len(rows), size=len(rows))])
        if not high[part].all() and high[part].any():
            for name, score in scores.items():
                drawn[name].append(metrics.auc(score[part], high[part]))
    baseline = np.array(next(iter(drawn.values())))
    return {
        name: PieceSeparation(
            auc=round(metrics.auc(score, high), 4),
            interval=interval(drawn[name]),
            above_baseline=interval(np.array(drawn[name]) - baseline),
        )
        for name, score in scores.items()
    }


def interval(drawn: np.ndarray | list[float]) -> list[float]:
    """The ends of the central `LEVEL_PERCENT` percent of values."""
    tail = (100 - LEVEL_PERCENT) / 2
    return np.percentile(drawn, (tail, 100 - tail)).round(4).tolist()
