"""Response bias of a study: d' and the criterion c, pooled and by participant.

Pooled values take all people for one listener; the means over participants do not, yet few answers
each pull them towards 0. Both are given, for the answers "higher" and "lower".

Hits H = P("higher" | intended higher), false alarms F = P("higher" | intended lower);
``d' = z(H) - z(F)`` says how well both are told apart, ``c = -(z(H) + z(F)) / 2`` how unwilling
people are to answer "higher". Who always answers "lower" agrees with every lower item and hears
nothing: d' = 0, c > 0. Rates of counts get the loglinear correction: Hautus (1995), Behavior
Research Methods 27:46-51.

Intervals of the pooled ones are two-way, as of all means: d' and c move with each rate by one over
the normal density there, so each answer's part in their error is known (the delta method).
Percentiles of a bootstrap held the truth in 85 % of studies of 4 pieces.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from survey.statistics import twoway
from survey.statistics.agreement import INTENDED
from survey.statistics.crossed_design import Crossed, crossed
from survey.statistics.estimate import Estimate, around, t_interval, two_sided
from survey.statistics.json_fields import optional

ALIKE = "answers to one direction are all alike, so their spread cannot be estimated"

Counts = dict[tuple[str, str], Any]  # (intended, heard) -> count, or n for heard "any"


@dataclass(frozen=True)
class Rate:
    """A count of n, and its share; None without any."""

    count: int
    n: int
    rate: float | None


@dataclass(frozen=True)
class Detection:
    """How one answer was given: hits, false alarms, d' and c.

    Attributes
    ----------
    hits, alarms : Rate
        To items meant so, and to the opposite ones.
    d_prime, criterion : Estimate
        Pooled, two-way; these and all that follows is None without items of both directions.
    mean_d_prime, mean_criterion : Estimate
        t estimates over participants with both kinds of items: for these very items.
    """

    hits: Rate
    alarms: Rate
    d_prime: Estimate | None = None
    criterion: Estimate | None = None
    mean_d_prime: Estimate | None = optional()
    mean_criterion: Estimate | None = optional()

    @property
    def alike(self) -> bool:
        """Whether a rate is 0 or 1: how d' and c vary with it is the correction's doing alone."""
        return self.hits.rate in (0, 1) or self.alarms.rate in (0, 1)


@dataclass(frozen=True)
class Lean:
    """How much oftener "lower" is answered than "higher".

    Attributes
    ----------
    more_lower : Estimate
        The difference of the shares, -1 to 1: mean of both directions, two-way.
    p, holm : float
        Two-sided, that it is 0; corrected for all of the report's. None where there is none.
    identical_lower, identical_higher, identical : int
        How often each was answered to identical pairs, which have nothing to be heard, of how many
        answers.
    """

    more_lower: Estimate
    p: float | None
    identical_lower: int
    identical_higher: int
    identical: int
    holm: float | None = None


def lean(table: pd.DataFrame) -> Lean:
    """Whether people lean to "lower" or to "higher"; ratings of all kinds."""
    transfers = table[table["kind"] == "transfer"]
    sides = transfers["heard"].map({"lower": 1.0, "same": 0.0, "higher": -1.0}).astype(float)
    answers = crossed(transfers, sides)
    intended = transfers["intended"].to_numpy()[sides.notna().to_numpy()]
    of_direction = [(0.5, answers.only(intended == word)) for word in INTENDED]
    more_lower = twoway.weighted_sum(of_direction)
    identical = table["heard"][table["kind"] == "identical"].dropna()
    lower, higher = (int((identical == word).sum()) for word in INTENDED)
    return Lean(more_lower, two_sided(more_lower, 0), lower, higher, len(identical))


def detection(transfers: pd.DataFrame) -> dict[str, Detection]:
    """Response bias by answer, "higher" and "lower"."""
    each = _by_participant(transfers)
    return {answer: _of(answer, transfers, each) for answer in ("higher", "lower")}


def measures(answer: str, counts: Counts) -> tuple[Any, Any]:
    """d' and c of an answer; counts may be numbers or arrays."""
    other = _other(answer)
    hits = loglinear(counts[answer, answer], counts[answer, "any"])
    alarms = loglinear(counts[other, answer], counts[other, "any"])
    return d_prime(hits, alarms), criterion(hits, alarms)


def _other(answer: str) -> str:
    return INTENDED[1 - INTENDED.index(answer)]


def _of(answer: str, transfers: pd.DataFrame, each: Counts) -> Detection:
    other = _other(answer)
    heard = transfers["heard"]
    answers = crossed(transfers, (heard == answer).astype(float).where(heard.notna()))
    intended = transfers["intended"].to_numpy()[heard.notna().to_numpy()]
    to_hit, to_alarm = answers.only(intended == answer), answers.only(intended == other)
    rates_only = Detection(_rate(to_hit), _rate(to_alarm))
    if not rates_only.hits.n or not rates_only.alarms.n:
        return rates_only
    both = (each[answer, "any"] > 0) & (each[other, "any"] > 0)
    d_of_each, c_of_each = measures(answer, each)

    def mean(values: np.ndarray) -> Estimate:
        if rates_only.alike and len(values) > 1:
            return around(float(values.mean()), 0.0, len(values) - 1, len(values), ALIKE)
        return t_interval(values)

    (hits, per_hit), (alarms, per_alarm) = _corrected(to_hit), _corrected(to_alarm)
    d_moves = [(per_hit, to_hit), (-per_alarm, to_alarm)]
    c_moves = [(-per_hit / 2, to_hit), (-per_alarm / 2, to_alarm)]
    return replace(
        rates_only,
        d_prime=_pooled(float(d_prime(hits, alarms)), d_moves, rates_only.alike),
        criterion=_pooled(float(criterion(hits, alarms)), c_moves, rates_only.alike),
        mean_d_prime=mean(d_of_each[both]),
        mean_criterion=mean(c_of_each[both]),
    )


def _rate(answers: Crossed) -> Rate:
    count, n = int(answers.values.sum()), len(answers.values)
    return Rate(count, n, count / n if n else None)


def _corrected(answers: Crossed) -> tuple[float, float]:
    """The rate with its correction, and how much its z moves with the rate without."""
    n = len(answers.values)
    rate = float(loglinear(answers.values.sum(), n))
    density = math.exp(-(ndtri(rate) ** 2) / 2) / math.sqrt(2 * math.pi)
    return rate, n / (n + 1) / density


def _pooled(value: float, moves: Sequence[tuple[float, Crossed]], alike: bool) -> Estimate:
    """The two-way estimate of what moves with means as `moves` say."""
    error = twoway.weighted_sum(moves)
    if error.error is None or error.freedom is None:
        return replace(error, value=value)
    if alike:
        return around(value, 0.0, error.freedom, error.n, ALIKE)
    return around(value, error.error, error.freedom, error.n, error.note)


def _by_participant(transfers: pd.DataFrame) -> Counts:
    answered = transfers[transfers["heard"].notna()]
    codes, names = pd.factorize(answered["participant"], sort=True)
    counts: Counts = {}
    for intended in INTENDED:
        in_direction = (answered["intended"] == intended).to_numpy()
        counts[intended, "any"] = np.bincount(codes[in_direction], minlength=len(names))
        for word in INTENDED:
            is_heard = in_direction & (answered["heard"] == word).to_numpy()
            counts[intended, word] = np.bincount(codes[is_heard], minlength=len(names))
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
