"""What a visitor sees when something fails: a sentence, and nothing is lost."""

from __future__ import annotations

import os
import signal

import pytest
from playwright.sync_api import Browser, Page, expect

from fadernets.music import examples, midi
from tests.demo.page import (
    FILE,
    HERE,
    WIDE,
    figure,
    open_whole_piece,
    opened,
    passes,
    picture,
    play,
    position,
    seek,
    wait_until_heard,
)
from tests.public.server import Server

pytestmark = pytest.mark.browser


def test_a_script_that_got_into_the_page_does_not_run(browser: Browser, address: str):
    page = browser.new_page()
    page.goto(address)
    wait_until_heard(page)
    refused: list[str] = []
    page.on("console", lambda line: refused.append(line.text))
    effects = page.evaluate(
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
    assert effects == [None, None]
    assert sum("Content Security Policy" in text for text in refused) == 2


def test_bad_files_are_refused_and_nothing_is_lost(visit, artefacts, tmp_path):
    page = visit()
    page.get_by_role("slider", name="Rhythm density").press("Home")
    wait_until_heard(page)
    before = picture(page, "result")
    message = page.get_by_role("alert").first
    for name, data, words in (
        ("holiday.jpg", b"\xff\xd8\xff not music", "holiday.jpg is not a MIDI file but a picture"),
        ("<b>.mid", b"MThd", "b.mid is not a MIDI file that can be read: it ends within"),
        ("empty.mid", b"", "empty.mid is not a MIDI file but empty: save it or copy it once more."),
    ):
        page.set_input_files(FILE, {"name": name, "mimeType": "audio/midi", "buffer": data})
        expect(message).to_contain_text(words)
    page.screenshot(path=artefacts / "refused.png")
    assert "Traceback" not in page.inner_text("body")
    assert picture(page, "result") == before
    expect(page.get_by_role("heading", name=examples.EXAMPLES[examples.FIRST].name)).to_be_visible()
    page.get_by_role("slider", name="Rhythm density").press("ArrowRight")
    expect(message).to_be_empty()

    piece = examples.load("prelude")
    midi.write(piece, tmp_path / "mine.mid")
    opened(page, tmp_path / "mine.mid")
    expect(message).to_be_empty()
    assert page.locator("#fn-examples label.selected").count() == 0


def let_go(page: Page) -> None:
    """As if the server had closed the piece: it knows no piece of this name."""
    page.evaluate("FaderNets.bench.piece.id = crypto.randomUUID().replaceAll('-', '')")


def settled(page: Page) -> None:
    """No request is open, and the fader is back at the piece's value."""
    expect(page.locator(".fn-bench")).to_have_attribute("aria-busy", "false")
    fader = page.get_by_role("slider", name="Rhythm density")
    expect(fader).to_have_attribute("aria-valuetext", "as played")
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    wait_until_heard(page)  # nothing asked is left without an answer


def test_an_example_that_was_let_go_of_is_opened_again(visit):
    """The visitor does not notice it; a piece that was chosen twice is a new one."""
    page = visit()
    before = picture(page, "result")
    let_go(page)
    page.get_by_role("slider", name="Rhythm density").press("End")
    wait_until_heard(page)
    moved = picture(page, "result")
    assert moved != before
    let_go(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save MIDI").click()
    assert download.value.suggested_filename.endswith(".mid")
    expect(page.get_by_role("alert").first).to_be_empty()
    open_whole_piece(page)
    let_go(page)
    seek(page, 30.0)
    page.wait_for_function(f"({HERE})().result.includes(2)")
    expect(page.get_by_role("alert").first).to_be_empty()


def test_the_chosen_example_is_opened_again_by_click_and_key(visit):
    page = visit()
    chosen = page.locator("#fn-examples label.selected")
    for act in (chosen.click, lambda: chosen.locator("input").press("Enter")):
        page.get_by_role("slider", name="Rhythm density").press("End")
        wait_until_heard(page)
        piece = page.evaluate("FaderNets.bench.piece.id")
        act()
        page.wait_for_function("id => FaderNets.bench.piece.id !== id", arg=piece)
        settled(page)


def test_a_file_that_was_let_go_of_is_brought_again(visit, tmp_path):
    """With the move that found it gone and all that was set before; undo goes back behind both."""
    page = visit()
    midi.write(examples.load("mazurka"), tmp_path / "mine.mid")
    opened(page, tmp_path / "mine.mid")
    before = picture(page, "result")
    page.get_by_role("slider", name="Note density").press("Home")
    wait_until_heard(page)
    let_go(page)
    piece = page.evaluate("FaderNets.bench.piece.id")
    rhythm = page.get_by_role("slider", name="Rhythm density")
    rhythm.press("End")
    page.wait_for_function("before => FaderNets.bench.piece.id !== before", arg=piece)
    wait_until_heard(page)
    expect(page.get_by_role("alert").first).to_be_empty()
    assert rhythm.input_value() == rhythm.get_attribute("max")
    assert picture(page, "result") != before
    for _ in range(2):
        page.get_by_role("button", name="Undo").click()
        wait_until_heard(page)
    assert picture(page, "result") == before


def test_a_file_that_cannot_be_brought_again_is_asked_for(visit, artefacts, tmp_path):
    """As where the page has not the file, of which the browser had no room to keep a copy."""
    page = visit()
    midi.write(examples.load("mazurka"), tmp_path / "mine.mid")
    opened(page, tmp_path / "mine.mid")
    before = picture(page, "result")
    page.evaluate("FaderNets.bench.file = null")
    let_go(page)
    message = page.get_by_role("alert").first
    page.get_by_role("slider", name="Rhythm density").press("End")
    expect(message).to_contain_text("let go of this piece")
    settled(page)
    assert picture(page, "result") == before
    page.screenshot(path=artefacts / "let-go.png")
    page.get_by_role("button", name="Save MIDI").click()
    expect(page.locator(".fn-bench")).to_have_attribute("aria-busy", "false")
    page.wait_for_function("!FaderNets.bench.saving")

    with page.expect_file_chooser() as choosing:  # the same file again
        page.get_by_role("button", name="Your own MIDI file").click()
    choosing.value.set_files(tmp_path / "mine.mid")
    expect(message).to_be_empty()
    wait_until_heard(page)
    page.get_by_role("slider", name="Rhythm density").press("End")
    wait_until_heard(page)
    assert picture(page, "result") != before


@pytest.mark.parametrize("lost", ["**/gradio_api/upload*", "**/run/predict"])
def test_a_file_that_could_not_be_brought_again_gives_nothing_to_another(
    browser: Browser, address: str, tmp_path, lost: str
):
    """No room for it, or no answer: the next file comes without its settings."""
    page = browser.new_page(viewport=WIDE)
    page.goto(address)
    wait_until_heard(page)
    for name, example in (("mine", "mazurka"), ("other", "prelude")):
        midi.write(examples.load(example), tmp_path / f"{name}.mid")
    opened(page, tmp_path / "mine.mid")
    page.get_by_role("slider", name="Note density").press("Home")
    wait_until_heard(page)
    let_go(page)
    lost_id = page.evaluate("FaderNets.bench.piece.id")

    def refuse(route) -> None:
        if "run/predict" not in lost or lost_id not in (route.request.post_data or ""):
            route.fulfill(status=503, content_type="application/json", body='{"error": "full"}')
        else:
            route.continue_()

    page.route(lost, refuse)
    with page.expect_response(lambda answer: answer.status == 503):
        page.get_by_role("slider", name="Rhythm density").press("End")
    page.unroute(lost)
    page.wait_for_function("FaderNets.bench.resuming === null")
    expect(page.locator(".fn-bench")).to_have_attribute("aria-busy", "false")
    assert page.evaluate("FaderNets.bench.history.past.length") == 1  # the move before
    opened(page, tmp_path / "other.mid")
    assert page.evaluate("FaderNets.bench.score.isMoved(FaderNets.bench.now)") is False
    assert page.evaluate("FaderNets.bench.history.past.length") == 0
    page.close()


@pytest.mark.parametrize("failure", ["abort", "502"])
def test_a_server_that_does_not_answer(browser: Browser, address: str, artefacts, failure):
    """The visitor is told, and when the server is there again the page goes on where it was."""
    page = browser.new_page(viewport=WIDE)
    page.goto(address)
    wait_until_heard(page)
    before = picture(page, "result")
    message = page.get_by_role("alert").first
    piece = page.evaluate("FaderNets.bench.piece.id")
    fader = page.get_by_role("slider", name="Rhythm density")

    def fail(route) -> None:
        if failure == "abort":
            route.abort()
        else:
            route.fulfill(status=502, content_type="text/html", body="<h1>Bad gateway</h1>")

    def check_message(act) -> None:
        page.route("**/run/predict", fail)
        act()
        expect(message).to_have_text("The server did not answer: please try again.")
        page.unroute("**/run/predict")
        settled(page)
        assert picture(page, "result") == before

    check_message(lambda: fader.press("End"))
    page.screenshot(path=artefacts / f"unanswered-{failure}.png")
    page.get_by_role("button", name="Next bars").click()
    wait_until_heard(page)
    expect(message).to_be_empty()
    page.get_by_role("button", name="Previous bars").click()
    wait_until_heard(page)
    check_message(page.get_by_role("button", name="Whole piece").click)
    assert "Bars 1–2 of" in page.inner_text("[data-show=span]")
    with page.expect_download():
        page.get_by_role("button", name="Save MIDI").click()
    expect(message).to_be_empty()
    check_message(page.get_by_role("button", name="Save MIDI").click)
    assert page.evaluate("FaderNets.bench.piece.id") == piece  # Gradio did not load the page anew
    fader.press("End")
    wait_until_heard(page)
    assert picture(page, "result") != before
    page.close()


def test_a_worker_that_is_killed_while_a_visitor_waits(visit, make_run: Server):
    """The work is done by another, or the visitor is told; either way the page goes on."""
    page = visit()
    open_whole_piece(page, "Joplin Rag", "Maple Leaf Rag")
    page.get_by_role("slider", name="Rhythm density").press("End")
    for worker in make_run.workers():
        os.kill(worker, signal.SIGKILL)
    message = page.get_by_role("alert").first
    page.wait_for_function("!FaderNets.bench.asking")
    wait_until_heard(page)
    is_moved = page.locator("[data-fader=rhythm]").get_attribute("data-moved") == "true"
    assert is_moved or message.inner_text().endswith(".")
    assert not is_moved or figure(page, "rhythm", "result") > figure(page, "rhythm", "piece")
    page.get_by_role("slider", name="Note density").press("Home")
    wait_until_heard(page)
    assert figure(page, "note", "result") < figure(page, "note", "piece")
    expect(message).to_be_empty()


def test_what_fails_is_asked_for_again_by_play(visit):
    page = visit()
    open_whole_piece(page)
    page.evaluate("FaderNets.bench.held = []")
    seek(page, 30.0)
    play(page)
    page.wait_for_function("FaderNets.bench.player.waits")
    page.evaluate(
        "() => { const bench = FaderNets.bench; bench.held = null;"
        " bench.fail({event: 'hear', number: bench.requestNumber}); }"
    )
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    expect(page.locator(".fn-bench")).to_have_attribute("aria-busy", "false")
    assert position(page) == 30.0
    play(page)
    passes(page, 30.2)


def test_a_server_without_room_is_asked_again_for_the_first_answer(browser: Browser, address: str):
    """A page that opens on a busy server has nothing to go back to."""
    page = browser.new_page(viewport=WIDE)
    left = [2]

    def fail(route) -> None:
        if not left[0] or '\\"number\\"' not in (route.request.post_data or ""):
            return route.fallback()
        left[0] -= 1
        return route.fulfill(status=503, json={"detail": "queue_full"})

    page.route("**/run/predict", fail)
    page.goto(address)
    expect(page.get_by_role("alert").first).to_have_text(
        "The server did not answer: please try again."
    )
    wait_until_heard(page)
    assert left == [0]
    expect(page.get_by_role("alert").first).to_be_empty()


def test_a_browser_that_reaches_no_loudspeaker_says_so(visit):
    """As Firefox without a device, which never begins to play; once there is one, Play plays."""
    page = visit()
    page.evaluate(
        """() => { window.isDeaf = true;
        window.AudioContext = class extends AudioContext {
            get state() { return window.isDeaf ? "suspended" : super.state; }
            resume() { return window.isDeaf ? new Promise(() => {}) : super.resume(); } }; }"""
    )
    play(page)
    play(page)  # nothing more comes of it
    expect(page.locator("[data-show=summary]")).to_contain_text("reaches no loudspeaker")
    assert not page.evaluate("FaderNets.bench.player.playing")
    page.evaluate("window.isDeaf = false")
    play(page)
    passes(page, 0.1)
