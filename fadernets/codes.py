"""Latent codes of segments, and what else a model needs to play them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from fadernets.arranger.request import ArrangementRequest
from fadernets.music.notes import Notes


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
    """

    values: dict[str, Tensor]
    key: Tensor
    request: ArrangementRequest | None = None

    def __len__(self) -> int:
        return len(self.key)


Source = Sequence[Notes] | Codes
