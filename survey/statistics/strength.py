"""Agreement and opinion at each strength of the transfer, where a study has several.

All strengths together are an average over the strengths that somebody chose; these are what can be
compared with another study.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from db.models import SCALES
from survey.statistics import twoway
from survey.statistics.agreement import by_direction
from survey.statistics.crossed_design import crossed
from survey.statistics.estimate import Estimate


@dataclass(frozen=True)
class AtStrength:
    """Two-way estimates at one strength; agreement overall, lower, higher; opinion by scale."""

    strength: float
    agreement: dict[str, Estimate]
    opinion: dict[str, Estimate]


def by_strength(transfers: pd.DataFrame) -> list[AtStrength]:
    """Two-way estimates for each strength, ascending; none unless strengths vary."""
    strengths = sorted(set(transfers["strength"].dropna()))
    if len(strengths) < 2:
        return []
    return [_at(strength, transfers[transfers["strength"] == strength]) for strength in strengths]


def _at(strength: float, some: pd.DataFrame) -> AtStrength:
    return AtStrength(
        strength=float(strength),
        agreement={name: twoway.share(answers) for name, answers in by_direction(some).items()},
        opinion={scale: twoway.mean(crossed(some, some[scale])) for scale in SCALES},
    )
