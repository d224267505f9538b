"""What the order did: whether answers change from the first trial to the last, or by place.

The slope of the answers on the trial's position, or on the place of the clip on its page, within
participants and within systems: both are taken out of answers and positions first (Frisch and
Waugh 1933, Econometrica 1:387-401). Its interval is two-way clustered, from what each answer adds
to the slope's error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from survey.statistics import twoway
from survey.statistics.crossed_design import crossed
from survey.statistics.estimate import NONE, Estimate, two_sided

STEPS = 1000  # of taking means out in turn, at most
CLOSE = 1e-12  # of what is taken out, relatively
SAME_PLACE = NONE + "position does not vary within participants and systems"
POSITION, PLACE = "position", "place"
FROM = {
    POSITION: "from the first trial to the last",
    PLACE: "from the first place on the page to the last",
}


@dataclass(frozen=True)
class Trend:
    """How much answers change over all positions, or places.

    Attributes
    ----------
    question : str
    by : str
        `POSITION` or `PLACE`.
    change : Estimate
    p, holm : float or None
        Two-sided, that nothing changes; corrected by `survey.statistics.families`.
    """

    question: str
    by: str
    change: Estimate
    p: float | None
    holm: float | None = None


def trend(
    table: pd.DataFrame, values: np.ndarray, question: str, by: str, within: Sequence[str]
) -> Trend | None:
    """The change of values, shape (rows,), NaN where missing; None if the table tells no positions.

    Parameters
    ----------
    within : sequence of str
        Columns of what was heard; participants come on top.
    """
    if by not in table or table[by].isna().all():
        return None
    at = pd.to_numeric(table[by]).to_numpy(dtype=float, na_value=np.nan)
    told = ~(np.isnan(values) | np.isnan(at))
    chosen = table[told]
    y, x = values[told], at[told]
    span = float(np.ptp(x)) if len(x) else 0.0
    if not span:
        return Trend(question, by, Estimate(None, n=len(x), note=SAME_PLACE), None)
    codes = [
        pd.factorize(chosen["participant"])[0],
        chosen.groupby(list(within), sort=False, observed=True).ngroup().to_numpy(),
    ]
    y, x = (_taken_out(one, codes) for one in (y, (x - x.min()) / span))
    spread = float((x**2).sum())
    if spread < CLOSE * len(x):
        return Trend(question, by, Estimate(None, n=len(x), note=SAME_PLACE), None)
    slope = float((x * y).sum() / spread)
    scores = np.full(len(table), np.nan)
    scores[told] = x * (y - slope * x) / spread
    change = twoway.of_scores(slope, crossed(table, scores))
    return Trend(question, by, change, two_sided(change, 0))


def _taken_out(values: np.ndarray, codes: Sequence[np.ndarray]) -> np.ndarray:
    """Values without the means of all groups: one grouping in turn after the other."""
    left: np.ndarray = values - values.mean()
    scale = float(np.abs(left).max()) or 1.0
    for _ in range(STEPS):
        most = 0.0
        for of_group in codes:
            means = np.bincount(of_group, left) / np.bincount(of_group)
            left = left - means[of_group]
            most = max(most, float(np.abs(means).max()))
        if most <= CLOSE * scale:
            break
    return left
