"""Gaps that the grid has no room to split, split as those beside them were.

A step has an onset or it has none. Where runs of a take get more onsets, gaps with an empty step in
them are split and others, no longer, are not: a run that limps, which nobody plays. Such a gap gets
a note in a step that has an onset, which no rhythm density counts. A gap among strikes that are all
the player's own is played so, and stays, but where every step has an onset: so busy a run is even.
"""

from __future__ import annotations

import numpy as np

from fadernets.arranger.note_ends import HALF
from fadernets.arranger.touch import CHORD_BEATS, RELEASE_BEATS, Touch
from fadernets.music.events import PITCHES
from fadernets.music.notes import (
    EARLY,
    LOWEST_PITCH,
    STEPS_PER_BEAT,
    Notes,
    concatenate,
    first_steps,
)

LONGER = 2**0.6  # times as long as the gaps beside it: half of it is as long as they are
SHORTEST_GAP = 0.11  # beats between strikes, as in a fast run
BESIDE = 2  # gaps on either side
OF_SOME = 0.7  # share of such gaps that are split: nobody plays all alike
AWAY = 0.6  # log-odds against a key for each semitone beyond the top notes on either side
ALIKE = 0.2  # share of two gaps by which the first may be longer, or shorter, than half of both


def with_gaps_split(notes: Notes, log_odds: np.ndarray, touch: Touch, room: int) -> Notes:
    """Notes of a segment with others in gaps that are longer than those beside them.

    Parameters
    ----------
    notes : Notes
    log_odds : float array, shape (16, 88)
        That a key is struck in a step; minus infinity where it may not be.
    touch : Touch
        How the segment is played.
    room : int
        How many notes may come.
    """
    at = strikes_of(notes)
    gaps, struck = np.diff(at), np.unique(first_steps(at))
    is_new = ~(np.abs(at[:, None] - touch.strikes.onset) <= CHORD_BEATS).any(1)
    is_new |= len(struck) == round(touch.beats * STEPS_PER_BEAT)
    numbers = _long(gaps, is_new)[:room].tolist()
    if not numbers:
        return notes
    shares = _shares(np.diff(strikes_of(touch.strikes)))
    for number in numbers:
        share = shares[(7 * number + int(at[number] * STEPS_PER_BEAT)) % len(shares)]
        time = float(at[number] + share * gaps[number])
        step = int(first_steps(np.array(time)))
        least, latest = touch.limits(step)
        time = min(max(time, least), latest)
        if step not in struck or min(time - at[number], at[number + 1] - time) <= CHORD_BEATS:
            continue
        last = min((step + 1) / STEPS_PER_BEAT + HALF, touch.beats)
        odds = log_odds[step] - AWAY * _beyond(notes, at[number : number + 2])
        near = (notes.onset < last + RELEASE_BEATS) & (notes.offset > time - RELEASE_BEATS)
        odds[notes.pitch[near] - LOWEST_PITCH] = -np.inf
        if np.isneginf(odds).all():
            continue
        pitch = int(odds.argmax()) + LOWEST_PITCH
        stop = touch.off_pedal(touch.ends.end(step + 1, pitch, time), step + 1, time)
        stop = min(max(stop, time + touch.shortest), last)
        loudness = touch.velocity(step, pitch, float(notes.velocity.mean()))
        notes = concatenate([notes, Notes.of([time], [stop], [pitch], [loudness])])
    return notes


def strikes_of(notes: Notes) -> np.ndarray:
    """Beats at which chords and single notes begin."""
    struck = notes.onset[notes.onset >= -EARLY]
    return struck[np.diff(struck, prepend=-np.inf) > CHORD_BEATS]


def _long(gaps: np.ndarray, is_new: np.ndarray) -> np.ndarray:
    """Numbers of gaps much longer than those beside them, the most so first.

    Parameters
    ----------
    gaps : float array, shape (g,)
    is_new : bool array, shape (g + 1,)
        Which of the strikes that they part are not the segment's own.
    """
    longer = np.zeros(len(gaps))
    for number in np.flatnonzero(gaps >= 2 * SHORTEST_GAP).tolist():
        first = max(number - BESIDE, 0)
        if not is_new[first : number + BESIDE + 2].any():
            continue
        beside = np.delete(gaps[first : number + BESIDE + 1], number - first)
        longer[number] = gaps[number] / np.median(beside) if len(beside) else 0.0
    order = np.argsort(-longer, kind="stable")[: int((longer >= LONGER).sum())]
    return order[: int(np.ceil(OF_SOME * len(order)))]


def _shares(gaps: np.ndarray) -> np.ndarray:
    """Share of two gaps in turn that the first one has, of gaps that are nearly alike."""
    shares = gaps[:-1] / (gaps[:-1] + gaps[1:])
    alike = shares[np.abs(shares - 0.5) <= ALIKE]
    return alike if len(alike) else np.array([0.5])


def _beyond(notes: Notes, strikes: np.ndarray) -> np.ndarray:
    """Semitones of each key beyond the top notes of two strikes: shape (88,)."""
    tops: list[int] = []
    for time in strikes:
        struck = (notes.onset >= time) & (notes.onset <= time + CHORD_BEATS)
        tops.append(int(notes.pitch[struck].max()))
    key = np.arange(PITCHES) + LOWEST_PITCH
    return np.maximum(min(tops) - key, 0) + np.maximum(key - max(tops), 0)
