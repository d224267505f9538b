"""Train a model: ``python -m train.fit --model gmvae --data FILE --out DIR [--resume]``.

Every field of `fadernets.config.ModelConfig` and `train.loop.TrainConfig` is an option. The folder
gets ``log.csv``, ``last.pt`` to resume from, and at the end ``model.safetensors`` with
``config.json``, which `fadernets.load` takes.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path

import torch

from fadernets.config import ModelConfig
from fadernets.models import MODELS
from train.dataset import SPLITS, Segments
from train.export import export
from train.loop import CHECKPOINT, LOG, Trainer, TrainConfig


def parser() -> argparse.ArgumentParser:
    """The command line, with an option for every field of both configurations."""
    found = argparse.ArgumentParser(prog="python -m train.fit", description=__doc__)
    found.add_argument("--data", type=Path, required=True, help="file of train.prepare")
    found.add_argument("--out", type=Path, required=True, help="folder of the run")
    found.add_argument("--resume", action="store_true", help="go on where the folder's run stands")
    found.add_argument("--split", choices=SPLITS, default="split")
    found.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    found.add_argument("--threads", type=int, help="CPU threads")
    for group, config in (("model", ModelConfig), ("run", TrainConfig)):
        options = found.add_argument_group(group)
        for field in dataclasses.fields(config):
            flag = f"--{field.name.replace('_', '-')}"
            if field.name == "model":
                options.add_argument(flag, choices=MODELS, default=field.default)
            elif field.name == "attributes":
                options.add_argument(flag, nargs="+", default=field.default)
            elif field.name == "precision":
                options.add_argument(
                    flag, choices=("float32", "bfloat16"), default=None, help="default: by device"
                )
            else:
                options.add_argument(flag, type=type(field.default), default=field.default)
    return found


def precision(device: str) -> str:
    """bfloat16 where the hardware multiplies it fast, else float32."""
    if device.startswith("cuda"):
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    return "bfloat16" if torch.backends.cpu.get_cpu_capability() == "AVX512" else "float32"


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    options = vars(parser().parse_args(arguments))
    options["precision"] = options["precision"] or precision(options["device"])
    options["attributes"] = tuple(options["attributes"])
    if options["threads"]:
        torch.set_num_threads(options["threads"])

    def config(kind):
        return kind(**{f.name: options[f.name] for f in dataclasses.fields(kind)})

    out: Path = options["out"]
    try:
        data = Segments.load(options["data"], options["split"], options["device"])
        trainer = Trainer(config(ModelConfig), config(TrainConfig), data, out)
        if options["resume"]:
            if not (out / CHECKPOINT).exists():
                raise ValueError(f"{out} holds no {CHECKPOINT} to resume from")
            trainer.resume()
        elif (out / LOG).exists():
            raise ValueError(f"{out} already holds a run; --resume it or choose another folder")
    except ValueError as error:
        print(f"train.fit: {error}", file=sys.stderr)
        return 2
    trainer.fit()
    export(trainer.model, data, out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
