"""Requests to the arranger: segments as they are, and the labels and densities wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from fadernets.music.attributes import MAX_POLYPHONY, ONSET, PLANNED_COUNTS, PLANNED_ONSETS
from fadernets.music.grid import Grid, StepNotes, counts, grid, steps_of
from fadernets.music.notes import LOWEST_PITCH, Notes
from fadernets.music.windows import Window


@dataclass(frozen=True)
class ArrangementRequest:
    """n segments and what is wanted of them.

    Attributes
    ----------
    windows : tuple of n Window
        The segments, whose notes are used.
    labels : name -> int64 tensor, shape (n, 16)
        Labels to stay near to, of the planned attributes: the segments' own, or with `mix`
        another segment's.
    densities : name -> float tensor, shape (n,)
        Densities wanted.
    louder : float tensor, shape (n,)
        Added to every velocity, in units of 127.
    legato : float tensor, shape (n,)
        Log-odds in favour of holding notes rather than striking new ones.
    counts_are_free : bool tensor, shape (n,)
        Whether nobody asked for a note density: it may go along with the rhythm.
    """

    windows: tuple[Window, ...]
    labels: dict[str, Tensor]
    densities: dict[str, Tensor]
    louder: Tensor
    legato: Tensor
    counts_are_free: Tensor

    @property
    def notes(self) -> tuple[Notes, ...]:
        """The segments' notes."""
        return tuple(window.notes for window in self.windows)

    @property
    def steps(self) -> Tensor:
        """How many steps each segment has: int64, shape (n,)."""
        steps = [window.steps for window in self.windows]
        return torch.tensor(steps, dtype=torch.long, device=self.louder.device)

    def planned(self, name: str) -> Tensor:
        """What a density is in steps with an onset, or in notes over all steps: int64, (n,)."""
        return (self.densities[name] * self.steps).round().long()

    def asking(self, name: str, density: Tensor, is_asked: Tensor) -> ArrangementRequest:
        """The request for another density, (n,); where it is not asked for, it may stay free."""
        free = self.counts_are_free
        if name == PLANNED_COUNTS:
            free = free & ~is_asked
        densities = self.densities | {name: density}
        return replace(self, densities=densities, counts_are_free=free)

    def __getitem__(self, part: slice) -> ArrangementRequest:
        """The request for some of the segments."""
        return ArrangementRequest(
            self.windows[part],
            {name: label[part] for name, label in self.labels.items()},
            {name: density[part] for name, density in self.densities.items()},
            self.louder[part],
            self.legato[part],
            self.counts_are_free[part],
        )


def arrangement_request(
    segments: Sequence[Notes | Window], device: torch.device | str = "cpu", *, strict: bool = True
) -> ArrangementRequest:
    """The request that leaves segments as they are.

    Where it is not strict, the note density may go along with whatever else is asked for.
    """
    windows = tuple(s if isinstance(s, Window) else Window(s) for s in segments)
    labels = _labels([window.notes for window in windows], device)
    unchanged = torch.zeros(len(windows), device=device)
    free = torch.full_like(unchanged, not strict, dtype=torch.bool)
    request = ArrangementRequest(windows, labels, {}, unchanged, unchanged, free)
    before = labels
    if any(window.before is not None for window in windows):
        before = _labels([w.notes if w.before is None else w.before for w in windows], device)
    sums = {
        PLANNED_ONSETS: (before[PLANNED_ONSETS] == ONSET).float().sum(1),
        PLANNED_COUNTS: before[PLANNED_COUNTS].float().sum(1),
    }
    steps = request.steps
    return replace(request, densities={name: total / steps for name, total in sums.items()})


def _labels(segments: Sequence[Notes], device: torch.device | str) -> dict[str, Tensor]:
    """The segments' own labels, by planned attribute."""
    notes = step_notes(segments)
    sounding = counts(notes, len(segments)).sum(2).clamp(max=MAX_POLYPHONY)
    return {
        PLANNED_ONSETS: grid(notes, len(segments)).rhythm.to(device),
        PLANNED_COUNTS: sounding.to(device),
    }


def grid_of(segments: Sequence[Notes], device: torch.device | str = "cpu") -> Grid:
    """Onsets, holds and velocities of segments on the grid of steps and keys."""
    cells = grid(step_notes(segments), len(segments))
    return Grid(cells.onset.to(device), cells.hold.to(device), cells.velocity.to(device))


def step_notes(segments: Sequence[Notes]) -> StepNotes:
    """The notes of segments in steps."""
    sizes = torch.tensor([len(notes) for notes in segments], dtype=torch.long)
    names = "onset", "offset", "pitch", "velocity"
    onset, offset, pitch, velocity = (all_of(segments, name) for name in names)
    first, last = steps_of(onset, offset)
    row = torch.repeat_interleave(torch.arange(len(segments)), sizes)
    return StepNotes(row, first, last, pitch.long() - LOWEST_PITCH, velocity.float() / 127)


def all_of(segments: Sequence[Notes], name: str) -> Tensor:
    """An attribute of the notes of all segments, one after the other."""
    return torch.from_numpy(np.concatenate([getattr(n, name) for n in segments] or [np.empty(0)]))
