"""Articulation: how much of the time to the next strike a key is held."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fadernets.expression.expression import Expression
from fadernets.music.attributes import Words
from fadernets.music.notes import Notes
from fadernets.music.piece import Piece
from fadernets.music.windows import among

SHORTEST = 0.05  # beats that a key stays down, if it did before
TOGETHER = 0.06  # beats within which keys are struck together


class Articulation(Expression):
    """Keys are let go sooner or later; what is struck stays.

    A key that is held longer is let go when the next one is struck, as in legato, so that harmonies
    do not run into one another; behind the last strike none is. Arousal leaves it: that keys are
    let go sooner is told from real music, and classifiers of arousal hardly hear it.
    """

    name = "articulation"
    words = Words(
        title="Articulation",
        subject="Articulation",
        ends=("detached", "held"),
        hint="How long keys are down, of the time to the next strike",
    )

    def played(self, piece: Piece, edges: np.ndarray, octaves: np.ndarray, fixed: Notes) -> Piece:
        """A piece with other ends of notes; none lasts past the next strike of its key."""
        notes = piece.notes
        part = np.searchsorted(edges, notes.onset, side="right") - 1
        inside = (part >= 0) & (part < len(octaves)) & ~among(notes, fixed)
        by = np.where(inside, octaves[part.clip(0, len(octaves) - 1)], 0.0)
        if not by.any():
            return piece
        length = notes.offset - notes.onset
        behind = np.minimum(next_strike(notes, notes.offset - TOGETHER), next_on_key(notes))
        longest = np.where(np.isfinite(behind), np.maximum(behind, notes.offset), notes.offset)
        least = np.minimum(length, SHORTEST)
        offset = np.minimum(notes.onset + np.maximum(length * 2.0**by, least), longest)
        return replace(piece, notes=replace(notes, offset=np.where(by == 0, notes.offset, offset)))

    def value(self, piece: Piece, begin: float, end: float) -> float:
        """How long keys struck between two beats are down, of the gap to the next strike.

        The geometric mean; of notes without a next one nothing is known.
        """
        notes = piece.notes
        inside = notes[(notes.onset >= begin) & (notes.onset < end)]
        gap = next_strike(notes, inside.onset + TOGETHER) - inside.onset
        known = np.isfinite(gap)
        if not known.any():
            return float("nan")
        shares = (inside.offset - inside.onset)[known] / gap[known]
        return float(np.exp(np.log(shares).mean()))

    def text(self, piece: Piece, begin: float, end: float) -> str:
        """With two digits, 1 being legato."""
        value = self.value(piece, begin, end)
        return f"{value:.2f}" if np.isfinite(value) else "–"


def next_strike(notes: Notes, times: np.ndarray) -> np.ndarray:
    """When the first key is struck at each of some times or after it: float64, infinite if none."""
    onset = np.append(notes.onset, np.inf)
    return onset[np.searchsorted(notes.onset, times)]


def next_on_key(notes: Notes) -> np.ndarray:
    """When the key of each note is struck again: float64, infinite if it is not."""
    order = np.lexsort((notes.onset, notes.pitch))
    again = np.append(notes.onset[order][1:], np.inf)
    again[np.append(np.diff(notes.pitch[order]) != 0, True)] = np.inf
    result = np.empty(len(notes))
    result[order] = again
    return result
