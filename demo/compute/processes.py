"""One worker process, and the thread of the server that gives it jobs and replaces it."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections import deque
from concurrent.futures import Future
from pathlib import Path

from demo.compute import messages
from demo.compute.fork_server import ForkedWorker, ForkServer, temporary
from demo.compute.jobs import STOPPING, Dropped, Job, Lane, WorkError
from demo.compute.messages import Forget, Reply, ReplyKind, Request, Stop
from fadernets.playback.audio import rendering_prefix

JOB_SECONDS = 300.0  # without getting on, after which a job counts as hung
PROCESSES_PER_JOB = 2  # that may die during one job before the job is given up
RESTART_SECONDS = 0.5  # before a new process starts, so that one that cannot start does not spin
FAILED = "This could not be worked out. Please try again."
log = logging.getLogger(__name__)


class WorkerProcess:
    """A process that works for one lane; when it dies, another takes its place.

    Parameters
    ----------
    lane : Lane
    fork_server : ForkServer
        Starts the processes.
    nice : int
        Niceness of the process.

    Attributes
    ----------
    ready : Future
        Done when the first process has loaded the model; holds a `WorkError` if it cannot.
    is_ready : bool
        Whether the present process has loaded the model.
    job : Job or None
        The job under way.
    got_on : float
        When the job began, or was last known to get on.
    closed_pieces : deque of str
        Ids of pieces that the process has not been told to forget yet.
    """

    def __init__(self, lane: Lane, fork_server: ForkServer, nice: int) -> None:
        self.lane, self.fork_server, self.nice = lane, fork_server, nice
        self.ready: Future[None] = Future()
        self.is_ready = False
        self.is_hung = False
        self.closed_pieces: deque[str] = deque()
        self.job: Job | None = None
        self.got_on = 0.0
        self.closing = False
        self._writing = threading.Lock()
        self._process: ForkedWorker | None = None
        self.thread = threading.Thread(target=self._run, name="worker", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while not self.closing:
            try:
                self._start()
                while not self.lane.closed:
                    job = self.lane.take()
                    if self._process is None or self._process.has_ended:
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
                    if not isinstance(error, WorkError):
                        error = WorkError("no worker starts")
                    self.ready.set_exception(error)
                    return
                log.warning("a worker ended unasked; another takes its place")
                time.sleep(RESTART_SECONDS)

    def _start(self) -> None:
        self._process = self.fork_server.start(self.nice)
        if self.closing:
            self.stop()
            return
        self.is_ready = True
        self.is_hung = False
        if not self.ready.done():
            self.ready.set_result(None)

    def _running(self) -> ForkedWorker:
        if self._process is None:
            raise OSError("no process has been started")
        return self._process

    def _read(self) -> Reply:
        reply: Reply = messages.read(self._running().replies)
        return reply

    def _write(self, message: Request | Stop | Forget) -> None:
        with self._writing:
            messages.write(self._running().requests, message)

    def _forget(self) -> None:
        """Tell the process to forget pieces that were closed."""
        # Others add to the deque meanwhile: take no more than are there now.
        ids = [self.closed_pieces.popleft() for _ in range(len(self.closed_pieces))]
        if ids:
            self._write(Forget(ids))

    def _do(self, job: Job) -> None:
        began = time.monotonic()
        self.job, self.got_on = job, began
        try:
            reply = self._ask(job, with_session=False)
            if reply.kind == ReplyKind.UNKNOWN:
                reply = self._ask(job, with_session=True)
        except (EOFError, OSError):
            self.stop()  # or it might go on writing its file
            if job.folder is not None:
                shutil.rmtree(job.folder, ignore_errors=True)
            job.tries += 1
            if job.tries < PROCESSES_PER_JOB and not self.is_hung and not self.closing:
                self.lane.put_back(job)  # it may have been the process, not the job
            else:
                job.fail(WorkError(STOPPING if self.closing else FAILED))
            raise
        finally:
            self.job = None
            self.lane.took(job, time.monotonic() - began)
        if reply.kind == ReplyKind.RESULT:
            if job.dropped and job.folder is not None:  # nobody will take the file away
                shutil.rmtree(job.folder, ignore_errors=True)
            job.succeed(reply.value)
        elif reply.kind == ReplyKind.STOPPED:
            job.fail(Dropped("nobody waits for it"))
        elif reply.kind == ReplyKind.REFUSED:
            job.fail(WorkError(reply.value))
        else:
            log.warning("%s failed: %s", job.task, reply.value)
            job.fail(WorkError("This could not be worked out."))

    def _ask(self, job: Job, *, with_session: bool) -> Reply:
        session = job.session
        session_id = None if session is None else session.id
        payload = session if with_session else None
        self._write(Request(job.number, job.task, session_id, payload, job.arguments))
        while True:
            reply = self._read()
            if reply.number != job.number:
                continue
            if reply.kind != ReplyKind.PROGRESS:
                return reply
            if reply.value != job.progress:
                self.got_on = time.monotonic()
            job.progress = reply.value

    def drop(self, job: Job) -> None:
        """Have the process give a job up, if the job is under way here."""
        if self.job is job:
            try:
                self._write(Stop(job.number))
            except OSError:
                pass

    def kill_if_hung(self) -> None:
        """End the process if its job has not got on for `JOB_SECONDS`.

        Long work may take longer on a busy machine: it says after each part how far it is.
        """
        job = self.job
        if job is not None and time.monotonic() - self.got_on > JOB_SECONDS:
            log.warning("%s did not get on for %.0f seconds", job.task, JOB_SECONDS)
            self.is_hung = True
            self.stop()

    def stop(self) -> None:
        """End the process and its children at once, wait for its end, delete their files."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for folder in Path(temporary()).glob(f"{rendering_prefix(self._process.pid)}*"):
                shutil.rmtree(folder, ignore_errors=True)
            self._process.close()
