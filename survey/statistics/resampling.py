"""Shares and means over resampled participants and items: the check of their intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from db.models import SCALES
from survey.statistics.agreement import INTENDED
from survey.statistics.bootstrap import Percentiles, percentiles, totals
from survey.statistics.crossed_design import units


@dataclass(frozen=True)
class Resampled:
    """Percentile intervals from the pigeonhole bootstrap.

    A draw without any lower item says nothing of agreement on these, and is not among its draws.

    Attributes
    ----------
    agreement : dict
        Overall, lower, higher.
    opinion : dict
        By scale, the mean.
    """

    agreement: dict[str, Percentiles]
    opinion: dict[str, Percentiles]


def resampled(
    transfers: pd.DataFrame, draws: int, seed: int, progress: Callable[[int], None] | None = None
) -> Resampled:
    """Agreement and mean opinion scores of resampled participants and pieces."""
    sums = totals(_matrices(transfers), draws, seed, progress)
    lower, higher = INTENDED
    shares = {
        "overall": _ratio(
            sums[lower, "agree"] + sums[higher, "agree"], sums[lower, "any"] + sums[higher, "any"]
        ),
        **{name: _ratio(sums[name, "agree"], sums[name, "any"]) for name in INTENDED},
    }
    means = {scale: _ratio(sums[scale, "sum"], sums[scale, "any"]) for scale in SCALES}
    return Resampled(
        agreement={name: percentiles(values) for name, values in shares.items()},
        opinion={name: percentiles(values) for name, values in means.items()},
    )


def _matrices(transfers: pd.DataFrame) -> dict[tuple[str, str], sparse.csr_array]:
    people, names = pd.factorize(transfers["participant"], sort=True)
    items, kinds = pd.factorize(units(transfers), sort=True)
    shape = (len(names), len(kinds))

    def matrix(values: np.ndarray) -> sparse.csr_array:
        filled = np.flatnonzero(values)
        return sparse.csr_array((values[filled], (people[filled], items[filled])), shape=shape)

    matrices = {}
    directions = transfers["heard"]
    for intended in INTENDED:
        in_direction = (transfers["intended"] == intended).to_numpy()
        matrices[intended, "any"] = matrix(
            (in_direction & directions.notna().to_numpy()).astype(float)
        )
        agrees = in_direction & (directions == intended).to_numpy()
        matrices[intended, "agree"] = matrix(agrees.astype(float))
    for scale in SCALES:
        scores = transfers[scale].to_numpy(dtype=float, na_value=np.nan)
        matrices[scale, "any"] = matrix((~np.isnan(scores)).astype(float))
        matrices[scale, "sum"] = matrix(np.nan_to_num(scores))
    return matrices


def _ratio(sums: np.ndarray, n: np.ndarray) -> np.ndarray:
    return np.where(n > 0, sums / np.maximum(n, 1), np.nan)
