"""The processes of a run: one, or several on many cards or machines, started by ``accelerate``."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager

import numpy as np
import torch
from accelerate import PartialState
from accelerate.utils import reduce
from torch import nn

from fadernets.models import distributed


class Processes:
    """This process among those of its run.

    Gradients are averaged here rather than by `DistributedDataParallel`: players of an adversarial
    model move in turns, each with some of the weights, and that wrapper expects all of them in
    every backward pass.

    Parameters
    ----------
    device : str, optional
        Where a run of one process computes; several are placed by ``accelerate launch``.

    Attributes
    ----------
    rank, world : int
        Number of this process, and how many there are.
    device : torch.device
    """

    def __init__(self, device: str | None = None) -> None:
        state = PartialState(cpu=True) if device == "cpu" else PartialState()
        self.rank, self.world = state.process_index, state.num_processes
        alone = self.world == 1 and device is not None
        self.device = torch.device(device) if alone else state.device

    @property
    def first(self) -> bool:
        """Whether this is the one that logs, validates and saves."""
        return self.rank == 0

    def part(self, rows: np.ndarray) -> np.ndarray:
        """This process's rows of a joint batch.

        Raises
        ------
        ValueError
            If the batch cannot be shared evenly.
        """
        if len(rows) % self.world:
            raise ValueError(f"a batch of {len(rows)} cannot be shared by {self.world} processes")
        return rows[self.rank * len(rows) // self.world : (self.rank + 1) * len(rows) // self.world]

    def sharing(self) -> AbstractContextManager[None]:
        """Within, the terms of an objective are those of the joint batch."""
        return distributed.sharing(self.rank, self.world)

    def average(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace gradients by their means over all processes, in one message."""
        if self.world == 1:
            return
        moved = [p for p in parameters if p.grad is not None]
        mean = reduce(nn.utils.parameters_to_vector([p.grad for p in moved]), "mean")
        for p, grad in zip(moved, mean.split([p.numel() for p in moved]), strict=True):
            p.grad.copy_(grad.view_as(p))

    def any(self, flag: bool) -> bool:
        """Whether the flag is set in any process."""
        if self.world == 1:
            return flag
        return bool(reduce(torch.tensor(float(flag), device=self.device), "sum") > 0)

    def wait(self) -> None:
        """Go on when all processes have come here."""
        self.any(False)

    def close(self) -> None:
        """Take leave of the others."""
        if self.world > 1:
            PartialState().destroy_process_group()
