"""A share or a mean over all segments or notes of several pieces, with its interval.

What is counted in one piece is alike, so that the bootstrap draws pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

DRAWS = 1_000
ENDS = 2.5, 97.5  # percent of the draws that lie below the ends of an interval
LEAST_PIECES = 2  # that tell how much pieces differ


class Tally(NamedTuple):
    """The sum of some values of one piece, and how many they are."""

    total: float
    size: int

    @classmethod
    def of(cls, values: Sequence[float] | np.ndarray) -> Tally:
        """Count values, or what is true among booleans.

        >>> Tally.of([True, True, False])
        Tally(total=2.0, size=3)
        """
        return cls(float(np.sum(values)), len(values))


def mean(tallies: Sequence[Tally], seed: int = 0) -> tuple[float, list[float] | None]:
    """The mean of all values, and its 95 % interval; None where fewer than two pieces have some.

    Raises
    ------
    ValueError
        If there is no value.
    """
    table = np.array([tally for tally in tallies if tally.size], float).reshape(-1, 2)
    if not len(table):
        raise ValueError("a mean of nothing")
    total, count = table.sum(0)
    if len(table) < LEAST_PIECES:
        return total / count, None
    drawn = np.random.default_rng(seed).integers(len(table), size=(DRAWS, len(table)))
    totals, counts = table[drawn].sum(1).T
    return total / count, np.percentile(totals / counts, ENDS).tolist()


def share(
    is_true: np.ndarray, piece: np.ndarray, seed: int = 0
) -> tuple[float, list[float] | None]:
    """The share of segments that something is true of, as `mean` has it.

    Parameters
    ----------
    is_true : bool array, shape (n,)
    piece : array, shape (n,)
        What tells their pieces apart.
    """
    return mean([Tally.of(is_true[piece == each]) for each in np.unique(piece)], seed)
