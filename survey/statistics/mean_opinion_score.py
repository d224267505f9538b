"""Mean opinion scores: how good the transformed segments sound, by scale.

Means are over all answers alike. Holm's correction is for asking of four scales whether the mean
differs from the middle of the scale.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from db.models import BEST, SCALES, WORST
from survey.statistics import twoway
from survey.statistics.chance_tests import holm
from survey.statistics.crossed_design import crossed
from survey.statistics.estimate import Estimate, t_interval

MIDDLE = (WORST + BEST) / 2
VALUES = range(WORST, BEST + 1)


def opinions(transfers: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Each scale's mean and median, histogram, and intervals.

    Returns
    -------
    dict
        By scale: the estimates twoway (the one to report), participants (for these very items) and
        naive (as if answers were independent); median; histogram, counts by value 1 to 5; n;
        missing; p, two-sided, that the mean is the scale's middle, and holm, p corrected.
    """
    found = {scale: _opinion(transfers, scale) for scale in SCALES}
    tested = [scale for scale in SCALES if found[scale]["p"] is not None]
    for scale, p in zip(tested, holm([found[scale]["p"] for scale in tested]), strict=True):
        found[scale]["holm"] = p
    return found


def _opinion(transfers: pd.DataFrame, scale: str) -> dict[str, Any]:
    answers = crossed(transfers, transfers[scale])
    scores = answers.values
    mean = twoway.mean(answers)
    return {
        "twoway": mean.as_dict(),
        "participants": twoway.by_participant(answers).as_dict(),
        "naive": t_interval(scores).as_dict(),
        "median": float(np.median(scores)) if len(scores) else None,
        "histogram": {str(value): int((scores == value).sum()) for value in VALUES},
        "n": len(scores),
        "missing": len(transfers) - len(scores),
        "p": _p(mean),
        "holm": None,
    }


def _p(mean: Estimate) -> float | None:
    if mean.value is None or not mean.error or mean.freedom is None:
        return None
    t = abs(mean.value - MIDDLE) / mean.error
    return float(2 * special.stdtr(mean.freedom, -t))
