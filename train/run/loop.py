"""The training loop: one for every model, on CPU or GPUs, resumable to the bit."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator, PartialState
from accelerate.utils import DistributedDataParallelKwargs, gather_object
from torch import nn
from tqdm import tqdm

from fadernets.models import Model, build
from fadernets.models.adversarial_turns import turns
from fadernets.models.batch import Batch
from fadernets.models.config import ModelConfig
from fadernets.models.segmentvae import SegmentVAE
from train.data.dataset import SPLITS, VALIDATION, Segments, epoch, stream
from train.evaluation.token_accuracy import hits
from train.run import log
from train.run.config import WITHOUT_EFFECT, TrainConfig
from train.run.resume import CHECKPOINT, RunState, load_state, save_state

LOG = "log.csv"


class Players(nn.Module):
    """The losses of every player as a module's forward pass, which is what accelerate wraps."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model
        self.turns = turns(model)

    def forward(self, player: str, batch: Batch, beta: float) -> dict[str, torch.Tensor]:
        """The loss terms of one player's turn."""
        return self.turns[player].losses(batch, beta)


class Trainer:
    """A model, its optimisers and its place in the run.

    Several processes, started by ``accelerate launch`` or torchrun, share every batch: each takes
    the losses of its rows, and all move by the mean of their gradients.

    Parameters
    ----------
    model_config : fadernets.models.config.ModelConfig
    config : TrainConfig
    data : Segments
        On the device to train on.
    out : Path
        Folder for the log and the checkpoint.

    Attributes
    ----------
    accelerator : Accelerator
        The processes of the run, or this one alone.
    turns : player -> Turn
        The moves of a step in their order; one for a model without an opponent.
    optimisers : player -> torch optimiser
    step : int
        Steps done.
    stopping : bool
        Set it, from a signal handler for instance, and `fit` ends after the step under way.

    Raises
    ------
    ValueError
        If the data lacks labels of an attribute, there are too few segments to train on, none to
        validate with, or the processes cannot share a batch evenly.
    """

    def __init__(
        self,
        model_config: ModelConfig,
        config: TrainConfig,
        data: Segments,
        out: Path,
    ) -> None:
        data.require(model_config.attributes)
        if not (data.split == VALIDATION).any():
            raise ValueError("no segment to validate with")
        epoch(data, config.batch, config.labelled_repeats, np.random.default_rng(0))
        self.model_config, self.config, self.data, self.out = model_config, config, data, out
        self.device = data.tokens.device
        torch.backends.cuda.matmul.allow_tf32 = config.precision == "tf32"
        processes = PartialState()
        if config.batch % processes.num_processes:
            raise ValueError(
                f"a batch of {config.batch} cannot be shared by {processes.num_processes} processes"
            )
        # Each process draws noise of its own. All begin with the first one's weights.
        torch.manual_seed(config.seed + processes.process_index)
        self.model = build(model_config).to(self.device)
        players = Players(self.model)
        self.turns = players.turns
        self.accelerator = Accelerator(
            device_placement=False,
            # An Accelerator's precision is that of the whole Python process, ours that of the run.
            mixed_precision="no",
            kwargs_handlers=[
                # In the turn of one player, the others' weights have no gradient.
                DistributedDataParallelKwargs(find_unused_parameters=len(self.turns) > 1)
            ],
        )
        self.players = self.accelerator.prepare(players)
        self.optimisers: dict[str, torch.optim.Optimizer] = {
            player: torch.optim.Adam(turn.parameters, lr=config.learning_rate)
            for player, turn in self.turns.items()
        }
        self.step = 0
        self.seconds = 0.0
        self.stopping = False
        self.window: list[dict[str, torch.Tensor]] = []  # loss terms since the log's last row
        out.mkdir(parents=True, exist_ok=True)

    @property
    def on_card(self) -> bool:
        """Whether the run draws its noise on a GPU."""
        return self.device.type == "cuda"

    def autocast(self) -> torch.autocast:
        """The context of the forward pass."""
        return torch.autocast(
            self.device.type,
            dtype=torch.bfloat16,
            enabled=self.config.precision == "bfloat16",
        )

    def train_step(self, batch: Batch) -> dict[str, torch.Tensor]:
        """One update of the weights; the loss terms before it, as detached scalars.

        Parameters
        ----------
        batch : Batch
            This process's part of the joint batch, as the terms are.
        """
        self.model.train()
        beta = self.model_config.beta_at(self.step)
        logged: dict[str, torch.Tensor] = {}
        for player, turn in self.turns.items():
            optimiser = self.optimisers[player]
            for group in optimiser.param_groups:
                group["lr"] = self.config.rate_at(self.step)
            with self.autocast():
                terms = self.players(player, batch, beta)
            optimiser.zero_grad(set_to_none=True)
            self.accelerator.backward(terms["total"])
            self.accelerator.clip_grad_norm_(turn.parameters, self.config.clip)
            optimiser.step()
            logged |= {name: term.detach() for name, term in terms.items()}
        self.step += 1
        return logged

    def share(self, rows: np.ndarray) -> np.ndarray:
        """This process's rows of a joint batch.

        Rows come in order of length: taken in turns, all processes have like lengths.
        """
        return rows[self.accelerator.process_index :: self.accelerator.num_processes]

    def _told_to_stop(self) -> bool:
        """Whether any process was told to stop."""
        if self.accelerator.num_processes == 1:  # spares a card the wait for the answer
            return self.stopping
        if self.stopping:
            self.accelerator.set_trigger()
        return self.accelerator.check_trigger()

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Loss terms on unseen segments, the same every time.

        With them comes the teacher-forced token accuracy of a model that plays tokens.
        """
        self.model.eval()
        rows = np.flatnonzero(self.data.split == VALIDATION)
        rows = np.random.default_rng(0).permutation(rows)[: self.config.validation_segments]
        rows = rows[np.argsort(self.data.host_lengths[rows], kind="stable")]
        sums: dict[str, float] = {}
        with (
            torch.random.fork_rng(devices=[self.device] if self.on_card else []),
            self.autocast(),
        ):
            torch.manual_seed(0)
            for first in range(0, len(rows), self.config.batch):
                part = rows[first : first + self.config.batch]
                batch = self.data.batch(part)
                terms: dict[str, torch.Tensor] = {}
                for turn in self.turns.values():
                    terms |= turn.losses(batch, self.model_config.beta_at(self.step))
                if isinstance(self.model, SegmentVAE):
                    terms["token_accuracy"] = hits(self.model, batch).float().mean()
                for name, term in terms.items():
                    sums[name] = sums.get(name, 0.0) + float(term) * len(part)
        return {name: value / len(rows) for name, value in sums.items()}

    def fit(self) -> bool:
        """Train from where the run stands to its last step, logging, validating and saving.

        Returns
        -------
        bool
            Whether it came to the last step, and was not told to stop before.

        Raises
        ------
        FloatingPointError
            If the loss is no longer a number.
        """
        config = self.config
        rows = stream(self.data, config.batch, config.labelled_repeats, config.seed, self.step)
        is_main = self.accelerator.is_main_process
        progress = tqdm(
            total=config.steps, initial=self.step, unit="step", disable=None if is_main else True
        )
        began = time.perf_counter() - self.seconds
        while self.step < config.steps and not self._told_to_stop():
            terms = self.train_step(self.data.batch(self.share(next(rows))))
            self.window.append(self.accelerator.reduce(terms, "mean"))
            self.seconds = time.perf_counter() - began
            progress.update()
            is_last = self.step == config.steps
            if is_last or self.step % config.log_every == 0:
                means = {
                    name: float(torch.stack([terms[name] for terms in self.window]).mean())
                    for name in self.window[0]
                }
                self.window = []
                if not np.isfinite(means["total"]):
                    raise FloatingPointError(f"the loss is {means['total']} at step {self.step}")
                self._log("train", means)
                progress.set_postfix({n: f"{v:.3f}" for n, v in means.items()}, refresh=False)
            if is_main and (is_last or self.step % config.validate_every == 0):
                means = self.validate()
                self._log("validation", means)
                text = "  ".join(f"{n} {v:.4f}" for n, v in means.items())
                tqdm.write(f"step {self.step}  {text}")
            if is_last or self.step % config.save_every == 0:
                self.save()
        progress.close()
        if self.step < config.steps:
            self.save()
        self.accelerator.wait_for_everyone()  # a launcher ends the others when one has ended
        return self.step == config.steps

    def _log(self, kind: str, terms: dict[str, float]) -> None:
        """Append a row to the CSV log, if this is the process that does."""
        if not self.accelerator.is_main_process:
            return
        row = {
            "step": self.step,
            "set": kind,
            "seconds": round(self.seconds, 1),
            "beta": round(self.model_config.beta_at(self.step), 5),
            "learning_rate": round(self.config.rate_at(self.step), 8),
            "token_accuracy": "",
        } | {name: round(value, 6) for name, value in terms.items()}
        log.append(self.out / LOG, row)

    def save(self) -> None:
        """Write the run's whole state, replacing the last one at once.

        All processes have to come here, the first of them writes.
        """
        generators = gather_object([torch.get_rng_state()])
        cards = gather_object([torch.cuda.get_rng_state(self.device)] if self.on_card else [])
        if not self.accelerator.is_main_process:
            return
        state: RunState = {
            "model_config": dataclasses.asdict(self.model_config),
            "train_config": dataclasses.asdict(self.config),
            "data_sha256": self.data.sha256,
            "split": self.data.split_name,
            "step": self.step,
            "seconds": self.seconds,
            "window": self.window,
            "model": self.model.state_dict(),
            "optimisers": {player: o.state_dict() for player, o in self.optimisers.items()},
            "rng": generators,  # of each process
            "rng_cuda": cards,
        }
        save_state(state, self.out / CHECKPOINT)

    def resume(self) -> None:
        """Take up the run saved in the folder, to continue exactly as if never stopped.

        More processes than saved it draw noise anew. Rows that the log holds beyond the checkpoint
        are dropped.

        Raises
        ------
        ValueError
            If there is no checkpoint or it is of another model, another run or other data.
        """
        path = self.out / CHECKPOINT
        state = load_state(path)
        data = {"sha256": state["data_sha256"], "split": state.get("split", SPLITS[0])}
        for part, stored, current in (
            ("model", state["model_config"], dataclasses.asdict(self.model_config)),
            ("run", state["train_config"], dataclasses.asdict(self.config)),
            ("data", data, {"sha256": self.data.sha256, "split": self.data.split_name}),
        ):
            unlike = [n for n in stored | current if stored.get(n) != current.get(n)]
            if unlike := [n for n in unlike if n not in WITHOUT_EFFECT]:
                differences = ", ".join(
                    f"{n} {stored.get(n)}, not {current.get(n)}" for n in unlike
                )
                raise ValueError(f"{path} is of another {part}: {differences}")
        if not state["optimisers"]:  # of `train.paper --pack`
            raise ValueError(f"{path} holds weights alone: training cannot go on from it")
        self.model.load_state_dict(state["model"])
        for player, optimiser in self.optimisers.items():
            optimiser.load_state_dict(state["optimisers"][player])
        rank, generators = self.accelerator.process_index, state["rng"]
        if isinstance(generators, torch.Tensor):  # of a run before those of all were saved
            generators = [generators]
        if rank < len(generators):
            torch.set_rng_state(generators[rank])
        if self.on_card and rank < len(state["rng_cuda"]):
            torch.cuda.set_rng_state(state["rng_cuda"][rank], self.device)
        self.step, self.seconds = state["step"], state["seconds"]
        self.window = [
            {name: term.to(self.device) for name, term in terms.items()}
            for terms in state.get("window", [])
        ]
        if self.accelerator.is_main_process:
            log.trim(self.out / LOG, self.step)
