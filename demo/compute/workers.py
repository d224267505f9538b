"""Worker processes and the order of their jobs: short jobs do not wait for long ones.

The server itself only takes requests; everything that costs time runs in worker processes
(`demo.compute.worker`). The cost of a job is known before it starts (`demo.compute.cost`): short
jobs have processes of their own, so that a visitor who moves one fader never waits for another's
whole piece; jobs of some seconds have one process and long jobs another, which get the processor's
time that short jobs leave. So has what is about to be heard of a long piece, or it would wait for
the piece's notes.
Programs, which may ask and not come back for the answer, have two more, one of them for long jobs.
In each lane visitors take turns. A job that nobody waits for any more is dropped.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import threading
import time
from collections.abc import Callable, Hashable, Iterable
from pathlib import Path
from typing import Any

from demo.compute.cost import MEDIUM_SECONDS, SHORT_SECONDS
from demo.compute.fork_server import ForkServer
from demo.compute.jobs import STOPPING, Dropped, Job, Lane, WorkError
from demo.compute.processes import WorkerProcess
from demo.editing.piece_session import PieceSession
from survey.request_turns import let_others

SHORT_PROCESSES = 4  # at most, for short jobs; more processes than cores gain nothing
NICE = 5  # of processes for other jobs: one gets a third of the time that short jobs would get
FOR_SOUND = "hear"  # task
FOR_PROGRAMS = ("price", "change", "edit", "mix", "describe", "render")  # tasks
PROGRAMS_LANE = 30  # of their jobs that may wait, in each of two lanes
CALLS_UNDER_WAY = 2 * (PROGRAMS_LANE + 1)  # of programs, at most
FORKS = sys.platform == "linux"  # on other systems the libraries break when forked
START_SECONDS = 120.0  # that a process may take to start on a busy machine
HANG_CHECK_SECONDS = 5.0  # between two looks for a job that hangs


class Workers:
    """The processes that compute for a server.

    Parameters
    ----------
    model : str, optional
        Name or folder of the model; otherwise what FADERNETS_MODEL names, or the shipped one.
    short : int, optional
        Processes for short jobs; otherwise one a core, `SHORT_PROCESSES` at most.
    """

    def __init__(self, model: str | None = None, short: int | None = None) -> None:
        count = short or max(1, min(os.cpu_count() or 1, SHORT_PROCESSES))
        self._short, self._sound, self._medium, self._long = (Lane() for _ in range(4))
        self._programs, self._long_programs = Lane(PROGRAMS_LANE), Lane(PROGRAMS_LANE)
        programs = (self._programs, self._long_programs)
        others = (self._sound, self._medium, *programs, self._long)
        self._lanes = (self._short, *others)
        lanes = [(self._short, 0)] * count + [(lane, NICE) for lane in others]
        self._fork_servers = [ForkServer(model, FORKS) for _ in range(1 if FORKS else len(lanes))]
        starters = itertools.cycle(self._fork_servers)
        self._processes = [WorkerProcess(lane, next(starters), nice) for lane, nice in lanes]
        self._numbers = itertools.count(1)
        self._latest: dict[Hashable, Job] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        threading.Thread(target=self._end_hung, name="hung work", daemon=True).start()

    def wait_until_ready(self, look: Callable[[], None] = lambda: None) -> None:
        """Wait for the first process, or for `close`.

        Parameters
        ----------
        look : function
            Called now and then; it may raise to end the waiting.

        Raises
        ------
        WorkError
            If the model cannot be loaded; one sentence.
        """
        until = time.monotonic() + START_SECONDS
        while not self._closed.is_set():
            look()
            try:
                self._processes[0].ready.result(0.2)
                return
            except TimeoutError:
                if time.monotonic() > until:
                    raise WorkError("no worker starts") from None

    def forget(self, session_ids: Iterable[str]) -> None:
        """Let go of pieces that were closed, in every process, soon."""
        for process in self._processes:
            process.closed_pieces.extend(session_ids)

    @property
    def are_ready(self) -> bool:
        """Whether jobs of each kind have a process that has loaded the model."""
        ready = {id(process.lane) for process in self._processes if process.is_ready}
        return {id(lane) for lane in self._lanes} == ready

    async def run(
        self,
        task: str,
        *arguments: Any,
        cost: float,
        session: PieceSession | None = None,
        key: Hashable = None,
        order: int = 0,
        replaces: Iterable[Hashable] = (),
        folder: Path | None = None,
        visitor: Hashable = None,
    ) -> Any:
        """Do a job in a worker process and return its result.

        Parameters
        ----------
        task : str
            One of `demo.compute.worker`'s.
        arguments : plain data
        cost : float
            Seconds that it takes on an idle core, about.
        session : PieceSession, optional
            The piece that it is about, given to the task first.
        key : hashable, optional
            Older jobs with the same key are dropped.
        order : int, optional
            Which of two with one key is the newer; requests may arrive in another order than they
            were sent.
        replaces : iterable of hashable
            Other keys whose older jobs are dropped.
        folder : Path, optional
            What the task makes for its file, given to it last; removed if the process dies.
        visitor : hashable, optional
            Whose it is.

        Raises
        ------
        Dropped
            If another job took its place.
        Full
            If too many jobs wait.
        WorkError
            If it cannot be done; one sentence.
        """
        if folder is not None:
            arguments = (*arguments, str(folder))
        due = time.monotonic() + 2 * cost
        number = next(self._numbers)
        job = Job(due, number, task, session, arguments, key, order, folder, visitor, cost)
        older = []
        with self._lock:
            if key in self._latest and self._latest[key].order > order:
                raise Dropped("newer work is under way")
            for other in (key, *replaces):
                if other not in self._latest:
                    continue
                if self._latest[other].order < order + (other == key):
                    older.append(self._latest.pop(other))
            # The newer job takes the older one's place in the queue: moving a fader while waiting
            # must not make the visitor wait longer.
            job.due = min([job.due, *(each.due for each in older if each.key == key)])
            if key is not None:
                self._latest[key] = job
        for each in older:
            self._drop(each)
        try:
            self._lane(task, cost).put(job)
            let_others()
            return await asyncio.wrap_future(job.future)
        except asyncio.CancelledError:
            self._drop(job)
            raise
        finally:
            with self._lock:
                if key is not None and self._latest.get(key) is job:
                    del self._latest[key]

    def progress(self, key: Hashable) -> tuple[int, tuple[int, int]] | None:
        """The order of the newest job with a key, and how much is done of how much; or None."""
        with self._lock:
            job = self._latest.get(key)
        return None if job is None or job.progress is None else (job.order, job.progress)

    def give_up(self, key: Hashable, order: int) -> None:
        """Drop the job with a key, if it is no newer one."""
        with self._lock:
            job = self._latest.get(key)
            if job is None or job.order > order:
                return
            del self._latest[key]
        self._drop(job)

    def _lane(self, task: str, cost: float) -> Lane:
        if task in FOR_PROGRAMS:
            return self._programs if cost <= MEDIUM_SECONDS else self._long_programs
        if cost <= SHORT_SECONDS:
            return self._short
        if task == FOR_SOUND and cost <= MEDIUM_SECONDS:
            return self._sound
        return self._medium if cost <= MEDIUM_SECONDS else self._long

    def _drop(self, job: Job) -> None:
        job.dropped = True
        job.fail(Dropped("newer work took its place"))
        for process in self._processes:
            process.drop(job)

    def close(self) -> None:
        """Stop at once; what is under way is lost."""
        self._closed.set()
        for process in self._processes:
            process.closing = True
        waiting = [job for lane in self._lanes for job in lane.close()]
        for fork_server in self._fork_servers:
            fork_server.close()
        for process in self._processes:
            process.stop()
        for job in waiting:
            job.fail(WorkError(STOPPING))

    def _end_hung(self) -> None:
        while not self._closed.wait(HANG_CHECK_SECONDS):
            for process in self._processes:
                process.kill_if_hung()
