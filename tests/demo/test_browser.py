"""The demo as a visitor meets it, in headless Chromium."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Browser, Page, expect, sync_playwright

from fadernets.music import examples, midi
from tests.public.server import serving

pytestmark = pytest.mark.browser

ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
FILE = "#fn-pieces input[type=file]"


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS) as found,
    ):
        yield found


@pytest.fixture
def visit(browser: Browser, address: str):
    """Opens the page; nothing it does may reach out, fail or complain."""
    contexts, wrong = [], []

    def watch(request) -> None:
        if urlsplit(request.url).hostname not in ("127.0.0.1", None):
            wrong.append(f"asked {request.url}")

    def enter(size: dict = WIDE, scheme: str = "light") -> Page:
        contexts.append(browser.new_context(viewport=size, color_scheme=scheme))
        page = contexts[-1].new_page()
        page.set_default_timeout(40_000)
        page.on("request", watch)
        page.on("pageerror", lambda error: wrong.append(f"error {error}"))
        page.on(
            "console",
            lambda line: wrong.append(line.text) if line.type in ("error", "warning") else None,
        )
        page.goto(address)
        heard(page)
        return page

    yield enter
    for context in contexts:
        context.close()
    assert wrong == []


def heard(page: Page) -> None:
    """Wait until the last thing asked for can be seen and heard."""
    page.wait_for_function(
        "() => { const bench = window.FaderNets && FaderNets.bench;"
        " return bench && bench.sent > 0 && bench.element.dataset.heard == bench.sent; }"
    )


def test_a_script_that_got_into_the_page_does_not_run(browser: Browser, address: str):
    page = browser.new_page()
    page.goto(address)
    heard(page)
    refused: list[str] = []
    page.on("console", lambda line: refused.append(line.text))
    ran = page.evaluate(
        """async () => {
            const script = document.createElement("script");
            script.textContent = "window.ranScript = true";
            const picture = document.createElement("div");
            picture.innerHTML = '<img src="/none" onerror="window.ranHandler = true">';
            document.body.append(script, picture);
            await new Promise((resolve) => setTimeout(resolve, 1000));
            return [window.ranScript, window.ranHandler];
        }"""
    )
    page.close()
    assert ran == [None, None]
    assert sum("Content Security Policy" in text for text in refused) == 2


def figure(page: Page, fader: str, name: str) -> float:
    text = page.locator(f"[data-fader={fader}] [data-figure={name}]").inner_text()
    return float(text.removesuffix("%"))


def picture(page: Page, side: str) -> str:
    return page.eval_on_selector(f"[data-side={side}] canvas", "canvas => canvas.toDataURL()")


def position(page: Page) -> float:
    return page.evaluate("FaderNets.bench.player.position")


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
BORDER = 8.0  # seconds after which the second chunk begins


def whole(page: Page, example: str = "Bach Chorale", name: str = "O Haupt voll") -> None:
    """Open an example and choose all of it; the log of what it asks to hear begins after that."""
    page.get_by_label(example).check(force=True)
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    heard(page)
    page.get_by_role("button", name="Whole piece").click()
    heard(page)
    page.evaluate(LISTENED)


def seek(page: Page, seconds: float) -> None:
    page.evaluate("at => FaderNets.bench.player.seek(at)", seconds)


def play(page: Page) -> None:
    page.get_by_role("button", name="Play", exact=True).click()


def passes(page: Page, seconds: float) -> None:
    """Wait until the playhead has come past a time."""
    page.wait_for_function(f"FaderNets.bench.player.position > {seconds} && {SOUNDS}")


def test_a_fader_moved_by_key_changes_the_music(visit, artefacts):
    page = visit()
    page.get_by_label("Chopin Mazurka").check(force=True)
    expect(page.get_by_role("heading", name=examples.EXAMPLES["mazurka"].name)).to_be_visible()
    heard(page)
    page.get_by_role("button", name="Next segments").click()
    heard(page)
    assert "As played" in page.locator("[data-show=summary]").inner_text()
    assert figure(page, "rhythm", "result") == figure(page, "rhythm", "piece")
    before = {side: picture(page, side) for side in ("original", "result")}

    fader = page.get_by_role("slider", name="Rhythm density")
    found = {}
    for key in ("End", "Home"):
        fader.press(key)
        heard(page)
        found[key] = figure(page, "rhythm", "result")
        assert picture(page, "result") != before["result"]
        page.screenshot(path=artefacts / f"rhythm-{key.lower()}.png")
    assert picture(page, "original") != before["original"]  # notes are gone, and that is marked
    assert found["Home"] < figure(page, "rhythm", "piece") < found["End"]
    assert re.search(r"\d+ notes? kept, \d+ new, \d+ gone", page.inner_text("[data-show=summary]"))

    page.get_by_role("button", name="Undo").click()
    heard(page)
    assert figure(page, "rhythm", "result") == found["End"]
    page.get_by_role("button", name="Reset").click()
    heard(page)
    assert picture(page, "result") == before["result"]
    assert fader.get_attribute("aria-valuetext") == "as played"
    page.get_by_role("button", name="Undo").click()
    heard(page)
    assert figure(page, "rhythm", "result") == found["End"]


def test_a_fader_acts_on_release(visit):
    page = visit()
    box = page.get_by_role("slider", name="Note density").bounding_box()
    sent = page.evaluate("FaderNets.bench.sent")
    middle = box["y"] + box["height"] / 2
    at = float(page.get_by_role("slider", name="Note density").input_value())
    page.mouse.move(box["x"] + 13 + at * (box["width"] - 26), middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, middle, steps=8)
    assert page.evaluate("FaderNets.bench.sent") == sent
    asked = figure(page, "note", "asked")
    page.mouse.up()
    heard(page)
    assert page.evaluate("FaderNets.bench.sent") == sent + 1
    assert asked > figure(page, "note", "piece")
    assert figure(page, "note", "result") > figure(page, "note", "piece")


def test_arousal_and_seed(visit, artefacts):
    page = visit()
    expect(page.get_by_role("button", name="Vary")).to_be_disabled()
    page.get_by_role("button", name="energetic").click()
    heard(page)
    assert (
        page.locator("[data-fader=arousal] [data-figure=asked]").inner_text() == "100 % energetic"
    )
    greedy = picture(page, "result")
    seed = page.get_by_role("spinbutton", name="Seed")
    seed.fill("7")
    seed.press("Enter")
    heard(page)
    seven = picture(page, "result")
    page.get_by_role("button", name="Vary").click()
    heard(page)
    assert seed.input_value() not in ("", "7")
    assert len({greedy, seven, picture(page, "result")}) == 3
    page.get_by_role("button", name="Undo").click()
    heard(page)
    assert picture(page, "result") == seven


def test_moods(visit, artefacts):
    """A preset moves both moods at once, by key or click, and shows that it holds."""
    page = visit()
    moods = page.get_by_role("group", name="Moods")
    buttons = {name: moods.get_by_role("button", name=name) for name in ("Sad", "Joyful")}
    before = picture(page, "result")
    buttons["Sad"].focus()
    page.keyboard.press("Enter")
    heard(page)
    sad = picture(page, "result")
    assert page.locator("[data-fader=arousal] [data-figure=asked]").inner_text() == "100 % calm"
    assert page.locator("[data-fader=valence] [data-figure=asked]").inner_text() == "100 % sad"
    expect(buttons["Sad"]).to_have_attribute("aria-pressed", "true")
    page.screenshot(path=artefacts / "sad.png", full_page=True)

    buttons["Joyful"].click()
    heard(page)
    assert figure(page, "arousal", "result") > figure(page, "arousal", "piece")
    expect(buttons["Sad"]).to_have_attribute("aria-pressed", "false")
    expect(buttons["Joyful"]).to_have_attribute("aria-pressed", "true")
    assert len({before, sad, picture(page, "result")}) == 3

    page.get_by_role("slider", name="Valence").press("ArrowLeft")  # no longer quite that mood
    heard(page)
    expect(buttons["Joyful"]).to_have_attribute("aria-pressed", "false")
    for _ in range(2):
        page.get_by_role("button", name="Undo").click()
        heard(page)
    assert picture(page, "result") == sad
    expect(buttons["Sad"]).to_have_attribute("aria-pressed", "true")


def test_playing_seeking_and_switching(visit):
    page = visit()
    page.get_by_role("slider", name="Rhythm density").press("Home")
    heard(page)
    page.keyboard.press("Space")
    page.wait_for_function("FaderNets.bench.player.position > 0.3")
    moved = page.eval_on_selector(".fn-playhead", "head => head.getBoundingClientRect().x")
    page.wait_for_function("FaderNets.bench.player.position > 0.6")
    assert page.eval_on_selector(".fn-playhead", "head => head.getBoundingClientRect().x") > moved

    before = position(page)
    page.keyboard.press("x")
    expect(page.get_by_role("radio", name="Original")).to_be_checked()
    assert before <= position(page) < before + 2  # went on, did not begin again
    assert page.evaluate("FaderNets.bench.player.playing")

    canvas = page.locator("[data-side=original] canvas")
    size = canvas.bounding_box()
    page.keyboard.press("Space")
    canvas.click(position={"x": size["width"] * 0.75, "y": size["height"] / 2})
    length = page.evaluate("FaderNets.bench.player.length")
    assert position(page) == pytest.approx(0.74 * length, abs=0.04 * length)
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("FaderNets.bench.player.rounds.length > 1")  # the loop goes round
    assert position(page) < length


def test_the_sound_is_of_the_side_chosen(visit):
    """What leaves the mixer is the original's sound, then the result's."""
    page = visit()
    page.get_by_role("slider", name="Note density").press("End")
    heard(page)
    loud = """side => { const { chunks } = FaderNets.bench.player.sounds[side];
        const data = chunks.get(0).getChannelData(0);
        return Math.sqrt(data.reduce((sum, x) => sum + x * x, 0) / data.length); }"""
    assert page.evaluate(loud, "original") > 1e-3
    assert page.evaluate(loud, "result") > 1e-3
    gains = "FaderNets.bench.player.rounds.map(r => [r.gains.original.value, r.gains.result.value])"
    page.keyboard.press("Space")
    page.wait_for_function("FaderNets.bench.player.position > 0.2")
    original, result = page.evaluate(gains)[0]
    assert original < 0.01 and result > 0.9
    page.keyboard.press("x")
    page.wait_for_timeout(200)
    original, result = page.evaluate(gains)[0]
    volume = page.evaluate("FaderNets.bench.player.volumes.original")
    assert original == pytest.approx(volume, abs=0.02) and result < 0.01


def test_files_to_take_away(visit, tmp_path):
    page = visit()
    page.get_by_role("slider", name="Note density").press("Home")
    heard(page)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save MIDI").click()
    saved.value.save_as(tmp_path / "result.mid")
    assert saved.value.suggested_filename.endswith("note-0.00.mid")
    part = midi.read(tmp_path / "result.mid")
    assert len(part.notes) > 3 and part.length == 8

    page.get_by_role("combobox", name="What to save").select_option("piece")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save MIDI").click()
    saved.value.save_as(tmp_path / "piece.mid")
    assert midi.read(tmp_path / "piece.mid").length == examples.load(examples.FIRST).length

    page.get_by_role("combobox", name="What to save").select_option("selection")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save WAV").click()
    saved.value.save_as(tmp_path / "result.wav")
    samples, rate = soundfile.read(tmp_path / "result.wav")
    assert rate in (44_100, 48_000) and len(samples) / rate > 5
    assert np.abs(samples).max() > 0.1


def test_bad_files_are_refused_and_nothing_is_lost(visit, artefacts, tmp_path):
    page = visit()
    page.get_by_role("slider", name="Rhythm density").press("Home")
    heard(page)
    before = picture(page, "result")
    message = page.get_by_role("alert").first
    for name, data, words in (
        ("holiday.jpg", b"\xff\xd8 not music", "holiday.jpg is not a MIDI file."),
        ("<b>.mid", b"MThd", "is not a MIDI file."),
        ("empty.mid", b"", "empty.mid is not a MIDI file."),
    ):
        page.set_input_files(FILE, {"name": name, "mimeType": "audio/midi", "buffer": data})
        expect(message).to_contain_text(words, timeout=20_000)  # however busy the machine is
    page.screenshot(path=artefacts / "refused.png")
    assert "Traceback" not in page.inner_text("body")
    assert picture(page, "result") == before
    expect(page.get_by_role("heading", name=examples.EXAMPLES[examples.FIRST].name)).to_be_visible()

    piece = examples.load("prelude")
    midi.write(piece, tmp_path / "mine.mid")
    page.set_input_files(FILE, tmp_path / "mine.mid")
    expect(page.get_by_role("heading", name="mine")).to_be_visible()
    heard(page)
    expect(message).to_be_empty()
    assert page.locator("#fn-examples label.selected").count() == 0


def let_go(page: Page) -> None:
    """As if the server had let go of the piece: it knows none of this name."""
    page.evaluate("FaderNets.bench.piece.id = crypto.randomUUID().replaceAll('-', '')")


def settled(page: Page) -> None:
    """Nothing is waited for, and the fader is back where the piece has it."""
    expect(page.locator(".fn-bench")).to_have_attribute("aria-busy", "false")
    fader = page.get_by_role("slider", name="Rhythm density")
    expect(fader).to_have_attribute("aria-valuetext", "as played")
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    heard(page)  # nothing asked is left without an answer


def test_an_example_that_was_let_go_of_is_opened_again(visit):
    """Nobody notices, whatever is asked for first; a piece that was chosen twice is a new one."""
    page = visit()
    before = picture(page, "result")
    let_go(page)
    page.get_by_role("slider", name="Rhythm density").press("End")
    heard(page)
    moved = picture(page, "result")
    assert moved != before
    let_go(page)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save MIDI").click()
    assert saved.value.suggested_filename.endswith(".mid")
    expect(page.get_by_role("alert").first).to_be_empty()
    whole(page)
    let_go(page)
    seek(page, 30.0)
    page.wait_for_function(f"({HERE})().result.includes(2)")
    expect(page.get_by_role("alert").first).to_be_empty()


def test_the_chosen_example_is_opened_again_by_click_and_key(visit):
    page = visit()
    chosen = page.locator("#fn-examples label.selected")
    for again in (chosen.click, lambda: chosen.locator("input").press("Enter")):
        page.get_by_role("slider", name="Rhythm density").press("End")
        heard(page)
        piece = page.evaluate("FaderNets.bench.piece.id")
        again()
        page.wait_for_function("id => FaderNets.bench.piece.id !== id", arg=piece)
        settled(page)


def test_a_file_that_was_let_go_of_is_asked_for(visit, artefacts, tmp_path):
    page = visit()
    midi.write(examples.load("mazurka"), tmp_path / "mine.mid")
    page.set_input_files(FILE, tmp_path / "mine.mid")
    expect(page.get_by_role("heading", name="mine")).to_be_visible(timeout=20_000)
    heard(page)
    before = picture(page, "result")
    let_go(page)
    message = page.get_by_role("alert").first
    page.get_by_role("slider", name="Rhythm density").press("End")
    expect(message).to_contain_text("let go of this piece", timeout=20_000)
    settled(page)
    assert picture(page, "result") == before
    page.screenshot(path=artefacts / "let-go.png")
    page.get_by_role("button", name="Save MIDI").click()
    expect(page.locator(".fn-bench")).to_have_attribute("aria-busy", "false")
    page.wait_for_function("!FaderNets.bench.saving")

    with page.expect_file_chooser() as choosing:  # the same file again
        page.get_by_role("button", name="Your own MIDI file").click()
    choosing.value.set_files(tmp_path / "mine.mid")
    expect(message).to_be_empty(timeout=20_000)
    heard(page)
    page.get_by_role("slider", name="Rhythm density").press("End")
    heard(page)
    assert picture(page, "result") != before


@pytest.mark.parametrize("way", ["abort", "502"])
def test_a_server_that_does_not_answer(browser: Browser, address: str, artefacts, way):
    """The visitor is told, and when the server is there again the page goes on where it was."""
    page = browser.new_page(viewport=WIDE)
    page.set_default_timeout(40_000)
    page.goto(address)
    heard(page)
    before = picture(page, "result")
    message = page.get_by_role("alert").first
    piece = page.evaluate("FaderNets.bench.piece.id")
    fader = page.get_by_role("slider", name="Rhythm density")

    def fail(route) -> None:
        if way == "abort":
            route.abort()
        else:
            route.fulfill(status=502, content_type="text/html", body="<h1>Bad gateway</h1>")

    def told(act) -> None:
        page.route("**/run/predict", fail)
        act()
        expect(message).to_have_text("The server did not answer: please try again.")
        page.unroute("**/run/predict")
        settled(page)
        assert picture(page, "result") == before

    told(lambda: fader.press("End"))
    page.screenshot(path=artefacts / f"unanswered-{way}.png")
    page.get_by_role("button", name="Next segments").click()
    heard(page)
    expect(message).to_be_empty()
    page.get_by_role("button", name="Previous segments").click()
    heard(page)
    told(page.get_by_role("button", name="Next segments").click)
    assert "Segments 1–2 of" in page.inner_text("[data-show=span]")
    with page.expect_download():
        page.get_by_role("button", name="Save MIDI").click()
    expect(message).to_be_empty()
    told(page.get_by_role("button", name="Save MIDI").click)
    assert page.evaluate("FaderNets.bench.piece.id") == piece  # Gradio did not load the page anew
    fader.press("End")
    heard(page)
    assert picture(page, "result") != before
    page.close()


def test_a_worker_that_is_killed_while_a_visitor_waits(browser: Browser, tmp_path):
    """The work is done by another, or the visitor is told; either way the page goes on."""
    with serving("make-run", tmp_path) as server, browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(100_000)
        page.goto(server.url)
        heard(page)
        whole(page, "Joplin Rag", "Maple Leaf Rag")
        page.get_by_role("slider", name="Rhythm density").press("End")
        children = f"{server.process.pid}/task/*/children"
        for worker in (pid for path in Path("/proc").glob(children) for pid in _words(path)):
            os.kill(int(worker), signal.SIGKILL)
        told = page.get_by_role("alert").first
        page.wait_for_function("!FaderNets.bench.asking")
        heard(page)
        came = page.locator("[data-fader=rhythm]").get_attribute("data-moved") == "true"
        assert came or told.inner_text().endswith(".")
        assert not came or figure(page, "rhythm", "result") > figure(page, "rhythm", "piece")
        page.get_by_role("slider", name="Note density").press("Home")
        heard(page)
        assert figure(page, "note", "result") < figure(page, "note", "piece")
        expect(told).to_be_empty()


def _words(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:  # the thread has ended
        return []


def test_choosing_segments(visit):
    page = visit()
    page.get_by_label("Joplin Rag").check(force=True)
    expect(page.get_by_role("heading", name="Maple Leaf Rag")).to_be_visible()
    heard(page)
    strip = page.get_by_role("slider", name="Segments")
    box = strip.bounding_box()
    cell = box["width"] / 42
    page.mouse.move(box["x"] + 3.5 * cell, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 5.5 * cell, box["y"] + 20, steps=4)
    page.mouse.up()
    heard(page)
    assert "Segments 4–6 of 42" in page.inner_text("[data-show=span]")
    assert "Unchanged, too many events: segment 5." in page.inner_text("[data-show=summary]")
    strip.press("Home")
    strip.press("Shift+ArrowRight")
    heard(page)
    assert "Segments 1–2 of 42" in page.inner_text("[data-show=span]")
    strip.press("Home")
    for _ in range(4):
        strip.press("ArrowRight")
    heard(page)
    expect(page.get_by_role("slider", name="Rhythm density")).to_be_disabled()
    strip.press("Home")
    heard(page)
    page.get_by_role("slider", name="Rhythm density").press("Home")
    heard(page)
    assert "Move a fader" not in page.inner_text("[data-show=summary]")


def test_the_whole_piece(visit, artefacts):
    """The faders stay where they are; the notes come first, the sound of a long piece later."""
    page = visit()
    page.get_by_label("Bach Chorale").check(force=True)
    expect(page.get_by_role("heading", name="O Haupt voll Blut und Wunden")).to_be_visible()
    heard(page)
    page.get_by_role("slider", name="Rhythm density").press("End")
    heard(page)
    page.get_by_role("button", name="Whole piece").click()
    heard(page)
    assert "All 12 segments" in page.inner_text("[data-show=span]")
    duration = examples.load("chorale").duration
    assert page.evaluate("FaderNets.bench.player.length") == pytest.approx(duration, abs=0.1)
    assert page.evaluate(HERE) == {"original": [0], "result": [0]}
    assert figure(page, "rhythm", "result") > figure(page, "rhythm", "piece")
    page.screenshot(path=artefacts / "whole.png", full_page=True)


def test_play_after_a_mood_on_the_whole_piece(visit):
    """Play was dead here: the original's sound was dropped, and taken for there."""
    page = visit()
    whole(page)
    assert page.evaluate(HERE) == {"original": [0], "result": [0]}
    page.get_by_role("group", name="Moods").get_by_role("button", name="Calm").click()
    heard(page)
    assert page.evaluate("FaderNets.bench.wishes") == [[0, False]]  # the original is here
    play(page)
    passes(page, 0.5)
    page.wait_for_function(f"({HERE})().result.includes(1)")  # eight seconds do not last long
    assert page.evaluate("FaderNets.bench.wishes") == [[0, False], [1, True]]
    page.get_by_role("button", name="Reset").click()
    heard(page)
    assert page.evaluate(HERE) == {"original": [0, 1], "result": [0, 1]}  # nothing asked again
    assert len(page.evaluate("FaderNets.bench.wishes")) == 2


def test_chunks_follow_each_other_without_a_gap(visit):
    page = visit()
    whole(page)
    page.get_by_role("slider", name="Note density").press("End")
    heard(page)
    seek(page, BORDER + 1)
    page.wait_for_function(f"({HERE})().result.includes(1)")  # however busy the machine is
    page.evaluate(STARTED)
    seek(page, BORDER - 2)
    play(page)
    passes(page, BORDER + 0.3)
    zero = page.evaluate("FaderNets.bench.player.rounds[0].zero")
    started = page.evaluate("started")
    assert len(started) == 4  # two chunks of two sounds, each once
    for source in started[:2]:
        assert source["when"] - source["offset"] == pytest.approx(zero, abs=1e-6)
        assert source["length"] == pytest.approx(BORDER + 0.032, abs=1e-3)
    for source in started[2:]:
        assert source["when"] == pytest.approx(zero + BORDER, abs=1e-6) and source["offset"] == 0
        assert source["length"] == pytest.approx(20.032, abs=1e-3)
    assert page.evaluate("FaderNets.bench.player.rounds.length") == 1


def test_seeking_into_what_is_not_here(visit):
    """The chunk under the playhead is asked for, not those before it; the sound begins there."""
    page = visit()
    whole(page)
    play(page)
    passes(page, 0.1)
    page.wait_for_function(f"({HERE})().result.includes(1)")
    page.evaluate("FaderNets.bench.held = []")
    seek(page, 40.0)
    page.wait_for_timeout(400)
    assert position(page) == 40.0 and not page.evaluate(SOUNDS)
    expect(page.locator(".fn-bench")).to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.evaluate("FaderNets.bench.letGo()")
    passes(page, 40.2)
    assert position(page) < 43
    expect(page.locator(".fn-bench")).to_have_attribute("aria-busy", "false")
    assert [chunk for chunk, _ in page.evaluate("FaderNets.bench.wishes")] == [1, 2]


def test_who_does_not_play_is_sent_no_more_than_the_playhead_needs(visit):
    page = visit()
    whole(page)
    page.wait_for_timeout(500)
    assert page.evaluate("FaderNets.bench.wishes") == []
    seek(page, 30.0)
    page.wait_for_function(f"({HERE})().result.includes(2)")
    page.wait_for_timeout(500)
    assert page.evaluate("FaderNets.bench.wishes") == [[2, True]]
    play(page)
    passes(page, 30.3)


def test_a_fader_moved_while_a_long_selection_plays(visit):
    """The picture is new at once, the old sound stops, the new one goes on where it was."""
    page = visit()
    whole(page)
    seek(page, 12.0)
    play(page)
    passes(page, 12.2)
    before = picture(page, "result")
    page.evaluate("FaderNets.bench.wishes = []; FaderNets.bench.held = []")
    page.get_by_role("slider", name="Note density").press("End")
    page.wait_for_function("FaderNets.bench.element.dataset.answered == FaderNets.bench.sent")
    page.wait_for_function(f"!({SOUNDS})")
    stood = position(page)
    assert picture(page, "result") != before and stood > 12.2
    assert page.evaluate("FaderNets.bench.player.playing")
    page.evaluate("FaderNets.bench.letGo()")
    passes(page, stood + 0.1)
    assert position(page) < stood + 3
    heard(page)
    assert page.evaluate("FaderNets.bench.wishes")[0] == [1, False]


def test_a_long_selection_goes_round(visit):
    page = visit()
    whole(page)
    length = page.evaluate("FaderNets.bench.player.length")
    page.get_by_role("slider", name="Note density").press("Home")
    heard(page)
    page.evaluate(STARTED)
    seek(page, length - 3)
    play(page)
    page.wait_for_function("FaderNets.bench.player.rounds.length > 1")
    first, second = page.evaluate("FaderNets.bench.player.rounds.map(round => round.zero)")
    assert second - first == pytest.approx(length, abs=1e-6)
    page.wait_for_function("FaderNets.bench.player.position < 3")
    passes(page, 0.3)
    page.wait_for_function(f"({HERE})().result.includes(1)")  # never heard so far
    page.get_by_label("Loop").uncheck()
    seek(page, length - 0.5)
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()  # it ended
    assert position(page) == 0


def test_what_fails_is_asked_for_again_by_play(visit):
    page = visit()
    whole(page)
    page.evaluate("FaderNets.bench.held = []")
    seek(page, 30.0)
    play(page)
    page.wait_for_function("FaderNets.bench.player.waits")
    page.evaluate(
        "() => { const bench = FaderNets.bench; bench.held = null;"
        " bench.fail({event: 'hear', number: bench.sent}); }"
    )
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    expect(page.locator(".fn-bench")).to_have_attribute("aria-busy", "false")
    assert position(page) == 30.0
    play(page)
    passes(page, 30.2)


def test_the_page_keeps_some_minutes_of_a_very_long_sound(visit):
    """Half an hour goes by: what the playhead left longest ago is dropped."""
    page = visit()
    found = page.evaluate(
        """() => { const player = new FaderNets.Player(() => {}); const starts = [0];
        while (starts.length < 90) starts.push(8 + 20 * (starts.length - 1));
        const buffer = new AudioBuffer({length: 20 * 8000, sampleRate: 8000});
        player.load({of: "a", starts, length: 1788, volume: 1, same: true});
        const sizes = starts.map((start, i) => { player.rest = start + 1;
            player.put(i, buffer, buffer); return player.sounds.result.chunks.size; });
        return [Math.max(...sizes), [...player.sounds.result.chunks.keys()]]; }"""
    )
    most, left = found
    assert most == 24 and {0, 87, 88, 89} <= set(left)


def test_a_key_held_down(visit):
    """Asked faster than can be answered, the last thing asked for is what comes."""
    page = visit()
    strip = page.get_by_role("slider", name="Segments")
    for key in ("ArrowRight", "ArrowLeft") * 3:
        for _ in range(8):
            strip.press(key)
        heard(page)
    page.get_by_role("slider", name="Note density").press("Home")
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    heard(page)
    assert page.get_by_role("slider", name="Note density").input_value() == "0.1"
    assert '"note":0.1,' in page.evaluate("FaderNets.bench.props.value")


def test_focus_goes_from_top_to_bottom(visit):
    page = visit()
    page.get_by_role("slider", name="Rhythm density").press("Home")
    heard(page)
    page.get_by_role("radio", name="Bach Chorale").focus()
    seen = []
    for _ in range(40):
        seen.append(
            page.evaluate(
                "() => { const at = document.activeElement;"
                " return at.ariaLabel || (at.labels && at.labels[0] || at).textContent.trim(); }"
            )
        )
        page.keyboard.press("Tab")
    expected = [
        "Bach Chorale",
        "Your own MIDI file",
        "Previous segments",
        "Whole piece",
        "Segments",
        "Play",
        "Result",
        "Loop",
        "Position in seconds",
        "Save MIDI",
        "What to save",
        "Rhythm density",
        "Rhythm as played",
        "Note density",
        "Arousal",
        "energetic",
        "Valence",
        "joyful",
        "Calm",
        "Joyful",
        "Seed",
        "Vary",
        "Undo",
        "Reset",
    ]
    places = [seen.index(name) for name in expected if name in seen]
    assert [name for name in expected if name not in seen] == []
    home = expected.index("Rhythm as played")
    order = [place for i, place in enumerate(places) if i not in (home - 1, home)]
    assert order == sorted(order)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_it_fits_and_looks(visit, artefacts, size, scheme):
    page = visit(size, scheme)
    page.get_by_role("slider", name="Note density").press("End")
    heard(page)
    page.screenshot(path=artefacts / f"page-{size['width']}-{scheme}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(int(part) for part in re.findall(r"\d+", paper)[:3])
    assert (brightness > 384) == (scheme == "light")
    small = page.evaluate(
        """() => [...document.querySelectorAll('.fn-bench button, .fn-bench select')]
            .filter(e => e.checkVisibility({visibilityProperty: true}))
            .filter(e => e.getBoundingClientRect().height < 30).map(e => e.textContent)"""
    )
    assert small == []


def test_programs_can_ask_too(address, tmp_path):
    from gradio_client import Client, handle_file

    piece = examples.load("sonata")
    midi.write(piece, tmp_path / "in.mid")
    client = Client(address, verbose=False, download_files=str(tmp_path))
    path, figures = client.predict(handle_file(tmp_path / "in.mid"), rhythm=0.0, api_name="/slide")
    assert midi.read(path).length == piece.length
    assert figures["after"]["rhythm"] < figures["before"]["rhythm"]
    path, figures = client.predict(
        handle_file(tmp_path / "in.mid"), arousal="low", last=3, api_name="/transfer"
    )
    assert midi.read(path).length == piece.length
    _, sad = client.predict(handle_file(tmp_path / "in.mid"), preset="sad", api_name="/transfer")
    _, low = client.predict(
        handle_file(tmp_path / "in.mid"), arousal="low", valence="low", api_name="/transfer"
    )
    assert sad == low
    client.close()
