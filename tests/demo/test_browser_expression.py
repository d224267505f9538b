"""How a piece is played, under faders of its own, in headless Chromium."""

from __future__ import annotations

import pytest
import soundfile
from playwright.sync_api import Page, expect

from fadernets.expression.registry import EXPRESSIONS
from fadernets.playback.audio import TAIL
from tests.demo.page import (
    HERE,
    PHONE,
    SOUNDS,
    open_whole_piece,
    passes,
    picture,
    play,
    position,
    seek,
    wait_until_heard,
)

pytestmark = pytest.mark.browser

NEAR = 0.15  # seconds
# Seconds of the original that the playhead moves in a second of the sound's clock.
SPEED = """async () => { const {player} = FaderNets.bench;
    const read = () => [player.context.currentTime, player.position];
    for (;;) { const [begin, place] = read();
        await new Promise(resolve => setTimeout(resolve, 400));
        const [end, further] = read();  // round again by now, perhaps
        if (further > place) return (further - place) / (end - begin); } }"""
SWITCHED = """side => { const {player} = FaderNets.bench, before = player.position;
    document.querySelector(`[name=fn-side][value=${side}]`).click();
    return [before, player.position]; }"""
ORDER = "[...document.querySelectorAll('[data-fader]')].map(fader => fader.dataset.fader)"


def fader(page: Page, name: str):
    return page.get_by_role("slider", name=EXPRESSIONS[name].words.title)


def text(page: Page, name: str, figure: str) -> str:
    return page.locator(f"[data-fader={name}] [data-figure={figure}]").inner_text()


def put(page: Page, name: str, value: float) -> None:
    fader(page, name).fill(str(value))
    wait_until_heard(page)


def switch(page: Page, side: str) -> None:
    """Hear the other side: the music goes on where it is."""
    before, after = page.evaluate(SWITCHED, side)
    assert page.evaluate("FaderNets.bench.player.side") == side
    assert after == pytest.approx(before, abs=NEAR)


def speed(page: Page) -> float:
    """How fast the playhead is, beside the original's."""
    page.wait_for_function(SOUNDS)
    return page.evaluate(SPEED)


def test_there_is_a_fader_of_each_expression(visit, artefacts):
    page = visit()
    names = page.evaluate(ORDER)
    assert names == ["rhythm", "note", *EXPRESSIONS, "arousal", "valence"]
    for name, expression in EXPRESSIONS.items():
        assert text(page, name, "asked") == "as played"
        assert text(page, name, "piece") == text(page, name, "result") != "–"
        low, high = expression.words.ends
        page.get_by_role("button", name=f"{expression.words.subject}: {high}").click()
        wait_until_heard(page)
        assert text(page, name, "asked") == "×2.00"
        page.get_by_role("button", name=f"{expression.words.subject}: {low}").click()
        wait_until_heard(page)
        assert text(page, name, "asked") == "×0.50"
        assert text(page, name, "piece") != text(page, name, "result")
        page.get_by_role("button", name=f"{expression.words.subject} as played").click()
        wait_until_heard(page)
        assert text(page, name, "asked") == "as played"
    put(page, "tempo", 0.2)
    assert text(page, "tempo", "asked") == "×1.15"
    assert fader(page, "tempo").get_attribute("aria-valuetext") == "×1.15"
    was, now = (float(text(page, "tempo", each)) for each in ("piece", "result"))
    assert now == pytest.approx(2**0.2 * was, abs=1)
    page.screenshot(path=artefacts / "expression.png", full_page=True)


def test_they_are_drawn_named_undone_and_kept_as_all_others(visit):
    page = visit()
    put(page, "tempo", -0.5)
    page.locator("[data-fader=tempo] [data-draw]").click()
    knob = page.locator("[data-lane=tempo] circle").last
    knob.focus()
    knob.press("PageUp")
    wait_until_heard(page)
    assert text(page, "tempo", "asked") == "varies"
    assert "×0.84 at the end of bar" in knob.get_attribute("aria-valuetext")
    points = page.get_by_role("combobox", name="History").locator("option").all_inner_texts()
    assert "Tempo ×0.71" in points[1] and "Tempo ×0.71 to ×0.84" in points[2]
    set_now = page.evaluate("FaderNets.bench.now")
    page.get_by_role("button", name="Undo").click()
    wait_until_heard(page)
    assert text(page, "tempo", "asked") == "×0.71"
    page.get_by_role("button", name="Redo").click()
    wait_until_heard(page)
    page.reload()
    wait_until_heard(page)
    assert page.evaluate("FaderNets.bench.now") == set_now
    link = page.evaluate("FaderNets.bench.makeLink()")
    page.get_by_role("button", name="Reset").click()
    wait_until_heard(page)
    page.evaluate("link => { location.href = link; }", link)
    expect(page.locator("[data-fader=tempo] [data-figure=asked]")).to_have_text("varies")
    wait_until_heard(page)
    assert page.evaluate("FaderNets.bench.now") == set_now
    page.evaluate("data => FaderNets.bench.useSettings(data)", {"tempo": 1, "articulation": -1})
    wait_until_heard(page)
    assert text(page, "tempo", "asked") == "×2.00"
    assert text(page, "articulation", "asked") == "×0.50"


def test_another_tempo_leaves_the_picture_and_moves_the_playhead(visit):
    page = visit()
    before = picture(page, "result")
    length = page.evaluate("FaderNets.bench.player.length")
    put(page, "tempo", 1)
    assert picture(page, "result") == before
    assert page.evaluate("FaderNets.bench.player.length") == length
    play(page)
    passes(page, 0.3)
    assert speed(page) == pytest.approx(2.0, abs=0.04)
    for name, pace in (("original", 1.0), ("result", 2.0)):
        seek(page, 0.5)
        switch(page, name)
        assert speed(page) == pytest.approx(pace, abs=0.04)
    put(page, "tempo", -1)
    assert page.evaluate("FaderNets.bench.player.playing")
    assert speed(page) == pytest.approx(0.5, abs=0.04)


def test_a_long_selection_of_another_tempo(visit):
    """Its chunks come and follow each other; a switch stays at the music."""
    page = visit()
    open_whole_piece(page)
    put(page, "tempo", 0.5)
    seek(page, 5.0)
    play(page)
    passes(page, 5.2)
    assert speed(page) == pytest.approx(2**0.5, abs=0.04)
    page.wait_for_function(f"({HERE})().result.includes(1)")
    seek(page, 7.6)
    passes(page, 8.6)  # the second chunk's music
    assert page.evaluate("FaderNets.bench.player.rounds.length") == 1
    switch(page, "original")
    assert speed(page) == pytest.approx(1.0, abs=0.04)
    # Moved while it plays: the chunk under the playhead comes beside the notes, at its own pace.
    switch(page, "result")
    before = position(page)
    put(page, "tempo", -0.5)
    passes(page, before + 0.1)
    assert position(page) < before + 10
    assert speed(page) == pytest.approx(2**-0.5, abs=0.04)
    put(page, "tempo", 0)
    passes(page, position(page) + 0.1)
    assert page.evaluate("Object.keys(FaderNets.bench.player.rounds.at(-1).nodes).length") == 2


@pytest.mark.parametrize("scope", ["selection", "piece"])
def test_a_saved_sound_lasts_as_long_as_it_is_played(visit, tmp_path, scope):
    page = visit()
    put(page, "tempo", -1)
    page.get_by_role("combobox", name="What to save").select_option(scope)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save WAV").click()
    download.value.save_as(tmp_path / "saved.wav")
    begin, end = page.evaluate("FaderNets.bench.area.span")
    span = page.evaluate("FaderNets.bench.player.length")
    whole = page.evaluate("FaderNets.bench.piece.length_s")
    seconds = soundfile.info(tmp_path / "saved.wav").duration
    expected = 2 * span if scope == "selection" else whole + span
    assert end > begin and seconds == pytest.approx(expected + TAIL, abs=0.05)


def test_the_phone_has_room_for_them(visit, artefacts):
    page = visit(PHONE)
    put(page, "tempo", 0.3)
    page.screenshot(path=artefacts / "expression-phone.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for name in EXPRESSIONS:
        box = page.locator(f"[data-fader={name}]").bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]
