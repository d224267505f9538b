"""What tokens hold and labels measure: three definitions of rhythm and note density, by name.

``sound``: notes as heard, lengthened by the pedal. ``keys``: notes as long as their keys are down.
``authors``: as the code of the paper's authors, whose tokens hold notes as heard, while its labels
come from a coarse piano roll of the keys; it also chooses other segments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from fadernets.music import attributes, events, midi
from fadernets.music.attributes import ATTRIBUTES, HOLD, MAX_POLYPHONY, NOTE, ONSET, REST, RHYTHM
from fadernets.music.notes import HIGHEST_PITCH, LOWEST_PITCH, STEPS, STEPS_PER_BEAT, Notes
from fadernets.music.piece import Piece
from fadernets.music.segment_limits import (
    FEW_PITCHES,
    MIN_PITCHES,
    MIN_SOUNDING_STEPS,
    MOSTLY_SILENT,
    NO_NOTES,
    TOO_LONG,
    problem,
)
from fadernets.music.segments import Segment, segments

SOUND, KEYS, AUTHORS = DEFINITIONS = ("sound", "keys", "authors")
Measure = Callable[..., dict[str, float]]  # as `fadernets.music.attributes.measure`
NO_FIRST_SOUND = "nothing sounds on the first step"
ROUNDING = 1e-6  # steps: a note that ends on a step by the file's clock ends there


@dataclass(frozen=True)
class LabelledSegment:
    """A segment by one definition.

    Attributes
    ----------
    segment : Segment
    notes : Notes
        Those that its tokens hold.
    labels : name -> int array, shape (16,)
    problem : str or None
        Why it is not to be trained with; None when it is.
    """

    segment: Segment
    notes: Notes
    labels: dict[str, np.ndarray]
    problem: str | None


def labelled(piece: Piece, definition: str) -> list[LabelledSegment]:
    """The four-beat segments of a piece by one of `DEFINITIONS`."""
    parts = segments(piece, "beats")
    if definition == AUTHORS:
        rolls = [roll(s.window.notes) for s in segments(_first_track(piece), "beats")]
        return [
            LabelledSegment(s, s.sounding, labels_of(velocities), _problem(s, velocities))
            for s, velocities in zip(parts, rolls, strict=True)
        ]
    played = [(s, s.sounding if definition == SOUND else s.notes) for s in parts]
    return [
        LabelledSegment(s, n, {name: a.label(n) for name, a in ATTRIBUTES.items()}, problem(n))
        for s, n in played
    ]


def _first_track(piece: Piece) -> Piece:
    """The piece with the notes of its file's first track that has notes, and the same segments."""
    if piece.original is None or len(piece.original.parts) < 2:
        return piece
    tracks = [piece.original.tracks[number].track for number in piece.original.parts]
    first = [
        part for part, track in zip(piece.original.parts, tracks, strict=True) if track == tracks[0]
    ]
    notes = midi.with_parts(piece, first).notes
    return Piece(notes, piece.pedal, piece.tempo, piece.meter, piece.length)


def roll(notes: Notes) -> np.ndarray:
    """The authors' piano roll of a segment: velocities, int64, shape (16, 88), 0 where silent.

    A note begins on the nearest step, and ends with the last step that it fills.
    """
    first = np.rint(notes.onset * STEPS_PER_BEAT).astype(np.int64).clip(min=0)
    after = np.floor(notes.offset * STEPS_PER_BEAT + ROUNDING).astype(np.int64)
    result = np.zeros((STEPS, HIGHEST_PITCH - LOWEST_PITCH + 1), np.int64)
    keys = (notes.pitch - LOWEST_PITCH).tolist()
    for begin, end, key, velocity in zip(
        first.tolist(), after.tolist(), keys, notes.velocity.tolist(), strict=True
    ):
        steps = result[begin:end, key]
        np.maximum(steps, velocity, out=steps)
    return result


def labels_of(velocities: np.ndarray) -> dict[str, np.ndarray]:
    """The authors' labels of a `roll`: name -> int64, (16,).

    An onset is a step with a pitch that the step before lacks: a key struck again is held.
    """
    sounds = velocities.astype(bool)
    before = np.zeros_like(sounds)
    before[1:] = sounds[:-1]
    rhythm = np.where(sounds.any(1), HOLD, REST)
    rhythm[(sounds & ~before).any(1)] = ONSET
    labels = {RHYTHM: rhythm, NOTE: sounds.sum(1).clip(max=MAX_POLYPHONY)}
    return {name: labels[name] for name in ATTRIBUTES if name in labels}


def measure(
    notes: Notes, names: Iterable[str] | None = None, definition: str = SOUND
) -> dict[str, float]:
    """Densities of what a model plays, by the definition of the labels that it learnt.

    But for the definition ``authors`` this is `fadernets.music.attributes.measure`.
    """
    if definition != AUTHORS:
        return attributes.measure(notes, names)
    labels = labels_of(roll(notes))
    return {
        name: float(ATTRIBUTES[name].density(labels[name]))
        for name in (labels if names is None else names)
    }


def _problem(segment: Segment, velocities: np.ndarray) -> str | None:
    """Why the authors' code would leave a segment out."""
    if not len(segment.sounding):
        return NO_NOTES
    loudest = velocities.max(1)
    if not loudest[0]:
        return NO_FIRST_SOUND
    if np.count_nonzero(loudest) < MIN_SOUNDING_STEPS:
        return MOSTLY_SILENT
    # The loudest pitch of each step; silence counts as one more.
    if len(np.unique(np.where(loudest, velocities.argmax(1), -1))) < MIN_PITCHES:
        return FEW_PITCHES
    if len(events.encode(segment.sounding)) > events.MAX_TOKENS:
        return TOO_LONG
    return None
