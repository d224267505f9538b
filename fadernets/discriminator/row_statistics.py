"""Means, spreads, extremes and shares of values, of each of several arrangements at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Features = dict[str, np.ndarray]  # by name, a value of each arrangement


@dataclass(frozen=True, eq=False)
class Rows:
    """Values of several arrangements, one after the other, and means and extremes of each.

    Attributes
    ----------
    of : int array, shape (m,)
        The arrangement of each value, in rising order.
    count : int
        How many arrangements there are. One without a value has NaN.
    """

    of: np.ndarray
    count: int

    @property
    def sizes(self) -> np.ndarray:
        """How many values each arrangement has."""
        return np.bincount(self.of, minlength=self.count)

    def mean(self, values: np.ndarray) -> np.ndarray:
        sums = np.bincount(self.of, values, self.count)
        return np.divide(sums, self.sizes, out=np.full(self.count, np.nan), where=self.sizes > 0)

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Standard deviations."""
        return np.sqrt((self.mean(values**2) - self.mean(values) ** 2).clip(min=0))

    def most(self, values: np.ndarray, of: np.ufunc = np.maximum) -> np.ndarray:
        result = np.full(self.count, np.nan)
        first = np.flatnonzero(np.diff(self.of, prepend=-1))
        if len(first):
            result[self.of[first]] = of.reduceat(values, first)
        return result

    def least(self, values: np.ndarray) -> np.ndarray:
        return self.most(values, np.minimum)

    def where(self, chosen: np.ndarray) -> Rows:
        """Some of the values."""
        return Rows(self.of[chosen], self.count)

    def shares(self, name: str, values: np.ndarray, between: Sequence[float]) -> Features:
        """How many of the values lie in each range."""
        kind = np.searchsorted(between, values)
        return {f"{name}, {k}": self.mean(kind == k) for k in range(len(between) + 1)}
