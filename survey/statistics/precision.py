"""What clustering costs, and how precise a study of another size would be.

Kish (1965), Survey Sampling: m answers of one cluster, alike by an intraclass correlation rho, are
worth ``m / (1 + (m - 1) rho)`` independent ones. From the components of the variance, that of a
mean of P participants and I items is ``v_p / P + v_i / I + v_e / (P I)``: participants alone cannot
bring it below ``v_i / I``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from db.models import SCALES
from survey.statistics import twoway
from survey.statistics.agreement import agreement
from survey.statistics.crossed_design import Crossed, crossed
from survey.statistics.estimate import t_quantile
from survey.statistics.reliability import Components, components, icc_one_way

SIZES = (12, 24, 48, 96, 192, 384)  # participants
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
    participants, items : Clustering
    observed : float
        Two-way variance over the naive one.
    components : Components
    half_widths : dict
        Of the interval, by number of participants ("48"), for as many items as now.
    limit : float
        The half-width for any number of participants.
    """

    participants: Clustering
    items: Clustering
    observed: float | None
    components: Components | None
    half_widths: dict[str, float | None]
    limit: float | None


def design_effect(size: float, rho: float) -> float:
    """1 + (m - 1) rho, for clusters of m answers."""
    return 1 + (size - 1) * rho


def half_width(parts: Components, participants: int, items: int) -> float:
    """Half the two-way 95 % interval that a mean is expected to have, if all rate all items."""
    variance = (
        max(0.0, parts.participant) / participants
        + max(0.0, parts.item) / items
        + max(0.0, parts.residual) / (participants * items)
    )
    return t_quantile(min(participants, items) - 1) * math.sqrt(variance)


def precision(transfers: pd.DataFrame) -> dict[str, Precision]:
    """Design effects of agreement and of each scale, and half-widths at other sizes."""
    values = {"agreement": agreement(transfers)}
    values.update({scale: transfers[scale] for scale in SCALES})
    return {name: _precision(crossed(transfers, column)) for name, column in values.items()}


def _precision(answers: Crossed) -> Precision:
    parts, items = components(answers.by_cell()), answers.item_count
    if min(answers.participant_count, items) <= 1:
        parts = None
    return Precision(
        participants=_clustering(answers, answers.participants),
        items=_clustering(answers, answers.items),
        observed=_observed(answers),
        components=parts,
        half_widths={
            str(size): None if parts is None else half_width(parts, size, items) for size in SIZES
        },
        limit=None if parts is None else half_width(parts, UNLIMITED, items),
    )


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
