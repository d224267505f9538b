"""Latent codes of segments, and what else a model needs to play them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from fadernets.arranger.request import ArrangementRequest
from fadernets.music.notes import Notes
from fadernets.music.segments import Segment
from fadernets.music.windows import Window


@dataclass(frozen=True)
class Codes:
    """Latent codes of n segments.

    Attributes
    ----------
    values : name -> float tensor, shape (n, width)
        All input of the decoder but the key; for a model such as the CVAE, densities too.
    key : int64 tensor, shape (n,)
        Key of each segment, which the decoder sees beside the codes.
    request : ArrangementRequest, optional
        For models that arrange the segments' own notes.
    coded : bool tensor, shape (n,), optional
        Which segments have codes, when not all do: an arrangement does not need them, and the
        paper's models cannot take every segment. The values of the others are 0.
    """

    values: dict[str, Tensor]
    key: Tensor
    request: ArrangementRequest | None = None
    coded: Tensor | None = None

    def __len__(self) -> int:
        return len(self.key)

    def __getitem__(self, rows: Sequence[int]) -> Codes:
        """The codes of some segments, without what they need of them."""
        index = torch.as_tensor(rows, dtype=torch.long, device=self.key.device)
        values = {name: value[index] for name, value in self.values.items()}
        return Codes(values, self.key[index], None, self.is_coded[index])

    @property
    def is_coded(self) -> Tensor:
        """Which segments have codes: bool, shape (n,)."""
        return torch.ones_like(self.key, dtype=torch.bool) if self.coded is None else self.coded


Music = Notes | Segment | Window  # one segment of it
Source = Sequence[Music] | Codes
