"""Means over a batch that several processes share, each with rows of its own.

The terms of an objective are means over tokens, labelled segments or pairs, of which no two
processes have equally many: a mean of their means is another number. So counts and sums are taken
over all processes. Every process then finds the value of the joint batch, and the mean of their
gradients is its gradient. Alone, all of this is ordinary arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

import torch
from torch import Tensor, distributed, nn


class Share(NamedTuple):
    """Which part of a joint batch this process has: the `rank`-th of `world` equal ones."""

    rank: int
    world: int


ALONE = Share(0, 1)
_share: ContextVar[Share] = ContextVar("share", default=ALONE)


@contextmanager
def sharing(rank: int, world: int) -> Iterator[None]:
    """Within, means are those of the joint batch. All processes have to take the same ones."""
    before = _share.set(Share(rank, world))
    try:
        yield
    finally:
        _share.reset(before)


class _Total(torch.autograd.Function):
    """The sum over all processes. Its gradient is the sum of theirs, one for each's loss."""

    @staticmethod
    def forward(context, x: Tensor) -> Tensor:
        x = x.contiguous().clone()
        distributed.all_reduce(x)
        return x

    @staticmethod
    def backward(context, slope: Tensor) -> Tensor:
        slope = slope.contiguous().clone()
        distributed.all_reduce(slope)
        return slope


def total(x: Tensor) -> Tensor:
    """Sum over the processes of a tensor that has the same shape in each."""
    return _Total.apply(x) if _share.get().world > 1 else x


def ratio(part: Tensor, whole: Tensor, least: float = 0.0) -> Tensor:
    """The joint `part` over the joint `whole`, which counts as `least` where it is less."""
    return total(part) / total(whole.to(part)).clamp(min=least)


def mean(x: Tensor, dimension: int | None = None) -> Tensor:
    """Mean over the joint batch, of all elements or along a dimension."""
    if _share.get().world == 1:
        return x.mean() if dimension is None else x.mean(dimension)
    if dimension is None:
        return ratio(x.sum(), torch.tensor(x.numel(), device=x.device))
    return ratio(x.sum(dimension), torch.tensor(x.shape[dimension], device=x.device))


def gathered(x: Tensor) -> Tensor:
    """Rows of the joint batch, (world * b, ...), of which x, (b, ...), are this process's."""
    rank, world = _share.get()
    if world == 1:
        return x
    rows = x.new_zeros(world, *x.shape)
    return total(torch.cat([rows[:rank], x[None], rows[rank + 1 :]])).flatten(0, 1)


def normal_like(x: Tensor) -> Tensor:
    """Standard normal draws for x, (b, ...): its part of those of the joint batch."""
    return _part(torch.randn, x)


def uniform_like(x: Tensor) -> Tensor:
    """Draws from 0 to 1 for x, (b, ...): its part of those of the joint batch."""
    return _part(torch.rand, x)


@contextmanager
def own_draws(device: torch.device) -> Iterator[None]:
    """Within, every process draws numbers of its own, as many as it likes.

    For draws that cannot be cut from joint ones. Afterwards the generators of all processes stand
    where they stood, one draw on, alike again. Alone, this changes nothing.
    """
    rank, world = _share.get()
    if world == 1:
        yield
        return
    seed = int(torch.randint(2**62, ()))
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed + rank)
        yield


def _part(draw, x: Tensor) -> Tensor:
    rank, world = _share.get()
    size = len(x)
    drawn = draw(world * size, *x.shape[1:], dtype=x.dtype, device=x.device)
    return drawn[rank * size : (rank + 1) * size]


class Dropout(nn.Module):
    """Dropout that silences the same units of a segment however many processes there are."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        """x, (b, ...), with a share of its elements 0 and the others louder while training."""
        if not self.training:
            return x
        return x * (uniform_like(x) >= self.share) / (1 - self.share)
