"""Patterns: how alike the rhythms of successive beats are, and how many beats have no onset."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from fadernets.music.notes import EARLY, Notes, first_steps
from fadernets.music.piece import Piece
from fadernets.music.segments import segments
from fadernets.music.windows import ROUNDING, beat_of


class Beat(NamedTuple):
    """A beat as it is counted: a quarter note, or another, by the meter.

    Attributes
    ----------
    start, length : float
        Quarter notes.
    """

    start: float
    length: float


def beats(piece: Piece, numbers: Collection[int]) -> list[Beat]:
    """The whole beats of some segments of a piece: dotted ones in 6/8, 9/8 and 12/8."""
    whole_beats = []
    for segment in segments(piece, numbers=numbers):
        row = np.searchsorted(piece.meter[1:, 0], segment.start + ROUNDING, side="right")
        _, numerator, denominator = piece.meter[row].tolist()
        length = beat_of(numerator, denominator)
        count = int(segment.beats / length + ROUNDING)
        whole_beats += [Beat(segment.start + i * length, length) for i in range(count)]
    return whole_beats


def rhythms(notes: Notes, counted: Collection[Beat]) -> list[frozenset[int]]:
    """The sixteenths of each beat in which a note begins, from 0."""
    parts = []
    for start, length in counted:
        first, last = np.searchsorted(notes.onset, [start - EARLY, start + length - EARLY])
        parts.append(frozenset(first_steps(notes.onset[first:last] - start).tolist()))
    return parts


def alike(notes: Notes, counted: list[Beat]) -> np.ndarray:
    """The share of onsets that each two successive beats have in common: float64, shape (p,).

    Sixteenths struck in both beats, of those struck in either. Two beats without an onset, and
    beats of different lengths, are left out.

    >>> notes = Notes.of([0, 0.5, 1, 1.5, 2], [1, 1, 2, 2, 3], [60] * 5, [80] * 5)
    >>> alike(notes, [Beat(0, 1), Beat(1, 1), Beat(2, 1)]).tolist()
    [1.0, 0.5]
    """
    struck = rhythms(notes, counted)
    shares = [
        len(struck[i] & struck[i + 1]) / len(struck[i] | struck[i + 1])
        for i, (one, other) in enumerate(zip(counted, counted[1:], strict=False))
        if abs(one.start + one.length - other.start) < EARLY
        and abs(one.length - other.length) < EARLY
        and struck[i] | struck[i + 1]
    ]
    return np.array(shares, float)


def empty(notes: Notes, counted: list[Beat]) -> np.ndarray:
    """Which beats have no onset: bool, shape (b,)."""
    return np.array([not struck for struck in rhythms(notes, counted)], bool)
