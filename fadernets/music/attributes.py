"""The table of faders: what each measures in a segment, step by step and in one number (paper 4.1).

A further attribute is one more entry of `ATTRIBUTES`; no model needs to change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fadernets.music.notes import EARLY, STEPS, STEPS_PER_BEAT, Notes

REST, HOLD, ONSET = 0, 1, 2  # classes of the rhythm label
MAX_POLYPHONY = 15


def _steps(notes: Notes) -> tuple[np.ndarray, np.ndarray]:
    """First and last step (both in 0 to 15) of each note.

    A note belongs to the step it begins in and to every later one of which it fills at least
    half, so that the overlap of a legato does not count as a chord.
    """
    first = np.floor((notes.onset + EARLY) * STEPS_PER_BEAT).astype(np.int64)
    last = np.floor(notes.offset * STEPS_PER_BEAT + 0.5).astype(np.int64) - 1
    return first.clip(0, STEPS - 1), np.maximum(first, last).clip(0, STEPS - 1)


def polyphony(notes: Notes) -> np.ndarray:
    """Number of notes sounding in each step, unclipped: int64, shape (16,)."""
    return _sounding(*_steps(notes))


def _sounding(first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Number of notes sounding in each step, of notes' first and last steps."""
    change = np.bincount(first, minlength=STEPS + 1)
    change[: STEPS + 1] -= np.bincount(last + 1, minlength=STEPS + 1)
    return np.cumsum(change)[:STEPS]


def rhythm_label(notes: Notes) -> np.ndarray:
    """Onset, hold or rest in each step: int64 in {0 rest, 1 hold, 2 onset}, shape (16,)."""
    first, last = _steps(notes)
    label = np.where(_sounding(first, last) > 0, HOLD, REST)
    label[first] = ONSET
    return label


def note_label(notes: Notes) -> np.ndarray:
    """Number of notes sounding in each step, clipped to 15: int64, shape (16,)."""
    return polyphony(notes).clip(max=MAX_POLYPHONY)


def rhythm_density(label: np.ndarray) -> np.ndarray:
    """Share of steps with an onset, in [0, 1]; labels of shape (..., 16) give shape (...)."""
    return (np.asarray(label) == ONSET).mean(-1)


def note_density(label: np.ndarray) -> np.ndarray:
    """Mean number of sounding notes, in [0, 15]; labels of shape (..., 16) give shape (...)."""
    return np.asarray(label).mean(-1)


@dataclass(frozen=True)
class Attribute:
    """A fader: a label for every step of a segment and the density that sums it up.

    Attributes
    ----------
    name : str
    classes : int
        The label's classes, 0 to ``classes - 1``.
    highest : float
        Largest possible density; the smallest is 0.
    label : Notes -> int64 array, shape (16,)
    density : int array, shape (..., 16) -> float array, shape (...)
    """

    name: str
    classes: int
    highest: float
    label: Callable[[Notes], np.ndarray]
    density: Callable[[np.ndarray], np.ndarray]


ATTRIBUTES: dict[str, Attribute] = {
    a.name: a
    for a in (
        Attribute("rhythm", 3, 1.0, rhythm_label, rhythm_density),
        Attribute("note", MAX_POLYPHONY + 1, float(MAX_POLYPHONY), note_label, note_density),
    )
}


def measure(notes: Notes) -> dict[str, float]:
    """Every attribute's density of a segment, by name."""
    return {name: float(a.density(a.label(notes))) for name, a in ATTRIBUTES.items()}
