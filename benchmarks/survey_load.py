"""How long participants wait when 200 of them take part at once.

    python -m benchmarks.survey_load [--participants 200] [--pace 30] [--minutes 2]
                                     [--database URL] [--seed 0] [--json FILE]

`python -m survey` serves a study of the default size; participants in this process arrive within
half a minute, load the pages, and then for each trial ask where they are, fetch two clips, report
four plays and answer, which takes them about `--pace` seconds: two clips of 6 s and five ratings
are hardly done in less than 30. Afterwards the database is compared with what was acknowledged.
Without `--database` it is SQLite in a temporary folder; another one has to be empty, and keeps
the study.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import ssl
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from benchmarks import serving
from benchmarks.crowd import Book, Person, harm
from db.database import Database
from survey.core.settings import Settings

ARRIVAL = 30.0  # seconds within which all come
RETRY = 1.0  # seconds, as the page does it first
LOOK = 5.0  # seconds between two looks at the load
KINDS = ("page", "join", "questions", "sound", "state", "clip", "play", "answer")
NAMES = {"page": "page, script or sheet", "sound": "sound check"}


async def participant(
    url: str, study: str, book: Book, seed: str, pace: float, end: float, tls: ssl.SSLContext
) -> None:
    """Arrive, take part until `end`, by the clock of the event loop."""
    loop, dice = asyncio.get_running_loop(), random.Random(seed)
    person = Person(url, study, book, dice, RETRY, tls)
    try:
        await asyncio.sleep(dice.uniform(0, ARRIVAL))
        await person.open_pages()
        state = await person.join()
        await person.open_own_page()
        while state["stage"] != "finished" and loop.time() < end:
            state = await person.state()
            await person.fetch(state)
            trial = state["trial"]["id"]
            await person.hear(trial, pace)
            for _ in range(3):
                await person.pause(pace)
            state = await person.judge(trial)
    finally:
        await person.leave()


async def crowd(
    url: str, study: str, participants: int, pace: float, minutes: float, seed: int
) -> tuple[Book, list[float]]:
    """What participants know in the end, and how many others wanted a processor meanwhile."""
    book, tls = Book(), httpx.create_ssl_context()
    end = asyncio.get_running_loop().time() + ARRIVAL + 60 * minutes
    loads: list[float] = []
    async with asyncio.TaskGroup() as group:
        watch = group.create_task(_watch(loads))
        people = [
            group.create_task(participant(url, study, book, f"{seed}-{number}", pace, end, tls))
            for number in range(participants)
        ]
        await asyncio.gather(*people)
        watch.cancel()
    return book, loads


async def _watch(loads: list[float]) -> None:
    while True:
        loads.append(os.getloadavg()[0])
        await asyncio.sleep(LOOK)


def milliseconds(times: list[float]) -> dict[str, float]:
    """Number, median, 95th percentile and maximum of seconds."""
    middle, late = np.percentile(times, [50, 95])
    found = {"median_ms": middle, "p95_ms": late, "max_ms": max(times)}
    return {"n": len(times)} | {name: round(1000 * s, 1) for name, s in found.items()}


def measure(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Build, serve, take part and compare; the report."""
    env = serving.environment(folder, given.database)
    study, port = serving.study(env), serving.free_port()
    load = os.getloadavg()[0]
    with serving.running(env, port) as process:
        begin, used = time.perf_counter(), serving.cpu_seconds(process)
        taken = given.participants, given.pace, given.minutes, given.seed
        book, loads = asyncio.run(crowd(serving.address(port), study, *taken))
        seconds = time.perf_counter() - begin
        used = serving.cpu_seconds(process) - used
    database = Database(Settings.from_env(env).database_url)
    try:
        compared = book.compared(database, study)
    finally:
        database.close()
    kinds = [kind for kind in KINDS if book.times[kind]]
    return {
        "database": {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[
            database.url.get_backend_name()
        ],
        "participants": given.participants,
        "pace_s": given.pace,
        "minutes": given.minutes,
        "seconds": round(seconds, 1),
        "load_average_before": round(load, 1),
        "load_average_median": round(statistics.median(loads), 1),
        "server_cpu_s": round(used, 1),
        "requests": {NAMES.get(kind, kind): milliseconds(book.times[kind]) for kind in kinds},
        "errors": book.failures.total(),
        "kinds_of_errors": dict(book.failures),
        "acknowledged": compared["answers_acknowledged"],
        "lost": compared["answers_lost"],
        **compared,
    }


def main() -> int:
    """Measure, print the report as JSON; 1 after an error or a loss."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--participants", type=int, default=200)
    parser.add_argument("--pace", type=float, default=30, help="seconds for a trial")
    parser.add_argument("--minutes", type=float, default=2, help="after all have come")
    parser.add_argument("--database", help="an address of PostgreSQL")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = measure(given, Path(folder))
    text = json.dumps(report, indent=2)
    print(text)
    if given.json:
        given.json.write_text(text + "\n")
    return 1 if report["errors"] or harm(report) else 0


if __name__ == "__main__":
    sys.exit(main())
