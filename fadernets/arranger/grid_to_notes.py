"""From a grid back to notes: those that the segment lends keep their time, length and loudness."""

from __future__ import annotations

import numpy as np
import torch

from fadernets.music.grid import steps_of
from fadernets.music.notes import BEATS, LOWEST_PITCH, STEPS, STEPS_PER_BEAT, Notes

SHORTEST = 0.08  # beats, 40 ms of the token clock: a shorter note is a click
BEFORE_HALF = 0.49  # of a step: a note that ends by then does not sound in it


def grid_to_notes(
    onset: np.ndarray, hold: np.ndarray, velocity: np.ndarray, source: Notes, louder: float = 0.0
) -> Notes:
    """Notes of one grid; those that the source has keep their time, and their end if they may.

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
    own = dict(zip(zip(firsts, source.pitch, strict=True), range(len(source)), strict=True))
    together: dict[int, list[float]] = {}
    for step, start in zip(firsts, source.onset, strict=True):
        together.setdefault(int(step), []).append(float(start))

    def begins(step: int, pitch: int) -> float:
        if (step, pitch) in own:
            return float(source.onset[own[step, pitch]])
        return float(np.mean(together[step])) if step in together else step / STEPS_PER_BEAT

    rows = []
    for step, index in zip(*np.nonzero(onset), strict=True):
        pitch, end = int(index) + LOWEST_PITCH, int(step) + 1
        while end < STEPS and hold[end, index] > 0:
            end += 1
        start = begins(int(step), pitch)
        mine = own.get((step, pitch))
        stop, loud = end / STEPS_PER_BEAT, 127 * float(velocity[step, index])
        if mine is not None:
            loud = float(source.velocity[mine])
            stop = float(source.offset[mine]) if lasts[mine] == end - 1 else stop
        stop = max(stop, start + SHORTEST)
        if end < STEPS and onset[end, index] > 0:  # the string is needed again
            stop = min(stop, begins(end, pitch), (end + BEFORE_HALF) / STEPS_PER_BEAT)
        if stop > start:
            rows.append(
                (start, min(stop, BEATS), pitch, int(np.clip(round(loud + louder), 1, 127)))
            )
    return Notes.of(*zip(*rows, strict=True)) if rows else Notes.empty()
