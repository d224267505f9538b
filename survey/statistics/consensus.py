"""Reliability of a study: do participants agree with each other, on direction and on scales?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from db.models import DIRECTIONS, SCALES
from survey.statistics.crossed_design import crossed
from survey.statistics.mean_opinion_score import VALUES
from survey.statistics.reliability import alpha, components, icc_absolute


def consensus(transfers: pd.DataFrame) -> dict[str, Any]:
    """Krippendorff's alpha of direction (nominal) and scales (ordinal), and the scales' ICCs.

    Returns
    -------
    dict
        direction: {alpha}; by scale: alpha; icc_1 and icc_k, ICC(A,1) and ICC(A,k), items as
        targets; k, participants an item (harmonic mean); components of the variance.
    """
    heard = transfers["heard"].map({word: at for at, word in enumerate(DIRECTIONS)})
    found: dict[str, Any] = {
        "direction": {"alpha": alpha(_counts(transfers, heard, range(len(DIRECTIONS))), "nominal")}
    }
    for scale in SCALES:
        answers = crossed(transfers, transfers[scale], "item")
        parts = components(answers)
        sizes = np.bincount(answers.items)
        k = float(1 / np.mean(1 / sizes)) if len(sizes) else None
        found[scale] = {
            "alpha": alpha(_counts(transfers, transfers[scale], VALUES), "ordinal"),
            "icc_1": None if parts is None else icc_absolute(parts),
            "icc_k": None if parts is None else icc_absolute(parts, k),
            "k": k,
            "components": None if parts is None else parts._asdict(),
        }
    return found


def _counts(transfers: pd.DataFrame, values: pd.Series, steps: range) -> np.ndarray:
    answers = crossed(transfers, values, "item")
    if not len(answers.values):
        return np.zeros((0, len(steps)), dtype=int)
    cells = answers.items * len(steps) + answers.values.astype(int) - steps[0]
    n = (answers.items.max() + 1) * len(steps)
    return np.bincount(cells, minlength=n).reshape(-1, len(steps))
