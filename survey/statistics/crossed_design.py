"""Answers of participants to items: the arrays that all intervals are computed from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False)
class Crossed:
    """Values by participant and item: one for every pair that the item stands for.

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
        """Mean over all values; every value has the same weight."""
        return float(self.values.mean())

    def sums(self, by: np.ndarray) -> np.ndarray:
        """Sums of the values by participant or item, shape (largest code + 1,)."""
        return np.bincount(by, self.values)

    def by_cell(self) -> Crossed:
        """One value for each participant and item that meet: the mean of theirs."""
        cells, at = np.unique(self._cells(), return_inverse=True)
        values = np.bincount(at, self.values) / np.bincount(at)
        return Crossed(values, *np.divmod(cells, self._width()))

    def cell_sums(self) -> np.ndarray:
        """Sums of the values where a participant and an item meet, shape (such cells,)."""
        at = np.unique(self._cells(), return_inverse=True)[1]
        return np.bincount(at, self.values)

    def _cells(self) -> np.ndarray:
        cells: np.ndarray = self.participants * self._width() + self.items
        return cells

    def _width(self) -> int:
        return int(self.items.max(initial=0)) + 1

    def only(self, chosen: np.ndarray) -> Crossed:
        """The values where a boolean array, shape (n,), is true."""
        return Crossed(self.values[chosen], self.participants[chosen], self.items[chosen])


def pieces(table: pd.DataFrame) -> np.ndarray:
    """The pieces that rows are about, object array, shape (rows,); None where unknown."""
    if "source" not in table.columns:
        return np.full(len(table), None, dtype=object)
    names = table["source"].astype(object)
    known: np.ndarray = names.where(names.notna() & (names != ""), None).to_numpy(dtype=object)
    return known


def segments(table: pd.DataFrame) -> np.ndarray:
    """What rows are about, whatever was done to it: names, object array, shape (rows,).

    One segment may come as several items, at other strengths or by other models. It is one piece of
    music all the same: what is hard about it is hard at every strength. Where the ratings do not
    tell source and segment, every item counts as music of its own.
    """
    names: np.ndarray = table["item"].astype(object).to_numpy()
    sources = pd.Series(pieces(table), index=table.index, dtype=object)
    if "segment" not in table.columns:
        return names
    known = (sources.notna() & table["segment"].notna()).to_numpy()
    music = sources.astype(str) + "\n" + table["segment"].astype(str)
    of_rows: np.ndarray = np.where(known, music.to_numpy(dtype=object), names)
    return of_rows


def crossed(
    table: pd.DataFrame,
    values: pd.Series | np.ndarray,
    unit: Literal["segment", "item", "piece"] = "segment",
) -> Crossed:
    """A column of the ratings, or values of as many rows, without what is missing.

    Parameters
    ----------
    unit : {"segment", "item", "piece"}
        What is drawn from other music: intervals are for other segments. Whether participants agree
        is asked of each item. Pieces must all be told.
    """
    if unit == "item":
        music = table["item"].to_numpy()
    else:
        music = segments(table) if unit == "segment" else pieces(table)
    numbers = pd.to_numeric(pd.Series(values)).to_numpy(dtype=float, na_value=np.nan)
    answered = ~np.isnan(numbers)
    people, _ = pd.factorize(table["participant"].to_numpy()[answered], sort=True)
    items, _ = pd.factorize(music[answered], sort=True)
    return Crossed(numbers[answered], people, items)


def of_matrix(matrix: np.ndarray) -> Crossed:
    """A matrix of participants (rows) by items (columns), NaN where missing."""
    people, items = np.nonzero(~np.isnan(matrix))
    return Crossed(np.asarray(matrix, float)[people, items], people, items)
