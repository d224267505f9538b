"""A batch of segments as the models take it."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

UNLABELLED = -1


@dataclass(frozen=True)
class Batch:
    """Segments with their labels.

    Attributes
    ----------
    tokens : int64 tensor, shape (b, t)
        EOS last, then PAD.
    lengths : int64 tensor, shape (b,)
        Tokens of each segment, EOS included.
    key : int64 tensor, shape (b,), 0 to 23
    labels : name -> int64 tensor, shape (b, 16)
    densities : name -> float tensor, shape (b,)
    arousal : int64 tensor, shape (b,)
        0 low, 1 high, -1 unlabelled.
    """

    tokens: Tensor
    lengths: Tensor
    key: Tensor
    labels: dict[str, Tensor]
    densities: dict[str, Tensor]
    arousal: Tensor

    def __getitem__(self, rows: Tensor | slice) -> Batch:
        """The segments of a slice, a mask or an index."""
        return Batch(
            tokens=self.tokens[rows],
            lengths=self.lengths[rows],
            key=self.key[rows],
            labels={name: label[rows] for name, label in self.labels.items()},
            densities={name: density[rows] for name, density in self.densities.items()},
            arousal=self.arousal[rows],
        )
