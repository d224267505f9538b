"""Many visitors who move faders at once."""

from __future__ import annotations

import argparse
import asyncio
import random
from collections.abc import Sequence
from typing import Any, Protocol

from benchmarks.measuring.milliseconds import milliseconds
from benchmarks.public.pace import each_second
from benchmarks.public.page_events import PageEvents
from benchmarks.public.visit_tally import VisitTally
from benchmarks.public.visitor import Visitor, position
from benchmarks.public.wire import LOCAL

WANDERING_SHARE = 0.1  # of a crowd's moves that go to another segment


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
    cpu_seconds = (end - begin for begin, end in zip(before, server.cpu_seconds(), strict=True))
    own, workers = (milliseconds(seconds / max(1, report["moves"])) for seconds in cpu_seconds)
    cost = {"server_cpu_ms_a_move": own, "workers_cpu_ms_a_move": workers}
    return {"visitors": options.visitors, **report, **cost}
