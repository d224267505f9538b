"""Pieces as a player might play them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fadernets.music.notes import Notes
from fadernets.music.piece import Piece


def take(piece: Piece, seconds: float = 0.0, *, rate: float = 1.0) -> Piece:
    """A piece as a player might play it: each onset off by so much (sd), the tempo by a rate."""
    rng = np.random.default_rng(3)
    beats = rng.normal(0, seconds * piece.tempo[0, 1] / 60, len(piece.notes))
    drift = 0.3 * np.sin(piece.notes.onset / 7) if rate != 1 else 0.0
    onset = (piece.notes.onset * rate + beats + drift).clip(0)
    length = (piece.notes.offset - piece.notes.onset).clip(0.02)
    notes = Notes.of(onset, onset + length, piece.notes.pitch, piece.notes.velocity)
    end = float(notes.offset.max())
    return replace(piece, notes=notes, length=end, original=None)
