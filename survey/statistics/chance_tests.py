"""Is it more than chance? Tests in which a participant, not an answer, is the unit.

Sign flips: if nothing but chance is at work, each participant's difference from it could as well
have had the other sign. Exact for up to `EXACT` participants, else by drawing signs. McNemar
(1947), Psychometrika 12:153-157, in its exact form.
A participant's rate is the unit; a pooled binomial test would take their answers for independent.
Several tests at once are adjusted after Holm (1979), Scandinavian Journal of Statistics 6:65-70.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy  # whose parts are loaded when they are first used

from survey.statistics import twoway
from survey.statistics.crossed_design import Crossed
from survey.statistics.estimate import Estimate, t_interval, two_sided
from survey.statistics.json_fields import json_name

EXACT = 16  # participants whose 2 ** 16 signs are all tried
EXACT_BATCH = 4096  # rows of signs; larger batches leave the processor's cache
DRAWS = 10_000
SIGNS_AT_ONCE = 4_000_000
ONE_OF_THREE, ONE_OF_TWO = 1 / 3, 1 / 2  # how often guessing is right


@dataclass(frozen=True)
class SignFlips:
    """A sign-flip test.

    Attributes
    ----------
    difference : float
        The mean; None without participants.
    p, holm : float
        Two-sided, at least 2 / 2 ** n; corrected for all of the report's. None for fewer than two
        participants.
    exact : bool
        Whether all signs were tried.
    n : int
        Participants.
    """

    difference: float | None
    p: float | None
    exact: bool
    n: int
    holm: float | None = None


@dataclass(frozen=True)
class ChanceTest:
    """Sign flips of participants' rates less `chance`; `holm` is corrected for all of a report."""

    chance: float
    difference: float | None
    p: float | None
    exact: bool
    n: int
    holm: float | None = None


@dataclass(frozen=True)
class AgainstChance:
    """The mean participant's rate, tested against guessing among three answers, and two."""

    mean_rate: Estimate
    one_of_three: ChanceTest = json_name("one of three")
    one_of_two: ChanceTest = json_name("one of two")

    @property
    def guesses(self) -> dict[str, ChanceTest]:
        """The tests by what they are against."""
        return {"one of three": self.one_of_three, "one of two": self.one_of_two}


@dataclass(frozen=True)
class Better:
    """How many participants agree more on lower items, on higher ones, equally on both."""

    lower: int
    higher: int
    equal: int


@dataclass(frozen=True)
class LowerLessHigher:
    """Agreement on lower less agreement on higher items.

    Attributes
    ----------
    difference : Estimate
        Mean of participants' differences, t interval: for these very items.
    twoway : Estimate
        The same for other items, too.
    p, holm : float
        Two-sided, that `twoway` is 0; corrected for all of the report's. None where there is none.
    flips : SignFlips
    better : Better
    sign_test : float
        Exact p of `better` without equal ones; None without participants.
    """

    difference: Estimate
    twoway: Estimate
    flips: SignFlips
    better: Better
    sign_test: float | None
    p: float | None
    holm: float | None = None


@dataclass(frozen=True)
class Chance:
    """All tests against chance; `against` is by overall, lower and higher."""

    against: dict[str, AgainstChance]
    lower_less_higher: LowerLessHigher


def sign_flip(differences: np.ndarray, seed: int, draws: int = DRAWS) -> SignFlips:
    """Two-sided test that differences, one a participant, shape (n,), are centred at 0."""
    n = len(differences)
    if n < 2:  # a single difference is as far from 0 with either sign: nothing is tested
        mean = float(differences[0]) if n else None
        return SignFlips(mean, None, exact=True, n=n)
    total = np.abs(differences).sum() or 1.0

    def statistic(flipped: np.ndarray, axis: int) -> np.ndarray:
        # Rounded, for sums that are equal, and those that are 0, may differ in their last digits.
        rounded: np.ndarray = np.round(np.abs(flipped.sum(axis=axis)) / total, 9)
        return rounded

    exact = n <= EXACT
    if exact:
        test = scipy.stats.permutation_test(
            (differences,),
            statistic,
            permutation_type="samples",
            n_resamples=2**n,
            batch=EXACT_BATCH,
            alternative="greater",
        )
    else:  # scipy.stats.permutation_test draws the same, ten times slower
        random = np.random.default_rng(seed)
        test = scipy.stats.monte_carlo_test(
            differences,
            lambda size: differences * (random.integers(0, 2, size, dtype=np.int8) * 2.0 - 1),
            statistic,
            vectorized=True,
            n_resamples=draws,
            batch=max(1, SIGNS_AT_ONCE // n),
            alternative="greater",
        )
    return SignFlips(float(differences.mean()), float(test.pvalue), exact, n)


def mcnemar(first: int, second: int) -> float:
    """Exact two-sided p that `first` against `second` discordant pairs are a toss of a coin."""
    if first + second == 0:
        return 1.0
    return float(scipy.stats.binomtest(first, first + second, 0.5).pvalue)


def rates(answers: Crossed) -> np.ndarray:
    """Each participant's mean, shape (largest code + 1,), NaN for those without answers."""
    n = np.bincount(answers.participants)
    return np.where(n > 0, answers.sums(answers.participants) / np.maximum(n, 1), np.nan)


def against_chance(agreement: dict[str, Crossed], seed: int) -> dict[str, AgainstChance]:
    """Sign-flip tests of participants' rates against guessing among three answers, and two.

    Parameters
    ----------
    agreement : dict
        As of `survey.statistics.agreement.by_direction`.
    """
    return {name: _against_chance(answers, seed) for name, answers in agreement.items()}


def lower_against_higher(agreement: dict[str, Crossed], seed: int) -> LowerLessHigher:
    """Whether people agree more on lower than on higher items, by paired differences."""
    lower, higher = rates(agreement["lower"]), rates(agreement["higher"])
    both = min(len(lower), len(higher))
    differences = lower[:both] - higher[:both]
    differences = differences[~np.isnan(differences)]
    less, more = int((differences < 0).sum()), int((differences > 0).sum())
    for_others = twoway.difference(agreement["lower"], agreement["higher"])
    return LowerLessHigher(
        difference=t_interval(differences),
        twoway=for_others,
        flips=sign_flip(differences, seed),
        better=Better(lower=more, higher=less, equal=len(differences) - less - more),
        sign_test=mcnemar(more, less) if len(differences) else None,
        p=two_sided(for_others, 0),
    )


def _against_chance(answers: Crossed, seed: int) -> AgainstChance:
    each = rates(answers)
    each = each[~np.isnan(each)]

    def test(chance: float) -> ChanceTest:
        flips = sign_flip(each - chance, seed)
        return ChanceTest(chance, flips.difference, flips.p, flips.exact, flips.n)

    return AgainstChance(t_interval(each), test(ONE_OF_THREE), test(ONE_OF_TWO))


def holm(p: Sequence[float]) -> list[float]:
    """The p values corrected for there being several, in their order.

    Raises
    ------
    ValueError
        If one is not within 0 to 1.
    """
    values = np.asarray(p, dtype=float)
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError(f"p values are from 0 to 1: {list(p)}")
    order = np.argsort(values, kind="stable")
    raised = values[order] * (len(values) - np.arange(len(values)))
    corrected = np.empty_like(values)
    corrected[order] = np.minimum(np.maximum.accumulate(raised), 1)
    return [float(value) for value in corrected]
