"""A number with its 95 % interval, and what has to be said of it.

Shares of independent answers have Wilson's interval (1927, JASA 22:209-212) or Clopper and
Pearson's (1934, Biometrika 26:404-413), means of one value a participant Student's t interval.
Several answers of one participant are not independent: for those these intervals are too short;
applied to all answers alike they are the naive ones, shown beside those of `twoway`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import scipy  # whose parts are loaded when they are first used

LEVEL = 0.95
ROUNDING = 1e-12  # of a value, or of 1: what rounding leaves of an error that is 0

NONE = "no interval: "  # begins the reasons why there is none
ONE_PERSON = NONE + "it takes two participants, and there is one"
ONE_PIECE = NONE + "it takes two pieces, and there is one"
ONE_ON_A_SIDE = NONE + "it takes two participants and two pieces on each side of the comparison"
CONSTANT = "answers do not differ between people or pieces, so their spread cannot be estimated"
RAISED = (
    "the two-way variance came out clearly below the variance by participants, pieces or segments "
    "alone; the largest of these stands for it"
)
EDGE = (
    "all answers fall on one side; the interval is Clopper-Pearson's for as few answers as there "
)
EDGES = {  # by what counts as independent
    "participants": EDGE + "are participants",
    "pieces": EDGE + "are pieces, which are fewer than participants",
}


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval; None where there is no such number.

    Attributes
    ----------
    value, low, high : float
    error : float
        Standard error, on the scale of `value`.
    freedom : float
        Degrees of freedom of the t distribution used; whole unless pieces are of unequal sizes.
    n : int
        How many answers it is made of.
    note : str
        What is unusual about it, one of this module's constants.

    A note that begins with `EDGE` has an interval of few answers, one with `NONE` has none.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    error: float | None = None
    freedom: float | None = None
    n: int = 0
    note: str | None = None


class Interval(Protocol):
    """Whatever has two ends; None where there is no interval."""

    @property
    def low(self) -> float | None:
        """The lower end."""

    @property
    def high(self) -> float | None:
        """The upper end."""


def t_quantile(freedom: float) -> float:
    """How many standard errors a two-sided 95 % interval reaches to either side."""
    # scipy.stats.t.ppf takes far longer.
    return float(scipy.special.stdtrit(freedom, (1 + LEVEL) / 2))


def around(value: float, error: float, freedom: float, n: int, note: str | None = None) -> Estimate:
    """The t interval around a value; of no width, and noted, if the error is 0 but for rounding."""
    if error <= ROUNDING * max(1.0, abs(value)):
        error, note = 0.0, CONSTANT if note in (None, RAISED) else note
    reach = t_quantile(freedom) * error
    return Estimate(value, value - reach, value + reach, error, freedom, n, note)


def beside(headline: Estimate, naive: Estimate) -> Estimate:
    """A naive interval; none where people or pieces are too few for the one to report."""
    if headline.low is not None:
        return naive
    return replace(naive, low=None, high=None, error=None, freedom=None, note=headline.note)


def two_sided(estimate: Estimate, expected: float) -> float | None:
    """The p value that the true value is `expected`; None without a standard error."""
    if estimate.value is None or not estimate.error or estimate.freedom is None:
        return None
    t = abs(estimate.value - expected) / estimate.error
    return float(2 * scipy.special.stdtr(estimate.freedom, -t))


def one_side(independent: int) -> float | None:
    """The exact sign test's two-sided p value where all independent answers are on one side.

    None of fewer than two.
    """
    return float(scipy.stats.binomtest(0, independent).pvalue) if independent > 1 else None


def wilson(successes: int, n: int) -> Estimate:
    """Wilson's 95 % interval of a share.

    Raises
    ------
    ValueError
        If `successes` is not within 0 to `n`.
    """
    return _interval(successes, n, "wilson")


def clopper_pearson(successes: int, n: int) -> Estimate:
    """Clopper and Pearson's 95 % interval of a share, which covers at least as often as it says.

    Raises
    ------
    ValueError
        If `successes` is not within 0 to `n`.
    """
    return _interval(successes, n, "exact")


def _interval(successes: int, n: int, method: str) -> Estimate:
    if n == 0:
        return Estimate(None)
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n} is no share")
    ends = scipy.stats.binomtest(successes, n).proportion_ci(LEVEL, method=method)
    return Estimate(successes / n, float(ends.low), float(ends.high), n=n)


def t_interval(values: np.ndarray) -> Estimate:
    """The mean of values, shape (n,), with its 95 % interval; none for fewer than two."""
    n = len(values)
    if n == 0:
        return Estimate(None)
    if n == 1:
        return Estimate(float(values[0]), n=1, note="no interval: there is one value only")
    if np.ptp(values) <= ROUNDING * max(1.0, float(np.abs(values).max())):
        return around(float(values[0]), 0.0, n - 1, n)  # rounding would leave a little width
    test = scipy.stats.ttest_1samp(values, 0.0)
    ends = test.confidence_interval(LEVEL)
    error = float(scipy.stats.sem(values))
    return Estimate(float(values.mean()), float(ends.low), float(ends.high), error, n - 1, n)
