"""Everything hostile that can be sent to the server, and whether it gives anything away or falls.

    python -m benchmarks.public_fuzz [--requests 5000] [--seconds 180] [--seed 0]
                                     [--way make-run|space|both] [--before FOLDER] [--out FILE]

A real server, started in each way in turn on a free port of this machine, with secrets planted
around it: in files beside and links inside the folder for uploads, in its environment, in the
folder of the survey's database. Requests of `benchmarks.public.hostile_requests` and
`hostile_bytes` are sent in batches; after each the server has to be well within two seconds, and
its output must hold no traceback. Answers must hold no secret and no path of the server's, take
less than twenty seconds, and be a sentence where their status is 500. ``--before`` tries the known
attack on an older checkout, too. Ends with 1 if anything was found. Linux; bounded in number and
time.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks.measuring.timing import machine, rounded
from benchmarks.public import (
    hostile_bytes,
    hostile_requests,
    hostile_values,
    midi_files,
    whole_server,
)
from benchmarks.public.attacks import attack, by_client, midi, pages_of_others, stalled
from benchmarks.public.checks import CheckBook, Fuzz
from benchmarks.public.hostile_bytes import API, Shot
from benchmarks.public.hostile_values import META, Target
from benchmarks.public.page_events import PageEvents
from benchmarks.public.whole_server import RunningServer

# Percent of the requests. The kinds alternate, so a run that is cut short lacks some of each.
SHARES = {"addresses": 29, "values": 33, "mutations": 25, "survey": 13}
FAILURES = ("tracebacks", "hangs", "files_given_away", "other_findings")


@dataclass(frozen=True)
class Plant:
    """Secrets around a server: in files, in its environment, the survey's admin's token."""

    file: str
    hidden: str
    token: str

    @classmethod
    def new(cls) -> Plant:
        """Secrets that nobody can guess."""
        return cls(*(f"canary-{n}-{secrets.token_hex(12)}" for n in ("file", "env", "token")))

    @property
    def env(self) -> dict[str, str]:
        """What the server's environment holds."""
        return {"FADERNETS_CANARY": self.hidden, "FADERNETS_ADMIN_TOKEN": self.token}


def visit(server: RunningServer, dice: random.Random) -> dict[str, Any]:
    """Do as the page does: open the example, ask, hear, save, download, upload a file, join.

    Returns
    -------
    dict
        `Target`'s own, events, inputs, public and participant.
    """
    with httpx.Client(base_url=server.url, timeout=60) as client:
        config = client.get("/config").raise_for_status().json()
        page_events = PageEvents(config)

        def body(event: tuple[str | None, str], value: Any) -> dict[str, Any]:
            number, target = page_events.events[event]
            fields = {"data": [value], "event_data": None, "fn_index": number}
            return {**fields, "trigger_id": target, "session_hash": "visit"}

        def send(event_body: dict[str, Any]) -> list[Any]:
            answer = client.post(f"{API}/run/predict", json=event_body)
            return answer.raise_for_status().json()["data"]

        events = {"open": body((None, "load"), page_events.first)}
        piece = json.loads(send(events["open"])[0]["props"]["piece"])
        edit = {"number": 1, "piece": piece["id"], "first": 0, "last": 1, "original": True}
        edit |= {"vorbis": True, "rhythm": 0.7, "note": None, "arousal": None, "valence": None}
        edit |= {
            "seed": 1,
            "peak": None,
            "chunk": None,
            "gain": None,
            "lock": ["melody", "note:2-3"],
        }
        for name, changes in (("ask", {}), ("hear", {"chunk": 0, "gain": 1.0})):
            events[name] = body(("fn-bench", name), json.dumps(edit | changes))
            send(events[name])
        edit |= {"kind": "midi", "scope": "selection"}
        events["save"] = body(("fn-bench", "save"), json.dumps(edit))
        saved = send(events["save"])[0]["path"]
        client.get(f"{API}/file={saved}").raise_for_status()
        file = {"files": ("own.mid", midi_files.midi_file(dice))}
        own = client.post(f"{API}/upload", files=file).raise_for_status().json()[0]
        uploaded_file = {"path": own, "orig_name": "own.mid", "meta": META}
        events["upload"] = body(("fn-upload", "upload"), uploaded_file)
        send(events["upload"])
        info = client.get(f"{API}/info").raise_for_status().json()["named_endpoints"]
        joined = client.post("/survey/api/join", json={"study": "trial", "consent": True})
    return {
        "own": own,
        "events": events,
        "inputs": {e["id"]: len(e["inputs"]) for e in config["dependencies"] if e["backend_fn"]},
        "public": {
            name.strip("/"): [p["parameter_name"] for p in endpoint["parameters"]]
            for name, endpoint in info.items()
        },
        "participant": joined.json().get("token", "x"),
    }


def mixed(target: Target, dice: random.Random) -> Iterator[Shot]:
    """Shots of all kinds in turn, without an end."""
    kinds = {kind: getattr(hostile_requests, kind)(target, dice) for kind in SHARES}
    while True:
        yield next(kinds[dice.choices(list(SHARES), list(SHARES.values()))[0]])


def listing(folder: Path) -> set[str]:
    """Files of a server's folder outside those for uploads and for the survey."""
    paths = (path.relative_to(folder) for path in folder.rglob("*"))
    return {str(path) for path in paths if path.parts[0] not in ("uploads", "data")}


async def fuzz_server(
    server: RunningServer, options: argparse.Namespace, plant: Plant, ways: int
) -> dict[str, Any]:
    """Everything against one server; the report."""
    dice, book = random.Random(options.seed), CheckBook()
    before = {"memory_mb": server.memory()["all"], "descriptors": server.descriptors()}
    knowledge = await asyncio.to_thread(visit, server, dice)
    tune = midi_files.midi_file(dice)
    paths = hostile_values.foreign_files(server.folder, server.uploads, plant.file, tune)
    files_before, trapped_requests, begin = listing(server.folder), [], time.monotonic()

    async def trapped(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        trapped_requests.append((await reader.read(300)).decode("latin-1"))
        writer.close()

    async with await asyncio.start_server(trapped, "127.0.0.1", 0) as trap:
        url = f"http://127.0.0.1:{trap.sockets[0].getsockname()[1]}/"
        target = Target(server.port, plant.token, paths, url, **knowledge)
        fuzz = Fuzz(server, vars(plant).values(), book, begin + options.seconds / ways)
        attacked = await asyncio.to_thread(attack, server.url, paths[0], plant.file)
        if attacked["files_given_away"]:
            book.add_finding("given away", "the attack of three steps", attacked)
        await pages_of_others(fuzz)
        shots = hostile_bytes.raw(paths[0], json.dumps(knowledge["events"]["ask"]).encode())
        shots += hostile_bytes.uploads(hostile_values.strings(target), dice)
        sample_size = options.requests // ways // 8
        await fuzz.run(shots if len(shots) < sample_size else dice.sample(shots, sample_size))
        remaining = options.requests // ways - sum(
            counts.total() for counts in book.statuses.values()
        )
        end, fuzz.end = fuzz.end, fuzz.end - 0.3 * options.seconds / ways
        await fuzz.run(itertools.islice(mixed(target, dice), max(0, remaining - 2 * options.midi)))
        fuzz.end = end
        await midi(fuzz, target, dice, options.midi)
        if options.clients:
            await asyncio.to_thread(by_client, server, book, dice, options.clients)
            fuzz.check_log("a file by gradio_client")
        stalls = {}
        for name, trickle in (("silent", b""), ("trickling", b"x")):
            if options.stalls:
                stalls[name] = await stalled(fuzz, options.stalls, dice, trickle)
        await fuzz.health()
    for text in trapped_requests:
        book.add_finding("the server asked an address it was given", text)
    if new := listing(server.folder) - files_before - {"outside/mine.mid"}:
        book.add_finding("files outside the folder for uploads", str(sorted(new)[:10]))
    try:
        await asyncio.to_thread(visit, server, dice)
    except (httpx.HTTPError, KeyError, ValueError, TypeError) as error:
        book.add_finding("the page no longer works", "a real visit", repr(error))
    fuzz.check_log("a real visit")
    return {
        **book.report(),
        "attack": attacked,
        "stalled_uploads": stalls,
        "seconds": round(time.monotonic() - begin, 1),
        "before": before,
        "after": {"memory_mb": server.memory()["all"], "descriptors": server.descriptors()},
        "most_mb_of_one_process": rounded(server.peak()),
    }


def attacked_before(root: Path, folder: Path) -> dict[str, Any]:
    """The known attack on another checkout."""
    plant, path = Plant.new(), folder / "canary.txt"
    folder.mkdir()
    path.write_text(plant.file)
    with whole_server.running(
        "make-run", folder / "server", plant.env, root=root.absolute(), ready="/config", study=False
    ) as server:
        return attack(server.url, str(path), plant.file)


def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """All ways of starting that are asked for, in turn."""
    ways = ["make-run", "space"] if options.way == "both" else [options.way]
    report: dict[str, Any] = {"machine": machine(), "seed": options.seed}
    if options.before:
        report["attack_before"] = attacked_before(options.before, folder / "before")
    report["ways"] = {}
    for way in ways:
        plant = Plant.new()
        with whole_server.running(way, folder / way, plant.env) as server:
            report_of_way = asyncio.run(fuzz_server(server, options, plant, len(ways)))
        report["ways"][way] = {"start_s": round(server.seconds, 1), **report_of_way}
    total = {
        name: sum(way_report[name] for way_report in report["ways"].values())
        for name in ("requests", *FAILURES[:3], "worker_restarts")
    }
    others = (way_report["other_findings"].values() for way_report in report["ways"].values())
    report["total"] = {**total, "other_findings": sum(map(sum, others))}
    report["machine"]["load_average_after"] = round(os.getloadavg()[0], 2)
    return report


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.public_fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=5000, help="about, of all ways together")
    parser.add_argument("--seconds", type=float, default=180, help="after which no more is sent")
    parser.add_argument("--midi", type=int, default=150, help="spoiled MIDI files for each way")
    parser.add_argument("--clients", type=int, default=8, help="of them by gradio_client")
    parser.add_argument(
        "--stalls", type=float, default=45, help="seconds that stalled uploads are waited for"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--way", choices=("make-run", "space", "both"), default="both")
    parser.add_argument("--before", type=Path, help="older checkout to try the known attack on")
    parser.add_argument("--out", type=Path, help="file to write")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Fuzz, print the report as JSON; 1 if anything was found."""
    options = parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        report = measure(options, Path(folder))
    text = json.dumps(report, indent=1)
    print(text)
    if options.out:
        options.out.write_text(text + "\n")
    return 1 if any(report["total"][name] for name in FAILURES) else 0


if __name__ == "__main__":
    sys.exit(main())
