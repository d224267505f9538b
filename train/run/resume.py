"""The file that a run is resumed from."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any, NotRequired, TypedDict, cast

import torch

CHECKPOINT = "last.pt"


class RunState(TypedDict):
    """All that a run goes on from.

    `rng` are the generators of all processes, one tensor in files of a time without them;
    `window` has the loss terms since the log's last row.
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


def load_state(path: Path) -> RunState:
    """What `train.run.loop.Trainer.save` wrote.

    Raises
    ------
    ValueError
        If there is nothing of the kind.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, EOFError, RuntimeError, pickle.UnpicklingError) as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(f"{path} is no checkpoint of train.fit: {reason}") from error
    if not isinstance(state, dict) or "train_config" not in state:
        raise ValueError(f"{path} is no checkpoint of train.fit")
    return cast(RunState, state)
