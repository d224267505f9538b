"""Jobs, and the lanes in which they wait for a worker."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Hashable
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # a worker answers to signals before it loads anything large
    from demo.editing.piece_session import PieceSession

LONGEST_LANE = 200  # jobs that may wait; more could not be answered in time
IDLE_WAIT_SECONDS = 1.0  # until a worker without work looks whether its process still lives


class WorkError(Exception):
    """A job without a result; the message is a sentence for the visitor."""


class Dropped(WorkError):
    """A newer job took the place of this one, or nobody waits for it."""


class Full(WorkError):
    """Too many jobs wait already."""


@dataclass(order=True)
class Job:
    """Work that waits or is under way; in order, the most urgent job is the smallest.

    Attributes
    ----------
    due : float
        The moment when it came plus twice its cost, in seconds: a cheap job overtakes expensive
        ones, and no job waits for ever.
    number : int
        Counts all jobs of a server.
    task, session, arguments
        As in `demo.compute.messages.Request`.
    key : hashable or None
        A newer job with the same key takes the place of an older one.
    order : int
        Tells which of two jobs with one key is the newer.
    folder : Path or None
        The folder that the task makes for its file.
    tries : int
        How many processes have died while they did it.
    dropped : bool
        Whether nobody waits for it any more.
    """

    due: float
    number: int
    task: str = field(compare=False)
    session: PieceSession | None = field(compare=False, default=None)
    arguments: tuple[Any, ...] = field(compare=False, default=())
    key: Hashable = field(compare=False, default=None)
    order: int = field(compare=False, default=0)
    folder: Path | None = field(compare=False, default=None)
    tries: int = field(compare=False, default=0)
    dropped: bool = field(compare=False, default=False)
    future: Future[Any] = field(compare=False, default_factory=Future)

    def succeed(self, value: Any) -> None:
        """Give the result to whoever waits for it."""
        try:
            self.future.set_result(value)
        except InvalidStateError:  # dropped meanwhile
            pass

    def fail(self, error: WorkError) -> None:
        """Say why there will be no result; only the first reason counts."""
        try:
            self.future.set_exception(error)
        except InvalidStateError:
            pass


class Lane:
    """Jobs of one kind that wait, the most urgent first."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []  # a heap
        self.changed = threading.Condition()
        self.closed = False

    def put_back(self, job: Job) -> None:
        """Let another worker do a job whose worker died."""
        with self.changed:
            if self.closed:
                job.fail(Dropped("the server stops"))
                return
            heapq.heappush(self.jobs, job)
            self.changed.notify()

    def put(self, job: Job) -> None:
        """Let a job wait; raises `Full` if `LONGEST_LANE` others do."""
        with self.changed:
            if len(self.jobs) >= LONGEST_LANE:
                self.jobs = [waiting for waiting in self.jobs if not waiting.dropped]
                heapq.heapify(self.jobs)
            if len(self.jobs) >= LONGEST_LANE:
                raise Full("The server has more to do than it can. Please try again in a minute.")
            heapq.heappush(self.jobs, job)
            self.changed.notify()

    def take(self) -> Job | None:
        """The next job that somebody waits for; None if none comes within `IDLE_WAIT_SECONDS`."""
        with self.changed:
            if not self.jobs and not self.closed:
                self.changed.wait(IDLE_WAIT_SECONDS)
            while self.jobs:
                job = heapq.heappop(self.jobs)
                if not job.dropped:
                    return job
            return None

    def close(self) -> list[Job]:
        """Take no more jobs; returns those that waited."""
        with self.changed:
            self.closed = True
            waiting, self.jobs = self.jobs, []
            self.changed.notify_all()
            return waiting
