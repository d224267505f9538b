"""How long participants wait when 200 of them take part at once.

    python -m benchmarks.survey_load [--participants 200] [--pace 30] [--minutes 2]
                                     [--designs transfer ab mushra] [--database URL]
                                     [--seed 0] [--json FILE]

`python -m survey` serves a study of each design; participants in this process, as many of each,
arrive within half a minute, load the pages, and then for each trial ask where they are, fetch its
clips, report two plays of each and answer. Of two clips that takes them about `--pace` seconds: two
of 6 s and five ratings are hardly done in less than 30; with more clips it takes longer.
Afterwards the database is compared with what was acknowledged.
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
from collections.abc import Mapping
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx

from benchmarks.measuring.milliseconds import waits
from benchmarks.survey import serving, survey_study
from benchmarks.survey.crowd import AnswerBook, CrowdMember, harm
from benchmarks.survey.survey_study import Replies
from db.database import Database
from survey.core.settings import Settings

ARRIVAL_SECONDS = 30.0  # within which all come
RETRY_SECONDS = 1.0  # as the page does it first
LOAD_SAMPLE_SECONDS = 5.0  # between two readings of the load average
KINDS = ("page", "join", "questions", "sound", "state", "clip", "play", "answer")
DESIGNS = list(survey_study.NAMES)
NAMES = {"page": "page, script or sheet", "sound": "sound check"}


async def participant(
    url: str,
    study: str,
    book: AnswerBook,
    seed: str,
    pace: float,
    end: float,
    tls: ssl.SSLContext,
    replies: Replies | None = None,
) -> None:
    """Arrive, take part until `end`, by the clock of the event loop."""
    loop, dice = asyncio.get_running_loop(), random.Random(seed)
    person = CrowdMember(url, study, book, dice, RETRY_SECONDS, tls)
    try:
        await asyncio.sleep(dice.uniform(0, ARRIVAL_SECONDS))
        await person.open_pages()
        state = await person.join()
        await person.open_own_page()
        while state["stage"] != "finished" and loop.time() < end:
            state = await person.state()
            await person.fetch(state)
            trial = state["trial"]
            await person.hear(trial["id"], pace, trial["clips"])
            for _ in range(3):
                await person.pause(pace)
            state = await person.take(trial, replies)
    finally:
        await person.leave()


async def crowd(
    url: str,
    studies: Mapping[str, Replies | None],
    participants: int,
    pace: float,
    minutes: float,
    seed: int,
) -> tuple[AnswerBook, list[float]]:
    """The participants' record at the end, and the load averages meanwhile."""
    book, tls = AnswerBook(), httpx.create_ssl_context()
    end = asyncio.get_running_loop().time() + ARRIVAL_SECONDS + 60 * minutes
    loads: list[float] = []
    async with asyncio.TaskGroup() as group:
        watch = group.create_task(_watch(loads))
        people = [
            group.create_task(
                participant(url, study, book, f"{seed}-{number}", pace, end, tls, replies)
            )
            for number, (study, replies) in zip(range(participants), cycle(studies.items()))
        ]
        await asyncio.gather(*people)
        watch.cancel()
    return book, loads


async def _watch(loads: list[float]) -> None:
    while True:
        loads.append(os.getloadavg()[0])
        await asyncio.sleep(LOAD_SAMPLE_SECONDS)


def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Build, serve, take part and compare; the report."""
    env = serving.environment(folder, options.database)
    studies, port = serving.studies(env, options.designs), serving.free_port()
    load = os.getloadavg()[0]
    with serving.running(env, port) as process:
        begin, cpu_seconds = time.perf_counter(), serving.cpu_seconds(process)
        arguments = options.participants, options.pace, options.minutes, options.seed
        book, loads = asyncio.run(crowd(serving.address(port), studies, *arguments))
        seconds = time.perf_counter() - begin
        cpu_seconds = serving.cpu_seconds(process) - cpu_seconds
    database = Database(Settings.from_env(env).database_url)
    try:
        compared = book.compared(database, *studies)
    finally:
        database.close()
    kinds = [kind for kind in KINDS if book.times[kind]]
    return {
        "database": {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[
            database.url.get_backend_name()
        ],
        "participants": options.participants,
        "designs": options.designs,
        "answers_by_design": {
            design: book.by_study[study]
            for design, study in zip(options.designs, studies, strict=True)
        },
        "pace_s": options.pace,
        "minutes": options.minutes,
        "seconds": round(seconds, 1),
        "load_average_before": round(load, 1),
        "load_average_median": round(statistics.median(loads), 1),
        "server_cpu_s": round(cpu_seconds, 1),
        "requests": {NAMES.get(kind, kind): waits(book.times[kind]) for kind in kinds},
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
    parser.add_argument("--designs", nargs="+", choices=DESIGNS, default=DESIGNS)
    parser.add_argument("--database", help="an address of PostgreSQL")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = measure(options, Path(folder))
    text = json.dumps(report, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text + "\n")
    return 1 if report["errors"] or harm(report) else 0


if __name__ == "__main__":
    sys.exit(main())
