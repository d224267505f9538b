"""Shares of segments, with intervals over the pieces that they are of."""

from __future__ import annotations

import numpy as np

DRAWS = 1_000


def share(true: np.ndarray, piece: np.ndarray, seed: int = 0) -> tuple[float, list[float]]:
    """The share of segments that something is true of, and its 95 % interval.

    Segments of a piece are alike, so the bootstrap draws pieces.

    Parameters
    ----------
    true : bool array, shape (n,)
    piece : array, shape (n,)
        What tells their pieces apart.

    Raises
    ------
    ValueError
        If there is no segment.
    """
    if not len(true):
        raise ValueError("a share of no segments")
    _, place = np.unique(piece, return_inverse=True)
    counts = np.bincount(place)
    of_each = np.bincount(place, weights=true)
    drawn = np.random.default_rng(seed).integers(len(counts), size=(DRAWS, len(counts)))
    shares = of_each[drawn].sum(1) / counts[drawn].sum(1)
    return float(true.mean()), np.percentile(shares, (2.5, 97.5)).tolist()
