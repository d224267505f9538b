"""How long participants and visitors wait who come at once to two servers behind one nginx.

    python -m benchmarks.several_servers --database postgresql://… [--participants 200]
        [--visitors 50] [--minutes 2] [--out FILE]

Two servers as ``make run`` starts them, on one empty database of PostgreSQL and one folder of
clips, behind nginx with deploy/nginx.conf. Participants do what those of `benchmarks.survey_load`
do, visitors what the crowd of `benchmarks.public_load` does, each from an address of its own.
Afterwards the database is compared with what was acknowledged. Linux.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import survey_load
from benchmarks.measuring.milliseconds import waits
from benchmarks.measuring.timing import machine
from benchmarks.public import visitor_crowd, whole_server
from benchmarks.public.whole_server import RunningServer
from benchmarks.survey import serving
from benchmarks.survey.crowd import harm
from db.database import Database

CONFIG = Path(__file__).resolve().parents[1] / "deploy" / "nginx.conf"
NAMES = ("one", "two")  # of the servers there
PATHS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")  # nginx's own folders


@dataclass(frozen=True)
class Several:
    """Servers behind one port."""

    port: int
    servers: Sequence[RunningServer]

    def cpu_seconds(self) -> tuple[float, float]:
        """Processor seconds of the servers' own processes, and of all workers."""
        own, workers = zip(*(server.cpu_seconds() for server in self.servers), strict=True)
        return sum(own), sum(workers)


@contextmanager
def proxied(ports: Sequence[int], folder: Path) -> Iterator[int]:
    """Run nginx before servers, with the file that is deployed but for its addresses; its port.

    Raises
    ------
    serving.ServerError
        If there is no nginx, or it does not start.
    """
    places = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])
    program, port = shutil.which("nginx", path=places), serving.free_port()
    if program is None:
        raise serving.ServerError("there is no nginx")
    text = CONFIG.read_text(encoding="utf-8").replace("listen 80;", f"listen 127.0.0.1:{port};")
    for name, behind in zip(NAMES, ports, strict=True):
        text = text.replace(f"{name}:7860", f"127.0.0.1:{behind}")
    paths = " ".join(f"{name}_temp_path {folder}/{name};" for name in PATHS)
    config, log = folder / "nginx.conf", folder / "error.log"
    config.write_text(text.replace("http {", f"http {{ {paths}"))
    user = "user root root;" if os.geteuid() == 0 else ""  # else its workers run as another user
    main = f"daemon off; pid {folder}/nginx.pid; error_log {log}; {user}"
    process = subprocess.Popen([program, "-p", folder, "-e", log, "-c", config, "-g", main])
    try:
        until = time.monotonic() + serving.START
        while not serving.listens(port):
            if process.poll() is not None or time.monotonic() > until:
                raise serving.ServerError(log.read_text())
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(20)


async def all_at_once(several: Several, study: str, options: argparse.Namespace) -> dict[str, Any]:
    """Participants and visitors; what each of them met."""
    survey = f"http://127.0.0.1:{several.port}/survey"
    people = options.participants, options.pace, options.minutes, options.seed
    sources = [f"127.0.1.{number + 1}" for number in range(options.visitors)]
    (book, loads), visitors = await asyncio.gather(
        survey_load.crowd(survey, {study: None}, *people),
        visitor_crowd.crowd(several, options, sources),
    )
    kinds = [kind for kind in survey_load.KINDS if book.times[kind]]
    times = {kind: waits(book.times[kind]) for kind in kinds}
    database = Database(options.database)
    try:
        compared = book.compared(database, study)
    finally:
        database.close()
    participants = {"participants": options.participants, "requests": times, **compared}
    participants |= {"errors": book.failures.total(), "kinds_of_errors": dict(book.failures)}
    return {"participants": participants, "visitors": visitors, "loads": loads}


def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Start all, let all come, compare; the report."""
    data = folder / "data"
    data.mkdir()
    study = serving.study(serving.environment(data, options.database))
    env = {"DATABASE_URL": options.database, "FADERNETS_DATA": str(data)}
    env["FADERNETS_PROXIES"] = "127.0.0.1"  # and not the visitors' addresses
    report: dict[str, Any] = {"machine": machine()}
    with ExitStack() as stack:
        servers = [
            stack.enter_context(whole_server.running("make-run", folder / name, env, study=False))
            for name in NAMES
        ]
        (nginx := folder / "nginx").mkdir()
        port = stack.enter_context(proxied([server.port for server in servers], nginx))
        several = Several(port, servers)
        report |= asyncio.run(all_at_once(several, study, options))
        shares = [sum(server.cpu_seconds()) for server in servers]
        report["shares_of_work"] = [round(share / sum(shares), 2) for share in shares]
        report["tracebacks"] = sum(server.log_text().count("Traceback") for server in servers)
    return report


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the report as JSON; 1 after an error or a loss."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.several_servers")
    parser.add_argument("--database", required=True, help="an address of an empty PostgreSQL")
    parser.add_argument("--participants", type=int, default=200)
    parser.add_argument("--pace", type=float, default=30, help="seconds for a trial")
    parser.add_argument("--minutes", type=float, default=2, help="after all have come")
    parser.add_argument("--visitors", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=120, help="that visitors move faders")
    parser.add_argument("--arrival", type=float, default=30, help="seconds until all have come")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="file to write")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        report = measure(options, Path(folder))
    text = json.dumps(report, indent=2)
    print(text)
    if options.out:
        options.out.write_text(text + "\n")
    harmed = report["participants"]["errors"] or harm(report["participants"])
    return 1 if harmed or report["visitors"]["errors"] or report["tracebacks"] else 0


if __name__ == "__main__":
    sys.exit(main())
