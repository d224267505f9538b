"""What was heard against what was done: by strength, and by the change that was measured.

An item's mean answer counts lower as -1, same as 0, higher as 1. Correlations are Spearman's over
items, the unit whose strength and measured change vary; their interval is Bonett and Wright's
(2000), Psychometrika 65:23-28.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import special, stats

from survey.ratings.columns import CHANGE, attributes
from survey.statistics.agreement import INTENDED, HeardRow, crosstab
from survey.statistics.crossed_design import segments
from survey.statistics.estimate import LEVEL, Estimate

SIGN = {"lower": -1, "same": 0, "higher": 1}
BINS = 5


@dataclass
class Changes:
    """Heat maps of heard against actual change, and rank correlations.

    Attributes
    ----------
    annotated : list of HeardRow
        By intended direction.
    strengths : list of HeardRow
        By signed strength; empty unless strengths vary.
    strength_correlation : Estimate or None
        None unless strengths vary.
    measured : dict
        By attribute, bins of its change; empty unless strengths vary.
    correlations : dict
        By attribute, of its measured change with the items' mean answers.
    """

    annotated: list[HeardRow]
    strengths: list[HeardRow]
    strength_correlation: Estimate | None
    measured: dict[str, list[HeardRow]] = field(default_factory=dict)
    correlations: dict[str, Estimate] = field(default_factory=dict)


def changes(transfers: pd.DataFrame) -> Changes:
    """What was heard against what was done and measured."""
    signed = transfers["strength"] * transfers["intended"].map(SIGN).astype(float)
    strengths = sorted(set(signed[signed.notna()]))
    vary = transfers["strength"].dropna().nunique() > 1
    result = Changes(
        annotated=crosstab(transfers, transfers["intended"], INTENDED),
        strengths=crosstab(transfers, signed, strengths) if vary else [],
        strength_correlation=_correlation(transfers, signed) if vary else None,
    )
    for name in attributes(transfers):
        measured = transfers[CHANGE + name]
        result.correlations[name] = _correlation(transfers, measured)
        if vary:
            result.measured[name] = _binned(transfers, measured)
    return result


def spearman(first: np.ndarray, second: np.ndarray, independent: int | None = None) -> Estimate:
    """Spearman's rank correlation with its interval; None where it does not exist.

    Parameters
    ----------
    first, second : float arrays, shape (n,)
    independent : int, optional
        How many of the n points the interval may count on; all by default.
    """
    n = len(first)
    known = n if independent is None else min(n, independent)
    if known < 4 or len(set(first)) < 2 or len(set(second)) < 2:
        return Estimate(None, n=n, note="no correlation: too few items, or all are alike")
    value = float(stats.spearmanr(first, second).statistic)
    if abs(value) > 1 - 1e-12:  # 1 but for rounding: its inverse hyperbolic tangent is infinite
        return Estimate(round(value), n=n, note="no interval: the ranks are the same")
    reach = special.ndtri((1 + LEVEL) / 2) * math.sqrt((1 + value**2 / 2) / (known - 3))
    middle = math.atanh(value)
    return Estimate(value, math.tanh(middle - reach), math.tanh(middle + reach), n=n)


def _correlation(transfers: pd.DataFrame, actual: pd.Series) -> Estimate:
    direction = transfers["heard"].map(SIGN).astype(float)
    known = (direction.notna() & actual.notna()).to_numpy()
    items = pd.DataFrame({"actual": actual[known], "heard": direction[known]})
    means = items.groupby(transfers["item"][known]).mean()
    music = len(set(segments(transfers)[known]))
    return spearman(means["actual"].to_numpy(), means["heard"].to_numpy(), music)


def _binned(transfers: pd.DataFrame, actual: pd.Series) -> list[HeardRow]:
    # Edges are quantiles of items, not of answers, so that popular items do not move them
    of_items = actual.groupby(transfers["item"]).first().dropna()
    if not len(of_items):
        return []
    edges = np.unique(np.quantile(of_items, np.linspace(0, 1, BINS + 1)))
    if len(edges) < 2 or not np.isfinite(edges).all():
        return []
    bins = np.clip(np.searchsorted(edges, actual, side="right") - 1, 0, len(edges) - 2)
    bins = pd.Series(np.where(actual.notna(), bins, -1), index=actual.index)
    table = crosstab(transfers, bins, list(range(len(edges) - 1)))
    for row, low, high in zip(table, edges, edges[1:], strict=False):
        row.row = [float(low), float(high)]
    return table
