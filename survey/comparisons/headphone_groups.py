"""Whether those who passed the headphone check answer otherwise than those who did not.

Both groups heard the same pieces and are different people: the difference of their means has the
two-way clustered interval, with the degrees of freedom of the smaller group. All who are analysed
are in one of them, or did no check.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from survey.analysis.number_format import interval, number, people, probability
from survey.core.headphones import PASSED
from survey.statistics import twoway
from survey.statistics.crossed_design import crossed
from survey.statistics.estimate import Estimate, two_sided


@dataclass(frozen=True)
class GroupDifference:
    """One result in both groups.

    Attributes
    ----------
    question, heard : str
        What was asked; of which systems.
    passed, failed : float
        Means of the answers.
    passed_people, failed_people : int
        Participants of whom these are.
    difference : Estimate
        Who passed less who did not.
    p, holm : float or None
        Two-sided, that there is no difference; corrected by `survey.statistics.families`.
    """

    question: str
    heard: str
    passed: float
    failed: float
    passed_people: int
    failed_people: int
    difference: Estimate
    p: float | None
    holm: float | None = None


def compared(
    table: pd.DataFrame, question: str, values: Mapping[str, np.ndarray]
) -> list[GroupDifference]:
    """Both groups by what was heard; none where one of them has no answers.

    Parameters
    ----------
    values : dict
        By systems, what each row says of them, shape (rows,), NaN where nothing.
    """
    if "headphones_right" not in table:
        return []
    scores = pd.to_numeric(table["headphones_right"]).to_numpy(dtype=float, na_value=np.nan)
    differences = []
    for heard, of_rows in values.items():
        row_values = np.where(np.isnan(scores), np.nan, of_rows)
        answers, has_passed = crossed(table, row_values), (scores >= PASSED)[~np.isnan(row_values)]
        passed, failed = answers.only(has_passed), answers.only(~has_passed)
        if not len(passed.values) or not len(failed.values):
            continue
        difference = twoway.difference(passed, failed)
        differences.append(
            GroupDifference(
                question=question,
                heard=heard,
                passed=passed.mean,
                failed=failed.mean,
                passed_people=passed.participant_count,
                failed_people=failed.participant_count,
                difference=difference,
                p=two_sided(difference, 0),
            )
        )
    return differences


def sentences(differences: Sequence[GroupDifference]) -> list[str]:
    """How far both groups are apart; [] if there is one group alone."""
    return [
        f"Headphone check, {one.question.replace('_', ' ')} ({one.heard}): {number(one.passed)} by "
        f"{people(one.passed_people)} who passed, {number(one.failed)} by "
        f"{people(one.failed_people)} who did not, {number(one.difference.value)} apart, "
        f"{interval(one.difference, number)}"
        + ("." if one.holm is None else f", {probability(one.holm)} by Holm's correction.")
        for one in differences
    ]
