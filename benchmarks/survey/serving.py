"""A survey with a study, served by processes of their own, for measuring and for killing."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from benchmarks.survey import survey_study
from benchmarks.survey.survey_study import Replies
from survey.__main__ import MOUNT, main
from survey.core.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
START = 60.0  # seconds that a server may take on a busy machine
UNSET = ("FADERNETS_DATASET", "FADERNETS_ADMIN_TOKEN", "HF_TOKEN", "SPACE_ID", "DATABASE_URL")


class ServerError(RuntimeError):
    """The server did not start, or ended by itself."""


def environment(folder: Path, database: str | None = None) -> dict[str, str]:
    """What the environment says to a survey in a folder; SQLite there without an address."""
    env = dict.fromkeys(UNSET, "")
    return env | {"FADERNETS_DATA": str(folder.absolute()), "DATABASE_URL": database or ""}


def study(env: Mapping[str, str]) -> str:
    """Make the open study of `benchmarks.survey.survey_study`; its name."""
    survey_study.make(Settings.from_env(env))
    return survey_study.NAME


def studies(env: Mapping[str, str], designs: Sequence[str]) -> dict[str, Replies | None]:
    """Make its studies of several designs; their names, and what people reply there."""
    survey_study.make(Settings.from_env(env), designs=designs)
    return {survey_study.NAMES[design]: survey_study.REPLIES[design] for design in designs}


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def address(port: int) -> str:
    """Where a survey at a port is."""
    return f"http://127.0.0.1:{port}{MOUNT}"


def listens(port: int) -> bool:
    """Whether somebody takes connections at a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def cpu_seconds(pid: int) -> float:
    """Seconds of processor that a process has used, by Linux' count."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running(env: Mapping[str, str], port: int) -> Iterator[int]:
    """``python -m survey`` as anybody starts it; its process id.

    Raises
    ------
    ServerError
        If it does not start.
    """
    command = [sys.executable, "-m", "survey", "--port", str(port)]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **env}, stdout=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + START
        while not listens(port):
            if process.poll() is not None or time.monotonic() > until:
                raise ServerError("the survey does not start")
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait(timeout=START)


class Mortal:
    """A server that starts within a fraction of a second, to be killed often.

    Its process is forked from one that has imported everything and done nothing yet; what it
    then does is `survey.__main__.main`.

    Parameters
    ----------
    env : mapping
        Of `environment`.
    port : int
    """

    def __init__(self, env: Mapping[str, str], port: int) -> None:
        self.env, self.port = dict(env), port
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["survey.__main__", __name__])
        self._process: ForkServerProcess | None = None

    def start(self) -> None:
        """Start it; it does not listen yet."""
        self._process = self._context.Process(
            target=_serve, args=(self.env, self.port), daemon=True
        )
        self._process.start()

    def wait(self) -> None:
        """Until it takes connections.

        Raises
        ------
        ServerError
            If it ends instead.
        """
        until = time.monotonic() + START
        while not listens(self.port):
            if not self._process or not self._process.is_alive() or time.monotonic() > until:
                raise ServerError("the survey does not start")
            time.sleep(0.005)

    def kill(self) -> None:
        """SIGKILL, and wait until the process is gone.

        Raises
        ------
        ServerError
            If it had ended by itself.
        """
        assert self._process
        self._process.kill()
        self._process.join(START)
        if self._process.exitcode != -signal.SIGKILL:
            raise ServerError(f"the survey ended with {self._process.exitcode}")

    def stop(self) -> None:
        """SIGTERM, as hosts do it, if it runs."""
        if self._process is not None:
            self._process.terminate()
            self._process.join(START)


def _serve(env: dict[str, str], port: int) -> None:
    os.environ.update(env)
    sys.stdout = open(os.devnull, "w")  # it says once a start where it is
    main(["--port", str(port)])
