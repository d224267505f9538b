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

from survey.statistics.estimate import NONE, Estimate, two_sided
from survey.statistics.within_slope import within_slope

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
    known = at[~(np.isnan(values) | np.isnan(at))]
    span = float(np.ptp(known)) if len(known) else 0.0
    nothing = Trend(question, by, Estimate(None, n=len(known), note=SAME_PLACE), None)
    if not span:
        return nothing
    heard = table.groupby(list(within), sort=False, observed=True).ngroup().to_numpy()
    groups = [table["participant"].to_numpy(), heard]
    change = within_slope(table, values, (at - known.min()) / span, groups)
    if change is None:
        return nothing
    return Trend(question, by, change, two_sided(change, 0))
