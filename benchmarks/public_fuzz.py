"""Everything hostile that can be sent to the server, and whether it gives anything away or falls.

    python -m benchmarks.public_fuzz [--requests 5000] [--seconds 180] [--seed 0]
                                     [--way make-run|space|both] [--before FOLDER] [--out FILE]

A real server, started in each way in turn on a free port of this machine, with secrets planted
around it: in files beside and links inside the folder for uploads, in its environment, in the
folder of the survey's database. Requests of `benchmarks.public_hostile` and `public_bytes` are
sent in batches; after each the server has to be well within two seconds, and its output must hold
no traceback. Answers must hold no secret and no path of the server's, take less than twenty
seconds, and be a sentence where their status is 500. ``--before`` tries the known attack on an
older checkout, too. Ends with 1 if anything was found. Linux; bounded in number and time.
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

from benchmarks import public_bytes, public_hostile, public_server, public_values
from benchmarks.public_attacks import attack, by_client, midi, pages_of_others, stalled
from benchmarks.public_bytes import API, Shot
from benchmarks.public_checks import Book, Fuzz
from benchmarks.public_server import Server
from benchmarks.public_values import META, Target
from benchmarks.public_visitor import Plan
from benchmarks.timing import machine, rounded

# Of each hundred requests; in turn, so that time that runs out is missing everywhere alike.
SHARES = {"addresses": 29, "values": 33, "mutations": 25, "survey": 13}
BAD = ("tracebacks", "hangs", "files_given_away", "other_findings")


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


def visit(server: Server, dice: random.Random) -> dict[str, Any]:
    """What the page does: open the example, ask, hear, save, take away, bring a file, join.

    Returns
    -------
    dict
        `Target`'s own, events, inputs, public and participant.
    """
    with httpx.Client(base_url=server.url, timeout=60) as client:
        config = client.get("/config").raise_for_status().json()
        plan = Plan(config)

        def body(event: tuple[str | None, str], value: Any) -> dict[str, Any]:
            number, target = plan.events[event]
            said = {"data": [value], "event_data": None, "fn_index": number}
            return {**said, "trigger_id": target, "session_hash": "visit"}

        def does(one: dict[str, Any]) -> list[Any]:
            answer = client.post(f"{API}/run/predict", json=one)
            return answer.raise_for_status().json()["data"]

        events = {"open": body((None, "load"), plan.first)}
        piece = json.loads(does(events["open"])[0]["props"]["piece"])
        wanted = {"number": 1, "piece": piece["id"], "first": 0, "last": 1, "original": True}
        wanted |= {"vorbis": True, "rhythm": 0.7, "note": None, "arousal": None, "valence": None}
        wanted |= {"seed": 1, "peak": None, "chunk": None, "gain": None}
        for name, more in (("ask", {}), ("hear", {"chunk": 0, "gain": 1.0})):
            events[name] = body(("fn-bench", name), json.dumps(wanted | more))
            does(events[name])
        wanted |= {"kind": "midi", "scope": "selection"}
        events["save"] = body(("fn-bench", "save"), json.dumps(wanted))
        saved = does(events["save"])[0]["path"]
        client.get(f"{API}/file={saved}").raise_for_status()
        file = {"files": ("own.mid", public_bytes.midi_file(dice))}
        own = client.post(f"{API}/upload", files=file).raise_for_status().json()[0]
        given = {"path": own, "orig_name": "own.mid", "meta": META}
        events["upload"] = body(("fn-upload", "upload"), given)
        does(events["upload"])
        info = client.get(f"{API}/info").raise_for_status().json()["named_endpoints"]
        joined = client.post("/survey/api/join", json={"study": "trial", "consent": True})
    return {
        "own": own,
        "events": events,
        "inputs": {e["id"]: len(e["inputs"]) for e in config["dependencies"] if e["backend_fn"]},
        "public": {
            name.strip("/"): [p["parameter_name"] for p in one["parameters"]]
            for name, one in info.items()
        },
        "participant": joined.json().get("token", "x"),
    }


def mixed(target: Target, dice: random.Random) -> Iterator[Shot]:
    """Shots of all kinds in turn, without an end."""
    kinds = {kind: getattr(public_hostile, kind)(target, dice) for kind in SHARES}
    while True:
        yield next(kinds[dice.choices(list(SHARES), list(SHARES.values()))[0]])


def listing(folder: Path) -> set[str]:
    """Files of a server's folder outside those for uploads and for the survey."""
    paths = (path.relative_to(folder) for path in folder.rglob("*"))
    return {str(path) for path in paths if path.parts[0] not in ("uploads", "data")}


async def fuzz_server(
    server: Server, given: argparse.Namespace, plant: Plant, ways: int
) -> dict[str, Any]:
    """Everything against one server; the report."""
    dice, book = random.Random(given.seed), Book()
    before = {"memory_mb": server.memory()["all"], "descriptors": server.descriptors()}
    good = await asyncio.to_thread(visit, server, dice)
    tune = public_bytes.midi_file(dice)
    paths = public_values.foreign_files(server.folder, server.uploads, plant.file, tune)
    there, asked, begin = listing(server.folder), [], time.monotonic()

    async def trapped(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.read(300)).decode("latin-1"))
        writer.close()

    async with await asyncio.start_server(trapped, "127.0.0.1", 0) as trap:
        url = f"http://127.0.0.1:{trap.sockets[0].getsockname()[1]}/"
        target = Target(server.port, plant.token, paths, url, **good)
        fuzz = Fuzz(server, vars(plant).values(), book, begin + given.seconds / ways)
        attacked = await asyncio.to_thread(attack, server.url, paths[0], plant.file)
        if attacked["files_given_away"]:
            book.found("given away", "the attack of three steps", attacked)
        await pages_of_others(fuzz)
        shots = public_bytes.raw(paths[0], json.dumps(good["events"]["ask"]).encode())
        shots += public_bytes.uploads(public_values.strings(target), dice)
        few = given.requests // ways // 8
        await fuzz.run(shots if len(shots) < few else dice.sample(shots, few))
        left = given.requests // ways - sum(counts.total() for counts in book.statuses.values())
        end, fuzz.end = fuzz.end, fuzz.end - 0.3 * given.seconds / ways
        await fuzz.run(itertools.islice(mixed(target, dice), max(0, left - 2 * given.midi)))
        fuzz.end = end
        await midi(fuzz, target, dice, given.midi)
        if given.clients:
            await asyncio.to_thread(by_client, server, book, dice, given.clients)
            fuzz.look("a file by gradio_client")
        stalls = {}
        for name, trickle in (("silent", b""), ("trickling", b"x")):
            if given.stalls:
                stalls[name] = await stalled(fuzz, given.stalls, dice, trickle)
        await fuzz.health()
    for text in asked:
        book.found("the server asked an address it was given", text)
    if new := listing(server.folder) - there - {"outside/mine.mid"}:
        book.found("files outside the folder for uploads", str(sorted(new)[:10]))
    try:
        await asyncio.to_thread(visit, server, dice)
    except (httpx.HTTPError, KeyError, ValueError, TypeError) as error:
        book.found("the page no longer works", "a real visit", repr(error))
    fuzz.look("a real visit")
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
    with public_server.running(
        "make-run", folder / "server", plant.env, root=root.absolute(), ready="/config", study=False
    ) as server:
        return attack(server.url, str(path), plant.file)


def measure(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """All ways of starting that are asked for, in turn."""
    ways = ["make-run", "space"] if given.way == "both" else [given.way]
    report: dict[str, Any] = {"machine": machine(), "seed": given.seed}
    if given.before:
        report["attack_before"] = attacked_before(given.before, folder / "before")
    report["ways"] = {}
    for way in ways:
        plant = Plant.new()
        with public_server.running(way, folder / way, plant.env) as server:
            found = asyncio.run(fuzz_server(server, given, plant, len(ways)))
        report["ways"][way] = {"start_s": round(server.seconds, 1), **found}
    total = {
        name: sum(one[name] for one in report["ways"].values())
        for name in ("requests", *BAD[:3], "worker_restarts")
    }
    others = (one["other_findings"].values() for one in report["ways"].values())
    report["total"] = {**total, "other_findings": sum(map(sum, others))}
    report["machine"]["load_average_after"] = round(os.getloadavg()[0], 2)
    return report


def parser() -> argparse.ArgumentParser:
    """The command line."""
    found = argparse.ArgumentParser(prog="python -m benchmarks.public_fuzz", description=__doc__)
    found.add_argument("--requests", type=int, default=5000, help="about, of all ways together")
    found.add_argument("--seconds", type=float, default=180, help="after which no more is sent")
    found.add_argument("--midi", type=int, default=150, help="spoiled MIDI files for each way")
    found.add_argument("--clients", type=int, default=8, help="of them by gradio_client")
    found.add_argument(
        "--stalls", type=float, default=45, help="seconds that stalled uploads are waited for"
    )
    found.add_argument("--seed", type=int, default=0)
    found.add_argument("--way", choices=("make-run", "space", "both"), default="both")
    found.add_argument("--before", type=Path, help="older checkout to try the known attack on")
    found.add_argument("--out", type=Path, help="file to write")
    return found


def main(arguments: list[str] | None = None) -> int:
    """Fuzz, print the report as JSON; 1 if anything was found."""
    given = parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        report = measure(given, Path(folder))
    text = json.dumps(report, indent=1)
    print(text)
    if given.out:
        given.out.write_text(text + "\n")
    return 1 if any(report["total"][name] for name in BAD) else 0


if __name__ == "__main__":
    sys.exit(main())
