"""Mode: a segment in the major or minor key on its own tonic (a rule, neither learnt nor paper).

Music is heard as brighter in major and as darker in minor. Between the two lie three degrees of the
scale, the third, the sixth and the seventh, a semitone lower in minor. Towards minor the seventh
stays, as in harmonic minor, because it leads to the tonic.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor

from fadernets.music.key import MINOR
from fadernets.music.notes import HIGHEST_PITCH, LOWEST_PITCH, Notes

OCTAVE = 12
THIRD, SIXTH, SEVENTH = 4, 9, 11  # semitones from the tonic, in major
DEGREES = {"low": (THIRD, SIXTH), "high": (THIRD, SIXTH, SEVENTH)}  # the more telling ones first


def degrees(side: str, strength: float) -> tuple[int, ...]:
    """The degrees that change on the way to a side: none at strength 0, all of them at 1.

    >>> degrees("low", 0.5), degrees("high", 1.0)
    ((4,), (4, 9, 11))
    """
    changing = DEGREES[side]
    return changing[: int(len(changing) * min(strength, 1.0) + 0.5)]


def to_parallel_mode(notes: Notes, key: int, side: str, strength: float = 1.0) -> Notes:
    """Notes of a major key lowered towards minor, or of a minor key raised towards major.

    As `parallel_pitches` has them.

    >>> chord = Notes.of([0, 0, 0], [4, 4, 4], [60, 64, 67], [80] * 3)  # C, E, G
    >>> to_parallel_mode(chord, key=0, side="low").pitch.tolist()
    [60, 63, 67]
    """
    pitch = parallel_pitches(notes, key, side, strength)
    if pitch is notes.pitch:
        return notes
    return Notes.of(notes.onset, notes.offset, pitch, notes.velocity)


def parallel_pitches(
    notes: Notes, key: int, side: str, strength: float = 1.0, may_move: np.ndarray | bool = True
) -> np.ndarray:
    """Pitches of notes on the way to the other mode.

    Music in that mode already stays, and so does a note whose new key another note holds.

    Parameters
    ----------
    notes : Notes
    key : int
        Of `fadernets.music.key.find`: 0 to 11 major, 12 to 23 minor.
    side : {"low", "high"}
        Low is minor, high is major.
    strength : float
        0 changes nothing, 1 all degrees.
    may_move : bool array, shape (n,), or bool
        Which of the notes may change at all.

    Returns
    -------
    int64 array, shape (n,)
    """
    changing = degrees(side, strength)
    if not changing or is_there(key, side):
        return notes.pitch
    step = 1 if side == "high" else -1
    classes = [(key + degree - (side == "high")) % OCTAVE for degree in changing]
    moves = np.isin(notes.pitch % OCTAVE, classes) & may_move
    pitch = notes.pitch + step * moves
    # A note must not move onto a key that another note holds at the same time.
    together = (notes.onset[:, None] < notes.offset) & (notes.onset < notes.offset[:, None])
    occupied = together & (pitch[:, None] == notes.pitch) & ~moves
    free = ~occupied.any(1) & (pitch >= LOWEST_PITCH) & (pitch <= HIGHEST_PITCH)
    return np.where(moves & free, pitch, notes.pitch)


def is_there(key: int | Tensor, side: str) -> bool | Tensor:
    """Whether a key is of the mode that a side of valence asks for."""
    return (key < MINOR) == (side == "high")


def parallel(keys: Tensor, side: str) -> Tensor:
    """Keys, int64 (n,), on the same tonics in the mode of that side."""
    return keys % OCTAVE + (0 if side == "high" else MINOR)
