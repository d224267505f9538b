"""A survey's server is killed under load, again and again, and no acknowledged answer is lost.

    python -m benchmarks.survey_kills [--kills 200] [--clients 9] [--seed 0]
                                      [--designs transfer ab mushra] [--json FILE]
                                      [--database postgresql://...]

One study of each design lies beside the others. Clients join, play and answer without a pause,
and try again what had no response; one answer in ten is a double click. SIGKILL comes at random
moments, until `--kills` of them met SQLite's write lock held, i.e. a transaction that writes; one
start in ten is killed before it listens. After every kill the file and its log are copied as they
lie there, and the copy is checked; at the end the database is compared with what the clients know.
With an empty database of a PostgreSQL server, kills count that met a transaction with an id, i.e.
one that writes; the server of the database lives on and is asked what it has. Linux.
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
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import httpx

from benchmarks.survey import serving
from benchmarks.survey.crowd import AnswerBook, CrowdMember, harm
from benchmarks.survey.survey_study import NAMES, Replies
from benchmarks.survey.survivors import File, OnPostgres, checked
from db.database import Database

LIFE_SECONDS = (0.05, 0.6)  # between listening and SIGKILL
MAX_WAIT_S = 120.0  # for the last answers
POLL_S = 0.05
RETRY_SECONDS = 0.05
DOUBLE_CLICKS = 0.1  # of all answers
STARTS_AN_EARLY_KILL = 10  # one of so many starts is killed before it listens
MAX_KILLS_A_HIT = 10  # for each kill in a write that is wanted; after that something is wrong
WRITES = ("join", "questions", "sound", "play", "answer")


@dataclass
class Toll:
    """What the kills met.

    Attributes
    ----------
    kills, in_write, in_flight, early : int
        All; with the write lock held; with a writing request without its response; before the
        server listened.
    answers_in_flight, committed : int
        Answers sent and not acknowledged at a kill, and how many of these were on the disk.
    damaged, missing : int
        Copies that failed a check of SQLite's; acknowledged answers that a copy lacked.
    sent_back, sent_back_missing : int
        Who was given the address of the panel to go back to; of whom a copy lacked an answer, or
        that they had finished.
    starts : list of float
        Seconds until listening.
    """

    kills: int = 0
    in_write: int = 0
    in_flight: int = 0
    early: int = 0
    answers_in_flight: int = 0
    committed: int = 0
    damaged: int = 0
    missing: int = 0
    sent_back: int = 0
    sent_back_missing: int = 0
    starts: list[float] = field(default_factory=list)


def kill_once(
    server: serving.Mortal,
    store: File | OnPostgres,
    book: AnswerBook,
    toll: Toll,
    dice: random.Random,
) -> None:
    """Start, kill at a random moment, and look at what lies there."""
    begin = time.perf_counter()
    server.start()
    early = toll.starts and dice.randrange(STARTS_AN_EARLY_KILL) == 0
    if early:
        time.sleep(dice.uniform(0, statistics.median(toll.starts)))
    else:
        server.wait()
        toll.starts.append(time.perf_counter() - begin)
        time.sleep(dice.uniform(*LIFE_SECONDS))
    acknowledged, submissions, sent_back = (
        set(book.acknowledged),
        set(book.submissions),
        set(book.sent_back),
    )
    open_writes = sum(book.open[kind] for kind in WRITES)
    in_write = store.has_writer()
    server.kill()
    unacknowledged = submissions - set(book.acknowledged)
    undamaged, stored, submissions_of_finished = store.survivors(with_ends=bool(sent_back))
    toll.kills += 1
    toll.early += bool(early)
    toll.in_write += in_write
    toll.in_flight += bool(open_writes) and not early
    toll.answers_in_flight += len(unacknowledged)
    toll.committed += len(unacknowledged & stored)
    toll.damaged += not undamaged
    toll.missing += len(acknowledged - stored)
    toll.sent_back = max(toll.sent_back, len(sent_back))
    toll.sent_back_missing += len(sent_back - submissions_of_finished)


async def client(
    url: str,
    study: str,
    book: AnswerBook,
    seed: str,
    ending: asyncio.Event,
    tls: ssl.SSLContext,
    panel: str | None = None,
    replies: Replies | None = None,
) -> None:
    """Take part, one person after the other, until the end."""
    dice = random.Random(seed)
    while not ending.is_set():
        person = CrowdMember(url, study, book, dice, RETRY_SECONDS, tls)
        try:
            state = await person.join(panel)
            while state["stage"] != "finished" and not ending.is_set():
                trial, twice = state["trial"], dice.random() < DOUBLE_CLICKS
                await person.hear(trial["id"], places=trial["clips"])
                state = await person.take(trial, replies, twice)
        finally:
            await person.leave()


async def run(
    folder: Path,
    studies: Mapping[str, Replies | None],
    kills: int,
    clients: int = 8,
    seed: int = 0,
    panel: str | None = None,
    database_url: str | None = None,
) -> dict:
    """Kill a survey until so many kills met a write, let as many answers come, and compare.

    Parameters
    ----------
    folder : Path
        Of a survey with open studies; nobody has a connection to an SQLite database in it.
    studies : mapping
        By name what is replied to a trial, in a design that has questions of its own.
    kills : int
    clients : int
        As many of each study, or one more.
    seed : int
        Of the answers and of the lives' lengths; what a kill meets is up to chance.
    panel : str, optional
        The parameter in which the studies' panel sends its number for somebody.
    database_url : str, optional
        Of a PostgreSQL database with the studies, in place of SQLite.

    Returns
    -------
    dict
        Counts and seconds, see `Toll` and `benchmarks.survey.crowd.AnswerBook.compared`.
    """
    begin, load = time.perf_counter(), os.getloadavg()[0]
    path, port = folder / "survey.sqlite", serving.free_port()
    store = OnPostgres(database_url) if database_url else File(path)
    server = serving.Mortal(serving.environment(folder, database_url), port)
    book, toll, dice, ending = AnswerBook(), Toll(), random.Random(seed), asyncio.Event()
    tls, url = httpx.create_ssl_context(), serving.address(port)
    try:
        async with asyncio.TaskGroup() as group:
            for number, (study, replies) in zip(range(clients), cycle(studies.items())):
                seeded = f"{seed}-{number}"
                group.create_task(client(url, study, book, seeded, ending, tls, panel, replies))
            while toll.in_write < kills and toll.kills < MAX_KILLS_A_HIT * kills:
                await asyncio.to_thread(kill_once, server, store, book, toll, dice)
            await asyncio.to_thread(server.start)
            # On a busy machine no life may have been long enough for an answer.
            async with asyncio.timeout(MAX_WAIT_S):
                while len(book.acknowledged) < kills or len(book.by_study) < len(studies):
                    await asyncio.sleep(POLL_S)
            ending.set()
    finally:
        store.close()
        await asyncio.to_thread(server.stop)
    undamaged = True if database_url else checked(path)[0]
    database = Database(database_url or f"sqlite:///{path}")
    try:
        compared = book.compared(database, *studies)
    finally:
        database.close()
    report = {**vars(toll), **compared, "damaged_at_end": int(not undamaged)}
    starts = report.pop("starts")
    report["start_median_s"] = round(statistics.median(starts), 2)
    report["start_max_s"] = round(max(starts), 2)
    if panel is None:  # nobody is sent back
        del report["sent_back"], report["sent_back_missing"]
    if len(studies) > 1:
        report |= {f"answers_of_{study}": book.by_study[study] for study in studies}
    report["requests_without_response"] = book.failures.total()
    report |= {
        "seconds": round(time.perf_counter() - begin, 1),
        "load_average_before": round(load, 2),
    }
    return report


def main() -> int:
    """Kill, print the report as JSON; 1 if anything acknowledged was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200, help="that meet a write")
    parser.add_argument("--clients", type=int, default=9)
    parser.add_argument("--designs", nargs="+", choices=list(NAMES), default=list(NAMES))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--database", help="an empty one of a PostgreSQL server")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        env = serving.environment(Path(folder), options.database)
        studies = serving.studies(env, options.designs)
        arguments = options.kills, options.clients, options.seed, None, options.database
        report = asyncio.run(run(Path(folder), studies, *arguments))
    text = json.dumps(report, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text + "\n")
    return 1 if harm(report) or report["in_write"] < options.kills else 0


if __name__ == "__main__":
    sys.exit(main())
