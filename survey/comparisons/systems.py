"""Systems by the numbers that they were given: means, and paired differences.

Means and differences have two-way clustered intervals (`twoway`). A difference is of the same
participants and pieces, so what is easy for all systems alike cancels; p values are Holm's,
corrected for all pairs of systems and all questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from survey.comparisons.anchors import are_tested
from survey.statistics import twoway
from survey.statistics.crossed_design import Crossed, crossed
from survey.statistics.estimate import Estimate, beside, t_interval
from survey.statistics.families import corrected


@dataclass(frozen=True)
class SystemMean:
    """What a system was given on a question.

    Attributes
    ----------
    mean, naive : Estimate
        The mean to report; as if answers were independent.
    median : float or None
    participants, pieces : int
        Of whom and of which there are answers.
    missing : int
        Answers without a number.
    """

    system: str
    question: str
    mean: Estimate
    naive: Estimate
    median: float | None
    participants: int
    pieces: int
    missing: int


@dataclass(frozen=True)
class Difference:
    """How much more the first system was given than the second.

    Attributes
    ----------
    p, holm : float or None
        Two-sided, that there is no difference; corrected. None of an anchor.
    """

    question: str
    first: str
    second: str
    difference: Estimate
    p: float | None
    holm: float | None = None


def means(table: pd.DataFrame, questions: Sequence[str]) -> list[SystemMean]:
    """Every system's means, by question.

    Parameters
    ----------
    table : DataFrame
        With the columns participant, item, source, system, and one of each question.
    """
    system_means = []
    for question in questions:
        for system, answers, rows in _by_system(table, question):
            values, mean = answers.values, twoway.mean(answers)
            system_means.append(
                SystemMean(
                    system=system,
                    question=question,
                    mean=mean,
                    naive=beside(mean, t_interval(values)),
                    median=float(np.median(values)) if len(values) else None,
                    participants=answers.participant_count,
                    pieces=answers.item_count,
                    missing=rows - len(values),
                )
            )
    return system_means


def differences(table: pd.DataFrame, questions: Sequence[str]) -> list[Difference]:
    """All pairs of systems compared, by question."""
    pair_differences = []
    for question in questions:
        for (first, ours, _), (second, theirs, _) in combinations(_by_system(table, question), 2):
            difference = twoway.difference(ours, theirs)
            p = twoway.differ(ours, theirs) if are_tested(first, second) else None
            pair_differences.append(Difference(question, first, second, difference, p))
    return corrected(pair_differences, Difference)


def _by_system(table: pd.DataFrame, question: str) -> list[tuple[str, Crossed, int]]:
    """Answers of each system, codes alike in all; and how many rows it has."""
    values = pd.to_numeric(table[question]).to_numpy(dtype=float, na_value=np.nan)
    answers, answered = crossed(table, values), ~np.isnan(values)
    systems = table["system"].to_numpy(dtype=object)
    return [
        (str(system), answers.only((systems == system)[answered]), int((systems == system).sum()))
        for system in sorted(set(systems))
    ]
