"""From a grid back to notes; notes of the source keep their time, length and loudness."""

from __future__ import annotations

import numpy as np
import torch

from fadernets.music.grid import steps_of
from fadernets.music.notes import BEATS, LOWEST_PITCH, STEPS, STEPS_PER_BEAT, Notes

SHORTEST_BEATS = 0.08  # 40 ms of the token clock: a shorter note is a click
BEFORE_HALF = 0.49  # of a step: a note counts in a step if it fills half of it


def grid_to_notes(
    onset: np.ndarray,
    hold: np.ndarray,
    velocity: np.ndarray,
    source: Notes,
    louder: float = 0.0,
    count: np.ndarray | None = None,
) -> Notes:
    """The notes of one grid. Those that the source has keep their onsets, and the ends that fit.

    Parameters
    ----------
    onset, hold, velocity : float arrays, shape (16, 88)
    source : Notes
    louder : float
        Added to every velocity, -127 to 127.
    count : int array, shape (16, 88), optional
        Notes that each cell counts for in the note label: how many of the source's strikes of that
        key in that step stay, the last ones, and then whether its note before lasts into the step.
        By default all strikes stay, and the note before ends.
    """
    firsts, lasts = (
        x.numpy() for x in steps_of(torch.from_numpy(source.onset), torch.from_numpy(source.offset))
    )
    numbers: dict[tuple[int, int], list[int]] = {}  # a key may be struck several times in a step
    starts: dict[int, list[float]] = {}  # onsets of the source in each step
    places = zip(firsts.tolist(), source.pitch.tolist(), strict=True)
    for number, (step, pitch) in enumerate(places):
        numbers.setdefault((step, pitch), []).append(number)
        starts.setdefault(step, []).append(float(source.onset[number]))

    def onset_of(step: int, pitch: int) -> float:
        """Beats: the source's own; for a new note that of the notes struck with it."""
        if (step, pitch) in numbers:
            return float(source.onset[numbers[step, pitch][0]])
        return float(np.mean(starts[step])) if step in starts else step / STEPS_PER_BEAT

    rows = []
    for step, index in zip(*(x.tolist() for x in np.nonzero(onset)), strict=True):
        pitch, end = index + LOWEST_PITCH, step + 1
        while end < STEPS and hold[end, index] > 0:
            end += 1
        own = numbers.get((step, pitch), [])
        if count is not None:
            own = own[-int(count[step, index]) :]
        for number in own[:-1]:
            rows.append(
                (source.onset[number], source.offset[number], pitch, source.velocity[number])
            )
        start, loudness = onset_of(step, pitch), 127 * float(velocity[step, index])
        stop = max(end / STEPS_PER_BEAT, start + SHORTEST_BEATS)
        is_whole = False  # whether the source's note stays with its end
        if own:
            last = own[-1]
            start, loudness = float(source.onset[last]), float(source.velocity[last])
            is_whole = lasts[last] == end - 1 or (
                lasts[last] == end < STEPS
                and count is not None
                and int(count[end, index]) > len(numbers.get((end, pitch), [0]))
            )
            stop = float(source.offset[last]) if is_whole else max(stop, start + SHORTEST_BEATS)
        if end < STEPS and onset[end, index] > 0 and not (is_whole and (end, pitch) in numbers):
            # one string a key: it ends before its next onset
            stop = min(stop, onset_of(end, pitch), (end + BEFORE_HALF) / STEPS_PER_BEAT)
        if stop > start:
            rows.append((start, min(stop, BEATS), pitch, loudness))
    if not rows:
        return Notes.empty()
    onsets, offsets, pitches, velocities = zip(*rows, strict=True)
    shifted = np.rint(np.array(velocities) + louder).clip(1, 127)
    return Notes.of(onsets, offsets, pitches, shifted)
