"""Densities in units of their own spread, learnt while training: mean 0, standard deviation 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

SLOWEST = 0.01  # share of a new batch in the running figures, at least


class Standardiser(nn.Module):
    """Running mean and variance of densities, and densities counted in them.

    Parameters
    ----------
    names : sequence of str
        The attributes, in the order of the columns.
    """

    mean: Tensor  # (names,)
    variance: Tensor  # (names,)
    batches: Tensor  # (), seen, but counted no further than `1 / SLOWEST`

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.names = tuple(names)
        self.register_buffer("mean", torch.zeros(len(names)))
        self.register_buffer("variance", torch.ones(len(names)))
        self.register_buffer("batches", torch.zeros(()))

    def observe(self, densities: Mapping[str, Tensor]) -> None:
        """Take account of a batch's densities, each (b,). The first batch counts alone."""
        columns = self._columns(densities)
        self.batches.add_(1).clamp_(max=1 / SLOWEST)
        share = 1 / self.batches
        apart = columns.mean(0) - self.mean
        inside = columns.var(0, correction=0)
        # variance of the mixture of all that was seen and the batch
        self.variance.copy_((1 - share) * (self.variance + share * apart**2) + share * inside)
        self.mean.add_(share * apart)

    def forward(self, densities: Mapping[str, Tensor]) -> Tensor:
        """Densities, each (b,), in standard deviations from their mean: (b, names)."""
        return (self._columns(densities) - self.mean) / self.spread

    @property
    def spread(self) -> Tensor:
        """Standard deviation of each density, (names,)."""
        return self.variance.clamp(min=1e-6).sqrt()

    def _columns(self, densities: Mapping[str, Tensor]) -> Tensor:
        return torch.stack([densities[name].float() for name in self.names], dim=1)
