"""How many participants a study needs, by simulation.

Simulated participants answer as `survey.statistics.simulation.Truth` says; their answers go through
the very statistics that a real study's do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from survey.ratings.exclusion import apply_rules
from survey.statistics import twoway
from survey.statistics.agreement import by_direction
from survey.statistics.crossed_design import Crossed, of_matrix
from survey.statistics.estimate import Estimate
from survey.statistics.pieces import FEW_PIECES
from survey.statistics.precision import design_effect
from survey.statistics.reliability import icc_one_way
from survey.statistics.signal_detection import detection
from survey.statistics.simulation import PEOPLE, Truth, simulate

RUNS = 400
GUESSING = 0.5
MOST_PARTICIPANTS = 2000  # beyond which no study goes
FEWEST_PARTICIPANTS = 3
LOOKS = 24  # participants of each kind, to show what they look like

Tick = Callable[[], None]


@dataclass(frozen=True)
class StudySize:
    """The study to be simulated.

    Attributes
    ----------
    truth : Truth
        How its participants answer.
    items : int
        Items of the study.
    each : int
        How many of them a participant rates.
    careless : float
        Share of participants who answer at random, 0 to 1.
    runs, seed : int
        Of the simulation.
    pieces : int
        Of how many pieces of music the items are, in turn; if None, as `piece_count` says.

    Raises
    ------
    ValueError
        If a number is out of its range.
    """

    truth: Truth
    items: int = 20
    each: int = 20
    careless: float = 0.0
    runs: int = RUNS
    seed: int = 0
    pieces: int | None = None

    @property
    def piece_count(self) -> int:
        """The number of the items' pieces; by default `FEW_PIECES`, or as many as items."""
        return min(self.items, FEW_PIECES) if self.pieces is None else self.pieces

    def __post_init__(self) -> None:
        if self.items < 2:
            raise ValueError(f"a study has at least 2 items, not {self.items}")
        if not 2 <= self.piece_count <= self.items:
            raise ValueError(
                f"{self.items} items are of 2 to {self.items} pieces, not {self.pieces}"
            )
        if not 1 <= self.each <= self.items:
            raise ValueError(f"a participant rates 1 to {self.items} items, not {self.each}")
        if not 0 <= self.careless <= 1:
            raise ValueError(f"the careless share is from 0 to 1, not {self.careless}")
        if self.runs < 1:
            raise ValueError(f"there is at least one run, not {self.runs}")


@dataclass(frozen=True)
class ExpectedPrecision:
    """What simulated studies say of agreement or of one rating: medians over the runs.

    Attributes
    ----------
    mean, width : float
        Of the two-way 95 % interval.
    rho, design_effect : float
        How alike a participant's answers are, and what that costs.
    observed : float
        Two-way variance over the naive one.
    """

    mean: float | None
    width: float | None
    rho: float | None
    design_effect: float | None
    observed: float | None


@dataclass(frozen=True)
class Expectation:
    """What a study with so many participants is expected to give.

    `power` is how often agreement's interval lies above guessing one of two.
    """

    participants: int
    agreement: ExpectedPrecision
    rating: ExpectedPrecision
    power: float


@dataclass(frozen=True)
class Look:
    """What participants of one kind look like to the analysis; `left_out` is a share."""

    kind: str
    agreement: float
    d_prime: float | None
    criterion: float | None
    left_out: float


def truth_of(share: float, truth: Truth) -> Truth:
    """The truth whose agreement, over all people and items, is `share`."""
    if not 0.01 < share < 0.99:
        raise ValueError(f"agreement must be between 0.01 and 0.99 to be planned for, not {share}")
    middle = brentq(lambda middle: replace(truth, agreement=middle).share() - share, 1e-7, 1 - 1e-7)
    return replace(truth, agreement=float(middle))


def expected(size: StudySize, participants: int, tick: Tick = lambda: None) -> Expectation:
    """What a study with so many participants is expected to give; `tick` is called every run."""
    agreement, rating = [], []
    above = 0
    for run in range(size.runs):
        agrees, ratings = drawn(size, participants, np.random.default_rng([size.seed, run]))
        share = twoway.share(agrees)
        above += share.low is not None and share.low > GUESSING
        agreement.append(_precision(agrees, share))
        rating.append(_precision(ratings, twoway.mean(ratings)))
        tick()
    return Expectation(participants, _medians(agreement), _medians(rating), above / size.runs)


def needed(
    size: StudySize, enough: Callable[[Expectation], bool], tick: Tick = lambda: None
) -> Expectation | None:
    """What the smallest sufficient study is expected to give.

    None if `MOST_PARTICIPANTS` are not enough.
    """
    return smallest(lambda participants: expected(size, participants, tick), enough)


Expected = TypeVar("Expected")


def smallest(
    expect: Callable[[int], Expected], enough: Callable[[Expected], bool]
) -> Expected | None:
    """What the smallest number of participants gives that are enough, of any study.

    None if `MOST_PARTICIPANTS` are not.
    """
    low, high = FEWEST_PARTICIPANTS - 1, FEWEST_PARTICIPANTS
    best = expect(high)
    while not enough(best):
        if high == MOST_PARTICIPANTS:
            return None
        low, high = high, min(2 * high, MOST_PARTICIPANTS)
        best = expect(high)
    while high - low > 1:  # bisection: `low` is too few, `high` are enough
        middle = (low + high) // 2
        expectation = expect(middle)
        if enough(expectation):
            high, best = middle, expectation
        else:
            low = middle
    return best


def drawn(
    size: StudySize, participants: int, random: np.random.Generator
) -> tuple[Crossed, Crossed]:
    """Agreement and ratings of one simulated study."""
    pieces = size.piece_count
    agrees = size.truth.agreements(random, participants, size.items, pieces)
    ratings = size.truth.ratings(random, participants, size.items, pieces)
    careless = random.random(participants) < size.careless
    agrees[careless] = random.random((careless.sum(), size.items)) < 1 / 3
    ratings[careless] = random.integers(1, 6, (careless.sum(), size.items))
    if size.each < size.items:
        order = random.random(agrees.shape).argsort(axis=1)
        agrees[order >= size.each] = np.nan
        ratings[order >= size.each] = np.nan
    piece = np.arange(size.items) % pieces
    return of_matrix(agrees, piece), of_matrix(ratings, piece)


def looks(items: int, seed: int, truth: Truth) -> list[Look]:
    """What `LOOKS` participants of each kind look like to the analysis."""
    return [_look(kind, simulate({kind: LOOKS}, items, seed, truth)) for kind in PEOPLE]


def _look(kind: str, table: pd.DataFrame) -> Look:
    transfers = table[table["kind"] == "transfer"]
    higher = detection(transfers)["higher"]
    return Look(
        kind=kind,
        agreement=by_direction(transfers)["overall"].mean,
        d_prime=None if higher.d_prime is None else higher.d_prime.value,
        criterion=None if higher.criterion is None else higher.criterion.value,
        left_out=1 - len(apply_rules(table)[0]) / LOOKS,
    )


def _precision(answers: Crossed, estimate: Estimate) -> ExpectedPrecision:
    n = len(answers.values)
    naive = float(answers.values.var(ddof=1)) / n
    rho = icc_one_way(answers.participants, answers.values) or 0.0
    low, high, error = estimate.low, estimate.high, estimate.error
    return ExpectedPrecision(
        mean=answers.mean,
        width=None if low is None or high is None else high - low,
        rho=rho,
        design_effect=design_effect(n / answers.participant_count, rho),
        observed=error**2 / naive if error and naive else None,
    )


def _medians(runs: Sequence[ExpectedPrecision]) -> ExpectedPrecision:
    """The medians of all fields, passing over None."""
    medians = {}
    for field in fields(ExpectedPrecision):
        values = [getattr(run, field.name) for run in runs]
        known = [value for value in values if value is not None]
        medians[field.name] = float(np.median(known)) if known else None
    return ExpectedPrecision(**medians)
