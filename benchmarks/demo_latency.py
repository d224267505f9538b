"""Time from the release of a fader to its notes, its sound and the drawn page, at every length.

    python -m benchmarks.demo_latency [--model M] [--minutes 0 3 10 30] [--repeats 50]
                                      [--edits 0] [--json FILE]

The page is timed in headless Chromium against a running server: from the fader's release to both
rolls drawn, to the first sound decoded and ready to play, and to both after undo; and while the
music plays, until the change is heard. All of a piece is chosen; 0 minutes stand for one segment.
Every release asks for a position not asked for before.
For one segment notes and sound are timed in this process, too, as the server makes them. Last,
memory of page and server before and after many edits of that segment.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from playwright.sync_api import Page, sync_playwright

from benchmarks.measuring.milliseconds import milliseconds
from benchmarks.measuring.timing import machine
from benchmarks.public.whole_server import RunningServer, running
from benchmarks.whole_pieces import long_piece
from demo.editing import service
from demo.editing.excerpts import excerpt
from demo.editing.opening import open_example
from demo.editing.requests import EditRequest
from demo.editing.sound import SoundRequest, message
from fadernets.music.examples import FIRST
from fadernets.music.midi import write
from fadernets.net import FaderNet

WARM_UP = 5
MOST_PLAYING, LISTENING_MS = 12, 2_000  # releases while the music plays, and from one to the next
FEWEST = 5  # releases of a long piece
FADER = "rhythm"
WAIT_MS = 300_000
BROWSER = (
    *"--no-sandbox --disable-gpu --no-first-run --disable-background-networking".split(),
    *"--enable-precise-memory-info --autoplay-policy=no-user-gesture-required".split(),
)
RELEASE = f"""at => {{ const fader = document.querySelector("#fn-{FADER}");
    fader.step = "any"; fader.value = at;
    fader.dispatchEvent(new Event("input", {{bubbles: true}}));
    fader.dispatchEvent(new Event("change", {{bubbles: true}})); }}"""
THERE = """() => { const bench = window.FaderNets && FaderNets.bench;
    return bench && bench.requestNumber > 0
      && bench.element.dataset.heard == bench.requestNumber; }"""
UNDO = "document.querySelector('[data-do=undo]').click()"
MARKS = """name => performance.getEntriesByName("fadernets:" + name).map(mark => mark.startTime)"""
HEAP = "performance.memory.usedJSHeapSize / 2 ** 20"

Stages = dict[str, list[float]]  # milliseconds


def served(net: FaderNet, positions: Sequence[float]) -> Stages:
    """Milliseconds to one segment's notes, to its sound too, and to all that the page is sent."""
    session = open_example(FIRST)
    service.answer(net, session, {"first": 0, "last": 0, "original": True})
    seconds: Stages = {"notes": [], "notes and sound": [], "answer": []}
    begin, end = session.ends((0, 0))
    original = excerpt(session.piece, begin, end)
    for position in positions:
        edit = EditRequest(0, 0, faders={FADER: position})
        start = time.perf_counter()
        result = session.result(net, edit)
        seconds["notes"].append(time.perf_counter() - start)
        message(session, edit, original, excerpt(result, begin, end), SoundRequest())
        seconds["notes and sound"].append(time.perf_counter() - start)
        session = open_example(FIRST)
        service.answer(net, session, {"first": 0, "last": 0, "original": True})
        start = time.perf_counter()
        service.answer(net, session, {"first": 0, "last": 0, FADER: position})
        seconds["answer"].append(time.perf_counter() - start)
    return {name: [milliseconds(value, 3) for value in values] for name, values in seconds.items()}


def choose(page: Page, minutes: int) -> int:
    """Open a piece of so many minutes and choose all of it, or a segment; how many are chosen."""
    if minutes:
        segments = round(60 * minutes / (4 * 60 / long_piece(1).tempo[0, 1]))
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"{minutes} minutes.mid"
            write(long_piece(segments), file)
            page.locator("#fn-pieces input[type=file]").set_input_files(file)
            page.wait_for_function(f"FaderNets.bench.piece.name.startsWith('{minutes} minutes')")
            page.wait_for_function(THERE)
        page.get_by_role("button", name="Whole piece").click()
    else:
        page.evaluate("FaderNets.bench.overview.choose(0, 0)")
    page.wait_for_function(THERE)
    return int(page.evaluate("FaderNets.bench.overview.last + 1"))


def paged(page: Page, positions: Sequence[float]) -> Stages:
    """Milliseconds from each release to rolls and to sound that can be played, and from undo."""
    stages: Stages = {"rolls": [], "sound": [], "sound after rolls": [], "undo": []}

    def timed(act: str, *arguments: float) -> tuple[float, float]:
        page.evaluate("performance.clearMarks()")
        page.evaluate(act, *arguments)
        page.wait_for_function(THERE)
        asked_at, drawn_at, heard_at = (
            page.evaluate(MARKS, name)[-1] for name in ("asked", "drawn", "heard")
        )
        return drawn_at - asked_at, heard_at - asked_at

    for position in positions:
        drawn, heard = timed(RELEASE, position)
        stages["rolls"].append(drawn)
        stages["sound"].append(heard)
        stages["sound after rolls"].append(heard - drawn)
        stages["undo"].append(timed(UNDO)[1])
    return stages


def playing(page: Page, positions: Sequence[float]) -> list[float]:
    """Milliseconds from each release to sound of what it asks for, while the music plays."""
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("FaderNets.bench.player.rounds.length > 0")
    milliseconds = []
    for position in positions[:MOST_PLAYING]:
        page.wait_for_timeout(LISTENING_MS)
        page.evaluate("performance.clearMarks()")
        page.evaluate(RELEASE, position)
        page.wait_for_function(THERE)
        asked_at, heard_at = (page.evaluate(MARKS, name)[-1] for name in ("asked", "heard"))
        milliseconds.append(min([heard_at, *page.evaluate(MARKS, "early")]) - asked_at)
    page.get_by_role("button", name="Pause", exact=True).click()
    return milliseconds


def grown(page: Page, server: RunningServer, edits: int) -> dict[str, float]:
    """Megabytes of page and server after a tenth of so many edits, and after all."""
    sizes = {}
    for number in range(edits):
        page.evaluate(RELEASE, round(number / edits, 5))
        page.wait_for_function(THERE)
        if number + 1 in (edits // 10, edits):
            when = "after" if number + 1 == edits else "before"
            page.request_gc()
            sizes[f"page_{when}_mb"] = round(page.evaluate(HEAP), 1)
            sizes[f"server_{when}_mb"] = server.memory()["all"]
    return {"edits": edits, **sizes}


@contextmanager
def browsed(url: str) -> Iterator[Page]:
    """The page in Chromium, heard for the first time."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        raise SystemExit("demo_latency: Chromium is not installed.")
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, args=BROWSER) as browser,
    ):
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(WAIT_MS)
        page.goto(url)
        page.wait_for_function(THERE)
        yield page


def summed(stages: Stages, warm: int) -> dict[str, dict[str, float]]:
    """Median and 95 % of each stage, without the first ones."""
    report = {}
    for name, values in stages.items():
        median, p95 = np.percentile(values[warm:], [50, 95])
        report[name] = {"median_ms": round(float(median), 1), "p95_ms": round(float(p95), 1)}
    return report


def main() -> None:
    """Measure, print a line a stage, and write JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=os.environ.get("FADERNETS_MODEL"))
    parser.add_argument("--minutes", type=int, nargs="+", default=[0, 3, 10, 30])
    parser.add_argument("--repeats", type=int, default=50)
    parser.add_argument("--edits", type=int, default=0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)  # as the server does
    count = options.repeats + WARM_UP
    positions = np.random.default_rng(0).permutation(np.linspace(-0.971, 0.983, count)).round(4)
    report: dict[str, object] = {"machine": machine(), "repeats": options.repeats}
    environment = {"FADERNETS_MODEL": options.model} if options.model else {}
    lengths = []
    with (
        tempfile.TemporaryDirectory() as folder,
        running("make-run", Path(folder), environment) as server,
    ):
        report["start_s"] = round(server.seconds, 2)
        with browsed(server.url) as page:
            for minutes in options.minutes:
                chosen = choose(page, minutes)
                releases = count if not minutes else max(FEWEST, count // minutes)
                warm = WARM_UP if not minutes else 0
                times = paged(page, positions[:releases].tolist())
                others = positions[:releases] + 0.003  # not asked for before
                times["heard while playing"] = playing(page, others.tolist())
                stages = summed(times, warm)
                lengths.append(
                    {"minutes": minutes, "segments": chosen, "releases": releases - warm, **stages}
                )
                print(json.dumps(lengths[-1]), flush=True)
        if options.edits:
            with browsed(server.url) as page:
                choose(page, 0)
                report["memory"] = grown(page, server, options.edits)
                print(json.dumps(report["memory"]), flush=True)
    report["lengths"] = lengths
    report["served"] = summed(served(FaderNet.load(options.model), positions.tolist()), WARM_UP)
    print(json.dumps(report["served"]), flush=True)
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
