"""Runs to be carried from one machine to another: weights in half precision, or whole states."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from fadernets import checkpoint
from train.run.ownership import owned
from train.run.resume import CHECKPOINT, RunState, load_state, save_state
from train.run.shards import cut, files_in, join
from train.run.side_by_side import SplitRun


def pack(runs: Sequence[SplitRun], out: Path, exact: bool = False) -> None:
    """Write every run's weights so far in half precision, with its logs, in files of 16 MB at most.

    Of a finished run, that is the exported model, and its state comes without weights. When exact,
    a run that is not finished comes with its whole state, from which training goes on to the bit.

    Raises
    ------
    ValueError
        If no run has saved anything.
    """
    saved_runs = [run for run in runs if (run.folder / CHECKPOINT).exists()]
    if not saved_runs:
        raise ValueError("no run has saved anything that could be packed")
    for run in saved_runs:
        folder = out / run.split / run.model
        if folder.exists():  # of an earlier time, perhaps with more parts
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        if exact and not run.is_done:
            shutil.copyfile(run.folder / CHECKPOINT, folder / CHECKPOINT)
        else:
            state = _halved(load_state(run.folder / CHECKPOINT), run.is_done)
            save_state(state, folder / CHECKPOINT)
        for path in run.folder.iterdir():
            if path.name != CHECKPOINT:
                shutil.copy(path, folder)
        for path in list(folder.iterdir()):
            cut(path)


def _halved(state: RunState, is_done: bool) -> RunState:
    weights = {} if is_done else state["model"]
    state["model"] = {n: v.half() if v.is_floating_point() else v for n, v in weights.items()}
    state["optimisers"], state["window"] = {}, []
    return state


def unpack(folder: Path, out: Path) -> list[str]:
    """Put packed runs where training goes on; returns the names of those that were taken.

    A run that is there already stays if it is finished or as far, or if what was packed is not
    enough to go on from.

    Raises
    ------
    ValueError
        If nothing was packed in the folder, or a file is missing or damaged.
    """
    packed_runs = sorted(p.parent for p in folder.glob(f"*/*/{CHECKPOINT}*"))
    if not packed_runs:
        raise ValueError(f"{folder} holds nothing that was packed")
    names = []
    for packed in dict.fromkeys(packed_runs):
        run = SplitRun(packed.parent.name, packed.name, out / packed.parent.name / packed.name)
        run.folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=run.folder.parent) as scratch, owned(run.folder):
            for name, parts in files_in(packed).items():
                join(parts, Path(scratch) / name)
            if _is_further(Path(scratch), run):
                # What says that a run is finished comes last.
                files = sorted(Path(scratch).iterdir(), key=lambda p: p.name == checkpoint.SUMS)
                for path in files:
                    path.replace(run.folder / path.name)
                names.append(run.name)
    return names


def _is_further(packed: Path, run: SplitRun) -> bool:
    """Whether what was packed should take the place of what is there."""
    if not (run.folder / CHECKPOINT).exists():
        return True
    if run.is_done or (packed / checkpoint.SUMS).exists():
        return not run.is_done
    state = load_state(packed / CHECKPOINT)
    goes_on = bool(state["optimisers"])
    return goes_on and state["step"] > load_state(run.folder / CHECKPOINT)["step"]
