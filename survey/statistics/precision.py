"""What clustering costs, and how precise a study of another size would be.

Kish (1965), Survey Sampling: m answers of one cluster, alike by an intraclass correlation rho, are
worth ``m / (1 + (m - 1) rho)`` independent ones. From the components of the variance, that of a
mean of P participants and I items is ``v_p / P + v_i / I + v_e / (P I)``: participants alone cannot
bring it below ``v_i / I``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from db.models import SCALES
from survey.statistics import twoway
from survey.statistics.agreement import agreement
from survey.statistics.crossed_design import Crossed, crossed
from survey.statistics.estimate import t_quantile
from survey.statistics.reliability import Components, components, icc_one_way

SIZES = (12, 24, 48, 96, 192, 384)  # participants


def design_effect(size: float, rho: float) -> float:
    """1 + (m - 1) rho, for clusters of m answers."""
    return 1 + (size - 1) * rho


def half_width(parts: Components, participants: int, items: int) -> float:
    """Half the two-way 95 % interval that a mean is expected to have, if all rate all items."""
    person, item, single = (max(0.0, part) for part in parts)
    variance = person / participants + item / items + single / (participants * items)
    return t_quantile(min(participants, items) - 1) * math.sqrt(variance)


def precision(transfers: pd.DataFrame) -> dict[str, Any]:
    """Design effects of agreement and of each scale, and half-widths at other sizes.

    Returns
    -------
    dict
        By name: answers per participant and per item (m), rho and 1 + (m - 1) rho of both;
        observed: two-way variance over the naive one; half_widths by participants, for as many
        items as now; limit: for any number of participants. None where it cannot be known.
    """
    values = {"agreement": agreement(transfers)}
    values.update({scale: transfers[scale] for scale in SCALES})
    return {name: _precision(crossed(transfers, column)) for name, column in values.items()}


def _precision(answers: Crossed) -> dict[str, Any]:
    parts, items = components(answers.by_cell()), answers.item_count
    if min(answers.participant_count, items) <= 1:
        parts = None
    return {
        "participants": _clustering(answers, answers.participants),
        "items": _clustering(answers, answers.items),
        "observed": _observed(answers),
        "components": None if parts is None else parts._asdict(),
        "half_widths": {
            str(size): None if parts is None else half_width(parts, size, items) for size in SIZES
        },
        "limit": None if parts is None else half_width(parts, 10**9, items),
    }


def _clustering(answers: Crossed, clusters: np.ndarray) -> dict[str, float | None]:
    sizes = np.bincount(clusters)
    if not len(sizes):
        return {"size": None, "rho": None, "design_effect": None}
    size = float((sizes**2).sum() / sizes.sum())  # large clusters weigh more
    rho = icc_one_way(clusters, answers.values)
    effect = None if rho is None else design_effect(size, rho)
    return {"size": size, "rho": rho, "design_effect": effect}


def _observed(answers: Crossed) -> float | None:
    error, n = twoway.mean(answers).error, len(answers.values)
    naive = float(answers.values.var(ddof=1)) / n if n > 1 else 0.0
    return None if error is None or naive == 0 else error**2 / naive
