"""A few steps of some models, by as many processes as there are: what `test_several` compares.

``python -m tests.train.several DATA OUT`` writes what each process found to OUT/RANK.pt, goes on
with the runs begun in OUT/begun, and leaves others, stopped early, in OUT/stopped.
"""

import sys
from dataclasses import replace
from pathlib import Path

import torch

from tests.fadernets.tiny import TINY
from train.data.dataset import Segments, stream
from train.run.loop import TrainConfig, Trainer
from train.run.processes import Processes

MODELS = ("gmvae", "fadernetworks", "glsr")
STOPPED = ("gmvae", "reviser")  # whose noise is joint, and who draws for itself
STEPS = 3
CONFIG = TrainConfig(steps=STEPS, batch=16, precision="float32", clip=1e9, seed=3)
WHOLE = TrainConfig(steps=6, batch=16, precision="float32", seed=3, validation_segments=8)
EARLY = 3  # steps, after which a run is stopped


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


def fitted(
    model: str, data: Segments, out: Path, processes: Processes, until=WHOLE.steps, resume=False
) -> dict[str, torch.Tensor]:
    """Weights of a run that its last process, and no other, is told to stop after some steps."""
    run = Trainer(replace(TINY, model=model), WHOLE, data, out, processes)
    if resume:
        run.resume()
    step = run.train_step

    def watched(batch):
        found = step(batch)
        run.stopping = run.step == until and processes.rank == processes.world - 1
        return found

    run.train_step = watched
    finished = run.fit()
    assert (run.step, finished) == (until, until == WHOLE.steps)
    return run.model.state_dict()


def runs(data: Segments, out: Path, processes: Processes) -> dict[str, dict]:
    """Weights after a whole run, after one stopped and resumed, and after one begun elsewhere."""
    found = {}
    for m in STOPPED:
        whole = fitted(m, data, out / "whole" / m, processes)
        fitted(m, data, out / "halted" / m, processes, EARLY)
        resumed = fitted(m, data, out / "halted" / m, processes, resume=True)
        begun = fitted(m, data, out / "begun" / m, processes, resume=True)
        fitted(m, data, out / "stopped" / m, processes, EARLY)
        found[m] = {"whole": whole, "resumed": resumed, "begun": begun}
    return found


def main(data: Path, out: Path) -> None:
    torch.set_num_threads(1)
    processes = Processes("cpu")
    segments = Segments.load(data)
    found = {m: steps(m, segments, out / m, processes) for m in MODELS}
    found["runs"] = runs(segments, out, processes)
    torch.save(found | {"world": processes.world}, out / f"{processes.rank}.pt")
    processes.close()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
