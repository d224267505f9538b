"""Response bias of a study: d' and the criterion c, pooled and by participant.

Pooled values take all people for one listener; the means over participants do not, yet few answers
each pull them towards 0. Both are given, for the answers "higher" and "lower".

Hits H = P("higher" | intended higher), false alarms F = P("higher" | intended lower);
``d' = z(H) - z(F)`` says how well both are told apart, ``c = -(z(H) + z(F)) / 2`` how unwilling
people are to answer "higher". Who always answers "lower" agrees with every lower item and hears
nothing: d' = 0, c > 0. Rates of counts get the loglinear correction: Hautus (1995), Behavior
Research Methods 27:46-51.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from survey.statistics import twoway
from survey.statistics.agreement import INTENDED
from survey.statistics.bootstrap import Percentiles
from survey.statistics.crossed_design import crossed
from survey.statistics.estimate import Estimate, around, t_interval, two_sided
from survey.statistics.json_fields import optional

ALIKE = "answers to each direction are all alike, so their spread cannot be estimated"

Counts = dict[tuple[str, str], Any]  # (intended, heard) -> count, or n for heard "any"


@dataclass(frozen=True)
class Rate:
    """A count of n, and its share; None without any."""

    count: int
    n: int
    rate: float | None


@dataclass(frozen=True)
class DetectionPercentiles:
    """Bootstrap intervals of d' and c."""

    d_prime: Percentiles
    criterion: Percentiles


@dataclass(frozen=True)
class Detection:
    """How one answer was given: hits, false alarms, d' and c.

    Attributes
    ----------
    hits, alarms : Rate
        To items meant so, and to the opposite ones.
    d_prime, criterion : float
        Pooled; these and all that follows is None without items of both directions.
    mean_d_prime, mean_criterion : Estimate
        t estimates over participants with both kinds of items.
    bootstrap : DetectionPercentiles
        Of the pooled ones, where it was made.
    """

    hits: Rate
    alarms: Rate
    d_prime: float | None = None
    criterion: float | None = None
    mean_d_prime: Estimate | None = optional()
    mean_criterion: Estimate | None = optional()
    bootstrap: DetectionPercentiles | None = None

    @property
    def alike(self) -> bool:
        """Whether both rates are 0 or 1: how d' and c vary is the correction's doing alone."""
        return self.hits.rate in (0, 1) and self.alarms.rate in (0, 1)

    def resampled(self, bootstrap: DetectionPercentiles) -> Detection:
        """With its bootstrap; of no width, and noted, if answers are alike."""
        if self.d_prime is None or self.criterion is None:
            return self
        if self.alike:
            bootstrap = DetectionPercentiles(
                *(
                    Percentiles(value, value, ends.draws, ALIKE)
                    for value, ends in (
                        (self.d_prime, bootstrap.d_prime),
                        (self.criterion, bootstrap.criterion),
                    )
                )
            )
        return replace(self, bootstrap=bootstrap)


@dataclass(frozen=True)
class Lean:
    """How much oftener "lower" is answered than "higher".

    Attributes
    ----------
    more_lower : Estimate
        The difference of the shares, -1 to 1: mean of both directions, two-way.
    p : float
        Two-sided, that it is 0; None where there is none.
    identical_lower, identical_higher : int
        How often each was answered to identical pairs, which have nothing to be heard.
    """

    more_lower: Estimate
    p: float | None
    identical_lower: int
    identical_higher: int


def lean(table: pd.DataFrame) -> Lean:
    """Whether people lean to "lower" or to "higher"; ratings of all kinds."""
    transfers = table[table["kind"] == "transfer"]
    sides = transfers["heard"].map({"lower": 1.0, "same": 0.0, "higher": -1.0}).astype(float)
    answers = crossed(transfers, sides)
    intended = transfers["intended"].to_numpy()[sides.notna().to_numpy()]
    of_direction = [(0.5, answers.only(intended == word)) for word in INTENDED]
    more_lower = twoway.weighted_sum(of_direction)
    identical = table["heard"][table["kind"] == "identical"]
    lower, higher = (int((identical == word).sum()) for word in INTENDED)
    return Lean(more_lower, two_sided(more_lower, 0), lower, higher)


def detection(transfers: pd.DataFrame) -> dict[str, Detection]:
    """Response bias by answer, "higher" and "lower"."""
    pooled, each = _counts(transfers), _by_participant(transfers)
    return {answer: _of(answer, pooled, each) for answer in ("higher", "lower")}


def measures(answer: str, counts: Counts) -> tuple[Any, Any]:
    """d' and c of an answer; counts may be numbers or arrays."""
    other = _other(answer)
    hits = loglinear(counts[answer, answer], counts[answer, "any"])
    alarms = loglinear(counts[other, answer], counts[other, "any"])
    return d_prime(hits, alarms), criterion(hits, alarms)


def _other(answer: str) -> str:
    return INTENDED[1 - INTENDED.index(answer)]


def _of(answer: str, pooled: Counts, each: Counts) -> Detection:
    other = _other(answer)
    hits = _rate(pooled[answer, answer], pooled[answer, "any"])
    alarms = _rate(pooled[other, answer], pooled[other, "any"])
    if not hits.n or not alarms.n:
        return Detection(hits, alarms)
    d, c = measures(answer, pooled)
    both = (each[answer, "any"] > 0) & (each[other, "any"] > 0)
    d_of_each, c_of_each = measures(answer, each)
    pooled_only = Detection(hits, alarms, float(d), float(c))

    def mean(values: np.ndarray) -> Estimate:
        if pooled_only.alike and len(values) > 1:
            return around(float(values.mean()), 0.0, len(values) - 1, len(values), ALIKE)
        return t_interval(values)

    return replace(
        pooled_only, mean_d_prime=mean(d_of_each[both]), mean_criterion=mean(c_of_each[both])
    )


def _rate(count: int, n: int) -> Rate:
    return Rate(count, n, count / n if n else None)


def _counts(transfers: pd.DataFrame) -> Counts:
    counts: Counts = {}
    for intended in INTENDED:
        directions = transfers["heard"][transfers["intended"] == intended].dropna()
        counts[intended, "any"] = len(directions)
        counts.update({(intended, word): int((directions == word).sum()) for word in INTENDED})
    return counts


def _by_participant(transfers: pd.DataFrame) -> Counts:
    answered = transfers[transfers["heard"].notna()]
    codes, names = pd.factorize(answered["participant"], sort=True)
    counts: Counts = {}
    for intended in INTENDED:
        meant = (answered["intended"] == intended).to_numpy()
        counts[intended, "any"] = np.bincount(codes[meant], minlength=len(names))
        for word in INTENDED:
            said = meant & (answered["heard"] == word).to_numpy()
            counts[intended, word] = np.bincount(codes[said], minlength=len(names))
    return counts


def d_prime(hits: Any, alarms: Any) -> Any:
    """d' of rates strictly between 0 and 1; numbers or arrays."""
    return ndtri(hits) - ndtri(alarms)


def criterion(hits: Any, alarms: Any) -> Any:
    """c of rates strictly between 0 and 1; numbers or arrays."""
    return -(ndtri(hits) + ndtri(alarms)) / 2


def loglinear(count: Any, n: Any) -> Any:
    """The rate count / n, kept away from 0 and 1; numbers or arrays."""
    return (np.asarray(count) + 0.5) / (np.asarray(n) + 1)
