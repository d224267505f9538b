"""From a grid back to notes; notes of the source keep their time, length and loudness."""

from __future__ import annotations

import numpy as np
import torch

from fadernets.music.grid import steps_of
from fadernets.music.notes import BEATS, LOWEST_PITCH, STEPS, STEPS_PER_BEAT, Notes

SHORTEST_BEATS = 0.08  # 40 ms of the token clock: a shorter note is a click
BEFORE_HALF = 0.49  # of a step: a note counts in a step if it fills half of it


def grid_to_notes(
    onset: np.ndarray, hold: np.ndarray, velocity: np.ndarray, source: Notes, louder: float = 0.0
) -> Notes:
    """The notes of one grid. Those that the source has keep their onsets, and the ends that fit.

    Parameters
    ----------
    onset, hold, velocity : float arrays, shape (16, 88)
    source : Notes
    louder : float
        Added to every velocity, -127 to 127.
    """
    firsts, lasts = (
        x.numpy() for x in steps_of(torch.from_numpy(source.onset), torch.from_numpy(source.offset))
    )
    index_of = dict(zip(zip(firsts, source.pitch, strict=True), range(len(source)), strict=True))
    starts: dict[int, list[float]] = {}  # onsets of the source in each step
    for step, start in zip(firsts, source.onset, strict=True):
        starts.setdefault(int(step), []).append(float(start))

    def onset_of(step: int, pitch: int) -> float:
        """Beats: the source's own; for a new note that of the notes struck with it."""
        if (step, pitch) in index_of:
            return float(source.onset[index_of[step, pitch]])
        return float(np.mean(starts[step])) if step in starts else step / STEPS_PER_BEAT

    rows = []
    for step, index in zip(*np.nonzero(onset), strict=True):
        pitch, end = int(index) + LOWEST_PITCH, int(step) + 1
        while end < STEPS and hold[end, index] > 0:
            end += 1
        start = onset_of(int(step), pitch)
        own = index_of.get((step, pitch))
        stop, loudness = end / STEPS_PER_BEAT, 127 * float(velocity[step, index])
        if own is not None:
            loudness = float(source.velocity[own])
            stop = float(source.offset[own]) if lasts[own] == end - 1 else stop
        stop = max(stop, start + SHORTEST_BEATS)
        if end < STEPS and onset[end, index] > 0:  # one string a key: it ends before its next onset
            stop = min(stop, onset_of(end, pitch), (end + BEFORE_HALF) / STEPS_PER_BEAT)
        if stop > start:
            rows.append(
                (start, min(stop, BEATS), pitch, int(np.clip(round(loudness + louder), 1, 127)))
            )
    return Notes.of(*zip(*rows, strict=True)) if rows else Notes.empty()
