"""The training loop: one for every model, on CPU or GPU, resumable to the bit."""

from __future__ import annotations

import csv
import dataclasses
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from fadernets import events
from fadernets.models import build
from fadernets.models.batch import Batch
from train.dataset import VALIDATION, Segments, stream

CHECKPOINT = "last.pt"
LOG = "log.csv"


@dataclass(frozen=True)
class TrainConfig:
    """How a model is trained. Defaults are the paper's (section 4.1) where it says.

    Attributes
    ----------
    steps, batch : int
    learning_rate : float
        Of Adam.
    decay_steps : int
        Over this many last steps the learning rate falls linearly to a twentieth; 0 keeps it
        constant, as the paper does. A short run gains from it.
    clip : float
        Largest norm of the gradients.
    labelled_repeats : int
        Times an arousal-labelled segment comes in an epoch.
    precision : {"float32", "bfloat16"}
        Of the matrix products and recurrences; losses and weights are always float32.
    seed : int
    log_every, validate_every, save_every : int
        Steps.
    validation_segments : int
        Unseen segments that every validation measures.
    """

    steps: int = 20_000
    batch: int = 128
    learning_rate: float = 1e-3
    decay_steps: int = 0
    clip: float = 1.0
    labelled_repeats: int = 2
    precision: str = "bfloat16"
    seed: int = 0
    log_every: int = 20
    validate_every: int = 500
    save_every: int = 200
    validation_segments: int = 1_024

    def rate_at(self, step: int) -> float:
        """Learning rate of a step."""
        if not self.decay_steps:
            return self.learning_rate
        left = min(1.0, (self.steps - step) / self.decay_steps)
        return self.learning_rate * (0.05 + 0.95 * left)


class Trainer:
    """A model, its optimiser and its place in the run.

    Parameters
    ----------
    model_config : fadernets.config.ModelConfig
    config : TrainConfig
    data : Segments
        On the device to train on.
    out : Path
        Folder for the log and the checkpoint.
    """

    def __init__(self, model_config, config: TrainConfig, data: Segments, out: Path) -> None:
        torch.manual_seed(config.seed)
        self.config, self.data, self.out = config, data, out
        self.device = data.tokens.device
        self.model: nn.Module = build(model_config).to(self.device)
        self.optimiser = torch.optim.Adam(self.model.parameters(), lr=config.learning_rate)
        self.step = 0
        self.seconds = 0.0
        out.mkdir(parents=True, exist_ok=True)

    def autocast(self) -> torch.autocast:
        """The context of the forward pass."""
        return torch.autocast(
            self.device.type,
            dtype=torch.bfloat16,
            enabled=self.config.precision == "bfloat16",
        )

    def train_step(self, batch: Batch) -> dict[str, torch.Tensor]:
        """One update of the weights; the loss terms before it, as detached scalars."""
        self.model.train()
        for group in self.optimiser.param_groups:
            group["lr"] = self.config.rate_at(self.step)
        with self.autocast():
            terms = self.model.losses(batch, self.model.config.beta_at(self.step))
        self.optimiser.zero_grad(set_to_none=True)
        terms["total"].backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip)
        self.optimiser.step()
        self.step += 1
        return {name: term.detach() for name, term in terms.items()}

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Loss terms and teacher-forced token accuracy on unseen segments, the same every time."""
        self.model.eval()
        rows = np.flatnonzero(self.data.split == VALIDATION)
        rows = np.random.default_rng(0).permutation(rows)[: self.config.validation_segments]
        rows = rows[np.argsort(self.data.lengths.cpu().numpy()[rows], kind="stable")]
        sums: dict[str, float] = {}
        with torch.random.fork_rng(
            devices=[self.device] if self.device.type == "cuda" else []
        ), self.autocast():
            torch.manual_seed(0)
            for first in range(0, len(rows), self.config.batch):
                part = rows[first : first + self.config.batch]
                batch = self.data.batch(part)
                terms = self.model.losses(batch, self.model.config.beta_at(self.step))
                terms["token_accuracy"] = self._accuracy(batch)
                for name, term in terms.items():
                    sums[name] = sums.get(name, 0.0) + float(term) * len(part)
        return {name: value / len(rows) for name, value in sums.items()}

    def _accuracy(self, batch: Batch) -> torch.Tensor:
        """Share of tokens that the decoder predicts from the posterior means and the past."""
        posteriors = self.model.posteriors(batch.tokens, batch.lengths)
        logits = self.model.event_logits(batch, {n: mean for n, (mean, _) in posteriors.items()})
        told = batch.tokens != events.PAD
        return (logits.argmax(-1) == batch.tokens)[told].float().mean()

    def fit(self) -> None:
        """Train from where the run stands to its last step, logging, validating and saving."""
        config, window = self.config, []
        rows = stream(self.data, config.batch, config.labelled_repeats, config.seed, self.step)
        progress = tqdm(total=config.steps, initial=self.step, unit="step", disable=None)
        began = time.perf_counter() - self.seconds
        while self.step < config.steps:
            window.append(self.train_step(self.data.batch(next(rows))))
            progress.update()
            last = self.step == config.steps
            if last or self.step % config.log_every == 0:
                self.seconds = time.perf_counter() - began
                terms = {n: float(torch.stack([w[n] for w in window]).mean()) for n in window[0]}
                window = []
                if not np.isfinite(terms["total"]):
                    raise FloatingPointError(f"the loss is {terms['total']} at step {self.step}")
                self._log("train", terms)
                progress.set_postfix({n: f"{v:.3f}" for n, v in terms.items()}, refresh=False)
            if last or self.step % config.validate_every == 0:
                terms = self.validate()
                self._log("validation", terms)
                shown = "  ".join(f"{n} {v:.4f}" for n, v in terms.items())
                tqdm.write(f"step {self.step}  {shown}")
            if last or self.step % config.save_every == 0:
                self.seconds = time.perf_counter() - began
                self.save()
        progress.close()

    def _log(self, kind: str, terms: dict[str, float]) -> None:
        """Append a row to the CSV log."""
        path = self.out / LOG
        row = {
            "step": self.step,
            "set": kind,
            "seconds": round(self.seconds, 1),
            "beta": round(self.model.config.beta_at(self.step), 5),
            "learning_rate": round(self.config.rate_at(self.step), 8),
            "token_accuracy": "",
        } | {name: round(value, 6) for name, value in terms.items()}
        fresh = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, row)
            if fresh:
                writer.writeheader()
            writer.writerow(row)

    def save(self) -> None:
        """Write the run's whole state, replacing the last one at once."""
        state = {
            "model_config": dataclasses.asdict(self.model.config),
            "train_config": dataclasses.asdict(self.config),
            "data_sha256": self.data.sha256,
            "step": self.step,
            "seconds": self.seconds,
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "rng": torch.get_rng_state(),
            "rng_cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        }
        part = self.out / f".{CHECKPOINT}.part"
        torch.save(state, part)
        part.replace(self.out / CHECKPOINT)

    def resume(self) -> None:
        """Take up the run saved in the folder, to continue exactly as if never stopped.

        Rows that the log holds beyond the checkpoint are dropped.

        Raises
        ------
        ValueError
            If the checkpoint is of another model, another run or other data.
        """
        path = self.out / CHECKPOINT
        state = torch.load(path, map_location="cpu", weights_only=True)
        for what, mine, theirs in (
            ("model", dataclasses.asdict(self.model.config), state["model_config"]),
            ("run", dataclasses.asdict(self.config), state["train_config"]),
            ("data", self.data.sha256, state["data_sha256"]),
        ):
            if json.dumps(mine) != json.dumps(theirs):
                raise ValueError(f"{path} is of another {what}: {theirs}, not {mine}")
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        torch.set_rng_state(state["rng"])
        if self.device.type == "cuda":
            torch.cuda.set_rng_state_all(state["rng_cuda"])
        self.step, self.seconds = state["step"], state["seconds"]
        log = self.out / LOG
        with log.open(newline="") as file:
            rows = list(csv.DictReader(file))
        with log.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(r for r in rows if int(r["step"]) <= self.step)
