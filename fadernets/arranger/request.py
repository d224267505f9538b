"""Requests to the arranger: segments as they are, and the labels and densities wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from fadernets.music.attributes import MAX_POLYPHONY, ONSET, PLANNED_COUNTS, PLANNED_ONSETS
from fadernets.music.grid import Grid, StepNotes, counts, grid, steps_of
from fadernets.music.notes import LOWEST_PITCH, Notes


@dataclass(frozen=True)
class ArrangementRequest:
    """n segments and what is wanted of them.

    Attributes
    ----------
    notes : tuple of n Notes
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
    """

    notes: tuple[Notes, ...]
    labels: dict[str, Tensor]
    densities: dict[str, Tensor]
    louder: Tensor
    legato: Tensor

    def __getitem__(self, part: slice) -> ArrangementRequest:
        """The request for some of the segments."""
        return ArrangementRequest(
            self.notes[part],
            {name: label[part] for name, label in self.labels.items()},
            {name: density[part] for name, density in self.densities.items()},
            self.louder[part],
            self.legato[part],
        )


def arrangement_request(
    segments: Sequence[Notes], device: torch.device | str = "cpu"
) -> ArrangementRequest:
    """The request that leaves segments as they are."""
    notes = step_notes(segments)
    rhythm = grid(notes, len(segments)).rhythm.to(device)
    sounding = counts(notes, len(segments)).sum(2).clamp(max=MAX_POLYPHONY).to(device)
    labels = {PLANNED_ONSETS: rhythm, PLANNED_COUNTS: sounding}
    densities = {
        PLANNED_ONSETS: (rhythm == ONSET).float().mean(1),
        PLANNED_COUNTS: sounding.float().mean(1),
    }
    unchanged = torch.zeros(len(segments), device=device)
    return ArrangementRequest(tuple(segments), labels, densities, unchanged, unchanged)


def grid_of(segments: Sequence[Notes], device: torch.device | str = "cpu") -> Grid:
    """Onsets, holds and velocities of segments on the grid of steps and keys."""
    cells = grid(step_notes(segments), len(segments))
    return Grid(cells.onset.to(device), cells.hold.to(device), cells.velocity.to(device))


def step_notes(segments: Sequence[Notes]) -> StepNotes:
    """The notes of segments in steps."""
    sizes = torch.tensor([len(notes) for notes in segments], dtype=torch.long)
    onset, offset, pitch, velocity = (
        torch.from_numpy(np.concatenate([getattr(n, name) for n in segments] or [np.empty(0)]))
        for name in ("onset", "offset", "pitch", "velocity")
    )
    first, last = steps_of(onset, offset)
    row = torch.repeat_interleave(torch.arange(len(segments)), sizes)
    return StepNotes(row, first, last, pitch.long() - LOWEST_PITCH, velocity.float() / 127)
