"""Strikes: notes that begin together, whether two hands can play them, and keys struck again."""

from __future__ import annotations

import numpy as np

from fadernets.music.notes import Notes

SAME_STRIKE = 1 / 16  # beats, within which notes are struck together: 32 ms at 117 qpm
RESTRIKE = 1 / 32  # beats after its end, within which a key struck again is struck as it sounds
SPAN = 14  # semitones that a hand reaches: a ninth
FINGERS = 5


def strikes(notes: Notes) -> np.ndarray:
    """The number of each note's strike, from 0: int64, (n,).

    >>> strikes(Notes.of([0, 0.05, 1], [1, 1, 2], [60, 64, 67], [80] * 3)).tolist()
    [0, 0, 1]
    """
    return np.cumsum(np.diff(notes.onset, prepend=notes.onset[:1]) > SAME_STRIKE)


def since_struck(notes: Notes) -> tuple[np.ndarray, np.ndarray]:
    """Beats from the last strike of each note's key, and from that note's end: float64, (n,) each.

    The second are negative where the key still sounds; both are infinite where it was not struck.
    """
    order = np.lexsort((notes.onset, notes.pitch))
    onset, offset, pitch = (x[order] for x in (notes.onset, notes.offset, notes.pitch))
    again = 1 + np.flatnonzero(np.diff(pitch) == 0)
    since_strike, since_end = np.full(len(notes), np.inf), np.full(len(notes), np.inf)
    since_strike[order[again]] = onset[again] - onset[again - 1]
    since_end[order[again]] = onset[again] - offset[again - 1]
    return since_strike, since_end


def restruck(notes: Notes) -> np.ndarray:
    """Which notes strike a key that sounds already, or did until just before: bool, (n,)."""
    return since_struck(notes)[1] < RESTRIKE


def for_two_hands(notes: Notes) -> np.ndarray:
    """Which strikes of several notes two hands can play: bool, shape (strikes,).

    A hand has five fingers and reaches a ninth; one takes the lower notes, the other the upper.

    >>> low, wide = [36, 43, 50, 60, 64], [36, 55, 84]
    >>> for_two_hands(Notes.of([0] * 5 + [1] * 3, [1] * 5 + [2] * 3, low + wide, [80] * 8)).tolist()
    [True, False]
    """
    strike = strikes(notes)
    chords = [
        np.unique(notes.pitch[strike == number])
        for number in np.flatnonzero(np.bincount(strike) > 1)
    ]
    return np.array([_fits(chord) for chord in chords], bool)


def _fits(pitches: np.ndarray) -> bool:
    """Whether two hands can strike some pitches, from the lowest."""
    return any(
        _in_a_hand(pitches[:first]) and _in_a_hand(pitches[first:])
        for first in range(len(pitches) + 1)
    )


def _in_a_hand(pitches: np.ndarray) -> bool:
    return not len(pitches) or bool(len(pitches) <= FINGERS and pitches[-1] - pitches[0] <= SPAN)
