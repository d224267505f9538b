"""A few steps of some models, by as many processes as there are: what `test_several` compares.

``python -m tests.train.several DATA OUT`` writes what each process found to OUT/RANK.pt.
"""

import sys
from dataclasses import replace
from pathlib import Path

import torch

from tests.fadernets.tiny import TINY
from train.dataset import Segments, stream
from train.loop import TrainConfig, Trainer
from train.processes import Processes

MODELS = ("gmvae", "fadernetworks", "glsr")
STEPS = 3
CONFIG = TrainConfig(steps=STEPS, batch=16, precision="float32", clip=1e9, seed=3)


def steps(model: str, data: Segments, out: Path, processes: Processes) -> dict:
    """Loss terms of every step, gradients of the first and weights after the last."""
    config = replace(TINY, model=model, beta_free_steps=0, beta_anneal_steps=1)
    run = Trainer(config, CONFIG, data, out, processes)
    rows = stream(data, CONFIG.batch, CONFIG.labelled_repeats, CONFIG.seed)
    found: dict = {"terms": []}
    for step in range(STEPS):
        terms = run.train_step(data.batch(processes.part(next(rows))))
        found["terms"].append({name: float(term) for name, term in terms.items()})
        if not step:
            found["gradients"] = {
                n: p.grad.clone() for n, p in run.model.named_parameters() if p.grad is not None
            }
    found["weights"] = run.model.state_dict()
    return found


def main(data: Path, out: Path) -> None:
    torch.set_num_threads(1)
    processes = Processes("cpu")
    segments = Segments.load(data)
    found = {m: steps(m, segments, out / m, processes) for m in MODELS}
    torch.save(found | {"world": processes.world}, out / f"{processes.rank}.pt")
    processes.close()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
