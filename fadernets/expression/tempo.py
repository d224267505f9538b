"""Tempo: how soon one beat follows another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fadernets.expression.expression import Expression
from fadernets.music.attributes import Words
from fadernets.music.midifile.maps import in_microseconds
from fadernets.music.notes import Notes
from fadernets.music.piece import Piece


class Tempo(Expression):
    """The beats of a piece come sooner or later; every note stays at its beat."""

    name = "tempo"
    words = Words(
        title="Tempo",
        subject="Tempo",
        ends=("slower", "faster"),
        hint="Quarter notes a minute, on average",
    )
    # Two thirds of the way between 122 and 91 quarter notes a minute, the mean tempi of energetic
    # and of calm training pieces (VGMIDI). Half of it is heard in fewer segments; all of it is told
    # from real performances by how short notes become (train/results/arousal_tries.json).
    of_arousal = 0.28

    def played(self, piece: Piece, edges: np.ndarray, octaves: np.ndarray, fixed: Notes) -> Piece:
        """A piece whose tempo map is multiplied, by whole microseconds a beat, as files have it."""
        if not np.any(octaves):
            return piece
        own, qpm = piece.tempo.T
        beats = np.union1d(own, edges[:-1])
        row = np.searchsorted(own, beats, side="right") - 1
        part = np.clip(np.searchsorted(edges, beats, side="right") - 1, 0, len(octaves) - 1)
        moved = in_microseconds(qpm[row] * 2.0 ** octaves[part])
        tempo = np.where(octaves[part] == 0, qpm[row], moved)
        changes = np.append(True, np.diff(tempo) != 0) | np.isin(beats, own)
        return replace(piece, tempo=np.stack([beats, tempo], axis=1)[changes])

    def value(self, piece: Piece, begin: float, end: float) -> float:
        """Quarter notes a minute, on average."""
        seconds = float(piece.seconds(end)) - float(piece.seconds(begin))
        return 60 * (end - begin) / seconds if seconds > 0 else float("nan")

    def text(self, piece: Piece, begin: float, end: float) -> str:
        """Whole numbers, as metronomes have them."""
        value = self.value(piece, begin, end)
        return f"{value:.0f}" if np.isfinite(value) else "–"
