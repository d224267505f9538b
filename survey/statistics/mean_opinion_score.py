"""Mean opinion scores: how good the transformed segments sound, by scale.

Means are over all answers alike. Whether a mean differs from the middle of its scale is asked of
four scales, and of every condition: `survey.statistics.families` corrects for that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from db.models import BEST, SCALES, WORST
from survey.statistics import twoway
from survey.statistics.bootstrap import Percentiles
from survey.statistics.crossed_design import crossed
from survey.statistics.estimate import Estimate, t_interval, two_sided

MIDDLE = (WORST + BEST) / 2
VALUES = range(WORST, BEST + 1)


@dataclass(frozen=True)
class Opinion:
    """What was answered on one scale.

    Attributes
    ----------
    twoway, participants, naive : Estimate
        The mean: the one to report; for these very items; as if answers were independent.
    median : float
        None without answers.
    histogram : dict
        Counts by value, "1" to "5".
    n, missing : int
        Answers there are, and transfers without one.
    p, holm : float
        Two-sided, that the mean is the scale's middle; corrected for all of the report's.
    bootstrap : Percentiles
        The check of twoway, where it was made.
    """

    twoway: Estimate
    participants: Estimate
    naive: Estimate
    median: float | None
    histogram: dict[str, int]
    n: int
    missing: int
    p: float | None
    holm: float | None = None
    bootstrap: Percentiles | None = None


def opinions(transfers: pd.DataFrame) -> dict[str, Opinion]:
    """Each scale's mean and median, histogram, intervals and tests."""
    return {scale: _opinion(transfers, scale) for scale in SCALES}


def _opinion(transfers: pd.DataFrame, scale: str) -> Opinion:
    answers = crossed(transfers, transfers[scale])
    scores = answers.values
    mean = twoway.mean(answers)
    return Opinion(
        twoway=mean,
        participants=twoway.by_participant(answers),
        naive=t_interval(scores),
        median=float(np.median(scores)) if len(scores) else None,
        histogram={str(value): int((scores == value).sum()) for value in VALUES},
        n=len(scores),
        missing=len(transfers) - len(scores),
        p=two_sided(mean, MIDDLE),
    )
