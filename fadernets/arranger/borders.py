"""How far candidates of an arrangement jump at the borders of their segments."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from fadernets.music.events import PITCHES
from fadernets.music.grid import Grid
from fadernets.music.notes import LOWEST_PITCH, STEPS
from fadernets.music.texture import Texture
from fadernets.music.windows import Window

UNITS = 12.0, 20.0  # semitones of register and velocities of loudness that count alike
UNKNOWN = Texture(float("nan"), float("nan"))


def further_jumps(windows: Sequence[Window], source: Grid, grids: Grid) -> Tensor:
    """How much more candidates jump than their segments do: float, shape (n * candidates,).

    The jump of a segment is from what sounds beside it to its first half, and to its second one.
    Further jumps of register, in octaves, and of loudness, in 20 of velocity, at both borders are
    added up; where a side is silent, or nothing is known of it, there is none. All on the CPU.

    Parameters
    ----------
    windows : sequence of n Window
    source : Grid
        Of their notes, (n, 16, 88).
    grids : Grid
        Of as many candidates of each, (n * candidates, 16, 88).
    """
    candidates = len(grids.onset) // len(windows)
    if all(window.beside is None for window in windows):
        return torch.zeros(len(grids.onset))
    sides = torch.tensor([window.beside or (UNKNOWN, UNKNOWN) for window in windows])
    steps = torch.tensor([window.steps for window in windows])[:, None]
    step = torch.arange(STEPS)
    is_first = step < steps / 2
    halves = torch.stack([is_first, ~is_first & (step < steps)], 1).float()  # (n, 2, 16)
    own = (_textures(source, halves) - sides).abs()
    halves, sides, own = (x.repeat_interleave(candidates, 0) for x in (halves, sides, own))
    further = (_textures(grids, halves) - sides).abs() - own
    return (further.clamp(min=0).nan_to_num(0.0) / torch.tensor(UNITS)).sum((1, 2))


def _textures(cells: Grid, halves: Tensor) -> Tensor:
    """Register and loudness of both halves of b segments, NaN where there is none: (b, 2, 2)."""
    onset, hold, velocity = (x.cpu() for x in (cells.onset, cells.hold, cells.velocity))
    sounding = halves @ (onset + hold)  # (b, 2, 88)
    pitch = torch.arange(PITCHES) + float(LOWEST_PITCH)
    register = (sounding @ pitch) / sounding.sum(2)
    struck, loud = ((halves @ x.sum(2)[..., None])[..., 0] for x in (onset, onset * velocity))
    return torch.stack([register, 127 * loud / struck], 2)
