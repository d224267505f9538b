"""What segments are and shall become: the notes they lend, the labels and densities to have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from fadernets.music.attributes import MAX_POLYPHONY, ONSET, PLANNED_COUNTS, PLANNED_ONSETS
from fadernets.music.grid import Grid, StepNotes, grid, steps_of
from fadernets.music.notes import LOWEST_PITCH, Notes


@dataclass(frozen=True)
class ArrangementRequest:
    """What n segments are and shall become.

    Attributes
    ----------
    notes : tuple of n Notes
        The segments, which lend their notes.
    labels : name -> int64 tensor, shape (n, 16)
        Labels to stay near to, of the attributes that are planned: the segments' own, or with
        `mix` another's.
    densities : name -> float tensor, shape (n,)
        Densities to have.
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
    shown = grid_of(segments, device)
    counts = shown.count.clamp(max=MAX_POLYPHONY)
    labels = {PLANNED_ONSETS: shown.rhythm, PLANNED_COUNTS: counts}
    densities = {
        PLANNED_ONSETS: (shown.rhythm == ONSET).float().mean(1),
        PLANNED_COUNTS: counts.float().mean(1),
    }
    unchanged = torch.zeros(len(segments), device=device)
    return ArrangementRequest(tuple(segments), labels, densities, unchanged, unchanged)


def grid_of(segments: Sequence[Notes], device: torch.device | str = "cpu") -> Grid:
    """The grid of segments."""
    sizes = torch.tensor([len(notes) for notes in segments], dtype=torch.long)
    onset, offset, pitch, velocity = (
        torch.from_numpy(np.concatenate([getattr(n, name) for n in segments] or [np.empty(0)]))
        for name in ("onset", "offset", "pitch", "velocity")
    )
    first, last = steps_of(onset, offset)
    row = torch.repeat_interleave(torch.arange(len(segments)), sizes)
    notes = StepNotes(row, first, last, pitch.long() - LOWEST_PITCH, velocity.float() / 127)
    found = grid(notes, len(segments))
    return Grid(found.onset.to(device), found.hold.to(device), found.velocity.to(device))
