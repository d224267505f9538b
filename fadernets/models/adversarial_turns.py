"""Turns: who moves in a training step, with which weights and by which loss.

Most models are one player. One with an opponent, such as `fadernets.models.fadernetworks`, has a
method `turns` that returns one turn for each, in the order in which they move.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor, nn

from fadernets.models.batch import Batch


@dataclass(frozen=True)
class Turn:
    """One player's move in a training step.

    Attributes
    ----------
    parameters : list of nn.Parameter
        What it moves, and nothing else.
    losses : callable (Batch, beta) -> name -> scalar tensor
        Its objective "total" and the terms to be logged. The model's own comes last, so that its
        "total" is the one logged.
    """

    parameters: list[nn.Parameter]
    losses: Callable[[Batch, float], dict[str, Tensor]]


class Trainable(Protocol):
    """What a model needs to be trained."""

    def parameters(self) -> Iterator[nn.Parameter]:
        """Its weights."""

    def losses(self, batch: Batch, beta: float) -> dict[str, Tensor]:
        """The objective "total" and the terms to be logged, each a scalar tensor."""


@runtime_checkable
class Adversarial(Protocol):
    """A model with an opponent."""

    def turns(self) -> dict[str, Turn]:
        """One turn a player, in the order in which they move."""


def turns(model: Trainable) -> dict[str, Turn]:
    """The turns of a model's training step, by player."""
    if isinstance(model, Adversarial):
        return model.turns()
    return {"model": Turn(list(model.parameters()), model.losses)}
