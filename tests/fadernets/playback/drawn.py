"""Pieces of a few notes, to be drawn and compared."""

import numpy as np

from fadernets.music.notes import Notes
from fadernets.music.piece import Piece


def piece(rows, *, pedal=(), tempo=((0, 120),), meter=((0, 4, 4),), length=8.0, name=""):
    """A piece of rows (onset, offset, pitch, velocity) in beats; 120 qpm is half a second a beat"""
    columns = zip(*rows, strict=True) if rows else ([], [], [], [])
    return Piece(
        notes=Notes.of(*columns),
        pedal=np.array(pedal, float).reshape(-1, 2),
        tempo=np.array(tempo, float),
        meter=np.array(meter, float),
        length=length,
        name=name,
    )
