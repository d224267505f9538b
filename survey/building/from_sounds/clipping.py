"""Waves that are cut off at full scale, as recording too loud leaves them."""

from __future__ import annotations

import numpy as np

FULL_SCALE = 0.999
CLIPPED_RUN = 3  # samples at full scale in a row, all alike: the top of a wave is cut off
ALIKE = 2 / 2**15  # two steps of 16 bits
CORNER = 8  # how many times as steep it falls behind them: a smooth top bends less


def cut_off_tops(samples: np.ndarray) -> int:
    """How many tops of waves are cut off at full scale, in the channel that has most of them.

    `samples` has the shape (n, channels), full scale at -1 and 1, as the file has them.

    That is a run of `CLIPPED_RUN` samples or more that are alike, with a corner at an end of it. A
    low tone that just reaches full scale stays there for as long, but bends; and what MP3 or OGG
    puts above full scale was not cut off, and is not alike.
    """
    return max(
        (_cut_tops(sign * channel) for channel in samples.T for sign in (1, -1)),
        default=0,
    )


def _cut_tops(wave: np.ndarray) -> int:
    """The tops that are cut off on one side of one channel, shape (n,)."""
    full = wave >= FULL_SCALE
    flat = full[1:] & full[:-1] & (np.abs(np.diff(wave)) <= ALIKE)  # from a sample to the next
    edges = np.diff(flat.astype(np.int8), prepend=0, append=0)
    firsts, lasts = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    is_long = lasts - firsts >= CLIPPED_RUN - 1
    firsts, lasts = firsts[is_long], lasts[is_long]
    before, behind = np.maximum(firsts - 2, 0), np.minimum(lasts + 2, len(wave) - 1)
    fall = np.maximum(wave[firsts] - wave[before], wave[lasts] - wave[behind])
    return int((fall > 2 * CORNER * ALIKE).sum())
