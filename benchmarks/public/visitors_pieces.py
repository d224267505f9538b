"""MIDI files that visitors of the page bring."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np


def long_piece(minutes: float, key: str = "sonata") -> bytes:
    """A MIDI file of so many minutes: an example, over and over."""
    from fadernets.music import examples, midi
    from fadernets.music.notes import Notes

    piece = examples.load(key)
    times = max(1, int(minutes * 60 / piece.duration))
    shift = np.arange(times)[:, None] * piece.length
    onset, offset = ((shift + side).ravel() for side in (piece.notes.onset, piece.notes.offset))
    pitch, velocity = (np.tile(side, times) for side in (piece.notes.pitch, piece.notes.velocity))
    notes = Notes.of(onset, offset, pitch, velocity)
    return midi.dump(replace(piece, notes=notes, length=piece.length * times))


def small_piece(dice: random.Random) -> bytes:
    """A MIDI file of a few bars that nobody brought before."""
    from fadernets.music import midi
    from fadernets.music.notes import NO_PEDAL, Notes
    from fadernets.music.piece import Piece

    onset = np.arange(64) / 2
    pitch = [dice.randint(40, 88) for _ in onset]
    velocity = [dice.randint(40, 100) for _ in onset]
    notes = Notes.of(onset, onset + 0.5, pitch, velocity)
    tempo, meter = np.array([[0.0, 96.0]]), np.array([[0.0, 4, 4]])
    return midi.dump(Piece(notes, NO_PEDAL, tempo, meter, 32.0))
