"""How well a model plays and obeys: pure functions of notes and densities."""

from __future__ import annotations

import numpy as np
from scipy import stats

from fadernets import key
from fadernets.events import TEMPO
from fadernets.notes import Notes

ONSET_TOLERANCE = 0.05 * TEMPO / 60  # beats: 50 ms of the token clock


def note_f1(reference: Notes, played: Notes, tolerance: float = ONSET_TOLERANCE) -> float:
    """F1 of the notes of one segment found in another: same pitch, onset within `tolerance` beats.

    Each note matches one other at most. Two empty segments agree: 1.
    """
    if not len(reference) and not len(played):
        return 1.0
    matches = 0
    for pitch in np.intersect1d(reference.pitch, played.pitch):
        mine = reference.onset[reference.pitch == pitch]
        theirs = played.onset[played.pitch == pitch]
        i = j = 0  # both rise, so taking the earliest pair within reach is a largest matching
        while i < len(mine) and j < len(theirs):
            if abs(mine[i] - theirs[j]) <= tolerance:
                matches, i, j = matches + 1, i + 1, j + 1
            elif mine[i] < theirs[j]:
                i += 1
            else:
                j += 1
    return 2 * matches / (len(reference) + len(played))


def pitch_class_cosine(reference: Notes, played: Notes) -> float:
    """Cosine of the duration-weighted pitch-class histograms, in [0, 1]; 0 if one is empty."""
    a, b = key.histogram(reference), key.histogram(played)
    norm = np.linalg.norm(a) * np.linalg.norm(b)
    return float(a @ b / norm) if norm else 0.0


def spearman_of_mean(asked: np.ndarray, measured: np.ndarray) -> float:
    """Spearman correlation of the positions asked with the mean densities measured.

    A mean that never moves counts 0.

    Parameters
    ----------
    asked : float array, shape (t,)
    measured : float array, shape (m, t)
        Of m segments at t positions.
    """
    return _spearman(asked, measured.mean(0))


def spearman_each(asked: np.ndarray, measured: np.ndarray) -> float:
    """Mean over segments of each one's own Spearman correlation; one that never moves counts 0."""
    return float(np.mean([_spearman(asked, row) for row in measured]))


def _spearman(asked: np.ndarray, measured: np.ndarray) -> float:
    return float(stats.spearmanr(asked, measured).statistic) if np.ptp(measured) > 0 else 0.0


def auc(score: np.ndarray, positive: np.ndarray) -> float:
    """Area under the ROC curve of a score, shape (n,), for boolean labels, shape (n,).

    Raises
    ------
    ValueError
        If the labels are all alike.
    """
    if positive.all() or not positive.any():
        raise ValueError("the labels are all alike")
    u = stats.mannwhitneyu(score[positive], score[~positive]).statistic
    return float(u / (positive.sum() * (~positive).sum()))
