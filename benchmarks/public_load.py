"""How long visitors of the page wait, alone and with others, and what memory they cost.

    python -m benchmarks.public_load [--parts alone beside crowd memory] [--out FILE]

A real server, and visitors as clients of it that do what the page does: they ask for the page, keep
its heartbeat if the page has one, open an example or a file, and move faders by the page's own
events. ``alone`` is one visitor with one segment, a move a second; ``beside`` the same while two
others have a piece of 28 minutes changed and made to sound, whole, again and again, in turn with
``alone``, so that a busy machine hurts both alike; ``crowd`` 50 visitors at a move a second each,
sent whether or not the one before is answered; ``memory`` 50 visitors at a time who come, move ten
times and go. Linux.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.measuring.timing import machine
from benchmarks.public import whole_server
from benchmarks.public.alone_beside import alone_and_beside
from benchmarks.public.visitor_crowd import crowd
from benchmarks.public.visitors_memory import memory
from benchmarks.public.whole_server import RunningServer

PARTS = ("alone", "beside", "crowd", "memory")
MOVES_A_SAMPLE = 100  # moves between two samples of the memory
KEEP_FILES_SECONDS = 20  # in place of an hour


@contextmanager
def shares(report: dict[str, Any], server: RunningServer) -> Iterator[None]:
    """Add what a part cost this process, which has to be little, and the server."""
    begin, client_seconds, server_seconds = (
        time.perf_counter(),
        time.process_time(),
        sum(server.cpu_seconds()),
    )
    yield
    wall = time.perf_counter() - begin
    report["client_cores"] = round((time.process_time() - client_seconds) / wall, 3)
    report["server_cores"] = round((sum(server.cpu_seconds()) - server_seconds) / wall, 3)


def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """All parts that are asked for, memory with a server of its own."""
    report: dict[str, Any] = {"machine": machine()}
    parts: dict[Callable[..., Any], set[str]] = {
        alone_and_beside: {"alone", "beside"},
        crowd: {"crowd"},
        memory: {"memory"},
    }
    chosen = [part for part, names in parts.items() if not names.isdisjoint(options.parts)]
    env = {"FADERNETS_KEEP_FILES": str(options.kept)}
    crowds = [part for part in chosen if part is not memory]
    servers = [("make-run", crowds, {}), ("peek", [memory] if memory in chosen else [], env)]
    for way, group, extra_env in servers:
        if not group:
            continue
        with whole_server.running(way, folder / way, extra_env) as server:
            for part in group:
                cost: dict[str, Any] = {"load_average_before": round(os.getloadavg()[0], 2)}
                with shares(cost, server):
                    figures = asyncio.run(part(server, options))
                log = server.log_text()
                cost["worker_restarts"] = log.count("a worker ended unasked")
                cost["tracebacks"] = log.count("Traceback")
                report[part.__name__] = {"start_s": round(server.seconds, 1), **cost, **figures}
    report["machine"]["load_average_after"] = round(os.getloadavg()[0], 2)
    return report


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.public_load", description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--moves", type=int, default=60, help="of one visitor, a second each")
    parser.add_argument("--busy", type=int, default=2, help="others with a long piece")
    parser.add_argument("--minutes", type=float, default=28, help="that the long piece lasts")
    parser.add_argument("--visitors", type=int, default=50, help="of a crowd, or at a time")
    parser.add_argument("--seconds", type=int, default=30, help="that a crowd moves faders")
    parser.add_argument("--arrival", type=float, default=10, help="seconds until all have come")
    parser.add_argument("--transformations", type=int, default=2000)
    parser.add_argument(
        "--samples", type=int, default=MOVES_A_SAMPLE, help="moves between two looks"
    )
    parser.add_argument(
        "--kept", type=float, default=KEEP_FILES_SECONDS, help="seconds that files are kept"
    )
    parser.add_argument(
        "--settle", type=float, default=320, help="seconds until pieces of closed pages must go"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="file to write")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the report as JSON; 1 after an error."""
    options = parser().parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        report = measure(options, Path(folder))
    text = json.dumps(report, indent=1)
    print(text)
    if options.out:
        options.out.write_text(text + "\n")
    return 1 if _errors(report) else 0


def _errors(report: Any) -> int:
    """Errors anywhere in a report."""
    if isinstance(report, dict):
        own = report.get("errors", 0)
        return own + sum(_errors(part) for part in report.values())
    return 0


if __name__ == "__main__":
    sys.exit(main())
