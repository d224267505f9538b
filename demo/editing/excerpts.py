"""What sounds between two beats of a piece, as a piece of its own."""

from __future__ import annotations

import numpy as np

from fadernets.music.decay import faded
from fadernets.music.notes import EARLY, RINGS_IN, Notes
from fadernets.music.piece import Piece


def excerpt(piece: Piece, begin: float, end: float) -> Piece:
    """What lies between two beats, as a piece of its own.

    Notes that begin in it, cut at its end, as segments are; and those that ring in, by their key or
    the pedal, struck at its first beat as loud as they still are. Bars are counted from that beat.
    """
    if begin <= 0 and end >= piece.length:
        return piece
    rows, onset = _rows_and_onsets(piece, begin, end)
    offset = np.minimum(piece.notes.offset[rows], end) - begin
    rings = onset < 0
    offset[rings] = np.maximum(offset[rings], RINGS_IN)  # the pedal may hold it on from there
    held = piece.seconds(begin) - piece.seconds(piece.notes.onset[rows[rings]])
    velocity = piece.notes.velocity[rows]
    velocity[rings] = faded(velocity[rings], held)
    notes = Notes(np.maximum(onset, 0.0), offset, piece.notes.pitch[rows], velocity)
    pedal = piece.pedal.clip(begin, end) - begin
    return Piece(
        notes=notes,
        pedal=pedal[pedal[:, 1] > pedal[:, 0]],
        tempo=_rows_between(piece.tempo, begin, end),
        meter=_rows_between(piece.meter, begin, end),
        length=end - begin,
        name=piece.name,
    )


def excerpt_rows(piece: Piece, begin: float, end: float) -> np.ndarray:
    """The numbers in a piece of the notes that `excerpt` has, in its order: int64, (n,)."""
    if begin <= 0 and end >= piece.length:
        return np.arange(len(piece.notes))
    return _rows_and_onsets(piece, begin, end)[0]


def _rows_and_onsets(piece: Piece, begin: float, end: float) -> tuple[np.ndarray, np.ndarray]:
    """As `excerpt_rows`; and when they begin, in beats from `begin`, below 0 if they ring in."""
    first, last = np.searchsorted(piece.notes.onset, [begin - EARLY, end - EARLY])
    rings = np.flatnonzero(piece.sounding.offset[:first] >= begin + RINGS_IN)
    own = np.arange(first, last)
    own = own[np.minimum(piece.notes.offset[own], end) > np.maximum(piece.notes.onset[own], begin)]
    rows = np.concatenate([rings, own])
    onset = piece.notes.onset[rows] - begin
    onset[len(rings) :] = onset[len(rings) :].clip(min=0.0)
    order = np.lexsort((piece.notes.pitch[rows], onset.clip(min=0.0)))
    return rows[order], onset[order]


def _rows_between(rows: np.ndarray, begin: float, end: float) -> np.ndarray:
    """Rows (beat, ...) that hold between two beats, the first at beat 0."""
    first = np.searchsorted(rows[:, 0], begin, side="right") - 1
    inside = rows[first:][rows[first:, 0] < end].astype(float)
    inside[:, 0] = np.maximum(inside[:, 0] - begin, 0.0)
    return inside
