"""Answers of participants to items: the arrays that all intervals are computed from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False)
class Crossed:
    """Values by participant and item, one at most for each pair.

    Attributes
    ----------
    values : float array, shape (n,)
        No NaN.
    participants, items : int arrays, shape (n,)
        From 0; of `participant_count` and `item_count` different ones.
    """

    values: np.ndarray
    participants: np.ndarray
    items: np.ndarray

    @property
    def participant_count(self) -> int:
        """How many participants gave a value."""
        return len(np.unique(self.participants))

    @property
    def item_count(self) -> int:
        """How many items were given a value."""
        return len(np.unique(self.items))

    @property
    def mean(self) -> float:
        """Of all values alike, whoever gave them."""
        return float(self.values.mean())

    def sums(self, by: np.ndarray) -> np.ndarray:
        """Sums of the values by participant or item, shape (largest code + 1,)."""
        return np.bincount(by, self.values)

    def only(self, chosen: np.ndarray) -> Crossed:
        """The values where a boolean array, shape (n,), is true."""
        return Crossed(self.values[chosen], self.participants[chosen], self.items[chosen])


def crossed(table: pd.DataFrame, values: pd.Series | np.ndarray) -> Crossed:
    """A column of the ratings, or values of as many rows, without what is missing."""
    numbers = pd.to_numeric(pd.Series(values)).to_numpy(dtype=float, na_value=np.nan)
    there = ~np.isnan(numbers)
    people, _ = pd.factorize(table["participant"].to_numpy()[there], sort=True)
    items, _ = pd.factorize(table["item"].to_numpy()[there], sort=True)
    return Crossed(numbers[there], people, items)


def of_matrix(matrix: np.ndarray) -> Crossed:
    """A matrix of participants (rows) by items (columns), NaN where missing."""
    people, items = np.nonzero(~np.isnan(matrix))
    return Crossed(np.asarray(matrix, float)[people, items], people, items)
