"""The few numbers to watch while a study runs: no bootstrap, a few milliseconds."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from db.models import SCALES
from survey.ratings.exclusion import Rules, apply_rules
from survey.statistics import twoway
from survey.statistics.agreement import INTENDED, HeardRow, by_direction, crosstab
from survey.statistics.crossed_design import crossed
from survey.statistics.estimate import Estimate


@dataclass(frozen=True)
class Summary:
    """Agreement and mean opinion scores with their two-way intervals.

    Attributes
    ----------
    participants, excluded : int
        All, and those of them whom the rules leave out.
    answers : int
        To transfers.
    agreement : dict
        Overall, lower, higher.
    opinion : dict
        By scale.
    directions : list of HeardRow
        Heard by intended direction.
    """

    participants: int
    excluded: int
    answers: int
    agreement: dict[str, Estimate]
    opinion: dict[str, Estimate]
    directions: list[HeardRow]


def summary(table: pd.DataFrame, rules: Rules | None = None) -> Summary:
    """The summary of one study's ratings.

    Parameters
    ----------
    table : DataFrame
        As of `survey.ratings.rating_table`; may be empty.
    rules : dict
        Exclusion rules as of `survey.ratings.exclusion`; all participants are taken if None.
    """
    everyone = int(table["participant"].nunique())
    people = apply_rules(table, rules or {})[0]
    chosen = table[table["participant"].isin(people) & (table["kind"] == "transfer")]
    return Summary(
        participants=everyone,
        excluded=everyone - len(people),
        answers=len(chosen),
        agreement={name: twoway.share(answers) for name, answers in by_direction(chosen).items()},
        opinion={scale: twoway.mean(crossed(chosen, chosen[scale])) for scale in SCALES},
        directions=crosstab(chosen, chosen["intended"], INTENDED),
    )
