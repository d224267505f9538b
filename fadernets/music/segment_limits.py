"""Which segments the paper's models can take (4.1; the limits are the training data's).

The arranger takes every segment in which anything is played.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fadernets.music import events
from fadernets.music.attributes import ONSET, rhythm_label
from fadernets.music.notes import STEPS, Notes

MIN_SOUNDING_STEPS = STEPS * 3 // 4
MIN_PITCHES = 3

NOTHING_PLAYED = "nothing is played here"
NO_NOTES = "no note begins in it"
NO_FIRST_ONSET = "no onset on the first step"
MOSTLY_SILENT = "more than a quarter of it is silent"
FEW_PITCHES = "fewer than three different pitches"
TOO_LONG = "too many events"
PROBLEMS = (NO_NOTES, NO_FIRST_ONSET, MOSTLY_SILENT, FEW_PITCHES, TOO_LONG)


def problem(notes: Notes) -> str | None:
    """Why the paper's models cannot take a segment, one of `PROBLEMS`, or None when they can."""
    if not len(notes):
        return NO_NOTES
    rhythm = rhythm_label(notes)
    if rhythm[0] != ONSET:
        return NO_FIRST_ONSET
    if np.count_nonzero(rhythm) < MIN_SOUNDING_STEPS:
        return MOSTLY_SILENT
    if len(np.unique(notes.pitch)) < MIN_PITCHES:
        return FEW_PITCHES
    if len(events.encode(notes)) > events.MAX_TOKENS:
        return TOO_LONG
    return None


def runs(indices: Sequence[int]) -> list[tuple[int, int]]:
    """Rising segment numbers as (first, last) of each unbroken run.

    >>> runs([1, 4, 5, 6])
    [(1, 1), (4, 6)]
    """
    spans: list[tuple[int, int]] = []
    for index in indices:
        if spans and index == spans[-1][1] + 1:
            spans[-1] = spans[-1][0], index
        else:
            spans.append((index, index))
    return spans
