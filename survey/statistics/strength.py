"""Agreement and opinion at each strength of the transfer, where a study has several.

All strengths together are an average over the strengths that somebody chose; these are what can be
compared with another study.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from db.models import SCALES
from survey.statistics import twoway
from survey.statistics.agreement import by_direction
from survey.statistics.crossed_design import crossed


def by_strength(transfers: pd.DataFrame) -> list[dict[str, Any]]:
    """Two-way estimates for each strength, ascending; none unless strengths vary.

    Returns
    -------
    list of dict
        strength; agreement: overall, lower, higher; opinion: by scale.
    """
    strengths = sorted(set(transfers["strength"].dropna()))
    if len(strengths) < 2:
        return []
    return [
        {"strength": float(strength), **_of(transfers[transfers["strength"] == strength])}
        for strength in strengths
    ]


def _of(some: pd.DataFrame) -> dict[str, Any]:
    return {
        "agreement": {
            name: twoway.share(answers).as_dict() for name, answers in by_direction(some).items()
        },
        "opinion": {scale: twoway.mean(crossed(some, some[scale])).as_dict() for scale in SCALES},
    }
