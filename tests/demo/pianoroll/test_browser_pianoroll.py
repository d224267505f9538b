"""The component in an app that has nothing else of ours, in Chromium."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from time import monotonic, sleep

import numpy as np
import pytest
import soundfile
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from demo.pianoroll.assets import FOLDER
from tests.conftest import kept_offline
from tests.demo.page import watch

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror=hit=1>"
RATE, TONE = 8000, 440.0  # of the recording, in Hz
APP = f"""
import sys
import gradio as gr
from pianoroll import PianoRoll

NOTES = [(i * 0.5, 0.5, 60 + i, 80) for i in range(12)]
HELD = {{"notes": [(0, 1, 40, 127), (1, 1, 52, 20)], "pedal": [(0, 1.5)]}}

with gr.Blocks(title="Rolls") as app:
    one = PianoRoll({{"notes": NOTES, "beats": [i / 2 for i in range(12)]}}, label={HOSTILE!r})
    two = PianoRoll(HELD, label="The second", roll_height=120)
    told = gr.Textbox(label="Told")
    for name, value in {{"Other": HELD, "None": None,
                        "Recorded": {{"notes": NOTES, "audio": sys.argv[1]}},
                        "Spoilt": {{"notes": NOTES, "audio": sys.argv[2]}}}}.items():
        gr.Button(name).click(lambda value=value: value, None, one)
    one.play(lambda: "plays", None, told)
    one.pause(lambda roll: f"paused with {{len(roll['notes'])}}", one, told)

app.launch(server_port=int(sys.argv[3]), allowed_paths=["."])
"""
ROLL = "document.querySelector('section').pianoRoll"
# The colour in the middle of a note, and of what is beside it: a fifth higher at its time.
COLOURS = """index => { const {roll} = document.querySelector("section").pianoRoll;
    const {width, height} = roll.canvas, ratio = devicePixelRatio;
    const copy = new OffscreenCanvas(width, height);
    const pen = copy.getContext("2d", {willReadFrequently: true});
    pen.drawImage(roll.canvas, 0, 0);
    const [onset, offset, pitch] = roll.data.notes[index];
    const {row, y} = roll.rows(roll.canvas.clientHeight), x = (roll.x(onset) + roll.x(offset)) / 2;
    return [pitch, pitch + 7].map(at =>
        [...pen.getImageData(x * ratio, (y(at) + row / 2) * ratio, 1, 1).data].join()); }"""
SERIOUS = """() => axe.run("section", {resultTypes: ["violations"]}).then(({violations}) =>
    violations.map(({id, nodes}) => id + nodes.map(({html}) => html)))"""


@pytest.fixture(scope="module")
def app_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the app runs, with no network."""
    folder = tmp_path_factory.mktemp("alone")
    shutil.copytree(
        FOLDER, folder / "pianoroll", ignore=shutil.ignore_patterns("__pycache__", "*.pyi")
    )
    (folder / "app.py").write_text(APP)
    times = np.arange(6 * RATE) / RATE
    soundfile.write(folder / f"{HOSTILE}.wav", 0.5 * np.sin(2 * np.pi * TONE * times), RATE)
    (folder / "spoilt.wav").write_bytes(b"no sound")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "app.py", f"{HOSTILE}.wav", "spoilt.wav", str(port)]
    offline = kept_offline(folder)
    env = offline.env | {"GRADIO_ANALYTICS_ENABLED": "False"}
    address = f"http://127.0.0.1:{port}/"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)
        try:
            until = monotonic() + 120
            while monotonic() < until and process.poll() is None:
                with suppress(OSError), urllib.request.urlopen(address):
                    break
                sleep(0.2)
            yield address
        finally:
            process.terminate()
            process.wait(30)
    assert offline.refused() == []
    assert "Traceback" not in (folder / "log").read_text()


@pytest.fixture
def visit(browser: Browser, app_address: str) -> Iterator[Callable[..., Page]]:
    """Open the app; it may ask no other host, and its console stays empty."""
    pages: list[Page] = []
    complaints: list[str] = []

    def enter(scheme: str = "light", **size: int) -> Page:
        viewport = {"width": 1000, "height": 900} | size
        page = browser.new_page(viewport=viewport, color_scheme=scheme)
        pages.append(page)
        watch(page, complaints)
        page.goto(app_address)
        expect(page.get_by_role("button", name="Play").first).to_be_enabled()
        return page

    yield enter
    for page in pages:
        assert page.evaluate("window.hit") is None  # what a hostile name would have set
        page.close()
    # Gradio's page asks for fonts and scripts of other hosts, which a visitor's browser may have.
    theirs = ("fonts.g", "cdnjs.", "Failed to load resource", "manifest", "preload")
    assert [line for line in complaints if not any(name in line for name in theirs)] == []


def box(page: Page):
    return page.get_by_role("slider", name="Position in seconds").first


def position(page: Page) -> float:
    return page.evaluate(f"{ROLL}.player.position")


def play(page: Page):
    return page.get_by_role("button", name="Play", exact=True).first


def test_notes_are_drawn_and_so_are_others(visit):
    page = visit()
    for index in (0, 5, 11):
        note, beside = page.evaluate(COLOURS, index)
        assert note != beside
    expect(box(page)).to_have_attribute("aria-description", "12 notes, C4 to B4, 0:06")
    page.get_by_role("button", name="Other").click()
    expect(box(page)).to_have_attribute("aria-description", "2 notes, E2 to E3, 0:02")
    loud, soft = (page.evaluate(COLOURS, index)[0] for index in (0, 1))
    assert loud != soft
    page.get_by_role("button", name="None").click()
    expect(box(page)).to_have_attribute("aria-description", "No notes")
    expect(play(page)).to_be_disabled()


def test_play_moves_the_playhead_and_ends(visit):
    page = visit()
    head = page.locator(".fn-playhead").first
    begin = head.bounding_box()["x"]
    play(page).click()
    expect(page.get_by_label("Told")).to_have_value("plays")
    page.wait_for_function(f"{ROLL}.player.position > 0.5")
    assert head.bounding_box()["x"] > begin
    assert float(box(page).get_attribute("aria-valuenow")) >= 0.5
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_label("Told")).to_have_value("paused with 12")
    rest = position(page)
    page.wait_for_timeout(300)
    assert position(page) == rest
    page.evaluate(f"{ROLL}.player.seek(5.5)")
    expect(page.get_by_role("timer").first).to_have_text("0:05")  # which is not read out
    play(page).click()
    page.wait_for_function(f"{ROLL}.player.playing")
    page.wait_for_function(f"!{ROLL}.player.playing && {ROLL}.player.position === 0")


def test_it_is_played_and_looped_by_keys(visit):
    page = visit()
    roll = box(page)
    roll.press("ArrowRight")
    assert position(page) == 0.5
    roll.press("End")
    assert position(page) == 6
    roll.press("Home")
    roll.press("ArrowRight")
    roll.press("[")
    for _ in range(4):
        roll.press("ArrowRight")
    roll.press("]")
    assert page.evaluate(f"{ROLL}.player.region") == [0.5, 2.5]
    assert page.get_by_label("Loop").first.is_checked()
    roll.press("Space")
    page.wait_for_function(f"{ROLL}.player.playing")
    roll.press("Space")
    page.wait_for_function(f"!{ROLL}.player.playing")
    assert page.evaluate("scrollY") == 0  # a space bar that nobody takes scrolls
    roll.press("Escape")
    assert page.evaluate(f"{ROLL}.player.region") is None
    roll.press("+")
    assert page.evaluate(f"{ROLL}.stage.view.share") == 0.5
    page.get_by_role("group", name="Part of the roll in sight").wait_for()
    roll.press("-")
    assert page.evaluate(f"{ROLL}.stage.view.share") == 1


def test_it_is_gone_through_by_pointer(visit):
    page = visit()
    canvas = page.locator("section canvas").first.bounding_box()
    x = [canvas["x"] + page.evaluate(f"{ROLL}.roll.x({time})") for time in (1.0, 3.0)]
    page.mouse.click(x[0], canvas["y"] + 40)
    assert position(page) == pytest.approx(1, abs=0.05)
    page.mouse.move(x[0], canvas["y"] + 40)
    page.mouse.down()
    page.mouse.move(x[1], canvas["y"] + 40, steps=3)
    page.mouse.up()
    assert page.evaluate(f"{ROLL}.player.region") == [1, 3]  # beats
    page.get_by_role("button", name="Zoom into the roll").first.click()
    assert page.evaluate(f"{ROLL}.stage.view.share") == 0.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visit, scheme: str):
    page = visit(scheme)
    page.evaluate(Axe().axe_script)
    assert page.evaluate(SERIOUS) == []
    page.get_by_role("button", name="Zoom into the roll").first.click()
    box(page).press("[")
    play(page).click()
    assert page.evaluate(SERIOUS) == []


def test_it_is_drawn_anew_where_the_page_turns_dark(visit):
    page = visit()
    light = page.evaluate(COLOURS, 0)[0]
    page.evaluate("document.body.classList.add('dark')")
    page.wait_for_function(f"light => ({COLOURS})(0)[0] !== light", arg=light)


def test_the_playhead_stays_at_its_time_where_the_page_gets_narrower(visit):
    page = visit()
    box(page).press("End")
    page.set_viewport_size({"width": 600, "height": 900})
    page.wait_for_function("""() => { const [head, canvas] = [".fn-playhead", "section canvas"].map(
        name => document.querySelector(name).getBoundingClientRect());
        return canvas.width < 600 && Math.abs(head.right - canvas.right) < 3; }""")


def test_a_hostile_name_is_text(visit):
    page = visit()
    expect(page.locator("section").first).to_have_attribute("aria-label", HOSTILE)
    page.get_by_role("button", name="Recorded").click()
    page.wait_for_function(f"{ROLL}.source.url?.endsWith('.wav')")
    assert page.locator("section img, section script").count() == 0


def test_a_recording_is_what_is_heard(visit):
    page = visit()
    page.get_by_role("button", name="Recorded").click()
    page.wait_for_function(f"{ROLL}.source.url?.endsWith('.wav')")
    play(page).click()
    page.wait_for_function(f"{ROLL}.player.has(0) && {ROLL}.player.has(1)")
    chunks = page.evaluate(f"""() => [...{ROLL}.player.sounds.original.chunks].sort()
        .map(([, chunk]) => [...chunk.getChannelData(0)])""")
    assert [len(chunk) for chunk in chunks] == [4 * 44100, 2 * 44100]
    heard = np.concatenate(chunks)
    strengths = np.abs(np.fft.rfft(heard))
    assert np.argmax(strengths) / len(heard) * 44100 == pytest.approx(TONE, abs=1)


def test_a_spoilt_recording_is_said(visit):
    page = visit()
    page.get_by_role("button", name="Spoilt").click()
    page.wait_for_function(f"{ROLL}.source.url?.endsWith('.wav')")
    play(page).click()
    expect(page.get_by_role("status").first).to_have_text("The recording could not be loaded.")
    expect(play(page)).to_be_enabled()
    page.get_by_role("button", name="Other").click()
    expect(page.get_by_role("status").first).to_have_text("")
    play(page).click()
    page.wait_for_function(f"{ROLL}.player.position > 0.2")


def test_tones_in_chunks_are_those_of_the_whole(visit):
    page = visit()
    whole, parts = page.evaluate(f"""() => {{ const {{notes}} = {ROLL}.source;
        const part = (from, to) =>
            [...FaderNets.tones(notes, from, to - from, 8000).getChannelData(0)];
        return [part(0, 7), [[0, 1.3], [1.3, 4], [4, 7]].flatMap(times => part(...times))]; }}""")
    np.testing.assert_allclose(parts, whole, atol=1e-4)
    levels = np.abs(np.reshape(whole, (7, -1))).max(axis=1)
    assert levels[:6].min() > 0.05  # a note every half second
    assert levels[6] < levels[5]  # none in the seventh, but the last rings
    assert np.abs(whole).max() < 1


def test_two_on_a_page_are_two(visit):
    page = visit()
    play(page).click()
    page.wait_for_function(f"{ROLL}.player.position > 0.2")
    second = "document.querySelectorAll('section')[1].pianoRoll"
    assert page.evaluate(f"[{second}.player.playing, {second}.player.position]") == [False, 0]
    assert page.evaluate(f"{second}.roll.canvas.clientHeight") == 120
    assert page.evaluate("document.adoptedStyleSheets.length") == 1


def test_one_that_is_taken_away_falls_silent(visit):
    page = visit()
    play(page).click()
    page.wait_for_function(f"{ROLL}.player.position > 0.2")
    page.evaluate(f"() => {{ window.gone = {ROLL}; gone.element.remove(); }}")
    page.wait_for_function("!gone.player.playing")
