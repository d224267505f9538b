"""Weights of runs in half precision, to be carried from one machine to another."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import torch

from fadernets.atomic_file import replacing
from train.run.resume import CHECKPOINT, load_state
from train.run.side_by_side import SplitRun


def pack(runs: Sequence[SplitRun], out: Path) -> None:
    """Write every run's weights so far in half precision, with its logs; see the module.

    Of a finished run, that is the exported model, and its state comes without weights.
    """
    for run in runs:
        if not (run.folder / CHECKPOINT).exists():
            continue
        state = load_state(run.folder / CHECKPOINT)
        weights = {} if run.is_done else state["model"]
        state["model"] = {n: v.half() if v.is_floating_point() else v for n, v in weights.items()}
        state["optimisers"], state["window"] = {}, []
        folder = out / run.split / run.model
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(folder / CHECKPOINT) as part:
            torch.save(state, part)
        for path in run.folder.iterdir():
            if path.name != CHECKPOINT:
                shutil.copy(path, folder)
