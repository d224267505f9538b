"""What clustering costs, and how precise a study of another size would be.

Kish (1965), Survey Sampling: m answers of one cluster, alike by an intraclass correlation rho, are
worth ``m / (1 + (m - 1) rho)`` independent ones. From the components of the variance, that of a
mean of P participants and I items is ``v_p / P + v_i / I + v_e / (P I)``: participants alone
cannot bring it below ``v_i / I``. Items are pieces, or segments where these make the interval
wider, as in `twoway`. Where items differ by no more than single answers scatter, ``v_i`` is a guess
at 0, and what no number of participants can pass is not told.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy  # whose parts are loaded when they are first used

from db.models import SCALES
from survey.statistics import twoway
from survey.statistics.agreement import agreement
from survey.statistics.crossed_design import Crossed, crossed
from survey.statistics.estimate import LEVEL, t_quantile
from survey.statistics.reliability import Components, components, icc_one_way

SIZES = (12, 24, 48, 96, 192, 384)  # participants
DUST = 1e-9  # what rounding leaves of a variance or a width that is 0
UNLIMITED = 10**9  # participants whose own scatter is nothing


@dataclass(frozen=True)
class Clustering:
    """Answers a cluster (m), how alike they are (rho), and 1 + (m - 1) rho."""

    size: float | None
    rho: float | None
    design_effect: float | None


@dataclass(frozen=True)
class Precision:
    """What clustering costs; None where it cannot be known.

    Attributes
    ----------
    participants, pieces : Clustering
    observed : float
        Two-way variance over the naive one.
    components : Components
    half_widths : dict
        Of the interval, by number of participants ("48"), for as many items as now; None also
        where it would be 0.
    limit : float
        The half-width for any number of participants; None also where items differ by no more
        than chance (F test at 5 %).
    """

    participants: Clustering
    pieces: Clustering
    observed: float | None
    components: Components | None
    half_widths: dict[str, float | None]
    limit: float | None


def design_effect(size: float, rho: float) -> float:
    """1 + (m - 1) rho, for clusters of m answers."""
    return 1 + (size - 1) * rho


def half_width(
    parts: Components, participants: int, items: int, pieces: int | None = None
) -> float:
    """Half the two-way 95 % interval that a mean is expected to have, if all rate all items.

    Degrees of freedom count `pieces`, where the items are segments of fewer pieces.
    """
    variance = (
        max(0.0, parts.participant) / participants
        + max(0.0, parts.item) / items
        + max(0.0, parts.residual) / (participants * items)
    )
    return t_quantile(min(participants, pieces or items) - 1) * math.sqrt(variance)


def precision(transfers: pd.DataFrame) -> dict[str, Precision]:
    """Design effects of agreement and of each scale, and half-widths at other sizes."""
    values = {"agreement": agreement(transfers)}
    values.update({scale: transfers[scale] for scale in SCALES})
    return {name: _precision(crossed(transfers, column)) for name, column in values.items()}


def _precision(answers: Crossed) -> Precision:
    levels = _levels(answers)
    pieces = answers.item_count

    def widest(participants: int, known: list[_Level]) -> float | None:
        widths = [half_width(one.parts, participants, one.items, pieces) for one in known]
        return max((width for width in widths if width > DUST), default=None)

    return Precision(
        participants=_clustering(answers, answers.participants),
        pieces=_clustering(answers, answers.items),
        observed=_observed(answers),
        components=levels[0].parts if levels else None,
        half_widths={str(size): widest(size, levels) for size in SIZES},
        limit=widest(UNLIMITED, [one for one in levels if one.differs]),
    )


class _Level(NamedTuple):
    """Pieces or segments: components, how many there are, whether they differ beyond chance."""

    parts: Components
    items: int
    differs: bool


def _levels(answers: Crossed) -> list[_Level]:
    """The levels of pieces, then of segments, as far as they can be told; none if pieces cannot."""
    levels: list[_Level] = []
    if min(answers.participant_count, answers.item_count) <= 1:
        return levels
    for items in (answers.items, answers.segments):
        if items is None:
            continue
        cells = Crossed(answers.values, answers.participants, items).by_cell()
        parts = components(cells)
        if parts is not None:
            levels.append(_Level(parts, cells.item_count, _differs(parts, cells)))
        elif not levels:
            return []
    return levels


def _differs(parts: Components, cells: Crossed) -> bool:
    """Whether items differ beyond chance, by the F test of the analysis of variance."""
    if parts.item <= DUST:
        return False
    if parts.residual <= DUST:
        return True
    n, items = len(cells.values), cells.item_count
    ratio = 1 + n / items * parts.item / parts.residual
    rest = max(1, n - items - cells.participant_count + 1)
    return bool(scipy.special.fdtrc(items - 1, rest, ratio) < 1 - LEVEL)


def _clustering(answers: Crossed, clusters: np.ndarray) -> Clustering:
    sizes = np.bincount(clusters)
    if not len(sizes):
        return Clustering(None, None, None)
    size = float((sizes**2).sum() / sizes.sum())  # large clusters weigh more
    rho = icc_one_way(clusters, answers.values)
    effect = None if rho is None else design_effect(size, rho)
    return Clustering(size, rho, effect)


def _observed(answers: Crossed) -> float | None:
    error, n = twoway.mean(answers).error, len(answers.values)
    naive = float(answers.values.var(ddof=1)) / n if n > 1 else 0.0
    return None if error is None or naive == 0 else error**2 / naive
