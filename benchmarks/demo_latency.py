"""Time from the release of a fader to its notes, its sound and the drawn page.

    python -m benchmarks.demo_latency [--model M] [--segments 1] [--repeats 50] [--json FILE]

Notes and sound are timed in this process, as the server makes them. The page is timed in headless
Chromium against a running server: from the fader's release to both rolls drawn and both sounds
decoded, ready to play. Every release asks for a position not asked for before.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch
from playwright.sync_api import Page, sync_playwright

from demo.editing import service
from demo.editing.excerpts import excerpt
from demo.editing.opening import open_example
from demo.editing.requests import EditRequest
from demo.editing.sound import SoundRequest, message
from fadernets.music.examples import FIRST
from fadernets.net import FaderNet

WARM_UP = 5
FADER = "rhythm"
BROWSER = "--no-sandbox --disable-gpu --no-first-run --disable-background-networking".split()
RELEASE = f"""at => {{ const fader = document.querySelector("#fn-{FADER}"); fader.value = at;
    fader.dispatchEvent(new Event("input", {{bubbles: true}}));
    fader.dispatchEvent(new Event("change", {{bubbles: true}})); }}"""
THERE = """() => { const bench = window.FaderNets && FaderNets.bench;
    return bench && bench.sent > 0 && bench.element.dataset.heard == bench.sent; }"""
MARKS = """name => performance.getEntriesByName("fadernets:" + name).map(mark => mark.startTime)"""


def served(net: FaderNet, segments: int, positions: list[float]) -> dict[str, list[float]]:
    """Milliseconds to notes, to notes and sound, and to all that is sent to the page."""
    session = open_example(FIRST)
    last = segments - 1
    service.answer(net, session, {"first": 0, "last": last, "original": True})
    seconds: dict[str, list[float]] = {"notes": [], "sound": [], "answer": []}
    begin, end = session.ends((0, last))
    original = excerpt(session.piece, begin, end)
    for position in positions:
        edit = EditRequest(0, last, faders={FADER: position})
        start = time.perf_counter()
        result = session.result(net, edit)
        seconds["notes"].append(time.perf_counter() - start)
        message(session, edit, original, excerpt(result, begin, end), SoundRequest())
        seconds["sound"].append(time.perf_counter() - start)
        session = open_example(FIRST)
        service.answer(net, session, {"first": 0, "last": last, "original": True})
        start = time.perf_counter()
        service.answer(net, session, {"first": 0, "last": last, FADER: position})
        seconds["answer"].append(time.perf_counter() - start)
    return {name: [1000 * value for value in values] for name, values in seconds.items()}


def paged(url: str, segments: int, positions: list[float]) -> dict[str, list[float]]:
    """Milliseconds to rolls drawn, and to sound that can be played, in the page."""
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=_browser(), args=BROWSER) as browser,
    ):
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(url)
        _wait(page)
        page.evaluate(f"FaderNets.bench.overview.choose(0, {segments - 1})")
        _wait(page)
        page.evaluate("performance.clearMarks()")
        for position in positions:
            page.evaluate(RELEASE, position)
            _wait(page)
        times = {name: np.array(page.evaluate(MARKS, name)) for name in ("asked", "drawn", "heard")}
    return {
        "page: rolls": (times["drawn"] - times["asked"]).tolist(),
        "page: rolls and sound": (times["heard"] - times["asked"]).tolist(),
    }


def _wait(page: Page) -> None:
    page.wait_for_function(THERE)


def _browser() -> str:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        raise SystemExit("demo_latency: Chromium is not installed.")
    return path


def started(model: str | None) -> tuple[subprocess.Popen, str, float]:
    """A server, its address, and seconds until it said it was ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "demo", "--port", str(port)]
    command += ["--model", model] if model else []
    begun = time.perf_counter()
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout
    line = server.stdout.readline()
    if f":{port}" not in line:
        raise SystemExit(f"demo_latency: the demo did not start: {line}")
    return server, f"http://127.0.0.1:{port}/", time.perf_counter() - begun


def main() -> None:
    """Measure, print a table, and write JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=os.environ.get("FADERNETS_MODEL"))
    parser.add_argument("--segments", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=50)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)  # as the server does
    step = 1 / (options.repeats + WARM_UP)
    positions = [round(step * i, 4) for i in range(options.repeats + WARM_UP)]
    positions = np.random.default_rng(0).permutation(positions).tolist()
    server, url, start = started(options.model)
    try:
        milliseconds = paged(url, options.segments, positions)
    finally:
        server.terminate()
        server.wait()
    milliseconds = served(FaderNet.load(options.model), options.segments, positions) | milliseconds
    report = {"segments": options.segments, "repeats": options.repeats, "start_s": round(start, 2)}
    print(
        f"start to ready: {start:.1f} s; {options.segments} segment(s), {options.repeats} releases"
    )
    for name, values in milliseconds.items():
        median, p95 = np.percentile(values[WARM_UP:], [50, 95])
        report[name] = {"median_ms": round(median, 1), "p95_ms": round(p95, 1)}
        print(f"{name:<24} median {median:6.1f} ms   p95 {p95:6.1f} ms")
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
