"""Response: how what is measured follows what a fader asks."""

from __future__ import annotations

import numpy as np
from scipy import stats


def spearman_of_mean(targets: np.ndarray, measured: np.ndarray) -> float:
    """Spearman correlation of the positions asked with the mean densities measured.

    A mean that never moves counts 0.

    Parameters
    ----------
    targets : float array, shape (t,)
    measured : float array, shape (m, t)
        Of m segments at t positions.
    """
    return _spearman(targets, measured.mean(0))


def spearman_each(targets: np.ndarray, measured: np.ndarray) -> float:
    """Mean over segments of each one's own Spearman correlation; one that never moves counts 0."""
    return float(np.mean([_spearman(targets, row) for row in measured]))


def _spearman(targets: np.ndarray, measured: np.ndarray) -> float:
    return float(stats.spearmanr(targets, measured).statistic) if np.ptp(measured) > 0 else 0.0


def target_error(targets: np.ndarray, measured: np.ndarray) -> float:
    """Mean absolute difference of the densities asked and measured, in their unit.

    Parameters
    ----------
    targets : float array, shape (t,)
    measured : float array, shape (m, t)
    """
    return float(np.abs(measured - targets).mean())


def failure_rate(lengths: np.ndarray) -> float:
    """Share of decodes that yield nothing, for their numbers of notes, any shape.

    The authors' code draws such samples anew without a word; here they stay, with density 0.
    """
    return float((np.asarray(lengths) == 0).mean())
