"""What an interval cannot know: whom nobody asked to the end.

An interval speaks for people like those who stayed. Where those who hear less leave, it holds the
truth less often than it says; docs/statistics.md has how often.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy  # whose parts are loaded when they are first used

from survey.statistics.agreement import agreement

MANY_LEFT = 0.1  # share of those who answered, from which leaving is said to matter


@dataclass(frozen=True)
class DropoutReport:
    """How those who left before the end differ from those who stayed.

    Attributes
    ----------
    left, stayed : int
        Participants with answers to transfers.
    left_agreement, stayed_agreement : float
        Their mean rates; None where there is nobody.
    p : float
        Welch's, two-sided, of the difference; None where those who left, or stayed, are alike.
    analysed : int
        Of those who left.
    """

    left: int
    stayed: int
    left_agreement: float | None
    stayed_agreement: float | None
    p: float | None
    analysed: int

    @property
    def matters(self) -> bool:
        """Whether so many left that the intervals may not be for all who began."""
        return self.left > 0 and self.left >= MANY_LEFT * (self.left + self.stayed)


def dropout(table: pd.DataFrame, stay: Sequence[str]) -> DropoutReport | None:
    """Who left, and whether they heard less; None where the ratings do not tell who finished.

    `stay` are the participants who are analysed.
    """
    known = table[(table["kind"] == "transfer") & table["finished"].notna()]
    agrees = pd.Series(agreement(known), index=known.index)
    rates = agrees.groupby(known["participant"]).mean().dropna()
    if not len(rates):
        return None
    finished = known.groupby("participant")["finished"].all()[rates.index].to_numpy(dtype=bool)
    values = rates.to_numpy(dtype=float)
    left, stayed = values[~finished], values[finished]
    analysed = int(rates.index[~finished].isin(stay).sum())
    return DropoutReport(
        len(left), len(stayed), _mean(left), _mean(stayed), _welch(left, stayed), analysed
    )


def _mean(rates: np.ndarray) -> float | None:
    return float(rates.mean()) if len(rates) else None


def _welch(left: np.ndarray, stayed: np.ndarray) -> float | None:
    if min(len(left), len(stayed)) < 2 or not (np.ptp(left) and np.ptp(stayed)):
        return None  # a few people alike by chance would count as ones that never differ
    return float(scipy.stats.ttest_ind(left, stayed, equal_var=False).pvalue)
