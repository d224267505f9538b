"""What a composer would ask of notes: patterns that go on, and what hands can play."""

from __future__ import annotations

import numpy as np

from fadernets.music.notes import Notes
from train.metrics import patterns
from train.metrics.over_pieces import Tally
from train.metrics.strikes import for_two_hands, restruck

STUB = 1 / 6  # beats: notes of 80 ms at 117 qpm


def measures(notes: Notes, judged: np.ndarray, beats: list[patterns.Beat]) -> dict[str, Tally]:
    """Measures of some notes of a piece, or of some of its beats, by name.

    Parameters
    ----------
    notes : Notes
        All n of them.
    judged : bool array, shape (n,)
    beats : list of Beat
    """
    own = notes[judged]
    return {
        "successive beats alike": Tally.of(patterns.alike(notes, beats)),
        "beats without an onset": Tally.of(patterns.empty(notes, beats)),
        "restrikes": Tally.of(restruck(notes)[judged]),
        "short notes": Tally.of(own.offset - own.onset < STUB),
        "chords for two hands": Tally.of(for_two_hands(own)),
    }
