"""Answers of participants to items: the arrays that all intervals are computed from."""

from __future__ import annotations

from collections.abc import Sequence
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
    segments : int array, shape (n,), optional
        Where an item is a whole piece: which of its segments; numbered from 0 through all pieces.
    """

    values: np.ndarray
    participants: np.ndarray
    items: np.ndarray
    segments: np.ndarray | None = None

    @property
    def participant_count(self) -> int:
        """How many participants gave a value."""
        return _different(self.participants)

    @property
    def item_count(self) -> int:
        """How many items were given a value."""
        return _different(self.items)

    @property
    def even_item_count(self) -> float:
        """How many equally large items are worth as much as these: Kish's, by their segments.

        The number of items itself where all have as many segments.
        """
        if self.segments is None or not len(self.values):
            return self.item_count
        owners = np.zeros(int(self.segments.max()) + 1, dtype=int)
        owners[self.segments] = self.items
        sizes = np.bincount(owners[np.unique(self.segments)])
        sizes = sizes[sizes > 0]
        if (sizes == sizes[0]).all():
            return len(sizes)
        return float(sizes.sum() ** 2 / (sizes**2).sum())

    @property
    def mean(self) -> float:
        """Mean over all values; every value has the same weight."""
        return float(self.values.mean())

    def sums(self, by: np.ndarray) -> np.ndarray:
        """Sums of the values by participant or item, shape (largest code + 1,)."""
        return np.bincount(by, self.values)

    def by_cell(self) -> Crossed:
        """One value for each participant and item that meet: the mean of theirs."""
        cells, first = np.unique(self.cells(), return_index=True)
        values = self.sums(self.cells()) / np.bincount(self.cells())
        return Crossed(values, self.participants[first], self.items[first])

    def cells(self) -> np.ndarray:
        """Where a participant and an item meet: int array, shape (n,), from 0, by both codes."""
        cells: np.ndarray = self.participants * (int(self.items.max(initial=0)) + 1) + self.items
        return np.unique(cells, return_inverse=True)[1]

    def only(self, chosen: np.ndarray) -> Crossed:
        """The values where a boolean array, shape (n,), is true."""
        segments = None if self.segments is None else self.segments[chosen]
        return Crossed(self.values[chosen], self.participants[chosen], self.items[chosen], segments)


def _different(codes: np.ndarray) -> int:
    """How many different codes there are; counting is faster than sorting."""
    return int(np.count_nonzero(np.bincount(codes)))


def joined(parts: Sequence[Crossed]) -> Crossed:
    """All values of several; codes mean the same in all. Segments are told if all tell them."""
    segments = [part.segments for part in parts]
    segment_codes = [codes for codes in segments if codes is not None]
    return Crossed(
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.participants for part in parts]),
        np.concatenate([part.items for part in parts]),
        np.concatenate(segment_codes) if len(segment_codes) == len(parts) else None,
    )


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
    if "segment" not in table.columns:
        return names
    number = table["segment"].astype(object).where(table["segment"].notna(), None)
    origins = zip(names, pieces(table), number, strict=True)
    of_rows = np.empty(len(names), dtype=object)
    of_rows[:] = [
        name if source is None or at is None else f"{source}\n{at}" for name, source, at in origins
    ]
    return of_rows


def units(table: pd.DataFrame) -> np.ndarray:
    """What counts as music of its own: the piece; where none is told, the segment or the item.

    Object array, shape (rows,). Segments of one piece are alike: who hears one of them change hears
    the others, too.
    """
    sources = pieces(table)
    has_source = np.array([source is not None for source in sources], dtype=bool)
    if has_source.all():
        return sources
    of_rows: np.ndarray = np.where(has_source, sources, segments(table))
    return of_rows


def crossed(
    table: pd.DataFrame,
    values: pd.Series | np.ndarray,
    unit: Literal["piece", "segment", "item"] = "piece",
) -> Crossed:
    """A column of the ratings, or values of as many rows, without what is missing.

    Parameters
    ----------
    unit : {"piece", "segment", "item"}
        What is drawn from other music: intervals are for other pieces. Where the ratings tell no
        piece, a segment is one. Whether participants agree is asked of each item.
    """
    music = segments(table) if unit == "segment" else units(table)
    if unit == "item":
        music = table["item"].to_numpy()
    numbers = pd.to_numeric(pd.Series(values)).to_numpy(dtype=float, na_value=np.nan)
    answered = ~np.isnan(numbers)
    people, _ = pd.factorize(table["participant"].to_numpy()[answered], sort=True)
    items, _ = pd.factorize(music[answered], sort=True)
    within = None
    if unit == "piece":
        within, _ = pd.factorize(segments(table)[answered], sort=True)
    return Crossed(numbers[answered], people, items, within)


def of_matrix(matrix: np.ndarray, pieces: np.ndarray | None = None) -> Crossed:
    """A matrix of participants (rows) by items (columns), NaN where missing.

    `pieces`, int array, shape (items,), says which piece each column is of; one of its own if None.
    """
    people, columns = np.nonzero(~np.isnan(matrix))
    values = np.asarray(matrix, float)[people, columns]
    if pieces is None:
        return Crossed(values, people, columns)
    return Crossed(values, people, pieces[columns], columns)
