"""Which hand plays a note: the file's two tracks say so, or nothing but the notes does.

By the notes: at every moment there is a split, and the left hand plays what lies below it. Among
all courses that the split may take, dynamic programming (Viterbi) finds the one that costs least.
It costs that a hand stretches, that the split lies right beside a struck key, that it moves, and,
a little, that the left hand plays high or the right hand low.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fadernets.music import midi
from fadernets.music.notes import HIGHEST_PITCH, LOWEST_PITCH, Notes
from fadernets.music.piece import Piece

TOGETHER_BEATS = 1 / 32  # notes struck within it are struck together
OVERLAP_BEATS = 1 / 8  # that a legato note may go on under the next one
# Drawn at random and kept where they were better on 24 scores with a staff for each hand (ASAP).
MIDDLE = 60  # MIDI pitch that either hand likes as much
LEANING = 0.026  # cost of a semitone that a struck note lies on the other hand's side of it
REACH = 11  # semitones that a hand spans without effort
STRETCH = 0.55  # cost of each semitone beyond
BESIDE = 0.45  # cost of a split right beside a key that is struck, by the share of such keys
MOVE = 0.19  # cost of moving the split by a semitone at once
MOVE_BEATS = 0.8  # a rest as long halves it
# Two tracks are the hands if they agree with the estimate for such a share of notes, or if neither
# reaches farther than a tenth at more than such a share of moments. Of 321 files with a track for
# each hand 319 are known by that, of 205 songs a melody beside its piano is taken for hands in 2.
LIKE_HANDS = 0.77
TENTH, BEYOND_TENTH = 16, 0.1
MOMENTS_AT_ONCE = 4096  # of which costs are worked out: beside the costs themselves a few megabytes
SPLITS = np.arange(LOWEST_PITCH, HIGHEST_PITCH + 2)  # the lowest pitch of the right hand


def of_hands(piece: Piece) -> dict[str, np.ndarray]:
    """Which notes of a piece "left" and "right" play, by its two tracks or probably: bool, (n,).

    A note that both tracks play is of both hands.
    """
    right = by_right_hand(piece.notes)
    left = ~right
    if piece.original is not None and len(piece.original.parts) == 2:
        tracks = [midi.played_by(piece, [part]) for part in piece.original.parts]
        agreements = [float(np.mean(played == right)) for played in tracks]
        notes = [piece.notes[played] for played in tracks]
        if max(agreements) >= LIKE_HANDS:
            left, right = tracks if agreements[1] > agreements[0] else tracks[::-1]
        elif all(len(each) and _is_of_one_hand(each) for each in notes):
            left, right = sorted(tracks, key=lambda played: piece.notes.pitch[played].mean())
    return {"left": left, "right": right}


def by_right_hand(notes: Notes) -> np.ndarray:
    """Which notes the right hand probably plays: bool, shape (n,).

    >>> both_high = Notes.of([0, 0, 0, 1], [1, 1, 1, 2], [64, 67, 79, 83], [80] * 4)
    >>> by_right_hand(both_high).tolist()
    [False, False, True, True]
    """
    if not len(notes):
        return np.zeros(0, bool)
    starts, sizes = _moments(notes)
    splits = _cheapest(_costs(notes, starts, sizes), notes.onset[starts])
    return notes.pitch >= np.repeat(splits, sizes)


def _costs(notes: Notes, starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Cost of every split at each of g moments: float, shape (g, splits)."""
    cost = np.empty((len(starts), len(SPLITS)))
    _stretched(notes, starts, sizes, cost)
    for first in range(0, len(starts), MOMENTS_AT_ONCE):
        part = slice(first, first + MOMENTS_AT_ONCE)
        begin = starts[first]
        pitch = notes.pitch[begin : starts[part][-1] + sizes[part][-1]]
        cost[part] += _struck(pitch, starts[part] - begin, sizes[part])
    return cost


def _struck(pitch: np.ndarray, starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Cost of every split by what is struck at each of g moments: float, shape (g, splits)."""
    distance = pitch[:, None] - SPLITS
    lies_low = (MIDDLE - pitch)[:, None] / 2
    cost = LEANING * np.where(distance >= 0, lies_low, -lies_low)
    cost += BESIDE * ((distance == 0) | (distance == -1))
    return np.add.reduceat(cost, starts) / sizes[:, None]


def _stretched(notes: Notes, starts: np.ndarray, sizes: np.ndarray, cost: np.ndarray) -> None:
    """Write the cost of every split by what each hand then holds and strikes, (g, splits)."""
    for moment, keys in enumerate(_keys_down(notes, starts, sizes)):
        below = np.searchsorted(keys, SPLITS)
        left = keys[(below - 1).clip(0)] - keys[0]
        right = keys[-1] - keys[below.clip(max=len(keys) - 1)]
        cost[moment] = STRETCH * ((left - REACH).clip(0) + (right - REACH).clip(0))


def _is_of_one_hand(notes: Notes) -> bool:
    """Whether a hand can hold and strike them, but for a few moments."""
    beyond = [keys[-1] - keys[0] > TENTH for keys in _keys_down(notes, *_moments(notes))]
    return float(np.mean(beyond)) <= BEYOND_TENTH


def _moments(notes: Notes) -> tuple[np.ndarray, np.ndarray]:
    """At each of g moments, the first note struck and how many are: int, (g,) each."""
    starts = np.flatnonzero(np.diff(notes.onset, prepend=-np.inf) > TOGETHER_BEATS)
    return starts, np.diff(starts, append=len(notes))


def _keys_down(notes: Notes, starts: np.ndarray, sizes: np.ndarray) -> Iterator[np.ndarray]:
    """At each moment the pitches held or struck, from the lowest."""
    held: list[tuple[int, float]] = []  # pitches, and when they end
    pitches, ends = notes.pitch.tolist(), notes.offset.tolist()
    for first, size in zip(starts.tolist(), sizes.tolist(), strict=True):
        until = float(notes.onset[first]) + OVERLAP_BEATS
        struck = list(zip(pitches[first : first + size], ends[first : first + size], strict=True))
        held = [(pitch, end) for pitch, end in held if end > until] + struck
        yield np.sort([pitch for pitch, _ in held])


def _cheapest(total: np.ndarray, onset: np.ndarray) -> np.ndarray:
    """The splits, one a moment, whose costs and movements cost least together: int, shape (g,).

    Parameters
    ----------
    total : float array, shape (g, splits)
        The costs; written over with the least that it costs to come to each split.
    onset : float array, shape (g,)
        Beats.
    """
    moves = MOVE / (1 + np.diff(onset) / MOVE_BEATS)
    for moment, move in enumerate(moves, 1):
        # The least of total + move * |distance|, in linear time: from below, then from above.
        slope = move * SPLITS
        before = total[moment - 1]
        upwards = np.minimum.accumulate(before - slope) + slope
        downwards = np.minimum.accumulate((before + slope)[::-1])[::-1] - slope
        total[moment] += np.minimum(upwards, downwards)
    place = int(total[-1].argmin())
    places = [place]
    for moment in range(len(moves), 0, -1):
        distance = np.abs(np.arange(len(SPLITS)) - place)
        place = int((total[moment - 1] + moves[moment - 1] * distance).argmin())
        places.append(place)
    return SPLITS[places[::-1]]
