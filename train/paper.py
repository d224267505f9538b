"""The whole paper by one command: ``python -m train.paper --out DIR --piano DIR --vgmidi DIR``.

Prepares the data, trains the seven models on the paper's two splits side by side, evaluates them,
and draws the figures. What is there already is not made again, and a run that was stopped goes on
where it stood, so the same command is given again until all is done. ``--data FILE`` takes a
prepared file instead of MIDI folders; options that are not listed here go to `train.fit`, such as
``--steps 5000``. ``--pack DIR`` only writes the weights so far, in half precision, to be carried
away: what it writes can be exported by `train.export`, but training cannot go on from it exactly.
"""

from __future__ import annotations

import argparse
import csv
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import torch

from fadernets import checkpoint
from fadernets.atomic_file import replacing
from train import export, fit
from train.data.dataset import SPLITS
from train.data.definitions import AUTHORS, DEFINITIONS
from train.run.loop import LOG
from train.run.resume import CHECKPOINT, load_state

MODELS = ("vanilla", "gmvae", "pati", "cvae", "fadernetworks", "glsr", "singlegmvae")
DATA, MESSAGES, PROGRESS = "segments.npz", "messages.log", "progress.log"
STAGES = ("train", "evaluate", "figures")
SIZES: dict[str, dict[str, object]] = {
    "paper": {},  # the defaults of `ModelConfig` and `TrainConfig`
    "small": {
        "hidden": 192,
        "steps": 2_000,
        "beta_free_steps": 400,
        "beta_anneal_steps": 1_000,
        "decay_steps": 500,
    },
}
STOPPED = (130, -signal.SIGTERM)  # saved, or ended before there was anything to save
PROGRESS_SECONDS = 10.0
POLL_SECONDS = 0.2
STANDS_STILL = (
    8  # validations without a better loss, after the weight of the KL has stopped growing
)


@dataclass
class Run:
    """One model on one split.

    Attributes
    ----------
    split, model : str
    folder : Path
    process : Popen
        Of `train.fit`, once started.
    began, first_step : float, int
        When it was started, seconds, and at which step.
    settled : bool
        Whether it was stopped because its validation loss stood still.
    failure : str
        What a run that failed said.
    """

    split: str
    model: str
    folder: Path
    process: subprocess.Popen = field(init=False)
    began: float = 0.0
    first_step: int = 0
    settled: bool = False
    failure: str = ""
    rows: list[dict[str, str]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Such as "split/gmvae"."""
        return f"{self.split}/{self.model}"

    @property
    def is_done(self) -> bool:
        """Whether its model is exported."""
        return (self.folder / checkpoint.SUMS).exists()

    @property
    def step(self) -> int:
        """Steps that the log knows of."""
        return max((int(row["step"]) for row in self.rows), default=0)

    def read_log(self) -> None:
        """Take note of what the run has logged."""
        try:
            with (self.folder / LOG).open(newline="") as file:
                self.rows = [r for r in csv.DictReader(file) if r["total"]]
        except FileNotFoundError:
            self.rows = []

    def stands_still(self, after: int) -> bool:
        """Whether the last validations past a step found no better loss."""
        totals = [
            float(row["total"])
            for row in self.rows
            if row["set"] == "validation" and int(row["step"]) > after
        ]
        return len(totals) > STANDS_STILL and min(totals) < min(totals[-STANDS_STILL:])

    def progress(self, steps: int, now: float) -> tuple[str, float]:
        """Its part of the line of progress, and seconds left (infinite when unknown)."""
        trained = [row for row in self.rows if row["set"] == "train"]
        loss = f" {float(trained[-1]['total']):.3f}" if trained else ""
        advanced = self.step - self.first_step
        left = (steps - self.step) * (now - self.began) / advanced if advanced > 0 else float("inf")
        return f"{self.name} {self.step:,}{loss}", left

    def last_message(self) -> str:
        """The last line that the process wrote."""
        lines = (self.folder / MESSAGES).read_text(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "no message")


class Training:
    """Runs of `train.fit` side by side, until all are done, time is up or a signal comes.

    Parameters
    ----------
    runs : sequence of Run
        In the order in which they are started.
    command : list of str
        Of `train.fit`, without what differs from run to run.
    jobs : int
        At a time.
    seconds : float
        After which all are stopped, each saved.
    steps, annealed : int
        Of a run; after how many the weight of the KL has grown up.
    """

    def __init__(
        self,
        runs: Sequence[Run],
        command: list[str],
        jobs: int,
        seconds: float,
        steps: int,
        annealed: int,
    ) -> None:
        self.command, self.jobs, self.steps, self.annealed = command, jobs, steps, annealed
        self.waiting = deque(run for run in runs if not run.is_done)
        self.all, self.running = list(self.waiting), list[Run]()
        self.began = time.monotonic()
        self.seconds = seconds
        self.stopping = False

    def train(self, progress: Path) -> bool:
        """Train; returns whether every run came to its end."""
        shown = -PROGRESS_SECONDS
        with _signals(self.stop):
            while self.running or (self.waiting and not self.stopping):
                while self.waiting and len(self.running) < self.jobs and not self.stopping:
                    self._start(self.waiting.popleft())
                time.sleep(POLL_SECONDS)
                elapsed = time.monotonic() - self.began
                if elapsed > self.seconds and not self.stopping:
                    self.stop()
                for run in [run for run in self.running if run.process.poll() is not None]:
                    self._ended(run)
                if elapsed - shown >= PROGRESS_SECONDS:
                    shown = elapsed
                    self._watch(elapsed, progress)
        return not self.waiting and all(run.is_done or run.settled for run in self.all)

    def stop(self, *_signal: int | FrameType | None) -> None:
        """Let every run save and end."""
        self.stopping = True
        for run in self.running:
            run.process.terminate()

    def _start(self, run: Run) -> None:
        run.folder.mkdir(parents=True, exist_ok=True)
        run.read_log()
        resume = ["--resume"] if (run.folder / CHECKPOINT).exists() else []
        if not resume:  # a run that was killed before it first saved is begun anew
            (run.folder / LOG).unlink(missing_ok=True)
        run.began, run.first_step = time.monotonic(), run.step
        with (run.folder / MESSAGES).open("ab") as messages:
            run.process = subprocess.Popen(
                [*self.command, "--model", run.model, "--split", run.split,
                 "--out", str(run.folder), *resume],
                stdout=messages,
                stderr=messages,
                stdin=subprocess.DEVNULL,
                env=_environment(),
                start_new_session=True,  # Ctrl-C reaches this process alone, which passes it on
            )  # fmt: skip
        self.running.append(run)

    def _ended(self, run: Run) -> None:
        self.running.remove(run)
        run.read_log()
        status = run.process.returncode
        was_stopped = run.settled or (self.stopping and status in STOPPED)
        if not run.is_done and not was_stopped:
            run.failure = f"{run.name} failed ({status}): {run.last_message()}"
            print(run.failure, flush=True)

    def _watch(self, elapsed: float, progress: Path) -> None:
        """Print and keep the line of progress, and stop runs whose loss stands still."""
        parts, left, now = [], 0.0, time.monotonic()
        for run in self.running:
            run.read_log()
            part, seconds = run.progress(self.steps, now)
            parts.append(part)
            left = max(left, seconds)
            if not run.settled and run.stands_still(self.annealed):
                run.settled = True
                run.process.terminate()
        left_words = f"{left / 60:.0f} min left" if left < float("inf") else "time left not known"
        line = f"{elapsed:.0f} s, of {self.steps:,}: {'  '.join(parts)}; {left_words}"
        print(line, flush=True)
        with progress.open("a") as file:
            file.write(line + "\n")


@contextmanager
def _signals(handler) -> Iterator[None]:
    """Ctrl-C and SIGTERM call a function while in the context."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def _environment() -> dict[str, str]:
    # cuDNN's recurrences and cuBLAS repeat to the bit only with a fixed workspace.
    return {"OMP_NUM_THREADS": "1", "CUBLAS_WORKSPACE_CONFIG": ":4096:8"} | os.environ


def pack(runs: Sequence[Run], out: Path) -> None:
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


def call(module: str, *arguments: object) -> bool:
    """Run a module of this project; returns whether it succeeded."""
    words = list(map(str, arguments))
    print(f"{module} {' '.join(words)}", flush=True)
    command = [sys.executable, "-m", module, *words]
    status = subprocess.run(command, env=_environment(), stdout=subprocess.DEVNULL).returncode
    if status:
        print(f"{module} {' '.join(words)} failed ({status})", flush=True)
    return not status


def evaluate(
    runs: Sequence[Run], data: Path, out: Path, jobs: int, further: Sequence[object]
) -> bool:
    """Evaluate the finished models, each on the test segments of its split, `jobs` at a time."""

    def evaluated(run: Run) -> bool:
        result = out / "results" / run.split / f"{run.model}.json"
        return result.exists() or call(
            "train.evaluate", "--checkpoint", run.folder, "--data", data, "--split", run.split,
            "--out", result, *further,
        )  # fmt: skip

    done = [run for run in runs if run.is_done]
    with ThreadPoolExecutor(jobs) as pool:
        return all(list(pool.map(evaluated, done)))


def record(runs: Sequence[Run], out: Path, hardware: str) -> None:
    """Write how the finished models were trained."""
    # Cards are lent on machines without what results files need: training imports none of it.
    from train.reporting.writing import text_of, write

    for run in (run for run in runs if run.is_done):
        path = out / "results" / run.split / f"{run.model}-training.json"
        if not path.exists():
            model, _ = checkpoint.load(run.folder)
            state = load_state(run.folder / CHECKPOINT)
            write(path, text_of(export.history(state, run.folder / LOG, model, hardware)))


def figures(runs: Sequence[Run], data: Path, out: Path, device: str) -> bool:
    """Maps of codes, transfers, figures and tables of the finished models, by split."""
    succeeded = True
    for split in dict.fromkeys(run.split for run in runs):
        done = [run for run in runs if run.split == split and run.is_done]
        if not done:
            continue
        results = out / "results" / split
        names = [part for run in done for part in ("--checkpoint", f"{run.model}={run.folder}")]
        on_data = ("--data", data, "--split", split, "--device", device)
        for name, options in (("latent", on_data), ("transfers", ())):
            path = results / f"{name}.json"
            if not path.exists():
                succeeded &= call(f"train.{name}", *names, *options, "--out", path)
        files = sorted(results.glob("*.json"))
        succeeded &= call("train.figures", *files, "--out", out / "figures" / split)
        (results / "report.md").write_text(report(results))
    return succeeded


def report(results: Path) -> str:
    """The paper's tables beside ours, of a folder of results."""
    from train.reporting import comparison
    from train.reporting.markdown import table

    evaluations = comparison.evaluations(results)
    tables = (comparison.control, comparison.preserved, comparison.arousal)
    texts = [table(*rows(evaluations)) for rows in tables]
    return "\n\n".join([*texts, table(*comparison.trained(results))]) + "\n"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    options = argparse.ArgumentParser(prog="python -m train.paper", description=__doc__)
    options.add_argument("--out", type=Path, required=True, help="folder of everything made")
    options.add_argument("--data", type=Path, help="prepared file, in place of the MIDI folders")
    options.add_argument("--piano", type=Path, help="folder of piano performances")
    options.add_argument("--vgmidi", type=Path, help="folder with annotations.json and midi/")
    options.add_argument("--definition", choices=DEFINITIONS, default=AUTHORS, help="of the labels")
    options.add_argument("--size", choices=SIZES, default="paper")
    options.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    options.add_argument("--splits", nargs="+", choices=SPLITS, default=list(SPLITS)[::-1])
    options.add_argument("--stages", nargs="+", choices=STAGES, default=list(STAGES))
    options.add_argument("--minutes", type=float, default=float("inf"), help="of training")
    options.add_argument("--jobs", type=int, help="models trained at a time")
    options.add_argument("--runs", type=int, default=10, help="of Table 1")
    options.add_argument("--samples", type=int, default=100, help="segments of each run")
    options.add_argument("--segments", type=int, default=200, help="test segments of the rest")
    options.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options.add_argument("--hardware", default=platform.machine(), help="for the record, in words")
    options.add_argument("--pack", type=Path, help="only write the weights so far here")
    return options


def fit_command(options: argparse.Namespace, data: Path, further: list[str]) -> list[str]:
    """The command of `train.fit` but for model, split and folder."""
    settings = {"precision": "tf32", "save_every": 1_000} if options.device != "cpu" else {}
    settings |= SIZES[options.size]
    flags = [t for n, v in settings.items() for t in (f"--{n.replace('_', '-')}", str(v))]
    return [
        *(sys.executable, "-m", "train.fit", "--data", str(data), "--device", options.device),
        *("--threads", "1", *flags, *further),
    ]


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    options, fit_options = parser().parse_known_args(arguments)
    out: Path = options.out
    data = options.data or out / DATA
    runs = [Run(s, m, out / s / m) for s in options.splits for m in options.models]
    if options.pack:
        pack(runs, options.pack)
        return 0
    out.mkdir(parents=True, exist_ok=True)
    if not data.exists():
        if not options.piano:
            parser().error("give --data FILE of train.prepare, or --piano and --vgmidi")
        corpora = [
            "--piano",
            options.piano,
            *(("--vgmidi", options.vgmidi) if options.vgmidi else ()),
        ]
        summary = out / "results" / "prepare.json"
        if not call("train.prepare", *corpora, "--definition", options.definition, "--out", data,
                    "--summary", summary):  # fmt: skip
            return 1
    command = fit_command(options, data, fit_options)
    config = fit.parser().parse_args([*command[3:], "--out", str(out)])
    annealed = config.beta_free_steps + config.beta_anneal_steps
    jobs = options.jobs or (len(options.models) if options.device != "cpu" else os.cpu_count() or 1)
    succeeded = True
    if "train" in options.stages:
        training = Training(runs, command, jobs, 60 * options.minutes, config.steps, annealed)
        succeeded = training.train(out / PROGRESS)
        for run in training.all:
            if run.settled and not run.is_done:
                succeeded &= call(
                    "train.export", "--run", run.folder, "--data", data, "--out", run.folder
                )
        if training.stopping:
            print("stopped; the same command goes on", flush=True)
            return 130
    if "evaluate" in options.stages:
        protocol = ("--runs", options.runs, "--samples", options.samples)
        further = (*protocol, "--segments", options.segments, "--device", options.device)
        succeeded &= evaluate(runs, data, out, jobs, further)
        record(runs, out, options.hardware)
    if "figures" in options.stages:
        succeeded &= figures(runs, data, out, options.device)
    return 0 if succeeded else 1


if __name__ == "__main__":
    sys.exit(main())
