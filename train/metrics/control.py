"""Consistency, restrictiveness and linearity of a fader (paper 4.2, equations 3 to 5).

All take densities of m segments decoded at t values of the fader, shape (m, t). The paper's code
divides them by the standard deviation of the density over its data set first: on densities in
their own units the first two scores look far better and mean nothing.
"""

from __future__ import annotations

import numpy as np


def consistency(moved: np.ndarray) -> float:
    """1 - mean over the t values of the sd, over the m segments, of the fader's own density.

    Equation (3). 1 where the fader alone decides the density; unbounded below.

    Parameters
    ----------
    moved : float array, shape (m, t)
        In standard deviations of the data set.
    """
    return float(1 - _table(moved).std(axis=0).mean())


def restrictiveness(other: np.ndarray) -> float:
    """1 - mean over the m segments of the sd, over the t values, of the other density.

    Equation (4). 1 where the fader leaves the other attribute alone; unbounded below.

    Parameters
    ----------
    other : float array, shape (m, t)
        In standard deviations of the data set.
    """
    return float(1 - _table(other).std(axis=1).mean())


def linearity_each(targets: np.ndarray, moved: np.ndarray) -> float:
    """Mean over the m segments of each one's own R² of a linear fit of density on fader value.

    Equation (5) as the authors' code has it. A segment whose density never moves counts 0; their
    library gives it 1.

    Parameters
    ----------
    targets : float array, shape (t,)
    moved : float array, shape (m, t)

    Raises
    ------
    ValueError
        If all asked values are alike.
    """
    moved = _table(moved)
    return float(np.mean([_r2(targets, row) for row in moved]))


def linearity_pooled(targets: np.ndarray, moved: np.ndarray) -> float:
    """R² of one linear fit of density on fader value through the points of all segments.

    Equation (5) as written; what the segments differ in beside the fader counts against it.
    Parameters and errors are those of `linearity_each`.
    """
    moved = _table(moved)
    return _r2(np.tile(targets, len(moved)), moved.ravel())


def _r2(x: np.ndarray, y: np.ndarray) -> float:
    """Squared correlation of (n,) and (n,): R² of a line with an intercept; 0 for a still y."""
    if np.ptp(x) == 0:
        raise ValueError(f"no line can be fitted to one fader value, {x[0]:g}")
    if np.ptp(y) == 0:
        return 0.0
    x, y = x - x.mean(), y - y.mean()
    return float((x @ y) ** 2 / ((x @ x) * (y @ y)))


def _table(densities: np.ndarray) -> np.ndarray:
    """Densities as float64, refused unless of m segments at t values."""
    densities = np.asarray(densities, np.float64)
    if densities.ndim != 2 or not densities.size:
        raise ValueError(f"densities of shape {densities.shape} are not (segments, values)")
    return densities
