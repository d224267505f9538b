"""Who computes what, and when: processes beside the server, short work before long.

The server itself only takes requests; everything that costs time runs in workers
(`demo.compute.worker`). Its cost is known before it starts (`demo.compute.cost`): short work has
workers of its own, so that who moves one fader never waits for another's whole piece; long work has
one, and gets the processor's time that short work leaves. Work that nobody waits for any more is
dropped.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from demo.compute import frames, worker
from demo.compute.cost import SHORT
from demo.editing.piece_session import PieceSession

ROOT = Path(__file__).resolve().parents[2]
MOST_SHORT = 4  # workers for short work; more than cores help nobody
NICE = 5  # how far long work steps back: a third of the time that short work would get
LIMIT = 300.0  # seconds after which work is taken for hung: ten times the longest there is
TRIES = 2  # workers that may die of a piece of work
RESTART = 0.5  # seconds before a worker takes another's place, lest one that cannot start spins
PATIENCE = 120.0  # seconds that a worker may take to start on a busy machine
LOOK = 1.0  # seconds between two looks at whether an idle worker still lives
WAITING = 200  # pieces of work that may wait; more could not be answered in time
log = logging.getLogger(__name__)


class WorkError(Exception):
    """Work that came to nothing; the message is one sentence for who asked."""


class Dropped(WorkError):
    """Newer work took its place, or nobody waits for it."""


class Full(WorkError):
    """Too much waits already."""


@dataclass(order=True)
class _Job:
    """Work that waits or is under way; those that ought to come first are less.

    Attributes
    ----------
    due : float
        When it came, plus twice what it costs: cheap work overtakes, and nothing waits for ever.
    """

    due: float
    number: int
    task: str = field(compare=False)
    study: PieceSession | None = field(compare=False)
    arguments: tuple = field(compare=False)
    key: Hashable = field(compare=False)
    order: int = field(compare=False, default=0)
    tries: int = field(compare=False, default=0)
    future: Future = field(compare=False, default_factory=Future)
    dropped: bool = field(compare=False, default=False)

    def succeed(self, value: Any) -> None:
        """Give the result to who waits for it, if anybody does."""
        try:
            self.future.set_result(value)
        except InvalidStateError:  # given up meanwhile
            pass

    def fail(self, error: WorkError) -> None:
        """Say why there will be no result, unless that has been said already."""
        try:
            self.future.set_exception(error)
        except InvalidStateError:
            pass


class _Lane:
    """Work of one kind that waits, the most urgent first."""

    def __init__(self) -> None:
        self.jobs: list[_Job] = []
        self.ready = threading.Condition()
        self.closed = False

    def put_back(self, job: _Job) -> None:
        """Have work done by another worker, whose own died."""
        with self.ready:
            if self.closed:
                job.fail(Dropped("the server stops"))
                return
            heapq.heappush(self.jobs, job)
            self.ready.notify()

    def put(self, job: _Job) -> None:
        with self.ready:
            if len(self.jobs) >= WAITING:
                self.jobs = [one for one in self.jobs if not one.dropped]
                heapq.heapify(self.jobs)
            if len(self.jobs) >= WAITING:
                raise Full("The server has more to do than it can. Please try again in a minute.")
            heapq.heappush(self.jobs, job)
            self.ready.notify()

    def take(self) -> _Job | None:
        """The next job that somebody waits for; None if none comes for `LOOK` seconds."""
        with self.ready:
            if not self.jobs and not self.closed:
                self.ready.wait(LOOK)
            while self.jobs:
                job = heapq.heappop(self.jobs)
                if not job.dropped:
                    return job
            return None

    def close(self) -> list[_Job]:
        with self.ready:
            self.closed = True
            left, self.jobs = self.jobs, []
            self.ready.notify_all()
            return left


class _Process:
    """One worker: the process, and the thread that hands it work from a lane."""

    def __init__(self, lane: _Lane, model: str | None, nice: int) -> None:
        self.lane, self.model, self.nice = lane, model, nice
        self.ready: Future[None] = Future()  # of the first start
        self.is_ready = False
        self.is_hung = False
        self.forgotten: deque[str] = deque()
        self.job: _Job | None = None
        self.began = 0.0
        self.closing = False
        self._writing = threading.Lock()
        self._process: subprocess.Popen | None = None
        self.thread = threading.Thread(target=self._run, name="worker", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while not self.closing:
            try:
                self._start()
                while not self.lane.closed:
                    job = self.lane.take()
                    if self._process is None or self._process.poll() is not None:
                        if job is not None:
                            self.lane.put_back(job)
                        raise EOFError  # it died while it had nothing to do
                    self._forget()
                    if job is not None:
                        self._do(job)
                return
            except (WorkError, EOFError, OSError) as error:  # no model, killed, or crashed
                self.is_ready = False
                self.stop()
                if self.closing:
                    return
                if not self.ready.done():
                    known = isinstance(error, WorkError)
                    self.ready.set_exception(error if known else WorkError("no worker starts"))
                    return
                log.warning("a worker ended unasked; another takes its place")
                time.sleep(RESTART)

    def _start(self) -> None:
        env = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *_python_path()])}
        if self.model is not None:
            env["FADERNETS_MODEL"] = self.model
        command = [sys.executable, "-m", "demo.compute.worker", str(self.nice)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env
        )
        if self.closing:
            self.stop()
        _, kind, value = frames.read(self._pipes()[1])
        if kind != worker.READY:
            raise WorkError(value)
        self.is_ready = True
        self.is_hung = False
        if not self.ready.done():
            self.ready.set_result(None)

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        """Where the process reads, and where it writes."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise OSError("no process has been started")
        return process.stdin, process.stdout

    def _forget(self) -> None:
        """Have the process let go of pieces that were closed."""
        names = [self.forgotten.popleft() for _ in range(len(self.forgotten))]
        if names:
            with self._writing:
                frames.write(self._pipes()[0], ("forget", names))

    def _do(self, job: _Job) -> None:
        self.job, self.began = job, time.monotonic()
        name = job.study.id if job.study is not None else None
        try:
            kind, value = self._ask(job, name, None)
            if kind == worker.UNKNOWN:
                kind, value = self._ask(job, name, job.study)
        except (EOFError, OSError):
            job.tries += 1
            if job.tries < TRIES and not self.is_hung and not self.closing:
                self.lane.put_back(job)  # it may have been the process, not the work
            else:
                job.fail(WorkError("This could not be worked out. Please try again."))
            raise
        finally:
            self.job = None
        if kind == worker.DONE:
            job.succeed(value)
        elif kind == worker.STOPPED:
            job.fail(Dropped("nobody waits for it"))
        elif kind == worker.SAID:
            job.fail(WorkError(value))
        else:
            log.warning("%s failed: %s", job.task, value)
            job.fail(WorkError("This could not be worked out."))

    def _ask(self, job: _Job, name: str | None, study: PieceSession | None) -> tuple[str, Any]:
        with self._writing:
            request = (job.number, job.task, name, study, job.arguments)
            frames.write(self._pipes()[0], request)
        while True:
            number, kind, value = frames.read(self._pipes()[1])
            if number == job.number and kind != worker.PROGRESS:
                return kind, value

    def drop(self, job: _Job) -> None:
        """Have work given up, if it is under way here."""
        if self.job is job:
            try:
                with self._writing:
                    frames.write(self._pipes()[0], ("stop", job.number))
            except OSError:
                pass

    def kill_if_hung(self) -> None:
        if self.job is not None and time.monotonic() - self.began > LIMIT:
            log.warning("%s took more than %.0f seconds", self.job.task, LIMIT)
            self.is_hung = True
            self.stop()

    def stop(self) -> None:
        """End the process at once, and wait for its end."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                try:
                    if pipe is not None:
                        pipe.close()
                except OSError:  # what was not written yet cannot be any more
                    pass


class Workers:
    """The processes that compute for a server.

    Parameters
    ----------
    model : str, optional
        Name or folder of the model; otherwise what FADERNETS_MODEL names, or the shipped one.
    short : int, optional
        Workers for short work; otherwise one a core, `MOST_SHORT` at most.
    """

    def __init__(self, model: str | None = None, short: int | None = None) -> None:
        count = short or max(1, min(os.cpu_count() or 1, MOST_SHORT))
        self._short, self._long = _Lane(), _Lane()
        self._processes = [_Process(self._short, model, 0) for _ in range(count)]
        self._processes.append(_Process(self._long, model, NICE))
        self._numbers = itertools.count(1)
        self._latest: dict[Hashable, _Job] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        threading.Thread(target=self._watch, name="hung work", daemon=True).start()

    def wait_until_ready(self, look: Callable[[], None] = lambda: None) -> None:
        """Wait for the first worker, or for `close`.

        Parameters
        ----------
        look : function
            Called now and then; it may raise to end the waiting.

        Raises
        ------
        WorkError
            If the model cannot be loaded; one sentence.
        """
        until = time.monotonic() + PATIENCE
        while not self._closed.is_set():
            look()
            try:
                self._processes[0].ready.result(0.2)
                return
            except TimeoutError:
                if time.monotonic() > until:
                    raise WorkError("no worker starts") from None

    def forget(self, names: Iterable[str]) -> None:
        """Let go of pieces that were closed, in every process, soon."""
        for process in self._processes:
            process.forgotten.extend(names)

    @property
    def are_ready(self) -> bool:
        """Whether there are workers for short and for long work that have loaded the model."""
        *short, long = self._processes
        return long.is_ready and any(process.is_ready for process in short)

    async def run(
        self,
        task: str,
        *arguments: Any,
        cost: float,
        study: PieceSession | None = None,
        key: Hashable = None,
        order: int = 0,
        replaces: Iterable[Hashable] = (),
    ) -> Any:
        """Have something worked out.

        Parameters
        ----------
        task : str
            One of `demo.compute.worker`'s.
        arguments : plain data
        cost : float
            Seconds that it takes on an idle core, about.
        study : Study, optional
            The piece that it is about, given to the task first.
        key : hashable, optional
            Older work with the same key is dropped.
        order : int, optional
            Which of two with one key is the newer; requests may come in another order than they
            were sent.
        replaces : iterable of hashable
            Other keys whose work is dropped.

        Raises
        ------
        Dropped
            If other work took its place.
        Full
            If too much waits already.
        WorkError
            If it cannot be done; one sentence.
        """
        due = time.monotonic() + 2 * cost
        job = _Job(due, next(self._numbers), task, study, arguments, key, order)
        older = []
        with self._lock:
            if key in self._latest and self._latest[key].order > order:
                raise Dropped("newer work is under way")
            for one in (key, *replaces):
                if one in self._latest and self._latest[one].order <= order:
                    older.append(self._latest.pop(one))
            # It takes the place in the line, too: whoever moves on while waiting never starts anew.
            job.due = min([job.due, *(one.due for one in older if one.key == key)])
            if key is not None:
                self._latest[key] = job
        for one in older:
            self._drop(one)
        try:
            (self._short if cost <= SHORT else self._long).put(job)
            return await asyncio.wrap_future(job.future)
        except asyncio.CancelledError:
            self._drop(job)
            raise
        finally:
            with self._lock:
                if key is not None and self._latest.get(key) is job:
                    del self._latest[key]

    def _drop(self, job: _Job) -> None:
        job.dropped = True
        job.fail(Dropped("newer work took its place"))
        for process in self._processes:
            process.drop(job)

    def close(self) -> None:
        """Stop at once; what is under way is lost."""
        self._closed.set()
        for process in self._processes:
            process.closing = True
        left = [*self._short.close(), *self._long.close()]
        for process in self._processes:
            process.stop()
        for job in left:
            job.fail(Dropped("the server stops"))

    def _watch(self) -> None:
        while not self._closed.wait(5.0):
            for process in self._processes:
                process.kill_if_hung()


def _python_path() -> list[str]:
    return [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
