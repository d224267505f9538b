"""Jobs, and the lanes in which they wait for a worker."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo.guard.shares import gives_way, has_room

if TYPE_CHECKING:  # a worker answers to signals before it loads anything large
    from demo.editing.piece_session import PieceSession

LONGEST_LANE = 200  # jobs that may wait; more could not be answered in time
VISITORS_KNOWN = 1_000  # whose turns a lane remembers, beside those of jobs that wait
FULL = "The server has more to do than it can. Please try again in a minute."
STOPPING = "The server is being stopped. Please try again later."
IDLE_WAIT_SECONDS = 1.0  # until a worker without work looks whether its process still lives


class WorkError(Exception):
    """A job without a result; the message is a sentence for the visitor."""


class Dropped(WorkError):
    """A newer job took the place of this one, or nobody waits for it."""


class Full(WorkError):
    """Too many jobs wait already."""


@dataclass(order=True)
class Job:
    """Work that waits or is under way; in order, the most urgent job of a visitor is the smallest.

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
    visitor : hashable
        Whose it is: visitors take turns.
    cost : float
        Seconds that it takes on an idle core, about.
    tries : int
        How many processes have died while they did it.
    dropped : bool
        Whether nobody waits for it any more.
    progress : (int, int) or None
        How much of it is done, and how much there is, since its worker said so.
    """

    due: float
    number: int
    task: str = field(compare=False)
    session: PieceSession | None = field(compare=False, default=None)
    arguments: tuple[Any, ...] = field(compare=False, default=())
    key: Hashable = field(compare=False, default=None)
    order: int = field(compare=False, default=0)
    folder: Path | None = field(compare=False, default=None)
    visitor: Hashable = field(compare=False, default=None)
    cost: float = field(compare=False, default=0.0)
    tries: int = field(compare=False, default=0)
    dropped: bool = field(compare=False, default=False)
    progress: tuple[int, int] | None = field(compare=False, default=None)
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
    """Jobs of one kind that wait: visitors take turns, each has the most urgent job done first.

    The next job is one of the visitor for whom least has been done while others waited, in seconds
    of work, so that nobody waits behind all that another wants: by its price while it is under way,
    then by what it took. The more wait, the fewer may be of
    one visitor: as many as there is room for others. Where that is full, the job that came last of
    the visitor who has the most gives its place to one of whoever has fewer.
    """

    def __init__(self, longest: int = LONGEST_LANE) -> None:
        self.longest = longest
        self.jobs: list[Job] = []
        self.changed = threading.Condition()
        self.closed = False
        # Seconds of work that each visitor has had, and whose turn it was last had had; a visitor
        # who comes counts as having had no less than that ("start-time fair queueing").
        self._had: dict[Hashable, float] = {}
        self._least = 0.0

    def put_back(self, job: Job) -> None:
        """Let another worker do a job whose worker died."""
        with self.changed:
            if self.closed:
                job.fail(WorkError(STOPPING))
                return
            self.jobs.append(job)
            self.changed.notify()

    def put(self, job: Job) -> None:
        """Let a job wait; raises `Full` if too many do, of others or of the same visitor.

        `WorkError` if the server ends.
        """
        with self.changed:
            if self.closed:
                raise WorkError(STOPPING)
            self._let_go()
            came = sorted(self.jobs, key=lambda each: each.number)
            waiting = [each.visitor for each in came]
            if not has_room(job.visitor, waiting, self.longest):
                place = gives_way(job.visitor, waiting)
                if place is None:
                    raise Full(FULL)
                self.jobs.remove(came[place])
                came[place].fail(Full(FULL))
            if job.visitor not in waiting:
                self._had[job.visitor] = max(self._least, self._had.get(job.visitor, 0.0))
            self.jobs.append(job)
            self.changed.notify()

    def take(self) -> Job | None:
        """The next job that somebody waits for; None if none comes within `IDLE_WAIT_SECONDS`."""
        with self.changed:
            if not self.jobs and not self.closed:
                self.changed.wait(IDLE_WAIT_SECONDS)
            self._let_go()
            job = min(self.jobs, key=lambda each: (self._had_by(each), each), default=None)
            if job is not None:
                self.jobs.remove(job)
                self._least = max(self._least, self._had_by(job))
                self._had[job.visitor] = self._had_by(job) + job.cost
            return job

    def took(self, job: Job, seconds: float) -> None:
        """What a job took counts in place of its price: so no price that is too low gives more."""
        with self.changed:
            self._had[job.visitor] = self._had_by(job) + seconds - job.cost

    def _had_by(self, job: Job) -> float:
        return self._had.get(job.visitor, self._least)

    def _let_go(self) -> None:
        """Let go of jobs that nobody waits for, and now and then of visitors."""
        self.jobs = [each for each in self.jobs if not each.dropped]
        if len(self._had) > VISITORS_KNOWN or not self.jobs:
            waiting = {each.visitor for each in self.jobs}
            self._had = {key: self._had[key] for key in self._had.keys() & waiting}

    def close(self) -> list[Job]:
        """Take no more jobs; returns those that waited."""
        with self.changed:
            self.closed = True
            waiting, self.jobs = self.jobs, []
            self.changed.notify_all()
            return waiting
