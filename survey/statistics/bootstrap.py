"""The pigeonhole bootstrap: participants and items are both drawn again, each on their own.

Owen (2007), Annals of Applied Statistics 1:386-411. An answer counts as often as its participant
was drawn times as often as its item was: weights that make a resampled total ``w_p' M w_i`` for a
matrix M of participants by items. It counts the scatter of single answers up to three times, so it
errs on the wide side where that scatter is most of the variance.

By hand, for `scipy.stats.bootstrap` draws along one axis only.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import scipy  # whose parts are loaded when they are first used

from survey.statistics.estimate import CONSTANT, LEVEL
from survey.statistics.json_fields import optional

DRAWS = 10_000
WEIGHTS_AT_ONCE = 2_000_000
DUST = 1e-12  # relative differences of sums that rounding makes
DENSE = 0.03  # share of filled cells from which BLAS is faster than skipping empty ones


Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True)
class Percentiles:
    """The middle 95 % of resampled values; None where none could be computed.

    `draws` are those that could be used; `note` says that both ends are the same.
    """

    low: float | None
    high: float | None
    draws: int
    note: str | None = optional()


def totals(
    matrices: Mapping[Name, scipy.sparse.csr_array],
    draws: int,
    seed: int,
    progress: Callable[[int], None] | None = None,
) -> dict[Name, np.ndarray]:
    """Totals of matrices over resampled participants and items.

    Parameters
    ----------
    matrices : dict of sparse float arrays, each shape (participants, items)
        All are resampled by the same draws, so that ratios of their totals can be taken.
    draws : int
    seed : int
    progress : callable
        Called now and then with the number of draws made since.

    Returns
    -------
    dict of float arrays, each shape (draws,)
    """
    if not matrices:
        return {}
    people, items = next(iter(matrices.values())).shape
    if not people or not items:
        return {name: np.zeros(draws) for name in matrices}
    columns_of = {
        name: np.unique(scipy.sparse.coo_array(part).col) for name, part in matrices.items()
    }
    parts = [part.tocsc()[:, columns_of[name]] for name, part in matrices.items()]
    stacked = scipy.sparse.hstack(parts, "csr")
    filled = stacked.nnz / max(1, people * stacked.shape[1])
    cells = stacked.toarray() if filled >= DENSE else stacked
    random = np.random.default_rng(seed)
    resampled = {name: np.zeros(draws) for name in matrices}
    step = max(1, WEIGHTS_AT_ONCE // max(people, items))
    for first in range(0, draws, step):
        count = min(step, draws - first)
        by_item = weights(random, count, people) @ cells
        item_weights = weights(random, count, items)
        start = 0
        for name, columns in columns_of.items():
            part = by_item[:, start : start + len(columns)]
            resampled[name][first : first + count] = (part * item_weights[:, columns]).sum(axis=1)
            start += len(columns)
        if progress is not None:
            progress(count)
    return resampled


def weights(random: np.random.Generator, draws: int, n: int) -> np.ndarray:
    """How often each of n is drawn in n draws with replacement; float array, shape (draws, n)."""
    drawn = random.integers(0, n, (draws, n), dtype=np.int32)
    drawn += np.arange(draws, dtype=np.int32)[:, None] * n
    return np.bincount(drawn.ravel(), minlength=draws * n).reshape(draws, n).astype(float)


def percentiles(values: np.ndarray) -> Percentiles:
    """The middle 95 % of resampled values, passing over those that could not be computed."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return Percentiles(None, None, 0)
    low, high = np.quantile(finite, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    note = CONSTANT if np.ptp(finite) <= DUST * np.abs(finite).max() else None
    return Percentiles(float(low), float(high), len(finite), note)
