"""Visitors who come, move and go, and what the server holds meanwhile and afterwards."""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.public.page_events import PageEvents
from benchmarks.public.visit_tally import VisitTally
from benchmarks.public.visitor import Visitor, position
from benchmarks.public.visitors_pieces import small_piece
from benchmarks.public.whole_server import RunningServer

MOVES_A_VISIT = 10


@dataclass
class MemoryCurve:
    """What a server holds, read again and again, by the moves of its visitors until then."""

    server: RunningServer
    rows: list[dict[str, Any]] = field(default_factory=list)
    begin: float = field(default_factory=time.perf_counter)

    def sample(self, moves: int) -> None:
        """Read once."""
        peek = self.server.peek()
        seconds = round(time.perf_counter() - self.begin, 1)
        row = {"moves": moves, "seconds": seconds, **self.server.memory(), **peek}
        self.rows.append(row | {"files": self.server.files()})

    def report(self) -> dict[str, Any]:
        """Plain data: the curve but for its first row, the median, and how far it leaves that."""
        all_mb = np.array([row["all"] for row in self.rows[1:]])
        median = float(np.median(all_mb))
        return {
            "curve_mb": self.rows,
            "median_mb": round(median, 1),
            "largest_deviation_percent": round(100 * float(np.abs(all_mb / median - 1).max()), 1),
            "growth_percent": round(100 * float(all_mb[-1] / all_mb[0] - 1), 1),
        }


class Visits:
    """Visitors who come one after the other, some at a time, until all visits are made.

    Parameters
    ----------
    server : RunningServer
    page_events : PageEvents
    options : argparse.Namespace
        Of the command.
    """

    def __init__(
        self, server: RunningServer, page_events: PageEvents, options: argparse.Namespace
    ) -> None:
        self.server, self.page_events, self.options = server, page_events, options
        self.tally, self.moves_made = VisitTally(), asyncio.Semaphore(0)
        self.count = self.visits_left = options.transformations // MOVES_A_VISIT

    async def all(self) -> None:
        """Make all visits."""
        async with asyncio.TaskGroup() as group:
            for number in range(self.options.visitors):
                group.create_task(self._one_after_another(number))

    async def _one_after_another(self, number: int) -> None:
        dice = random.Random(f"{self.options.seed} {number}")
        await asyncio.sleep(number * self.options.arrival / self.options.visitors)
        while self.visits_left:
            self.visits_left -= 1
            visitor = Visitor(self.server.port, self.page_events)
            try:
                await self._visit(visitor, dice)
            except (OSError, EOFError) as error:
                self.tally.errors[f"visit: {error}"] += 1
            finally:
                visitor.leave()

    async def _visit(self, visitor: Visitor, dice: random.Random) -> None:
        await visitor.come()
        if dice.random() < 0.5:
            await visitor.bring("mine.mid", small_piece(dice))
        else:
            await visitor.choose(dice.choice(self.page_events.examples))
        count = len(visitor.piece["segments"])
        for _ in range(MOVES_A_VISIT):
            segment = dice.randrange(count)
            await visitor.moved(self.tally, segment, segment, **position(dice))
            self.moves_made.release()
            await asyncio.sleep(dice.uniform(0, 0.2))


async def memory(server: RunningServer, options: argparse.Namespace) -> dict[str, Any]:
    """Visitors who come, move and go; what the server takes meanwhile, and keeps afterwards."""
    page_events = await PageEvents.of(server.port)
    visits, descriptors = Visits(server, page_events, options), server.descriptors()
    curve = MemoryCurve(server)
    curve.sample(0)
    all_visits = asyncio.create_task(visits.all())
    for moves in range(1, MOVES_A_VISIT * visits.count + 1):
        waiting = asyncio.create_task(visits.moves_made.acquire())
        await asyncio.wait((waiting, all_visits), return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():  # a visit that failed makes fewer moves
            waiting.cancel()
            break
        if moves % options.samples == 0:
            await asyncio.to_thread(curve.sample, moves)
    await all_visits
    end = time.perf_counter()
    return {
        "visitors": options.visitors,
        "visits": visits.count,
        **visits.tally.report(),
        "seconds": round(end - curve.begin, 1),
        "heartbeat": page_events.heartbeat,
        "keep_files_s": options.kept,
        **curve.report(),
        "afterwards": await afterwards(server, page_events, options, end, descriptors),
    }


async def afterwards(
    server: RunningServer,
    page_events: PageEvents,
    options: argparse.Namespace,
    end: float,
    descriptors: int,
) -> dict[str, Any]:
    """What the server keeps when pieces of closed pages must be gone.

    Parameters
    ----------
    server : RunningServer
    page_events : PageEvents
    options : argparse.Namespace
        Of the command.
    end : float
        When the last visitor had gone, in seconds of `time.perf_counter`.
    descriptors : int
        That the server had open before the first one came.
    """
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
    return {
        **server.memory(),
        "settled_s": round(time.perf_counter() - end, 1),
        "files": server.files(),
        "files_gone_after_s": round(files_gone_s, 1),
        "pieces": max(0, kept_at_end["pieces"] - 1),  # but for the one just opened
        "sessions": kept_at_end["sessions"],
        "streams": kept_at_end["streams"],
        "descriptors_more_than_before": server.descriptors() - descriptors,
    }
