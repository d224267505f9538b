"""Which arrangements sound like music: a discriminator of the training split (not in the paper).

Small networks learnt to tell arrangements of training pieces from real segments of other ones that
have the same densities (`train.discriminator`). They see features of the notes alone
(`fadernets.arranger.candidate_features`), and how far the densities were moved; of a real segment,
how far those of the arrangement beside it were. Of several candidates the arranger takes one that
they cannot tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from fadernets.arranger.candidate_features import features
from fadernets.music.notes import EARLY, STEPS, Notes

WIDTH = 128
NETWORKS = 2  # whose log-odds are averaged
NOISE, DROPOUT = 0.1, 0.3  # of what goes in, and inside
OUTERMOST = 5.0  # standard deviations beyond which a feature says no more
MOVED = 2  # densities


@dataclass(frozen=True, eq=False)
class Candidates:
    """b arrangements to choose from.

    Attributes
    ----------
    notes : sequence of b Notes
        Beats from the start of their segment.
    steps : sequence of b int
        Sixteenths that each segment has.
    moved : float array, shape (b, 2)
        How far their plan moved rhythm density and note density.
    """

    notes: Sequence[Notes]
    steps: Sequence[int]
    moved: np.ndarray

    @property
    def begins(self) -> np.ndarray:
        """In which of them a note begins: bool, (b,). Of others there is nothing to tell."""
        return np.array([bool((notes.onset >= -EARLY).any()) for notes in self.notes], bool)

    def table(self) -> np.ndarray:
        """What a discriminator sees: float64, (b, features + 2), NaN where there is nothing."""
        return np.column_stack([*features(self.notes, self.steps).values(), self.moved])


def columns() -> int:
    """How many columns a table of candidates has."""
    note = Notes.of([0.0], [1.0], [60], [64])
    return Candidates([note], [STEPS], np.zeros((1, MOVED))).table().shape[1]


class Discriminates(Protocol):
    """What judges candidates."""

    def log_odds(self, candidates: Candidates) -> Tensor:
        """Log-odds that each candidate is an arrangement, and not real music: float, (b,)."""


class Discriminator(nn.Module):
    """Tells arrangements from real segments.

    Attributes
    ----------
    mean, spread : float tensors, shape (columns,)
        Of the columns of `Candidates.table` that it was trained on.
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, columns: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(columns))
        self.register_buffer("spread", torch.ones(columns))
        self.networks = nn.ModuleList(_network(columns) for _ in range(NETWORKS))

    def forward(self, table: Tensor) -> Tensor:
        """Log-odds that each row is an arrangement, by every network: (networks, b)."""
        far = ((table - self.mean) / self.spread).nan_to_num(0.0)
        inputs = far.clamp(-OUTERMOST, OUTERMOST)
        return torch.stack([network(inputs)[:, 0] for network in self.networks])

    @torch.inference_mode()
    def log_odds(self, candidates: Candidates) -> Tensor:
        """As `Discriminates` has it.

        All on the CPU. Candidates without a note that begins are as likely as not.
        """
        begins = candidates.begins
        odds = torch.zeros(len(begins))
        if begins.any():
            table = torch.from_numpy(candidates.table()[begins]).to(self.mean)
            odds[torch.from_numpy(begins)] = self(table).mean(0).cpu()
        return odds


def _network(columns: int) -> nn.Sequential:
    inside = (nn.Linear(WIDTH, WIDTH), nn.GELU(), nn.Dropout(DROPOUT))
    return nn.Sequential(
        nn.Dropout(NOISE), nn.Linear(columns, WIDTH), nn.GELU(), nn.Dropout(DROPOUT),
        *inside, nn.Linear(WIDTH, 1),
    )  # fmt: skip
