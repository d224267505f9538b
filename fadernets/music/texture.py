"""What borders between segments are heard by: how high and how loud the music is beside them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fadernets.music.notes import BEATS, EARLY, Notes


class Texture(NamedTuple):
    """How high and how loud some beats of music are.

    Attributes
    ----------
    register : float
        Mean pitch, by how long notes sound; NaN where none do.
    loudness : float
        Mean velocity of the notes that begin; NaN where none do.
    """

    register: float
    loudness: float


def texture(notes: Notes, begin: float, end: float) -> Texture:
    """The texture between two beats; a note that began a segment's length before has none.

    >>> texture(Notes.of([0, 1, 2], [4, 2, 4], [60, 72, 67], [80, 90, 70]), 0, 2)
    Texture(register=64.0, loudness=85.0)
    """
    heard = notes[slice(*np.searchsorted(notes.onset, [begin - BEATS, end - EARLY]))]
    lasting = (np.minimum(heard.offset, end) - np.maximum(heard.onset, begin)).clip(min=0)
    begun = heard.velocity[heard.onset >= begin - EARLY]
    return Texture(
        float(heard.pitch @ lasting / lasting.sum()) if lasting.any() else np.nan,
        float(begun.mean()) if len(begun) else np.nan,
    )
