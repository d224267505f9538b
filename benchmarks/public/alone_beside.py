"""One visitor alone, and beside others who have whole pieces changed and made to sound."""

from __future__ import annotations

import argparse
import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from benchmarks.public.pace import each_second
from benchmarks.public.page_events import PageEvents
from benchmarks.public.visit_tally import VisitTally
from benchmarks.public.visitor import Visitor, gain_of, position
from benchmarks.public.visitors_pieces import long_piece
from benchmarks.public.whole_server import RunningServer

SLICES = 2  # of each part that is compared; the parts' slices alternate
CHUNKS_HEARD = 2  # of the sound of a long piece that is heard before it is changed again


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
