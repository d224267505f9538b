"""Whole rhythms compared: the one of the asked number of onsets that goes on most evenly.

A cost of each step alone knows neither gaps nor beats, and leaves gaps and beats that are all
unlike; in real music one gap is often about as long as the one before, and where it has beats, one
beat strikes as the one before does. There are few enough rhythms of sixteen steps to look at each.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from fadernets.music.notes import STEPS, STEPS_PER_BEAT

ROWS_AT_ONCE = 64
SHORTEST_GAP = 1e-3  # beats: a shorter one is as uneven
ALIKE = 1 / 32  # beats by which gaps may differ that are alike
DEAR = 1e3  # nats: more than all else that a rhythm costs
KEPT = 128  # tables, of numbers of steps, onsets and beats

Uneven = Callable[[np.ndarray, int, int, int], np.ndarray]  # times, steps, onsets, beat to costs


@lru_cache(maxsize=KEPT)
def rhythms(steps: int, onsets: int) -> np.ndarray:
    """All rhythms of so many onsets in so many steps: bool array, shape (m, 16)."""
    numbers = np.arange(2**steps, dtype=np.int64)
    bits = (numbers[:, None] >> np.arange(STEPS)) & 1
    return bits[bits.sum(1) == onsets].astype(bool)


def unlike_gaps(times: np.ndarray, steps: int, onsets: int) -> np.ndarray:
    """How many gaps of each of `rhythms` are unlike the one before: float32 array, shape (m,).

    The gap behind the last onset goes on to the first one, as if the rhythm came again.

    Parameters
    ----------
    times : float array, shape (16,)
        Beats at which an onset of each step is: gaps of a triplet are alike, and their steps not.
    """
    each = rhythms(steps, onsets)
    if onsets < 2:
        return np.zeros(len(each), np.float32)
    at = times[_places(steps, onsets)]
    gaps = np.diff(at, append=at[:, :1] + steps / STEPS_PER_BEAT)
    return (np.abs(gaps - np.roll(gaps, 1, 1)) > ALIKE).sum(1).astype(np.float32)


@lru_cache(maxsize=KEPT)
def _places(steps: int, onsets: int) -> np.ndarray:
    """Steps of the onsets of each of `rhythms`: int array, shape (m, onsets)."""
    return np.nonzero(rhythms(steps, onsets))[1].reshape(-1, onsets)


def uneven_gaps(times: np.ndarray, steps: int, onsets: int) -> np.ndarray:
    """How far the gaps of each of `rhythms` are from the ones before, in octaves: float32, (m,).

    Parameters
    ----------
    times : float array, shape (16,)
        Beats at which an onset of each step is.
    steps, onsets : int
        As in `rhythms`.
    """
    gap = (times - times[:, None]).clip(min=SHORTEST_GAP)  # from a step to another
    octaves = np.log2(gap).astype(np.float32)
    uneven = np.abs(octaves - octaves[:, :, None])  # of the gaps from one to another, and a third
    return uneven.ravel().take(_threes(steps, onsets)).sum(1)


@lru_cache(maxsize=KEPT)
def _threes(steps: int, onsets: int) -> np.ndarray:
    """Numbers of the steps of each three successive onsets of each of `rhythms`, as one number."""
    each = rhythms(steps, onsets)
    at = np.nonzero(each)[1].reshape(len(each), onsets)
    middle, first, last = at[:, 1:-1], at[:, :-2], at[:, 2:]
    return (first * STEPS + middle) * STEPS + last


@lru_cache(maxsize=KEPT)
def unlike_beats(steps: int, onsets: int, beat: int) -> np.ndarray:
    """Number of steps in which each of `rhythms` is unlike one beat before, and two: float32, (m,).

    `beat` is how many steps a beat has.
    """
    each = rhythms(steps, onsets)[:, :steps]
    unlike = np.zeros(len(each), np.float32)
    for lag in (beat, 2 * beat):
        unlike += (each[:, lag:] != each[:, :-lag]).sum(1)
    return unlike


@lru_cache(maxsize=KEPT)
def _steps_first(steps: int, onsets: int) -> np.ndarray:
    """The `rhythms` as numbers: float32 array, shape (16, m)."""
    return np.ascontiguousarray(rhythms(steps, onsets).T, np.float32)


@lru_cache(maxsize=KEPT)
def _before_beats(steps: int, onsets: int) -> np.ndarray:
    """Onsets of each of `rhythms` before its second, third and last beat: int64, shape (m, 3)."""
    return rhythms(steps, onsets).cumsum(1)[:, STEPS_PER_BEAT - 1 : -1 : STEPS_PER_BEAT]


def evenest(
    strikes: np.ndarray,
    pace: np.ndarray,
    onsets: np.ndarray,
    windows: np.ndarray,
    times: np.ndarray,
    uneven: Uneven,
) -> np.ndarray:
    """The cheapest rhythms, where what is uneven in them costs something.

    Parameters
    ----------
    strikes : float array, shape (b, 16)
        Cost of an onset in each step beyond that of none.
    pace : float array, shape (b, 3, 17)
        As in `fadernets.arranger.label_plan.cheapest`.
    onsets : int array, shape (b,)
        How many onsets there are.
    windows : int array, shape (b, 2)
        In how many steps, and how many of them a beat has.
    times : float array, shape (b, 16)
        Beats at which an onset of each step is.
    uneven : function
        From the times of a row, its steps, onsets and steps of a beat to the cost in nats of each
        of `rhythms`.

    Returns
    -------
    bool array, shape (b, 16)
    """
    best = np.empty(strikes.shape, bool)
    table = np.column_stack([windows, onsets, times])
    kinds, kind_of = np.unique(table, axis=0, return_inverse=True)
    for number, kind in enumerate(kinds):
        steps, beat, count = kind[:3].astype(int).tolist()
        rows = kind_of == number
        costs = uneven(kind[3:], steps, count, beat)
        best[rows] = _cheapest(strikes[rows], pace[rows], steps, count, costs)
    return best


def _cheapest(
    strikes: np.ndarray, pace: np.ndarray, steps: int, onsets: int, costs: np.ndarray
) -> np.ndarray:
    """The cheapest of `rhythms`, which cost `costs`, (m,), beside their steps: bool, (b, 16)."""
    each, before = rhythms(steps, onsets), _before_beats(steps, onsets)
    best = np.empty(strikes.shape, bool)
    for first in range(0, len(strikes), ROWS_AT_ONCE):
        some = slice(first, first + ROWS_AT_ONCE)
        # Beyond that, single precision would lose what small costs differ by.
        step = strikes[some].clip(-DEAR, DEAR).astype(np.float32)
        cost = step @ _steps_first(steps, onsets) + costs
        for place in range(before.shape[1]):
            cost += pace[some, place].astype(np.float32)[:, before[:, place]]
        best[some] = each[cost.argmin(1)]
    return best
