"""What two processes of a training run do; `test_several` starts them and compares.

``python -m tests.train.several DATA OUT`` writes what each process computed to OUT/RANK.pt and
trains OUT/fit by the command line. Runs begun by one process are in OUT/begun, and one of two
processes, stopped early, is left in OUT/stopped.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from accelerate import PartialState
from torch import nn

from fadernets.models import MODELS
from fadernets.music.key import KEYS
from tests.fadernets.tiny import TINY
from train import fit
from train.data.dataset import Segments, stream
from train.run.config import TrainConfig
from train.run.loop import Trainer

PAPERS_MODELS = ("gmvae", "fadernetworks", "glsr")
STEPS = 3
CONFIG = TrainConfig(steps=STEPS, batch=16, precision="float32", clip=1e9, seed=3)
RUN = replace(CONFIG, steps=6, clip=1.0, validation_segments=8)
STOP = 3  # step after which a run is stopped


class KeyMeans(nn.Module):
    """The mean rhythm density of each key: a loss of equal counts in equal parts of a batch."""

    def __init__(self, config) -> None:
        super().__init__()
        self.config = config
        self.table = nn.Embedding(KEYS, 1)

    def losses(self, batch, beta) -> dict[str, torch.Tensor]:
        density = self.table(batch.key)[:, 0]
        return {"total": (density - batch.densities["rhythm"]).square().mean()}


MODELS["keymeans"] = KeyMeans


def trainer(model: str, config: TrainConfig, data: Segments, out: Path) -> Trainer:
    return Trainer(
        replace(TINY, model=model, beta_free_steps=0, beta_anneal_steps=1), config, data, out
    )


def batches(data: Segments) -> list[np.ndarray]:
    """Rows of the first joint batches."""
    rows = stream(data, CONFIG.batch, CONFIG.labelled_repeats, CONFIG.seed)
    return [next(rows) for _ in range(STEPS)]


def parameters(run: Trainer) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in run.model.named_parameters()}


def gradients(run: Trainer) -> dict[str, torch.Tensor]:
    return {name: value.grad.clone() for name, value in run.model.named_parameters()}


def trained(model: str, data: Segments, out: Path) -> dict:
    """This process's loss terms, gradients of the first step, and weights after the last."""
    run = trainer(model, CONFIG, data, out)
    result: dict = {"terms": []}
    for rows in batches(data):
        terms = run.train_step(data.batch(run.share(rows)))
        result["terms"].append({name: float(term) for name, term in terms.items()})
        result.setdefault("gradients", gradients(run))
    return result | {"weights": parameters(run)}


def run_until(step: int, model: str, data: Segments, out: Path, resume: bool = False) -> Trainer:
    """A run in which only the last process is told to stop after a step."""
    run = trainer(model, RUN, data, out)
    if resume:
        run.resume()
    train_step = run.train_step
    processes = run.accelerator

    def watched(batch):
        terms = train_step(batch)
        run.stopping = run.step == step and processes.process_index == processes.num_processes - 1
        return terms

    run.train_step = watched
    assert run.fit() is (step == RUN.steps)
    assert run.step == step
    return run


def runs(data: Segments, out: Path) -> dict[str, dict[str, torch.Tensor]]:
    """Weights of a whole run, of one stopped and resumed, and of one that one process began."""
    model = "fadernetworks"
    uninterrupted = run_until(RUN.steps, model, data, out / "whole")
    run_until(STOP, model, data, out / "halted")
    resumed = run_until(RUN.steps, model, data, out / "halted", resume=True)
    begun = run_until(RUN.steps, model, data, out / "begun", resume=True)
    run_until(STOP, model, data, out / "stopped")
    return {
        name: parameters(run)
        for name, run in (("whole", uninterrupted), ("resumed", resumed), ("begun", begun))
    }


def uneven(data: Segments, out: Path) -> str:
    """How a batch of 15 is refused."""
    try:
        trainer("gmvae", replace(CONFIG, batch=15), data, out)
    except ValueError as error:
        return str(error)
    return "not refused"


def main(data_file: Path, out: Path) -> int:
    torch.set_num_threads(1)
    rank = PartialState(cpu=True).process_index
    data = Segments.load(data_file)
    results = {m: trained(m, data, out / m) for m in (*PAPERS_MODELS, "keymeans")}
    results |= {"runs": runs(data, out), "uneven": uneven(data, out / "uneven")}
    results["share"] = trainer("keymeans", CONFIG, data, out / "share").share(np.arange(8)).tolist()
    torch.save(results, out / f"{rank}.pt")
    options = (
        f"--data {data_file} --out {out / 'fit'} --model pati --hidden 8 --latent 4 --embedding 4 "
        "--steps 2 --batch 16 --log-every 1 --validation-segments 8 --precision float32 "
        "--device cpu"
    )
    return fit.main(options.split())


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
