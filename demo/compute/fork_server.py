"""The process that workers are forked from, as the server sees it.

It loads PyTorch and the model once. A worker that is forked from it has all that at once, in memory
that both share until one of them writes there: a server with four workers starts in the time of
one, and a worker that died is replaced in milliseconds. Only on Linux do the libraries survive a
fork. On other systems every worker is started as a process of its own, which loads the model
itself and is spoken to by its standard input and output, which Windows has, too.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from demo.compute import messages
from demo.compute.jobs import WorkError
from demo.compute.messages import Reply, ReplyKind
from survey.core.environment import without_secrets

Process = subprocess.Popen[bytes]
ALONE = "alone"  # word that begins the arguments of a worker that nothing forks
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class ForkedWorker:
    """A worker's process. It is not the server's child, so only its pipe tells that it has ended.

    Attributes
    ----------
    pid : int
        Its number, and that of its group: the synthesiser that it starts ends with it.
    requests, replies : binary files
        Pipes: the worker reads the first and writes the second.
    process : Popen or None
        The worker's process where nothing was forked.
    """

    pid: int
    requests: IO[bytes]
    replies: IO[bytes]
    process: subprocess.Popen[bytes] | None = None

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the process ends, for `seconds` at most; True if it has ended."""
        if self.process is not None:
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                return False
            return True
        poll = select.poll()
        try:
            poll.register(self.replies, 0)  # reports only that the pipe has no writer any more
        except ValueError:  # it was closed
            return True
        return bool(poll.poll(None if seconds is None else 1000 * seconds))

    @property
    def has_ended(self) -> bool:
        """Whether it has ended."""
        return self.wait(0)

    def kill(self) -> None:
        """End it and its children at once."""
        if not self.replies.closed:  # later the number may belong to another process
            with suppress(ProcessLookupError):
                if hasattr(os, "killpg"):
                    os.killpg(self.pid, signal.SIGKILL)
                elif self.process is not None:  # Windows
                    self.process.kill()

    def close(self) -> None:
        """Close the pipes, once it has ended."""
        if self.process is not None:
            self.process.wait()
        for pipe in (self.requests, self.replies):
            with suppress(OSError):  # bytes not written yet have no reader now
                pipe.close()


class ForkServer:
    """Starts workers. Its process starts with the first worker, and again after it has died.

    Parameters
    ----------
    model : str or None
        Name or folder of the model.
    forks : bool
        Whether workers are forked from the process. If not, each worker is a process that loads the
        model itself.
    """

    def __init__(self, model: str | None, forks: bool) -> None:
        self.model, self.forks = model, forks
        self._starting = threading.Lock()
        self._closed = False
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def start(self, nice: int) -> ForkedWorker:
        """A new worker that has loaded the model.

        Parameters
        ----------
        nice : int
            Niceness: with a higher one, other processes get more of the processor.

        Raises
        ------
        WorkError
            If the model cannot be loaded; one sentence.
        EOFError, OSError
            If the process ended, or `close` was called.
        """
        with self._starting:
            if not self.forks:
                return self._alone(nice)
            control = self._connected()
            (its_requests, requests), (replies, its_replies) = os.pipe(), os.pipe()
            with ExitStack() as unless_started:
                pipes = os.fdopen(requests, "wb"), os.fdopen(replies, "rb")
                for pipe in pipes:
                    unless_started.callback(pipe.close)
                try:
                    socket.send_fds(control, [bytes([nice])], [its_requests, its_replies])
                finally:
                    os.close(its_requests)
                    os.close(its_replies)
                with control.makefile("rb") as answers:
                    reply: Reply = messages.read(answers)
                if reply.kind != ReplyKind.READY:
                    raise WorkError(reply.value)
                unless_started.pop_all()
            return ForkedWorker(reply.value, *pipes)

    def _alone(self, nice: int) -> ForkedWorker:
        """A worker that loads the model itself; raises as `start` does."""
        if self._closed:
            raise OSError("the server stops")
        process = self._process = self._begun(
            ALONE, str(nice), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert process.stdin is not None and process.stdout is not None
        with ExitStack() as unless_started:
            unless_started.callback(process.wait)
            for pipe in (process.stdin, process.stdout):
                unless_started.callback(pipe.close)
            unless_started.callback(process.kill)
            if self._closed:  # `close` was called meanwhile
                raise OSError("the server stops")
            reply: Reply = messages.read(process.stdout)
            self._process = None
            if reply.kind != ReplyKind.READY:
                raise WorkError(reply.value)
            unless_started.pop_all()
        return ForkedWorker(reply.value, process.stdin, process.stdout, process)

    def _connected(self) -> socket.socket:
        """The socket by which the process takes requests."""
        if self._closed:
            raise OSError("the server stops")
        if self._process is None or self._control is None or self._process.poll() is not None:
            if self._control is not None:
                self._control.close()
            self._control, its_end = socket.socketpair()
            with its_end:
                self._process = self._begun(str(its_end.fileno()), pass_fds=[its_end.fileno()])
            if self._closed:  # `close` was called meanwhile
                self._process.kill()
        return self._control

    def _begun(self, *words: str, stdin: int = subprocess.DEVNULL, **options: Any) -> Process:
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        env = without_secrets(os.environ)  # workers read strangers' files
        env |= {"PYTHONPATH": os.pathsep.join(paths), "TMPDIR": temporary()}
        if self.model is not None:
            env["FADERNETS_MODEL"] = self.model
        # A group of its own, as each worker has: not a session of its own, which would get an equal
        # share of the cores, whatever `nice` says.
        return subprocess.Popen(
            [sys.executable, "-m", "demo.compute.worker", *words],
            stdin=stdin,
            env=env,
            process_group=0,  # Windows heeds it not
            **options,
        )

    def close(self) -> None:
        """End the process at once; the workers that it has started go on."""
        self._closed = True
        if process := self._process:
            process.kill()  # so that `start` waits no longer
        with self._starting:
            if self._process is not None:
                self._process.kill()
                self._process.wait()
            if self._control is not None:
                self._control.close()


def temporary() -> str:
    """The server's own folder, which is counted, swept and deleted with it (`demo.guard.files`)."""
    return os.environ.get("GRADIO_TEMP_DIR") or tempfile.gettempdir()
