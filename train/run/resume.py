"""The file that a run is resumed from."""

from __future__ import annotations

import pickle
from pathlib import Path

import torch

CHECKPOINT = "last.pt"


def load_state(path: Path) -> dict:
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
    return state
