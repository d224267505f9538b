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
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import public_server
from benchmarks.public_server import Server
from benchmarks.public_visitor import (
    Plan,
    Tally,
    Visitor,
    gain_of,
    long_piece,
    position,
    small_piece,
)
from benchmarks.timing import machine

PARTS = ("alone", "beside", "crowd", "memory")
SLICES = 2  # into which what is compared is cut, to be measured in turn
VISIT = 10  # moves
SAMPLES = 100  # moves between two looks at the memory
WANDERING = 0.1  # of a crowd's moves are of another segment than the one before
CHUNKS = 2  # of the sound of a long piece that is heard before it is changed again
KEPT = 20  # seconds that files stay, in place of an hour


@asynccontextmanager
async def busy(port: int, plan: Plan, visitors: int, file: bytes) -> AsyncIterator[Tally]:
    """Visitors who have a long piece changed whole, again and again."""

    async def one(number: int) -> None:
        dice, visitor = random.Random(f"busy {number}"), Visitor(port, plan)
        try:
            await visitor.come()
            await visitor.bring("long.mid", file)
            last = len(visitor.piece["segments"]) - 1
            begun.release()
            while True:
                gain = gain_of(await visitor.moved(tally, 0, last, **position(dice)))
                for chunk in range(CHUNKS):
                    said, _ = await visitor.hear(chunk, gain)
                    if said not in ("answer", "skipped"):
                        tally.errors[f"hear: {said}"] += 1
        finally:
            visitor.leave()

    tally, begun = Tally(), asyncio.Semaphore(0)
    tasks = [asyncio.create_task(one(number)) for number in range(visitors)]
    try:
        for _ in tasks:
            waiting = asyncio.create_task(begun.acquire())
            done, _ = await asyncio.wait({waiting, *tasks}, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {waiting}:
                await task  # it failed
        yield tally
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def single(port: int, plan: Plan, moves: int, tally: Tally, dice: random.Random) -> None:
    """One visitor, one segment, a move a second."""
    visitor = Visitor(port, plan)
    try:
        await visitor.come()
        await visitor.moved(Tally(), 2, 2)  # the original's sound comes with the first
        await each_second(moves, lambda: visitor.moved(tally, 2, 2, **position(dice)))
    finally:
        visitor.leave()


async def each_second(moves: int, does: Any) -> None:
    """Begin something every second, whether or not the one before is done; wait for all."""
    loop, begun = asyncio.get_running_loop(), []
    start = loop.time()
    for number in range(moves):
        await asyncio.sleep(max(0.0, start + number - loop.time()))
        begun.append(asyncio.create_task(does()))
    await asyncio.gather(*begun)


async def alone_and_beside(server: Server, given: argparse.Namespace) -> dict[str, Any]:
    """One visitor alone, and beside whole pieces, in turn."""
    plan = await Plan.of(server.port)
    tallies = {part: Tally() for part in ("alone", "beside") if part in given.parts}
    others, file = Tally(), long_piece(given.minutes) if "beside" in tallies else b""
    dice = random.Random(given.seed)
    for number in range(SLICES):
        moves = given.moves * (number + 1) // SLICES - given.moves * number // SLICES
        if moves and "alone" in tallies:
            await single(server.port, plan, moves, tallies["alone"], dice)
        if moves and "beside" in tallies:
            async with busy(server.port, plan, given.busy, file) as tally:
                await single(server.port, plan, moves, tallies["beside"], dice)
            others.add(tally)
    found: dict[str, Any] = {part: tally.report() for part, tally in tallies.items()}
    if "beside" in found:
        found["beside"] |= {"others": given.busy, "minutes": given.minutes}
        found["beside"]["whole_pieces"] = others.report()
    if len(found) == 2 and all(tally.times for tally in tallies.values()):
        ratio = found["beside"]["p95_ms"] / found["alone"]["p95_ms"]
        found["beside"]["p95_times_alone"] = round(ratio, 2)
    return found


async def crowd(server: Server, given: argparse.Namespace) -> dict[str, Any]:
    """Many visitors, a move a second each."""

    async def one(number: int) -> None:
        dice, visitor = random.Random(f"{given.seed} {number}"), Visitor(server.port, plan)
        try:
            await asyncio.sleep(number * given.arrival / given.visitors)
            await visitor.come()
            await visitor.choose(dice.choice(plan.examples))
            usable = [i for i, s in enumerate(visitor.piece["segments"]) if not s["problem"]]
            arrived.release()
            await start.wait()
            await asyncio.sleep(dice.random())

            at = dice.choice(usable)

            async def move() -> None:
                nonlocal at
                if dice.random() < WANDERING:
                    at = dice.choice(usable)
                await visitor.moved(tally, at, at, **position(dice))

            await each_second(given.seconds, move)
        finally:
            visitor.leave()

    plan, tally = await Plan.of(server.port), Tally()
    arrived, start = asyncio.Semaphore(0), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for number in range(given.visitors):
            group.create_task(one(number))
        for _ in range(given.visitors):
            await arrived.acquire()
        before = server.cpu_seconds()
        start.set()
    found = tally.report()
    used = (now - then for now, then in zip(server.cpu_seconds(), before, strict=True))
    own, workers = (round(1000 * seconds / max(1, found["moves"]), 1) for seconds in used)
    cost = {"server_cpu_ms_a_move": own, "workers_cpu_ms_a_move": workers}
    return {"visitors": given.visitors, **found, **cost}


async def memory(server: Server, given: argparse.Namespace) -> dict[str, Any]:
    """Visitors who come, move and go; what the server takes meanwhile, and keeps afterwards."""

    async def visits(number: int) -> None:
        dice = random.Random(f"{given.seed} {number}")
        await asyncio.sleep(number * given.arrival / given.visitors)
        while left.pop() if left else False:
            visitor = Visitor(server.port, plan)
            try:
                await visitor.come()
                if dice.random() < 0.5:
                    await visitor.bring("mine.mid", small_piece(dice))
                else:
                    await visitor.choose(dice.choice(plan.examples))
                count = len(visitor.piece["segments"])
                for _ in range(VISIT):
                    at = dice.randrange(count)
                    await visitor.moved(tally, at, at, **position(dice))
                    done.release()
                    await asyncio.sleep(dice.uniform(0, 0.2))
            except (OSError, EOFError) as error:
                tally.errors[f"visit: {error}"] += 1
            finally:
                visitor.leave()

    plan, tally, done = await Plan.of(server.port), Tally(), asyncio.Semaphore(0)
    left = [True] * (given.transformations // VISIT)
    start, begin, curve = server.descriptors(), time.perf_counter(), []

    def look(moves: int) -> None:
        peek = server.peek()
        curve.append({"moves": moves, "seconds": round(time.perf_counter() - begin, 1),
                      **server.memory(), **peek, "files": server.files()})  # fmt: skip

    look(0)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(visits(number)) for number in range(given.visitors)]
        everybody = asyncio.gather(*tasks)
        for moves in range(1, VISIT * len(left) + 1):
            waiting = asyncio.create_task(done.acquire())
            either: list[asyncio.Future[Any]] = [waiting, everybody]
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not waiting.done():
                waiting.cancel()
                break
            if moves % given.samples == 0:
                await asyncio.to_thread(look, moves)
    end = time.perf_counter()
    while server.files() and time.perf_counter() < end + given.kept * 1.25 + 5:
        await asyncio.sleep(0.5)
    gone = time.perf_counter() - end
    await asyncio.sleep(max(0.0, given.settle - gone))
    # A piece is let go when the next one is opened or asked for.
    last = Visitor(server.port, plan)
    await last.come()
    last.leave()
    await asyncio.sleep(1.0)
    kept = server.peek()
    all_mb = np.array([row["all"] for row in curve[1:]])
    middle = float(np.median(all_mb))
    return {
        "visitors": given.visitors,
        "visits": given.transformations // VISIT,
        **tally.report(),
        "seconds": round(end - begin, 1),
        "heartbeat": plan.heartbeat,
        "keep_files_s": given.kept,
        "curve_mb": curve,
        "median_mb": round(middle, 1),
        "largest_deviation_percent": round(100 * float(np.abs(all_mb / middle - 1).max()), 1),
        "growth_percent": round(100 * float(all_mb[-1] / all_mb[0] - 1), 1),
        "afterwards": {
            **server.memory(),
            "settled_s": round(time.perf_counter() - end, 1),
            "files": server.files(),
            "files_gone_after_s": round(gone, 1),
            "pieces": max(0, kept["pieces"] - 1),  # but for the one just opened
            "sessions": kept["sessions"],
            "streams": kept["streams"],
            "descriptors_more_than_before": server.descriptors() - start,
        },
    }


@contextmanager
def shares(report: dict[str, Any], server: Server) -> Iterator[None]:
    """Add what a part cost this process, which has to be little, and the server."""
    begin, own, theirs = time.perf_counter(), time.process_time(), sum(server.cpu_seconds())
    yield
    wall = time.perf_counter() - begin
    report["client_cores"] = round((time.process_time() - own) / wall, 3)
    report["server_cores"] = round((sum(server.cpu_seconds()) - theirs) / wall, 3)


def measure(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """All parts that are asked for, memory with a server of its own."""
    report: dict[str, Any] = {"machine": machine()}
    parts = {alone_and_beside: {"alone", "beside"}, crowd: {"crowd"}, memory: {"memory"}}
    chosen = [does for does, names in parts.items() if not names.isdisjoint(given.parts)]
    env = {"FADERNETS_KEEP_FILES": str(given.kept)}
    crowds = [does for does in chosen if does is not memory]
    servers = [("make-run", crowds, {}), ("peek", [memory] if memory in chosen else [], env)]
    for way, group, more in servers:
        if not group:
            continue
        with public_server.running(way, folder / way, more) as server:
            for does in group:
                cost: dict[str, Any] = {"load_average_before": round(os.getloadavg()[0], 2)}
                with shares(cost, server):
                    found = asyncio.run(does(server, given))
                said = server.said()
                cost["worker_restarts"] = said.count("a worker ended unasked")
                cost["tracebacks"] = said.count("Traceback")
                report[does.__name__] = {"start_s": round(server.seconds, 1), **cost, **found}
    report["machine"]["load_average_after"] = round(os.getloadavg()[0], 2)
    return report


def parser() -> argparse.ArgumentParser:
    """The command line."""
    found = argparse.ArgumentParser(prog="python -m benchmarks.public_load", description=__doc__)
    found.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    found.add_argument("--moves", type=int, default=60, help="of one visitor, a second each")
    found.add_argument("--busy", type=int, default=2, help="others with a long piece")
    found.add_argument("--minutes", type=float, default=28, help="that the long piece lasts")
    found.add_argument("--visitors", type=int, default=50, help="of a crowd, or at a time")
    found.add_argument("--seconds", type=int, default=30, help="that a crowd moves faders")
    found.add_argument("--arrival", type=float, default=10, help="seconds until all have come")
    found.add_argument("--transformations", type=int, default=2000)
    found.add_argument("--samples", type=int, default=SAMPLES, help="moves between two looks")
    found.add_argument("--kept", type=float, default=KEPT, help="seconds that files are kept")
    found.add_argument(
        "--settle", type=float, default=320, help="seconds until pieces of closed pages must go"
    )
    found.add_argument("--seed", type=int, default=0)
    found.add_argument("--out", type=Path, help="file to write")
    return found


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the report as JSON; 1 after an error."""
    given = parser().parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        report = measure(given, Path(folder))
    text = json.dumps(report, indent=1)
    print(text)
    if given.out:
        given.out.write_text(text + "\n")
    return 1 if _errors(report) else 0


def _errors(found: Any) -> int:
    """Errors anywhere in a report."""
    if isinstance(found, dict):
        mine = found.get("errors", 0)
        return mine + sum(_errors(part) for part in found.values())
    return 0


if __name__ == "__main__":
    sys.exit(main())
