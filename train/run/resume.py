"""The file that a run is resumed from."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any, NotRequired, TypedDict, cast

import torch

from fadernets.atomic_file import replacing

CHECKPOINT = "last.pt"


class RunState(TypedDict):
    """The state that a run is resumed from.

    `rng` holds the states of the random generators, one a process; older files, of one process,
    hold one tensor. `window` holds the loss terms since the last row of the log.
    """

    model_config: dict[str, Any]
    train_config: dict[str, Any]
    data_sha256: str
    split: NotRequired[str]
    step: int
    seconds: float
    window: NotRequired[list[dict[str, torch.Tensor]]]
    model: dict[str, Any]
    optimisers: dict[str, dict[str, Any]]
    rng: list[torch.Tensor] | torch.Tensor
    rng_cuda: list[torch.Tensor]


def save_state(state: RunState, path: Path) -> None:
    """Write a state, replacing the last one at once.

    Raises
    ------
    OSError
        If it cannot be written; an older one is as before then.
    """
    with replacing(path) as part:
        try:
            torch.save(state, part)
        except RuntimeError as error:  # PyTorch's own of a full disk
            raise OSError(f"{path} cannot be written: is the disk full?") from error


def load_state(path: Path) -> RunState:
    """What `train.run.loop.Trainer.save` wrote.

    Raises
    ------
    ValueError
        If the file is missing or holds no state of a run.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, EOFError, RuntimeError, pickle.UnpicklingError) as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(f"{path} is no checkpoint of train.fit: {reason}") from error
    if not isinstance(state, dict) or "train_config" not in state:
        raise ValueError(f"{path} is no checkpoint of train.fit")
    return cast(RunState, state)
