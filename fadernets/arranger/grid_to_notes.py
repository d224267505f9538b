"""From a grid back to notes; notes of the source keep their time, length and loudness."""

from __future__ import annotations

import numpy as np
import torch

from fadernets.arranger.touch import HALF, Touch
from fadernets.music.grid import steps_of
from fadernets.music.notes import (
    LOWEST_PITCH,
    STEPS,
    STEPS_PER_BEAT,
    Notes,
    concatenate,
    first_steps,
)
from fadernets.music.windows import Window

SHORTEST_BEATS = 0.08  # 40 ms of the token clock: a shorter note is a click


def grid_to_notes(
    onset: np.ndarray,
    hold: np.ndarray,
    velocity: np.ndarray,
    window: Window,
    louder: float = 0.0,
    count: np.ndarray | None = None,
) -> Notes:
    """The notes of one grid. Those that the source has keep their onsets, and the ends that fit.

    Notes that ring in are always there: one that is not to be heard ends about beat 0.

    Parameters
    ----------
    onset, hold, velocity : float arrays, shape (16, 88)
    window : Window
        The source.
    louder : float
        Added to every velocity, -127 to 127, but of notes that ring in or are locked.
    count : int array, shape (16, 88), optional
        Notes that each cell counts for in the note label: how many of the source's strikes of that
        key in that step stay, the last ones, and then whether its note before lasts into the step.
        By default all strikes stay, and the note before ends.
    """
    source, beats = concatenate([window.notes, window.may_ring]), window.steps / STEPS_PER_BEAT
    steps = steps_of(torch.from_numpy(source.onset), torch.from_numpy(source.offset))
    firsts, lasts = (x.tolist() for x in steps)
    numbers: dict[tuple[int, int], list[int]] = {}  # a key may be struck several times in a step
    for number, (step, pitch) in enumerate(zip(firsts, source.pitch.tolist(), strict=True)):
        numbers.setdefault((step, pitch), []).append(number)
    touch = Touch(window)
    starts: dict[int, float] = {}  # where a locked rhythm has new notes begin in each step
    if window.keeps_rhythm:
        pattern = window.kept_pattern.onset[::-1]  # the first of a step counts
        starts = dict(zip(first_steps(pattern).tolist(), pattern.tolist(), strict=True))
    may_ring = set(zip(window.may_ring.onset.tolist(), window.may_ring.pitch.tolist(), strict=True))
    locked = set(zip(window.locked.onset.tolist(), window.locked.pitch.tolist(), strict=True))

    def onset_of(step: int, pitch: int) -> float:
        """Beats: the source's own, or of a new note."""
        if (step, pitch) in numbers:
            return float(source.onset[numbers[step, pitch][0]])
        return starts[step] if step in starts else touch.onset(step, pitch)

    def end_of(step: int, pitch: int, own: int | None, start: float) -> float:
        """Beats at which a note ends that begins in a step, and is note `own` of the source."""
        index, end = pitch - LOWEST_PITCH, step + 1
        while end < STEPS and hold[end, index] > 0:
            end += 1
        is_whole = False  # whether the source's note stays with its end
        if own is not None:
            is_whole = lasts[own] == end - 1 or (
                lasts[own] == end < STEPS
                and count is not None
                and int(count[end, index]) > len(numbers.get((end, pitch), [0]))
            )
            is_whole = is_whole or (float(source.onset[own]), pitch) in locked
        if own is not None and is_whole:
            stop = float(source.offset[own])
        else:
            stop = touch.end(end, pitch, start) if end < window.steps else beats
            stop = touch.off_pedal(stop, end, start if own is None else float(source.offset[own]))
            if step >= 0:
                stop = max(stop, start + SHORTEST_BEATS)
        if end < STEPS and onset[end, index] > 0 and not (is_whole and (end, pitch) in numbers):
            # one string a key: it ends before its next onset
            again = onset_of(end, pitch)
            if not is_whole:  # but sounds for half of its last step
                fills = max(end / STEPS_PER_BEAT - HALF, start + SHORTEST_BEATS)
                stop = min(stop, max(again - touch.release, fills))
            stop = min(stop, again, end / STEPS_PER_BEAT + HALF)
        return stop

    rows = []  # onset, offset, pitch, velocity, how much louder
    for (step, pitch), own in numbers.items():
        if step < 0:
            for number in own:
                start = float(source.onset[number])
                if (start, pitch) in may_ring and not hold[0, pitch - LOWEST_PITCH]:
                    continue
                stop = max(end_of(step, pitch, number, start), 0.0)
                rows.append((start, stop, pitch, float(source.velocity[number]), 0.0))
    for step, index in zip(*(x.tolist() for x in np.nonzero(onset)), strict=True):
        pitch = index + LOWEST_PITCH
        own = numbers.get((step, pitch), [])
        if count is not None:
            own = own[-int(count[step, index]) :]
        for number in own[:-1]:
            start, loudness = float(source.onset[number]), float(source.velocity[number])
            shift = 0.0 if (start, pitch) in locked else louder
            rows.append((start, float(source.offset[number]), pitch, loudness, shift))
        if own:
            start, loudness = float(source.onset[own[-1]]), float(source.velocity[own[-1]])
        else:
            start = onset_of(step, pitch)
            loudness = touch.velocity(step, pitch, 127 * float(velocity[step, index]))
        stop = min(end_of(step, pitch, own[-1] if own else None, start), beats)
        if stop > start:
            shift = 0.0 if (start, pitch) in locked else louder
            rows.append((start, stop, pitch, loudness, shift))
    if not rows:
        return Notes.empty()
    onsets, offsets, pitches, velocities, shifts = zip(*rows, strict=True)
    shifted = np.rint(np.array(velocities) + np.array(shifts)).clip(1, 127)
    return Notes.of(onsets, offsets, pitches, shifted)
