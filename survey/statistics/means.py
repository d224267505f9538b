"""The mean of independent values with Student's t interval: for one value per participant.

Applied to all answers alike it is the naive interval, shown beside the two-way one.
"""

from __future__ import annotations

import math

import numpy as np

from survey.statistics.estimate import Estimate, around


def t_interval(values: np.ndarray) -> Estimate:
    """The mean of values, shape (n,), with its 95 % interval; none for fewer than two."""
    n = len(values)
    if n == 0:
        return Estimate(None)
    if n == 1:
        return Estimate(float(values[0]), n=1, note="no interval: there is one value only")
    error = float(np.std(values, ddof=1)) / math.sqrt(n)
    if (values == values[0]).all():
        error = 0.0  # rounding may leave a little
    return around(float(np.mean(values)), error, n - 1, n)
