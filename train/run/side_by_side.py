"""Training runs side by side on one machine, each a process of `train.fit`."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from fadernets import checkpoint
from train.run.loop import LOG
from train.run.resume import CHECKPOINT

MESSAGES = "messages.log"
STOPPED = (130, -signal.SIGTERM)  # saved, or ended before there was anything to save
PROGRESS_SECONDS = 10.0
POLL_SECONDS = 0.2
# Validations without a better loss, after the weight of the KL has stopped growing.
STANDS_STILL = 8


@dataclass
class SplitRun:
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
        speed = self.speed(now)
        seconds_left = (steps - self.step) / speed if speed else float("inf")
        return f"{self.name} {self.step:,}{loss}", seconds_left

    def speed(self, now: float) -> float:
        """Steps a second since it was started."""
        return max(0, self.step - self.first_step) / max(now - self.began, 1e-9)

    def last_message(self) -> str:
        """The last line that the process wrote."""
        lines = (self.folder / MESSAGES).read_text(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "no message")


class TrainingRuns:
    """Runs of `train.fit` side by side, until all are done, time is up or a signal comes.

    Parameters
    ----------
    runs : sequence of SplitRun
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
        runs: Sequence[SplitRun],
        command: list[str],
        jobs: int,
        seconds: float,
        steps: int,
        annealed: int,
    ) -> None:
        self.command, self.jobs, self.steps, self.annealed = command, jobs, steps, annealed
        self.waiting = deque(run for run in runs if not run.is_done)
        self.all, self.running = list(self.waiting), list[SplitRun]()
        self.began = time.monotonic()
        self.seconds = seconds
        self.stopping = False

    def train(self, progress: Path) -> bool:
        """Train; returns whether every run came to its end."""
        latest = -PROGRESS_SECONDS
        with signals(self.stop):
            while self.running or (self.waiting and not self.stopping):
                while self.waiting and len(self.running) < self.jobs and not self.stopping:
                    self._start(self.waiting.popleft())
                time.sleep(POLL_SECONDS)
                elapsed = time.monotonic() - self.began
                if elapsed > self.seconds and not self.stopping:
                    self.stop()
                for run in [run for run in self.running if run.process.poll() is not None]:
                    self._ended(run)
                if self.running and elapsed - latest >= PROGRESS_SECONDS:
                    latest = elapsed
                    self._watch(elapsed, progress)
        return not self.waiting and all(run.is_done or run.settled for run in self.all)

    def stop(self, *_signal: int | FrameType | None) -> None:
        """Let every run save and end."""
        self.stopping = True
        for run in self.running:
            run.process.terminate()

    def _start(self, run: SplitRun) -> None:
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
                env=environment(),
                start_new_session=True,  # Ctrl-C reaches this process alone, which passes it on
            )  # fmt: skip
        self.running.append(run)

    def _ended(self, run: SplitRun) -> None:
        self.running.remove(run)
        run.read_log()
        status = run.process.returncode
        was_stopped = run.settled or (self.stopping and status in STOPPED)
        if not run.is_done and not was_stopped:
            run.failure = f"{run.name} failed ({status}): {run.last_message()}"
            print(run.failure, flush=True)

    def _watch(self, elapsed: float, progress: Path) -> None:
        """Print and keep the line of progress, and stop runs whose loss stands still."""
        parts, seconds_left, now = [], 0.0, time.monotonic()
        for run in self.running:
            run.read_log()
            part, seconds = run.progress(self.steps, now)
            parts.append(part)
            seconds_left = max(seconds_left, seconds)
            if not run.settled and run.stands_still(self.annealed):
                run.settled = True
                run.process.terminate()
        if speed := sum(run.speed(now) for run in self.running):  # that of those to come, too
            to_come = len(self.waiting) * self.steps
            to_come += sum(self.steps - run.step for run in self.running)
            seconds_left = max(seconds_left, to_come / speed)
        line = f"{elapsed:.0f} s, of {self.steps:,}: {'  '.join(parts)}; {time_left(seconds_left)}"
        print(line, flush=True)
        with progress.open("a") as file:
            file.write(line + "\n")


def time_left(seconds: float) -> str:
    """How long it still takes, in words."""
    if seconds == float("inf"):
        return "time left not known"
    return f"{seconds / 60:.0f} min left" if seconds >= 60 else "less than a minute left"


@contextmanager
def signals(handler) -> Iterator[None]:
    """Ctrl-C and SIGTERM call a function while in the context."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def environment() -> dict[str, str]:
    """The variables of a process that shares the machine with others."""
    # cuDNN's recurrences and cuBLAS repeat to the bit only with a fixed workspace.
    return {"OMP_NUM_THREADS": "1", "CUBLAS_WORKSPACE_CONFIG": ":4096:8"} | os.environ
