"""The whole server, demo and listening test, as it is started, and what its processes take."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.survey import serving

ROOT = Path(__file__).resolve().parents[2]
WAYS = {  # how the server is started, and what its port is called then
    "make-run": (["-m", "demo"], "FADERNETS_PORT"),
    "space": (["demo/app.py"], "GRADIO_SERVER_PORT"),
    "peek": (["-m", "benchmarks.public_server"], "FADERNETS_PORT"),
}
PEEK = "FADERNETS_PEEK"
START = 120.0  # seconds that a server may take on a busy machine


@dataclass(frozen=True)
class RunningServer:
    """A server that runs.

    Attributes
    ----------
    url : str
        Without a slash at its end.
    port : int
    process : subprocess.Popen
    folder, log : Path
        Where all that it writes is; what it says.
    seconds : float
        From start to the first good answer of ``/healthz``.
    """

    url: str
    port: int
    process: subprocess.Popen
    folder: Path
    log: Path
    seconds: float

    @property
    def uploads(self) -> Path:
        """The server's own folder for files."""
        return next((self.folder / "uploads").glob("fadernets-*"), self.folder / "uploads")

    def log_text(self) -> str:
        """All that it said so far."""
        return self.log.read_text(errors="replace")

    def processes(self) -> list[int]:
        """The server's process id and those of all it has started."""
        parents: dict[int, list[int]] = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # ended meanwhile
                continue
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
        pids = [self.process.pid]
        for pid in pids:
            pids += parents.get(pid, [])
        return pids

    def memory(self) -> dict[str, float]:
        """Megabytes in memory: of the server, of its workers together, of all."""
        own, *others = [_proportional(pid) for pid in self.processes()]
        workers = sum(others)
        return {name: round(value / 1e6, 1) for name, value in
                (("server", own), ("workers", workers), ("all", own + workers))}  # fmt: skip

    def peak(self) -> float:
        """Megabytes that the largest of its processes ever had in memory."""
        largest_kb = 0
        for pid in self.processes():
            try:
                status = Path(f"/proc/{pid}/status").read_text()
            except OSError:  # ended meanwhile
                continue
            largest_kb = max(largest_kb, int(status.partition("VmHWM:")[2].split()[0]))
        return largest_kb / 1000

    def cpu_seconds(self) -> tuple[float, float]:
        """Seconds of processor that the server itself and its workers have used."""
        own, *others = (serving.cpu_seconds(pid) for pid in self.processes())
        return own, sum(others)

    def descriptors(self) -> int:
        """Files, pipes and sockets that the server has open."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def files(self) -> int:
        """Files in its folder for uploads, but for the one that says whose the folder is."""
        return sum(p.is_file() and p.name != "held-by" for p in self.uploads.rglob("*"))

    def peek(self, patience: float = 10.0) -> dict[str, int]:
        """What it keeps of its visitors; for the way "peek"."""
        path = self.folder / "peek.json"
        path.unlink(missing_ok=True)
        self.process.send_signal(signal.SIGUSR1)
        until = time.monotonic() + patience
        while not path.exists():
            if time.monotonic() > until:
                raise serving.ServerError("the server does not say what it keeps")
            time.sleep(0.05)
        return json.loads(path.read_text())


def _proportional(pid: int) -> int:
    """Bytes in memory, of those shared with other processes its share: workers are forked."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:  # ended meanwhile
        return 0
    return int(rollup.partition("\nPss:")[2].split()[0]) * 1024


@contextmanager
def running(
    way: str,
    folder: Path,
    env: Mapping[str, str] | None = None,
    *,
    root: Path = ROOT,
    ready: str = "/healthz",
    study: bool = True,
) -> Iterator[RunningServer]:
    """The server in a folder of its own.

    Parameters
    ----------
    way : str
        One of `WAYS`.
    folder : Path
        For the database, uploads and the log.
    env : mapping, optional
        More of the environment.
    root : Path, optional
        Another checkout to start.
    ready : str, optional
        The address that is waited for.
    study : bool, optional
        Whether there is an open study from the start, so that the server makes none.

    Raises
    ------
    ServerError
        If it does not start.
    """
    arguments, port_name = WAYS[way]
    port, data = serving.free_port(), folder / "data"
    survey = serving.environment(data)
    data.mkdir(parents=True)
    if study:
        serving.study(survey)
    environment = {**os.environ, **survey, **(env or {}), port_name: str(port)}
    environment |= {"GRADIO_TEMP_DIR": str(folder / "uploads"), PEEK: str(folder / "peek.json")}
    url, log, begin = f"http://127.0.0.1:{port}", folder / "said.txt", time.perf_counter()
    with log.open("w") as sink:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
        try:
            while not _answers(url + ready):
                if process.poll() is not None or time.perf_counter() - begin > START:
                    raise serving.ServerError(f"the server does not start: {log.read_text()}")
                time.sleep(0.1)
            yield RunningServer(url, port, process, folder, log, time.perf_counter() - begin)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except (OSError, urllib.error.HTTPError):
        return False
