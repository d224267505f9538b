"""Arousal: whether it is told apart, and moved as asked."""

from __future__ import annotations

import numpy as np
from scipy import stats


def auc(score: np.ndarray, positive: np.ndarray) -> float:
    """Area under the ROC curve of a score, shape (n,), for boolean labels, shape (n,).

    From the Mann-Whitney U: the same as scikit-learn's `roc_auc_score`, which takes three times as
    long, and an interval takes a thousand of them.

    Raises
    ------
    ValueError
        If the labels are all alike.
    """
    if positive.all() or not positive.any():
        raise ValueError("the labels are all alike")
    u = stats.mannwhitneyu(score[positive], score[~positive]).statistic
    return float(u / (positive.sum() * (~positive).sum()))


def accuracy(probability: np.ndarray, positive: np.ndarray) -> float:
    """Share of boolean labels (n,) on whose side of one half a probability (n,) lies."""
    return float(((probability > 0.5) == positive).mean())


def moved_as_asked(before: np.ndarray, after: np.ndarray, target: str) -> float:
    """Share of segments whose arousal moved towards the target; one that stays has not moved.

    Parameters
    ----------
    before, after : float arrays, shape (n,)
        By any measure that rises with arousal.
    target : {"low", "high"}

    Raises
    ------
    ValueError
        If `target` is neither.
    """
    if target not in ("low", "high"):
        raise ValueError(f"arousal {target!r} is neither low nor high")
    return float((after > before if target == "high" else after < before).mean())
