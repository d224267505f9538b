"""Train a model: ``python -m train.fit --model gmvae --data FILE --out DIR [--resume]``.

Every field of `fadernets.models.config.ModelConfig` and `train.run.loop.TrainConfig` is an option.
The folder gets ``log.csv``, ``last.pt`` to resume from, and at the end ``model.safetensors`` with
``config.json``, which `fadernets.load` takes. Ctrl-C saves and stops; ``--resume`` goes on. Several
cards or machines share every batch: ``accelerate launch -m train.fit …``.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from safetensors import SafetensorError

from fadernets.models import MODELS
from fadernets.models.config import ModelConfig
from fadernets.music.attributes import ATTRIBUTES
from train.data.dataset import SPLITS, Segments, check_device
from train.export import export
from train.run.config import PRECISIONS, TrainConfig
from train.run.loop import LOG, Trainer
from train.run.ownership import owned, when_orphaned
from train.run.resume import CHECKPOINT


def parser() -> argparse.ArgumentParser:
    """The command line, with an option for every field of both configurations."""
    command_line = argparse.ArgumentParser(prog="python -m train.fit", description=__doc__)
    command_line.add_argument("--data", type=Path, required=True, help="file of train.prepare")
    command_line.add_argument("--out", type=Path, required=True, help="folder of the run")
    command_line.add_argument(
        "--resume", action="store_true", help="go on where the folder's run stands"
    )
    command_line.add_argument("--split", choices=SPLITS, default="split")
    command_line.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    command_line.add_argument("--threads", type=int, help="CPU threads")
    command_line.add_argument(
        "--with-parent", action="store_true", help="save and stop when the starting process ends"
    )
    for group, config in (("model", ModelConfig), ("run", TrainConfig)):
        options = command_line.add_argument_group(group)
        for field in dataclasses.fields(config):
            flag = f"--{field.name.replace('_', '-')}"
            if field.name == "model":
                options.add_argument(flag, choices=MODELS, default=field.default)
            elif field.name == "attributes":
                options.add_argument(flag, nargs="+", choices=ATTRIBUTES, default=field.default)
            elif field.name == "precision":
                options.add_argument(flag, choices=PRECISIONS, help="default: by device")
            else:
                options.add_argument(flag, type=type(field.default), default=field.default)
    return command_line


def precision(device: str) -> str:
    """bfloat16 where the hardware multiplies it fast, else float32."""
    if device.startswith("cuda"):
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    return "bfloat16" if torch.backends.cpu.get_cpu_capability() == "AVX512" else "float32"


def placed(device: str) -> str:
    """The device of this process: the one asked for, or its own among several processes."""
    state = PartialState(cpu=device == "cpu")
    return device if state.num_processes == 1 else str(state.device)


def configurations(options: dict[str, Any]) -> tuple[ModelConfig, TrainConfig]:
    """The model and the run that the command line asks for.

    Raises
    ------
    ValueError
        If a setting cannot be used, or there is no such device.
    """
    check_device(options["device"])
    options = options | {
        "precision": options["precision"] or precision(options["device"]),
        "attributes": tuple(options["attributes"]),
    }
    model = ModelConfig(**{f.name: options[f.name] for f in dataclasses.fields(ModelConfig)})
    run = TrainConfig(**{f.name: options[f.name] for f in dataclasses.fields(TrainConfig)})
    return model, run


def trainer(options: dict[str, Any]) -> Trainer:
    """The run that the command line asks for, where it stands.

    Raises
    ------
    OSError, ValueError
        If it cannot be begun or resumed.
    """
    out: Path = options["out"]
    model, run = configurations(options)
    if not options["resume"] and any((out / name).exists() for name in (LOG, CHECKPOINT)):
        raise ValueError(f"{out} already holds a run; --resume it or choose another folder")
    data = Segments.load(options["data"], options["split"], placed(options["device"]))
    result = Trainer(model, run, data, out)
    if options["resume"]:
        result.resume()
    return result


@contextmanager
def stopping(run: Trainer) -> Iterator[None]:
    """Ctrl-C or SIGTERM stops a run after the step under way; the second signal stops it at once.

    With several processes, the second signal does not stop a process: the launcher repeats signals,
    or ends the others when one has finished, while the first process may still be saving.
    """

    def stop(number: int, _frame: object) -> None:
        run.stopping = True
        if run.accelerator.num_processes == 1:
            signal.signal(number, before[signal.Signals(number)])

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    options = vars(parser().parse_args(arguments))
    if options["threads"]:
        torch.set_num_threads(options["threads"])
    is_first = os.environ.get("RANK", "0") == "0"  # of several processes, which share a folder
    try:
        with owned(options["out"]) if is_first else nullcontext():
            return _trained(options)
    except (OSError, ValueError, SafetensorError) as error:
        return _failed(str(error), 2)


def _trained(options: dict[str, Any]) -> int:
    run = trainer(options)
    try:
        with stopping(run):
            if options["with_parent"]:
                when_orphaned(lambda: setattr(run, "stopping", True))
            finished = run.fit()
        if not finished:
            return _failed(f"stopped and saved at step {run.step}; --resume goes on", 130)
        if run.accelerator.is_main_process:
            export(run.model, run.data, options["out"])
        run.accelerator.end_training()
    except KeyboardInterrupt:
        return _failed("interrupted; --resume goes on from where the run was last saved", 130)
    except FloatingPointError as error:
        return _failed(str(error), 1)
    return 0


def _failed(message: str, status: int) -> int:
    print(f"train.fit: {message}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
