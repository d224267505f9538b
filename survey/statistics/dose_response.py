"""What was heard against what was done: by strength, and by the change that was measured.

An item's mean answer counts lower as -1, same as 0, higher as 1. Correlations are Spearman's over
items, the unit whose strength and measured change vary; their interval is Bonett and Wright's
(2000), Psychometrika 65:23-28.

They are taken within a direction. Over both, a signed strength tells the directions apart, and who
hears those at all makes a high correlation, though twice the strength may be heard no better.

A correlation over items counts on as many points as there are pieces, so it misses what people hear
of few of them. Where one model came at several strengths, the slope within people and segments
compares each segment with itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy  # whose parts are loaded when they are first used

from survey.ratings.columns import CHANGE, attributes
from survey.statistics.agreement import INTENDED, HeardRow, crosstab
from survey.statistics.conditions import by_model
from survey.statistics.crossed_design import segments, units
from survey.statistics.estimate import CONSTANT, LEVEL, NONE, Estimate, one_side, two_sided
from survey.statistics.within_slope import within_slope

SIGN = {"lower": -1, "same": 0, "higher": 1}
BINS = 3  # of changes to one side
ROUNDING = 1e-9  # of a change that is none
HARDLY = 0.1  # of the largest change in the study: items that differ by less hardly vary
FEWEST = 4  # independent items with which there is an interval
NO_CORRELATION = "no correlation: too few items, or all are alike"
HARDLY_VARIES = "no correlation: it hardly varies from item to item"
SAME_RANKS = "no interval: the ranks are the same"
NO_SLOPE = NONE + "no segment came at several strengths to the same people"


@dataclass(frozen=True)
class Correlation(Estimate):
    """A rank correlation; `p`, two-sided, that it is 0, and corrected for all of its kind."""

    p: float | None = None
    holm: float | None = None


ByDirection = dict[str, Correlation]  # "lower", "higher"


@dataclass(frozen=True)
class Slope(Estimate):
    """How much further the intended way is heard at the largest strength than at the smallest.

    Along a straight line, within people and segments; as intended counts 1, same 0, the other -1.

    Attributes
    ----------
    least, most : float
        The strengths, those of the whole model.
    p, holm : float
        Two-sided, that nothing changes; corrected for all of its kind.
    """

    least: float = 0.0
    most: float = 0.0
    p: float | None = None
    holm: float | None = None


@dataclass
class Changes:
    """Heard against intended and against measured change, in one condition.

    Attributes
    ----------
    annotated : list of HeardRow
        By intended direction.
    correlations : dict
        By attribute and direction: of its measured change with the items' mean answers.
    measured : dict
        By attribute, bins of its change.
    """

    annotated: list[HeardRow]
    correlations: dict[str, ByDirection]
    measured: dict[str, list[HeardRow]]


@dataclass
class Dose:
    """What more of the same transfer does: one model at several strengths.

    Attributes
    ----------
    checkpoint : str or None
    strengths : list of HeardRow
        By signed strength.
    correlations : dict
        By direction: of strength with how far items are heard to go that way.
    slopes : dict
        By direction.
    """

    checkpoint: str | None
    strengths: list[HeardRow]
    correlations: ByDirection
    slopes: dict[str, Slope]


def changes(transfers: pd.DataFrame) -> Changes:
    """What was heard against what was intended and measured."""
    return Changes(
        annotated=crosstab(transfers, transfers["intended"], INTENDED),
        correlations={
            name: _by_direction(transfers, transfers[CHANGE + name])
            for name in attributes(transfers)
        },
        measured={
            name: _binned(transfers, transfers[CHANGE + name]) for name in attributes(transfers)
        },
    )


def doses(transfers: pd.DataFrame) -> list[Dose]:
    """What strength does, by model; none of models that came at one strength only."""
    return [
        _dose(model, some)
        for model, some in by_model(transfers)
        if some["strength"].dropna().nunique() > 1
    ]


def _dose(checkpoint: str | None, transfers: pd.DataFrame) -> Dose:
    signed = transfers["strength"] * transfers["intended"].map(SIGN).astype(float)
    return Dose(
        checkpoint=checkpoint,
        strengths=crosstab(transfers, signed, sorted(set(signed[signed.notna()]))),
        correlations=_by_direction(transfers, signed),
        slopes={word: _slope(transfers, word) for word in INTENDED},
    )


def _slope(transfers: pd.DataFrame, intended: str) -> Slope:
    """The slope of one direction, from the smallest strength of all transfers to the largest.

    Of segments that came at several strengths alone: between others, pieces differ, too, and so few
    of each strength would make too many claims. Where all answers are on the line, p is the exact
    sign test's, of as many as there are people, or pieces, with several strengths.
    """
    strengths = transfers["strength"].to_numpy(dtype=float, na_value=np.nan)
    least, most = float(np.nanmin(strengths)), float(np.nanmax(strengths))
    way = SIGN[intended] * transfers["heard"].map(SIGN).to_numpy(dtype=float, na_value=np.nan)
    in_direction = (transfers["intended"] == intended).to_numpy() & np.isfinite(way)
    music = pd.Series(segments(transfers), index=transfers.index)
    several = transfers["strength"][in_direction].groupby(music[in_direction]).nunique() > 1
    chosen = in_direction & music.isin(several.index[several]).to_numpy()
    answers = transfers[chosen]
    at = (strengths[chosen] - least) / (most - least)
    groups = [answers["participant"].to_numpy(), music[chosen].to_numpy()]
    slope = within_slope(answers, way[chosen], at, groups)
    if slope is None:
        return Slope(None, n=int(chosen.sum()), note=NO_SLOPE, least=least, most=most)
    p = two_sided(slope, 0)
    if slope.note == CONSTANT and slope.value:
        several = answers.groupby("participant")["strength"].nunique() > 1
        of_pieces = answers["strength"].groupby(units(answers)).nunique() > 1
        p = one_side(min(int(several.sum()), int(of_pieces.sum())))
    return Slope(**vars(slope), least=least, most=most, p=p)


def spearman(first: np.ndarray, second: np.ndarray, independent: int | None = None) -> Correlation:
    """Spearman's rank correlation with its interval; None where it does not exist.

    Parameters
    ----------
    first, second : float arrays, shape (n,)
    independent : int, optional
        How many of the n points the interval may count on; all by default.
    """
    n = len(first)
    known = n if independent is None else min(n, independent)
    if known < FEWEST or len(set(first)) < 2 or len(set(second)) < 2:
        return Correlation(None, n=n, note=NO_CORRELATION)
    value = float(scipy.stats.spearmanr(first, second).statistic)
    if abs(value) > 1 - 1e-12:  # 1 but for rounding: its inverse hyperbolic tangent is infinite
        return Correlation(round(value), n=n, note=SAME_RANKS)
    error = math.sqrt((1 + value**2 / 2) / (known - 3))
    reach = scipy.special.ndtri((1 + LEVEL) / 2) * error
    middle = math.atanh(value)
    p = float(2 * scipy.special.ndtr(-abs(middle) / error))
    return Correlation(value, math.tanh(middle - reach), math.tanh(middle + reach), n=n, p=p)


def _by_direction(transfers: pd.DataFrame, actual: pd.Series) -> ByDirection:
    """Correlations within each direction; both are signed, so that more of it makes them positive.

    An interval counts on as many independent items as there are pieces.
    """
    heard = transfers["heard"].map(SIGN).astype(float)
    known = (heard.notna() & actual.notna()).to_numpy()
    answers = pd.DataFrame(
        {
            "item": transfers["item"],
            "intended": transfers["intended"],
            "actual": actual,
            "heard": heard,
            "music": units(transfers),
        }
    )[known]
    largest = float(answers["actual"].abs().max()) if len(answers) else 0.0
    return {word: _correlation(answers[answers["intended"] == word], largest) for word in INTENDED}


def _correlation(answers: pd.DataFrame, largest: float) -> Correlation:
    means = answers.groupby("item")[["actual", "heard"]].mean()
    actual = means["actual"].to_numpy(dtype=float)
    if len(actual) and not _varies(actual, largest):
        return Correlation(None, n=len(actual), note=HARDLY_VARIES)
    music = answers["music"].nunique()
    return spearman(actual, means["heard"].to_numpy(dtype=float), music)


def _varies(actual: np.ndarray, largest: float) -> bool:
    """Whether items differ by more than a little, and no value is that of more than half."""
    usual = np.unique(actual, return_counts=True)[1].max()
    if usual > len(actual) / 2 and len(actual) > 2:
        return False
    spread = np.std(actual)  # not a number of absurd values, which do vary
    return bool(spread != 0 and not spread < HARDLY * largest)


def _binned(transfers: pd.DataFrame, actual: pd.Series) -> list[HeardRow]:
    """Bins of changes down, none, and up, each called by the smallest and largest change in it.

    None has changes both down and up: what was heard of the one says nothing of the other.
    """
    # Edges are quantiles of items, not of answers, so that popular items do not move them
    of_items = actual.groupby(transfers["item"]).first().dropna().to_numpy(dtype=float)
    if not np.isfinite(of_items).all():
        return []
    of_items, at = np.where(abs(of_items) < ROUNDING, 0, of_items), actual.to_numpy(dtype=float)
    at = np.where(abs(at) < ROUNDING, 0, at)
    bins = np.full(len(at), np.nan)
    for side in (-1, 0, 1):
        some = of_items[np.sign(of_items) == side]
        if not len(some):
            continue
        inner = np.quantile(some, np.linspace(0, 1, BINS + 1)[1:-1], method="inverted_cdf")
        rows = np.sign(at) == side
        bins[rows] = side * (BINS + 1) + np.searchsorted(np.unique(inner), at[rows])
    names = np.unique(bins[~np.isnan(bins)])
    if len(names) < 2:
        return []
    table = crosstab(transfers, pd.Series(bins, index=actual.index), names.tolist())
    for row, name in zip(table, names, strict=True):
        inside = at[bins == name]
        row.row = [float(inside.min()), float(inside.max())]
    return table
