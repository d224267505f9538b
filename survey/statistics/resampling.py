"""All that a study reports, over resampled participants and items: the check of its intervals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from db.models import SCALES
from survey.statistics.agreement import INTENDED
from survey.statistics.bootstrap import percentiles, totals
from survey.statistics.crossed_design import segments
from survey.statistics.signal_detection import measures


def resampled(
    transfers: pd.DataFrame, draws: int, seed: int, progress: Callable[[int], None] | None = None
) -> dict[str, Any]:
    """Percentile intervals from the pigeonhole bootstrap.

    Returns
    -------
    dict
        agreement: overall, lower, higher; opinion: by scale, the mean; detection: by answer,
        d_prime and criterion. Each {low, high, draws}, draws being those that could be used: a
        draw without any lower item, for one, says nothing of agreement on these.
    """
    sums = totals(_matrices(transfers), draws, seed, progress)
    agreement = {name: _ratio(sums[name, name], sums[name, "any"]) for name in INTENDED}
    lower, higher = INTENDED
    agreement["overall"] = _ratio(
        sums[lower, lower] + sums[higher, higher], sums[lower, "any"] + sums[higher, "any"]
    )
    opinion = {scale: _ratio(sums[scale, "sum"], sums[scale, "any"]) for scale in SCALES}
    both = (sums["lower", "any"] > 0) & (sums["higher", "any"] > 0)
    detection = {}
    for answer in INTENDED:
        found = zip(("d_prime", "criterion"), measures(answer, sums), strict=True)
        detection[answer] = {name: np.where(both, values, np.nan) for name, values in found}
    return {
        "agreement": {name: percentiles(values) for name, values in agreement.items()},
        "opinion": {name: percentiles(values) for name, values in opinion.items()},
        "detection": {
            answer: {name: percentiles(values) for name, values in found.items()}
            for answer, found in detection.items()
        },
    }


def _matrices(transfers: pd.DataFrame) -> dict[tuple[str, str], sparse.csr_array]:
    people, names = pd.factorize(transfers["participant"], sort=True)
    items, kinds = pd.factorize(segments(transfers), sort=True)
    shape = (len(names), len(kinds))

    def matrix(values: np.ndarray) -> sparse.csr_array:
        there = np.flatnonzero(values)
        return sparse.csr_array((values[there], (people[there], items[there])), shape=shape)

    found = {}
    heard = transfers["heard"]
    for intended in INTENDED:
        meant = (transfers["intended"] == intended).to_numpy()
        found[intended, "any"] = matrix((meant & heard.notna().to_numpy()).astype(float))
        for word in INTENDED:
            found[intended, word] = matrix((meant & (heard == word).to_numpy()).astype(float))
    for scale in SCALES:
        scores = transfers[scale].to_numpy(dtype=float, na_value=np.nan)
        found[scale, "any"] = matrix((~np.isnan(scores)).astype(float))
        found[scale, "sum"] = matrix(np.nan_to_num(scores))
    return found


def _ratio(sums: np.ndarray, n: np.ndarray) -> np.ndarray:
    return np.where(n > 0, sums / np.maximum(n, 1), np.nan)
