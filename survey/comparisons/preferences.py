"""Preferences between two systems: how strong, how often, and what strengths explain them all.

A preference is a number: above 0 for the clip heard second, below for the first, 0 for neither.
Strengths are those of Bradley and Terry (1952), Biometrika 39:324-345: the odds that one system is
preferred to another are the ratio of theirs; who prefers neither counts half for each. They are
found by Hunter's (2004) MM steps, Annals of Statistics 32:384-406, and are logarithms whose mean is
0. Their intervals are two-way clustered, from the scores of the answers at the maximum; percentiles
of the pigeonhole bootstrap are the check, too narrow where pieces are few and people many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, permutations

import numpy as np
import pandas as pd
from scipy import sparse

from survey.comparisons.anchors import are_tested
from survey.statistics import twoway
from survey.statistics.bootstrap import Percentiles, percentiles, totals
from survey.statistics.crossed_design import crossed, units
from survey.statistics.estimate import Estimate, beside, t_interval

STEPS = 5000  # of Hunter's, at most
CLOSE = 1e-10  # relative change at which they end
APART = (
    "no strength: some systems were never preferred to the others, or always, so that no finite "
    "strengths explain it"
)
COLUMNS = ("system_first", "system_second")


@dataclass(frozen=True)
class Preference:
    """Two systems compared.

    Attributes
    ----------
    first, second : str
        In the order of the alphabet, whichever was heard first.
    for_first, neither, for_second : int
        Answers.
    strength : Estimate
        Mean preference for the second over the first, on the question's scale: a CMOS.
    naive : Estimate
        The same as if answers were independent.
    share : Estimate
        Of the second, among answers that prefer one.
    p, holm : float or None
        Two-sided, that the mean is 0, where all answers are alike the exact sign test's; corrected
        by `survey.statistics.families`. None of an anchor.
    """

    first: str
    second: str
    for_first: int
    neither: int
    for_second: int
    strength: Estimate
    naive: Estimate
    share: Estimate
    p: float | None
    holm: float | None = None


@dataclass(frozen=True)
class Order:
    """What the order did, whichever systems were heard.

    Attributes
    ----------
    estimate : Estimate
        How much the clip heard second is preferred.
    share : Estimate
        Of it, among answers that prefer one.
    p, holm : float or None
        Two-sided, that neither is; as in `Preference`.
    """

    estimate: Estimate
    share: Estimate
    p: float | None
    holm: float | None = None


@dataclass(frozen=True)
class Strength:
    """A system's logarithm of strength with its two-way interval, and the bootstrap's."""

    system: str
    strength: Estimate
    bootstrap: Percentiles


def preferences(table: pd.DataFrame, question: str) -> list[Preference]:
    """Every pair of systems that was compared.

    Parameters
    ----------
    table : DataFrame
        With the columns participant, item, source, `COLUMNS` and the question's, numbers as above.
    """
    pair_preferences = []
    for (one, other), signed in _signed(table, question).items():
        answers = crossed(table, signed)
        if not len(answers.values):
            continue
        strength = twoway.mean(answers)
        pair_preferences.append(
            Preference(
                first=one,
                second=other,
                for_first=int((signed < 0).sum()),
                neither=int((signed == 0).sum()),
                for_second=int((signed > 0).sum()),
                strength=strength,
                naive=beside(strength, t_interval(answers.values)),
                share=share_above(table, signed),
                p=twoway.against(answers, 0) if are_tested(one, other) else None,
            )
        )
    return pair_preferences


def by_pair(table: pd.DataFrame, question: str) -> dict[str, np.ndarray]:
    """Each row's preference for one system over another, by words for the two; NaN elsewhere."""
    signed = _signed(table, question)
    return {f"{other} over {one}": values for (one, other), values in signed.items()}


def _signed(table: pd.DataFrame, question: str) -> dict[tuple[str, str], np.ndarray]:
    """Each row's preference for the second of two systems, by the two in the alphabet's order."""
    values = numbers(table, question)
    first, second = (table[name].to_numpy(dtype=object) for name in COLUMNS)
    signed = {}
    for one, other in combinations(_systems(table), 2):
        straight, turned = (first == one) & (second == other), (first == other) & (second == one)
        signed[one, other] = np.where(straight, values, np.where(turned, -values, np.nan))
    return signed


def order_effect(table: pd.DataFrame, question: str) -> Order:
    """How much the second clip is preferred whichever it is; both orders are equally frequent."""
    values = numbers(table, question)
    answers = crossed(table, values)
    return Order(twoway.mean(answers), share_above(table, values), twoway.against(answers, 0))


def share_above(table: pd.DataFrame, values: np.ndarray) -> Estimate:
    """The share above 0 of values, shape (rows,), that are not 0."""
    return twoway.share(crossed(table, np.where(values == 0, np.nan, _is_above(values))))


def _is_above(values: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), np.nan, values > 0)


def strengths(table: pd.DataFrame, question: str, draws: int, seed: int) -> list[Strength]:
    """Bradley and Terry's strengths of all systems, in the order of the alphabet."""
    systems = _systems(table)
    sums = totals(_matrices(table, question, systems), draws, seed)
    values = bradley_terry(_wins(systems, _counted(table, question, systems), 1))[0]
    resampled = bradley_terry(_wins(systems, sums, draws))
    if not np.isfinite(values).all():
        none = Strength("", Estimate(None, note=APART), Percentiles(None, None, 0))
        return [replace(none, system=system) for system in systems]
    scores = _scores(table, question, systems, values)
    by_system = []
    for at, system in enumerate(systems):
        strength = twoway.of_scores(float(values[at]), crossed(table, scores[:, at]))
        check = percentiles(resampled[:, at])
        if strength.low is None:
            check = Percentiles(None, None, 0, strength.note)
        by_system.append(Strength(system, strength, check))
    return by_system


def _scores(
    table: pd.DataFrame, question: str, systems: Sequence[str], strengths: np.ndarray
) -> np.ndarray:
    """What each answer adds to the error of each strength, shape (rows, systems)."""
    first, second = (
        np.array([systems.index(str(name)) for name in table[column]], dtype=int)
        for column in COLUMNS
    )
    points = (np.sign(numbers(table, question)) + 1) / 2  # of the second
    expected = 1 / (1 + np.exp(strengths[first] - strengths[second]))
    signs = np.eye(len(systems))[second] - np.eye(len(systems))[first]
    weights = np.where(np.isnan(points), 0, expected * (1 - expected))
    information = (signs * weights[:, None]).T @ signs
    gradient = signs * (points - expected)[:, None]
    # Strengths tell no level: all alike change nothing. In that direction, where answers say 0, any
    # information does; with none, rounding errors would be inverted.
    level = np.full_like(information, np.trace(information) / len(systems) ** 2)
    return np.asarray(gradient @ np.linalg.inv(information + level))


def bradley_terry(wins: np.ndarray) -> np.ndarray:
    """Logarithms of strengths, mean 0, of many tables of wins at once.

    Parameters
    ----------
    wins : float array, shape (tables, systems, systems)
        How often the first was preferred to the second; the diagonal is 0.

    Returns
    -------
    float array, shape (tables, systems)
        NaN where no finite strengths explain a table.
    """
    tables, systems, _ = wins.shape
    log_strengths = np.full((tables, systems), np.nan)
    joined = _is_joined(wins)
    wins = wins[joined]
    if not len(wins):
        return log_strengths
    won, met = wins.sum(axis=2), wins + wins.transpose(0, 2, 1)
    strength = np.ones_like(won)
    for _ in range(STEPS):
        shares = met / (strength[:, :, None] + strength[:, None, :])
        new = won / shares.sum(axis=2)
        new /= np.exp(np.log(new).mean(axis=1, keepdims=True))
        change = np.abs(new / strength - 1).max()
        strength = new
        if change < CLOSE:
            break
    log_strengths[joined] = np.log(strength)
    return log_strengths


def numbers(table: pd.DataFrame, question: str) -> np.ndarray:
    """A column as numbers, NaN where nothing was said."""
    values: np.ndarray = pd.to_numeric(table[question]).to_numpy(dtype=float, na_value=np.nan)
    return values


def _is_joined(wins: np.ndarray) -> np.ndarray:
    """Where a way of wins leads from every system to every other: boolean, shape (tables,)."""
    reached: np.ndarray = ((wins > 0) | np.eye(wins.shape[1], dtype=bool)).astype(np.int32)
    for _ in range(wins.shape[1].bit_length()):
        reached = np.minimum(np.matmul(reached, reached), 1)
    return np.asarray(reached.all(axis=(1, 2)))


def _systems(table: pd.DataFrame) -> list[str]:
    return sorted({str(name) for column in COLUMNS for name in table[column]})


def _points(
    table: pd.DataFrame, question: str, systems: Sequence[str]
) -> dict[tuple[str, str], np.ndarray]:
    """Each answer's points for the first system over the second, by ordered pair of systems."""
    values = numbers(table, question)
    first, second = (table[name].to_numpy(dtype=object) for name in COLUMNS)
    points = {}
    for one, other in permutations(systems, 2):
        straight, turned = (first == one) & (second == other), (first == other) & (second == one)
        signed = np.where(straight, -values, np.where(turned, values, np.nan))
        points[one, other] = np.nan_to_num((np.sign(signed) + 1) / 2)
    return points


def _counted(
    table: pd.DataFrame, question: str, systems: Sequence[str]
) -> dict[tuple[str, str], np.ndarray]:
    points = _points(table, question, systems)
    return {pair: np.array([values.sum()]) for pair, values in points.items()}


def _matrices(
    table: pd.DataFrame, question: str, systems: Sequence[str]
) -> dict[tuple[str, str], sparse.csr_array]:
    people, names = pd.factorize(table["participant"], sort=True)
    items, kinds = pd.factorize(units(table), sort=True)
    shape = (len(names), len(kinds))
    return {
        pair: sparse.csr_array((values, (people, items)), shape=shape)
        for pair, values in _points(table, question, systems).items()
    }


def _wins(
    systems: Sequence[str], sums: dict[tuple[str, str], np.ndarray], tables: int
) -> np.ndarray:
    wins = np.zeros((tables, len(systems), len(systems)))
    for (one, other), values in sums.items():
        wins[:, systems.index(one), systems.index(other)] = values
    return wins
