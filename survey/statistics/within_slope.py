"""How much answers change with a number, within people and within what was heard.

The means of all groups are taken out of answers and numbers first (Frisch and Waugh 1933,
Econometrica 1:387-401), so that neither who is easier to please nor what is easier to hear makes a
slope. Its interval is two-way clustered, from what each answer adds to the slope's error.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from survey.statistics import twoway
from survey.statistics.crossed_design import crossed
from survey.statistics.estimate import Estimate

STEPS = 1000  # of taking means out in turn, at most
CLOSE = 1e-12  # of what is taken out, relatively


def within_slope(
    table: pd.DataFrame, values: np.ndarray, at: np.ndarray, groups: Sequence[np.ndarray]
) -> Estimate | None:
    """The slope of values on numbers, two-way clustered; None if these do not vary within groups.

    Parameters
    ----------
    table : DataFrame
        Rows of ratings, for who answered and which piece it is about.
    values, at : float arrays, shape (rows,)
        NaN where missing.
    groups : sequence of arrays, each shape (rows,)
        Names whose means are taken out.
    """
    has_both = np.isfinite(values) & np.isfinite(at)
    if not has_both.any():
        return None
    codes = [pd.factorize(names[has_both])[0] for names in groups]
    y, x = (taken_out(numbers[has_both], codes) for numbers in (values, at))
    spread = float((x**2).sum())
    if spread < CLOSE * len(x) * float(np.abs(at[has_both]).max()) ** 2 or not spread:
        return None
    slope = float((x * y).sum() / spread)
    scores = np.full(len(table), np.nan)
    scores[has_both] = x * (y - slope * x) / spread
    return twoway.of_scores(slope, crossed(table, scores))


def taken_out(values: np.ndarray, codes: Sequence[np.ndarray]) -> np.ndarray:
    """Values without the means of all groups: one grouping in turn after the other."""
    residuals: np.ndarray = values - values.mean()
    scale = float(np.abs(residuals).max()) or 1.0
    for _ in range(STEPS):
        most = 0.0
        for of_group in codes:
            means = np.bincount(of_group, residuals) / np.bincount(of_group)
            residuals = residuals - means[of_group]
            most = max(most, float(np.abs(means).max()))
        if most <= CLOSE * scale:
            break
    return residuals
