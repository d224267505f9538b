"""The table of faders: what each measures in a segment, step by step and in one number (paper 4.1).

A further attribute is one more entry of `ATTRIBUTES`. Models that are trained with it (``python -m
train.fit --attributes rhythm note NAME``) have its fader, and so have their command line, their
page and its API; models without it stay as they are. No other file names an attribute:
`tests/test_third_attribute.py` adds one and goes all the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fadernets.music.notes import STEPS, STEPS_PER_BEAT, Notes, first_steps

if TYPE_CHECKING:  # measuring needs no PyTorch
    from torch import Tensor

RHYTHM, NOTE = "rhythm", "note"
PAPER = (RHYTHM, NOTE)  # the paper's attributes, which the shipped models have
# What is tied to one of the paper's attributes has a name of its own here, and code elsewhere says
# that name; `tests/test_attribute_names.py` lists the files that may.
# The arranger plans two labels to the step: where notes begin, and how many sound.
PLANNED_ONSETS, PLANNED_COUNTS = RHYTHM, NOTE
PLANNED = (PLANNED_ONSETS, PLANNED_COUNTS)
MIXED = RHYTHM  # mixing takes this code of one music, and all other codes of another (paper 5)

REST, HOLD, ONSET = 0, 1, 2  # classes of the rhythm label
MAX_POLYPHONY = 15


def _steps(notes: Notes) -> tuple[np.ndarray, np.ndarray]:
    """First step, -1 for one that rings in, and last step (0 to 15) of each note that counts.

    A note belongs to the step it begins in and to every later one of which it fills at least
    half, so that the overlap of a legato does not count as a chord.
    """
    first = first_steps(notes.onset)
    last = np.floor(notes.offset * STEPS_PER_BEAT + 0.5).astype(np.int64) - 1
    first, last = first.clip(-1, STEPS - 1), np.maximum(first, last).clip(-1, STEPS - 1)
    counts = last >= 0
    return first[counts], last[counts]


def polyphony(notes: Notes) -> np.ndarray:
    """Number of notes sounding in each step, unclipped: int64, shape (16,)."""
    return _sounding(*_steps(notes))


def _sounding(first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Number of notes sounding in each step, of notes' first and last steps."""
    change = np.bincount(first.clip(min=0), minlength=STEPS + 1)
    change[: STEPS + 1] -= np.bincount(last + 1, minlength=STEPS + 1)
    return np.cumsum(change)[:STEPS]


def rhythm_label(notes: Notes) -> np.ndarray:
    """Onset, hold or rest in each step: int64 in {0 rest, 1 hold, 2 onset}, shape (16,)."""
    first, last = _steps(notes)
    label = np.where(_sounding(first, last) > 0, HOLD, REST)
    label[first[first >= 0]] = ONSET
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
class SoftNotes:
    """Token distributions of b segments, from which an attribute can take a slope.

    `fadernets.models.softdensity` makes them. Padding counts nowhere.

    Attributes
    ----------
    probability : float tensor, shape (b, t, 342)
        Of every token at every place.
    is_token : float tensor, shape (b, t)
        1 at tokens, 0 at padding.
    first, after : tensors, shape (b, t)
        The step, 0 to 15, in which a note that is struck at a place begins; the first step, 0 to
        16, in which a note that is released there sounds no more.
    onsets : float tensor, shape (b, 16)
        Probability that a note begins in each step.
    sounding : float tensor, shape (b, t)
        Steps that each place adds to the sounding notes; a release takes steps away.
    """

    probability: Tensor
    is_token: Tensor
    first: Tensor
    after: Tensor
    onsets: Tensor
    sounding: Tensor


def rhythm_soft_density(soft: SoftNotes) -> Tensor:
    """Expected share of steps with an onset, (b,)."""
    return soft.onsets.mean(1)


def note_soft_density(soft: SoftNotes) -> Tensor:
    """Expected mean number of sounding notes, (b,)."""
    return soft.sounding.sum(1) / STEPS


@dataclass(frozen=True)
class Words:
    """What people read at a fader; what is left out is made of the attribute's name.

    Attributes
    ----------
    title : str
        Such as "Rhythm density".
    subject : str
        Such as "Rhythm", of "Rhythm as played".
    ends : tuple of two str
        What music is like at the low and at the high end.
    hint : str
        What is measured.
    """

    title: str = ""
    subject: str = ""
    ends: tuple[str, str] = ("low", "high")
    hint: str = ""


# Names that stand beside those of attributes in prepared files, requests of the page and options.
RESERVED_NAMES = frozenset(
    "tokens length key start arousal valence piece split random_split piece_name piece_corpus "
    "number example tracks first last seed vorbis original peak chunk gain kind scope midi source "
    "output model segments run faders absolute lock definition strict curves bars help positions "
    "redrawn redrawn_now everywhere props donor notes seeds context path out tempo "
    "articulation".split()
)


@dataclass(frozen=True)
class Attribute:
    """A fader: a label for every step of a segment and the density that sums it up.

    Attributes
    ----------
    name : str
        A lower-case word: of files, options, and codes.
    classes : int
        The label's classes, 0 to ``classes - 1``.
    highest : float
        Largest possible density; the smallest is 0.
    label : Notes -> int64 array, shape (16,)
    density : int array, shape (..., 16) -> float array, shape (...)
    soft_density : SoftNotes -> float tensor, shape (b,), optional
        The density with a slope, which GLSR needs and no other model.
    words : Words

    Raises
    ------
    ValueError
        If the name is no lower-case word or means something else already.
    """

    name: str
    classes: int
    highest: float
    label: Callable[[Notes], np.ndarray]
    density: Callable[[np.ndarray], np.ndarray]
    soft_density: Callable[[SoftNotes], Tensor] | None = None
    words: Words = Words()

    def __post_init__(self) -> None:
        if not self.name.isidentifier() or self.name != self.name.lower():
            raise ValueError(f"attribute {self.name!r} is not named by a lower-case word")
        if self.name in RESERVED_NAMES:
            raise ValueError(f"an attribute cannot be named {self.name!r}: that is something else")


ATTRIBUTES: dict[str, Attribute] = {
    a.name: a
    for a in (
        Attribute(
            RHYTHM,
            classes=3,
            highest=1.0,
            label=rhythm_label,
            density=rhythm_density,
            soft_density=rhythm_soft_density,
            words=Words(
                title="Rhythm density",
                subject="Rhythm",
                ends=("long notes", "busy"),
                hint="Share of the sixteen steps of a segment in which a note begins",
            ),
        ),
        Attribute(
            NOTE,
            classes=MAX_POLYPHONY + 1,
            highest=float(MAX_POLYPHONY),
            label=note_label,
            density=note_density,
            soft_density=note_soft_density,
            words=Words(
                title="Note density",
                subject="Notes",
                ends=("thin", "full chords"),
                hint="How many notes sound at once, on average",
            ),
        ),
    )
}


def attribute(name: str) -> Attribute:
    """An entry of the table.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    if name not in ATTRIBUTES:
        raise ValueError(f"unknown attribute {name!r}; there are: {', '.join(ATTRIBUTES)}")
    return ATTRIBUTES[name]


def title(name: str) -> str:
    """What people read at a fader, whether or not the table has it: such as "Rhythm density"."""
    words = ATTRIBUTES[name].words if name in ATTRIBUTES else Words()
    return words.title or f"{name.capitalize()} density"


# By name of the class: `fadernets.music.segments` imports this file.
_HOW_TO_MEASURE = {
    "Piece": "[measure(s.notes) for s in fadernets.segments(piece)]",
    "Segment": "measure(segment.notes)",
    "list": "[measure(notes) for notes in segments]",
}


def measure(
    notes: Notes, names: Iterable[str] | None = None, steps: int = STEPS
) -> dict[str, float]:
    """Densities of a segment by name: of the attributes named, or of all in the table.

    They are means over the segment's first `steps` steps, which a bar of another meter has.

    >>> measure(Notes.of([0, 0, 2], [2, 2, 4], [60, 64, 62], [80] * 3), ["rhythm", "note"])
    {'rhythm': 0.125, 'note': 1.5}

    Raises
    ------
    TypeError
        If these are no segment's notes; the message says how to measure them.
    ValueError
        If a name is not in the table.
    """
    if not isinstance(notes, Notes):
        kind = type(notes).__name__
        how = f": write {_HOW_TO_MEASURE[kind]}" if kind in _HOW_TO_MEASURE else ""
        raise TypeError(f"measure takes the notes of one segment and was given a {kind}{how}")
    entries = (attribute(name) for name in (ATTRIBUTES if names is None else names))
    return {a.name: float(a.density(a.label(notes)[:steps])) for a in entries}
