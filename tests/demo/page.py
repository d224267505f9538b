"""Steps of the browser tests on the demo's page, and readings from it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request, expect

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
FILE = "#fn-pieces input[type=file]"
# What the page asks to hear, and what of it is here.
HERE = """() => Object.fromEntries(Object.entries(FaderNets.bench.player.sounds).map(
    ([side, sound]) => [side, [...sound.chunks.keys()].sort((a, b) => a - b)]))"""
LISTENED = """() => { const bench = FaderNets.bench, send = bench.trigger;
    Object.assign(bench, {wishes: [], held: null, late: []});
    const record = value => { const {chunk, original} = JSON.parse(value);
        bench.wishes.push([chunk, original]); send("hear"); };
    bench.trigger = event => { if (event !== "hear") return send(event);
        if (bench.held) bench.held.push(bench.props.value); else record(bench.props.value); };
    bench.letGo = () => { const held = bench.held; bench.held = null;
        for (const value of held) { bench.props.value = value; record(value); } }; }"""
# Every sound that is started: when and from where in it, in seconds, and how long it is.
STARTED = """() => { window.started = []; const start = AudioBufferSourceNode.prototype.start;
    AudioBufferSourceNode.prototype.start = function (when, offset) {
        started.push({when, offset, length: this.buffer.duration}); start.call(this, when, offset);
    }; }"""
SOUNDS = "FaderNets.bench.player.rounds.length > 0"
LOOK_MILLISECONDS = 50  # between two looks; without it the page is drawn anew for each
BORDER = 8.0  # seconds after which the second chunk begins


def watch(page: Page, complaints: list[str]) -> None:
    """Note what the page asks of other hosts, and each error and warning on its console."""

    def requested(request: Request) -> None:
        if urlsplit(request.url).hostname not in ("127.0.0.1", None):
            complaints.append(f"asked {request.url}")

    def logged(line: ConsoleMessage) -> None:
        if line.type in ("error", "warning"):
            complaints.append(line.text)

    page.on("request", requested)
    page.on("pageerror", lambda error: complaints.append(f"error {error}"))
    page.on("console", logged)


def open_page(page: Page, address: str, complaints: list[str]) -> Page:
    """Open the demo in a page that is watched, and wait until it can be heard."""
    watch(page, complaints)
    page.goto(address)
    wait_until_heard(page)
    return page


def wait_until_heard(page: Page) -> None:
    """Wait until the last requested result is drawn and its sound can be played."""
    page.wait_for_function(
        "() => { const bench = window.FaderNets && FaderNets.bench;"
        " return bench && bench.requestNumber > 0"
        " && bench.element.dataset.heard == bench.requestNumber; }",
        polling=LOOK_MILLISECONDS,
    )


def figure(page: Page, fader: str, name: str) -> float:
    text = page.locator(f"[data-fader={fader}] [data-figure={name}]").inner_text()
    return float(text.removesuffix("%"))


def picture(page: Page, side: str) -> str:
    return page.eval_on_selector(f"[data-side={side}] canvas", "canvas => canvas.toDataURL()")


def position(page: Page) -> float:
    return page.evaluate("FaderNets.bench.player.position")


def open_whole_piece(page: Page, example: str = "Bach Chorale", name: str = "O Haupt voll") -> None:
    """Open an example and choose all of it; the log of what it asks to hear begins after that."""
    page.get_by_label(example).check(force=True)
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    wait_until_heard(page)
    page.get_by_role("button", name="Whole piece").click()
    wait_until_heard(page)
    page.evaluate(LISTENED)


def seek(page: Page, seconds: float) -> None:
    page.evaluate("at => FaderNets.bench.player.seek(at)", seconds)


def play(page: Page) -> None:
    page.get_by_role("button", name="Play", exact=True).click()


def passes(page: Page, seconds: float) -> None:
    """Wait until the playhead has come past a time."""
    page.wait_for_function(f"FaderNets.bench.player.position > {seconds} && {SOUNDS}")


def opened(page: Page, path: Path) -> None:
    """Bring a file of the visitor's and wait until it can be heard."""
    page.set_input_files(FILE, path)
    expect(page.get_by_role("heading", name=path.stem)).to_be_visible()
    wait_until_heard(page)
