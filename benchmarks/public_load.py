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
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from benchmarks import public_server
from benchmarks.public_server import RunningServer
from benchmarks.public_visitor import (
    LOCAL,
    PageEvents,
    Visitor,
    VisitTally,
    gain_of,
    long_piece,
    position,
    small_piece,
)
from benchmarks.timing import machine

PARTS = ("alone", "beside", "crowd", "memory")
SLICES = 2  # of each part that is compared; the parts' slices alternate
MOVES_A_VISIT = 10
MOVES_A_SAMPLE = 100  # moves between two samples of the memory
WANDERING_SHARE = 0.1  # of a crowd's moves that go to another segment
CHUNKS_HEARD = 2  # of the sound of a long piece that is heard before it is changed again
KEEP_FILES_SECONDS = 20  # in place of an hour


@asynccontextmanager
async def busy(
    port: int, page_events: PageEvents, visitors: int, file: bytes
) -> AsyncIterator[VisitTally]:
    """Visitors who have a long piece changed whole, again and again."""

    async def visit(number: int) -> None:
        dice, visitor = random.Random(f"busy {number}"), Visitor(port, page_events)
        try:
            await visitor.come()
            await visitor.bring("long.mid", file)
            last = len(visitor.piece["segments"]) - 1
            ready.release()
            while True:
                gain = gain_of(await visitor.moved(tally, 0, last, **position(dice)))
                for chunk in range(CHUNKS_HEARD):
                    outcome, _ = await visitor.hear(chunk, gain)
                    if outcome not in ("answer", "skipped"):
                        tally.errors[f"hear: {outcome}"] += 1
        finally:
            visitor.leave()

    tally, ready = VisitTally(), asyncio.Semaphore(0)
    tasks = [asyncio.create_task(visit(number)) for number in range(visitors)]
    try:
        for _ in tasks:
            waiting = asyncio.create_task(ready.acquire())
            finished, _ = await asyncio.wait({waiting, *tasks}, return_when=asyncio.FIRST_COMPLETED)
            for task in finished - {waiting}:
                await task  # it failed
        yield tally
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def single(
    port: int, page_events: PageEvents, moves: int, tally: VisitTally, dice: random.Random
) -> None:
    """One visitor, one segment, a move a second."""
    visitor = Visitor(port, page_events)
    try:
        await visitor.come()
        await visitor.moved(VisitTally(), 2, 2)  # the original's sound comes with the first
        await each_second(moves, lambda: visitor.moved(tally, 2, 2, **position(dice)))
    finally:
        visitor.leave()


async def each_second(moves: int, action: Any) -> None:
    """Begin something every second, whether or not the one before is done; wait for all."""
    loop, tasks = asyncio.get_running_loop(), []
    start = loop.time()
    for number in range(moves):
        await asyncio.sleep(max(0.0, start + number - loop.time()))
        tasks.append(asyncio.create_task(action()))
    await asyncio.gather(*tasks)


async def alone_and_beside(server: RunningServer, options: argparse.Namespace) -> dict[str, Any]:
    """One visitor alone, and beside whole pieces, in turn."""
    page_events = await PageEvents.of(server.port)
    tallies = {part: VisitTally() for part in ("alone", "beside") if part in options.parts}
    others, file = VisitTally(), long_piece(options.minutes) if "beside" in tallies else b""
    dice = random.Random(options.seed)
    for number in range(SLICES):
        moves = options.moves * (number + 1) // SLICES - options.moves * number // SLICES
        if moves and "alone" in tallies:
            await single(server.port, page_events, moves, tallies["alone"], dice)
        if moves and "beside" in tallies:
            async with busy(server.port, page_events, options.busy, file) as tally:
                await single(server.port, page_events, moves, tallies["beside"], dice)
            others.add(tally)
    report: dict[str, Any] = {part: tally.report() for part, tally in tallies.items()}
    if "beside" in report:
        report["beside"] |= {"others": options.busy, "minutes": options.minutes}
        report["beside"]["whole_pieces"] = others.report()
    if len(report) == 2 and all(tally.times for tally in tallies.values()):
        ratio = report["beside"]["p95_ms"] / report["alone"]["p95_ms"]
        report["beside"]["p95_times_alone"] = round(ratio, 2)
    return report


class Counted(Protocol):
    """One server, or several behind one port."""

    @property
    def port(self) -> int:
        """The port on this machine."""

    def cpu_seconds(self) -> tuple[float, float]:
        """Processor seconds of the server's own process and of its workers."""


async def crowd(
    server: Counted, options: argparse.Namespace, sources: Sequence[str] = (LOCAL,)
) -> dict[str, Any]:
    """Many visitors, a move a second each, who come from some addresses in turn."""

    async def visit(number: int) -> None:
        dice, source = random.Random(f"{options.seed} {number}"), sources[number % len(sources)]
        visitor = Visitor(server.port, page_events, source)
        try:
            await asyncio.sleep(number * options.arrival / options.visitors)
            await visitor.come()
            await visitor.choose(dice.choice(page_events.examples))
            usable = [i for i, s in enumerate(visitor.piece["segments"]) if not s["problem"]]
            arrived.release()
            await start.wait()
            await asyncio.sleep(dice.random())

            segment = dice.choice(usable)

            async def move() -> None:
                nonlocal segment
                if dice.random() < WANDERING_SHARE:
                    segment = dice.choice(usable)
                await visitor.moved(tally, segment, segment, **position(dice))

            await each_second(options.seconds, move)
        finally:
            visitor.leave()

    page_events, tally = await PageEvents.of(server.port), VisitTally()
    arrived, start = asyncio.Semaphore(0), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for number in range(options.visitors):
            group.create_task(visit(number))
        for _ in range(options.visitors):
            await arrived.acquire()
        before = server.cpu_seconds()
        start.set()
    report = tally.report()
    used = (end - begin for begin, end in zip(before, server.cpu_seconds(), strict=True))
    own, workers = (round(1000 * seconds / max(1, report["moves"]), 1) for seconds in used)
    cost = {"server_cpu_ms_a_move": own, "workers_cpu_ms_a_move": workers}
    return {"visitors": options.visitors, **report, **cost}


async def memory(server: RunningServer, options: argparse.Namespace) -> dict[str, Any]:
    """Visitors who come, move and go; what the server takes meanwhile, and keeps afterwards."""

    async def visits(number: int) -> None:
        dice = random.Random(f"{options.seed} {number}")
        await asyncio.sleep(number * options.arrival / options.visitors)
        while visits_left.pop() if visits_left else False:
            visitor = Visitor(server.port, page_events)
            try:
                await visitor.come()
                if dice.random() < 0.5:
                    await visitor.bring("mine.mid", small_piece(dice))
                else:
                    await visitor.choose(dice.choice(page_events.examples))
                count = len(visitor.piece["segments"])
                for _ in range(MOVES_A_VISIT):
                    segment = dice.randrange(count)
                    await visitor.moved(tally, segment, segment, **position(dice))
                    moves_made.release()
                    await asyncio.sleep(dice.uniform(0, 0.2))
            except (OSError, EOFError) as error:
                tally.errors[f"visit: {error}"] += 1
            finally:
                visitor.leave()

    page_events, tally, moves_made = (
        await PageEvents.of(server.port),
        VisitTally(),
        asyncio.Semaphore(0),
    )
    visits_left = [True] * (options.transformations // MOVES_A_VISIT)
    start, begin, curve = server.descriptors(), time.perf_counter(), []

    def sample(moves: int) -> None:
        peek = server.peek()
        curve.append({"moves": moves, "seconds": round(time.perf_counter() - begin, 1),
                      **server.memory(), **peek, "files": server.files()})  # fmt: skip

    sample(0)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(visits(number)) for number in range(options.visitors)]
        all_visits = asyncio.gather(*tasks)
        for moves in range(1, MOVES_A_VISIT * len(visits_left) + 1):
            waiting = asyncio.create_task(moves_made.acquire())
            either: list[asyncio.Future[Any]] = [waiting, all_visits]
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not waiting.done():
                waiting.cancel()
                break
            if moves % options.samples == 0:
                await asyncio.to_thread(sample, moves)
    end = time.perf_counter()
    while server.files() and time.perf_counter() < end + options.kept * 1.25 + 5:
        await asyncio.sleep(0.5)
    files_gone_s = time.perf_counter() - end
    await asyncio.sleep(max(0.0, options.settle - files_gone_s))
    # A piece is let go when the next one is opened or asked for.
    last_visitor = Visitor(server.port, page_events)
    await last_visitor.come()
    last_visitor.leave()
    await asyncio.sleep(1.0)
    kept_at_end = server.peek()
    all_mb = np.array([row["all"] for row in curve[1:]])
    median = float(np.median(all_mb))
    return {
        "visitors": options.visitors,
        "visits": options.transformations // MOVES_A_VISIT,
        **tally.report(),
        "seconds": round(end - begin, 1),
        "heartbeat": page_events.heartbeat,
        "keep_files_s": options.kept,
        "curve_mb": curve,
        "median_mb": round(median, 1),
        "largest_deviation_percent": round(100 * float(np.abs(all_mb / median - 1).max()), 1),
        "growth_percent": round(100 * float(all_mb[-1] / all_mb[0] - 1), 1),
        "afterwards": {
            **server.memory(),
            "settled_s": round(time.perf_counter() - end, 1),
            "files": server.files(),
            "files_gone_after_s": round(files_gone_s, 1),
            "pieces": max(0, kept_at_end["pieces"] - 1),  # but for the one just opened
            "sessions": kept_at_end["sessions"],
            "streams": kept_at_end["streams"],
            "descriptors_more_than_before": server.descriptors() - start,
        },
    }


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
        with public_server.running(way, folder / way, extra_env) as server:
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
