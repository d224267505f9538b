"""Two pieces on one time axis: which notes stayed, came, went, moved, and changed in length."""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple, TypedDict

import numpy as np

from fadernets.music.piece import Piece
from fadernets.playback.pianoroll import ADDED, KEPT, REMOVED, Roll, roll

SAME_ONSET = 0.05  # seconds within which two onsets of one pitch are the same note
AUDIBLE = 0.02  # seconds from which on two onsets are heard one after the other
NEAR = 0.5  # seconds within which a new note is a gone one of its pitch that was moved
MOVED, LONGER, SHORTER = "moved", "longer", "shorter"
ROUNDING = 1e-9  # seconds; times are rounded, and exactly 50 ms still match
ALONE = -1  # in place of a partner's index

ByPitch = dict[int, list[int]]  # indices of notes, by MIDI pitch
Partners = dict[int, int]  # indices of one roll's notes, by the other's
Origin = tuple[int, float, float]  # a note of the result; when it began and ended before, in s


class MarkedRoll(Roll):
    """A piece beside another one."""

    marks: list[str]  # of each note, one of `MARKS`
    partners: list[int]  # of each note, the index of the other piece's that it is, or `ALONE`


class Comparison(TypedDict):
    """Two pieces on one time axis."""

    original: MarkedRoll  # notes are kept or removed
    result: MarkedRoll  # notes are kept or added
    length_s: float  # of the longer piece
    pitches: list[int]  # lowest and highest of both


class Counts(NamedTuple):
    """How many notes of two pieces stayed, were moved, came and went."""

    kept: int
    moved: int
    added: int
    removed: int


def compare(original: Piece, result: Piece) -> Comparison:
    """Two pieces as data for drawing on one time axis, each note marked.

    A note is kept if the other piece has one of the same pitch with its onset within 50 ms; each
    note is the partner of at most one other, and as many as possible are kept. Of the rest, a new
    note within half a second of a gone one of its pitch is that note moved: the two are partners.
    """
    rolls = roll(original), roll(result)
    before, after = (_by_pitch(side["notes"]) for side in rolls)
    partners = _pairs(rolls, before, after, SAME_ONSET)
    back = {j: i for i, j in partners.items()}
    moved = _pairs(rolls, _without(before, partners), _without(after, back), NEAR)
    drawn = [side for side in rolls if side["notes"]] or rolls
    return {
        "original": _marked(rolls[0], partners, moved, REMOVED),
        "result": _marked(rolls[1], back, {j: i for i, j in moved.items()}, ADDED),
        "length_s": max(side["length_s"] for side in rolls),
        "pitches": [
            min(side["pitches"][0] for side in drawn),
            max(side["pitches"][1] for side in drawn),
        ],
    }


def counts(comparison: Comparison) -> Counts:
    """What became of the notes of a comparison, each counted once."""
    before, after = words(comparison)
    kept, moved, removed = (before.count(word) for word in (KEPT, MOVED, REMOVED))
    return Counts(kept, moved, after.count(ADDED), removed)


def stretches(comparison: Comparison) -> np.ndarray:
    """How much longer each note of the result is than its partner: seconds, (n,); 0 if alone."""
    before, result = comparison["original"]["notes"], comparison["result"]
    pairs = zip(result["notes"], result["partners"], strict=True)
    lengths = [
        0.0 if partner == ALONE else _length(note) - _length(before[partner])
        for note, partner in pairs
    ]
    return np.array(lengths)


def words(comparison: Comparison) -> tuple[list[str], list[str]]:
    """What became of each note, in a word, of the original and of the result.

    Of the original "kept", "moved" or "removed". Of the result "added", "moved" or "kept", and of
    what was kept "longer" or "shorter" where its length differs by more than 50 ms. What is marked
    as kept, but begins more than 20 ms earlier or later, is "moved".
    """
    original, result = comparison["original"], comparison["result"]

    def word(side: MarkedRoll, other: MarkedRoll, i: int) -> str:
        partner = side["partners"][i]
        if partner == ALONE:
            return side["marks"][i]
        apart = abs(side["notes"][i][0] - other["notes"][partner][0])
        return KEPT if apart <= AUDIBLE + ROUNDING else MOVED

    before, after = (
        [word(side, other, i) for i in range(len(side["notes"]))]
        for side, other in ((original, result), (result, original))
    )
    for i, by in enumerate(stretches(comparison)):
        if after[i] == KEPT and abs(by) > SAME_ONSET + ROUNDING:
            after[i] = LONGER if by > 0 else SHORTER
    return before, after


def origins(comparison: Comparison) -> list[Origin]:
    """Where the result's notes were that are moved, longer or shorter."""
    before, partners = comparison["original"]["notes"], comparison["result"]["partners"]
    _, after = words(comparison)
    return [
        (i, before[partners[i]][0], before[partners[i]][1])
        for i, word in enumerate(after)
        if word in (MOVED, LONGER, SHORTER)
    ]


def _length(row: list[float]) -> float:
    return row[1] - row[0]


def _marked(side: Roll, partners: Partners, moved: Partners, alone: str) -> MarkedRoll:
    indices = range(len(side["notes"]))
    return MarkedRoll(
        **side,
        marks=[KEPT if i in partners else alone for i in indices],
        partners=[partners.get(i, moved.get(i, ALONE)) for i in indices],
    )


def _pairs(rolls: tuple[Roll, Roll], first: ByPitch, second: ByPitch, reach: float) -> Partners:
    """Partners, by index in the first roll: notes of one pitch at most `reach` seconds apart."""
    pairs: Partners = {}
    notes, others = (side["notes"] for side in rolls)
    for pitch, ours in first.items():
        theirs = second.get(pitch, [])
        # Both in order of onset, and all reach equally far: a note that takes the earliest partner
        # it can have leaves the later ones to later notes, so as many as possible are matched.
        a = b = 0
        while a < len(ours) and b < len(theirs):
            gap = others[theirs[b]][0] - notes[ours[a]][0]
            if abs(gap) <= reach + ROUNDING:
                pairs[ours[a]] = theirs[b]
                a, b = a + 1, b + 1
            elif gap > 0:
                a += 1
            else:
                b += 1
    return pairs


def _without(indices: ByPitch, partners: Container[int]) -> ByPitch:
    return {pitch: [i for i in those if i not in partners] for pitch, those in indices.items()}


def _by_pitch(notes: list[list[float]]) -> ByPitch:
    """Indices of the notes of each pitch there is, in order."""
    indices: ByPitch = {}
    for i, note in enumerate(notes):
        indices.setdefault(int(note[2]), []).append(i)
    return indices
