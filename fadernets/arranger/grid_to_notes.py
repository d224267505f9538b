"""From a grid back to notes; notes of the source keep their time, length and loudness."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from fadernets.arranger.note_ends import HALF
from fadernets.arranger.touch import Touch
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


class Cells(NamedTuple):
    """One arrangement on the grid.

    Attributes
    ----------
    onset, hold, velocity : float arrays, shape (16, 88)
    counts : int array, shape (16, 88), optional
        Notes that each cell counts for in the note label: how many of the source's strikes of that
        key in that step stay, the last ones, and then whether its note before lasts into the step.
        By default all strikes stay, and the note before ends.
    """

    onset: np.ndarray
    hold: np.ndarray
    velocity: np.ndarray
    counts: np.ndarray | None = None


class GridReader:
    """Reads grids of one segment; what does not depend on a grid is made once.

    Parameters
    ----------
    window : Window
        The source.
    """

    def __init__(self, window: Window) -> None:
        self.window = window
        self.touch = Touch(window)
        self.source = concatenate([window.notes, window.may_ring])
        self.beats = window.steps / STEPS_PER_BEAT
        onset, offset = self.source.onset, self.source.offset
        firsts, lasts = steps_of(torch.from_numpy(onset), torch.from_numpy(offset))
        self._lasts = lasts.tolist()
        # A key may be struck several times in a step.
        self._numbers: dict[tuple[int, int], list[int]] = {}
        places = zip(firsts.tolist(), self.source.pitch.tolist(), strict=True)
        for number, place in enumerate(places):
            self._numbers.setdefault(place, []).append(number)
        # Where a locked rhythm has new notes begin in each step.
        self._starts: dict[int, float] = {}
        if window.keeps_rhythm:
            pattern = window.kept_pattern.onset[::-1]  # the first of a step counts
            self._starts = dict(zip(first_steps(pattern).tolist(), pattern.tolist(), strict=True))
        self._ring_out = set(window.ring_out.pitch.tolist())
        self._may_ring, self._locked = (
            set(zip(notes.onset.tolist(), notes.pitch.tolist(), strict=True))
            for notes in (window.may_ring, window.locked)
        )

    def read(self, cells: Cells, louder: float = 0.0) -> Notes:
        """The notes of a grid. Those that the source has keep their onsets, and the ends that fit.

        Notes that ring in are always there: one that is not to be heard ends about beat 0.

        Parameters
        ----------
        cells : Cells
        louder : float
            Added to every velocity, -127 to 127, but of notes that ring in or are locked.
        """
        onset, hold, velocity, counts = cells
        source, numbers, locked = self.source, self._numbers, self._locked
        rows = []  # onset, offset, pitch, velocity, how much louder
        for (step, pitch), own in numbers.items():
            if step < 0:
                for number in own:
                    start = float(source.onset[number])
                    if (start, pitch) in self._may_ring and not hold[0, pitch - LOWEST_PITCH]:
                        continue
                    stop = max(self._end(cells, step, pitch, number, start), 0.0)
                    rows.append((start, stop, pitch, float(source.velocity[number]), 0.0))
        for step, index in zip(*(x.tolist() for x in np.nonzero(onset)), strict=True):
            pitch = index + LOWEST_PITCH
            own = numbers.get((step, pitch), [])
            if counts is not None:
                own = own[-int(counts[step, index]) :]
            for number in own[:-1]:
                start, loudness = float(source.onset[number]), float(source.velocity[number])
                shift = 0.0 if (start, pitch) in locked else louder
                rows.append((start, float(source.offset[number]), pitch, loudness, shift))
            last = own[-1] if own else None
            if last is not None:
                start, loudness = float(source.onset[last]), float(source.velocity[last])
            else:
                start = self._onset(step, pitch)
                loudness = self.touch.velocity(step, pitch, 127 * float(velocity[step, index]))
            stop = min(self._end(cells, step, pitch, last, start), self.beats)
            if stop > start:
                shift = 0.0 if (start, pitch) in locked else louder
                rows.append((start, stop, pitch, loudness, shift))
        if not rows:
            return Notes.empty()
        onsets, offsets, pitches, velocities, shifts = zip(*rows, strict=True)
        shifted = np.rint(np.array(velocities) + np.array(shifts)).clip(1, 127)
        return Notes.of(onsets, offsets, pitches, shifted)

    def _onset(self, step: int, pitch: int) -> float:
        """Beats: the source's own, or of a new note."""
        if (step, pitch) in self._numbers:
            return float(self.source.onset[self._numbers[step, pitch][0]])
        return self._starts[step] if step in self._starts else self.touch.onset(step, pitch)

    def _end(self, cells: Cells, step: int, pitch: int, own: int | None, start: float) -> float:
        """Beats at which a note ends that begins in a step, and is note `own` of the source."""
        onset, hold, _, counts = cells
        source, touch, numbers = self.source, self.touch, self._numbers
        index, end = pitch - LOWEST_PITCH, step + 1
        while end < STEPS and hold[end, index] > 0:
            end += 1
        is_whole = False  # whether the source's note stays with its end
        if own is not None:
            is_whole = self._lasts[own] == end - 1 or (
                self._lasts[own] == end < STEPS
                and counts is not None
                and int(counts[end, index]) > len(numbers.get((end, pitch), [0]))
            )
            is_whole = is_whole or (float(source.onset[own]), pitch) in self._locked
        if own is not None and is_whole:
            stop = float(source.offset[own])
        else:
            is_cut = end >= self.window.steps and (touch.is_played or pitch in self._ring_out)
            stop = self.beats if is_cut else min(touch.end(end, pitch, start), self.beats)
            stop = touch.off_pedal(stop, end, start if own is None else float(source.offset[own]))
            if step >= 0:
                stop = max(stop, start + touch.shortest)
        if end < STEPS and onset[end, index] > 0 and not (is_whole and (end, pitch) in numbers):
            # one string a key: it ends before its next onset
            again = self._onset(end, pitch)
            if not is_whole:  # but sounds for half of its last step
                fills = max(end / STEPS_PER_BEAT - HALF, start + touch.shortest)
                stop = min(stop, max(touch.let_go(start, again), fills))
            stop = min(stop, again, end / STEPS_PER_BEAT + HALF)
        return stop
