"""Any point of the history gone to, and two of them compared, in headless Chromium."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.demo.page import picture, wait_until_heard

pytestmark = pytest.mark.browser
ASKS = """() => { const bench = FaderNets.bench, send = bench.trigger; bench.asks = [];
    bench.trigger = event => { bench.asks.push(event); send(event); }; }"""


def names(page: Page) -> list[str]:
    return page.get_by_role("combobox", name="History").locator("option").all_inner_texts()


def test_two_points_of_the_history_are_compared(visit):
    page = visit()
    points = page.get_by_role("combobox", name="History")
    flip = page.get_by_role("button", name="Flip")
    expect(points).to_be_disabled()
    expect(flip).to_be_disabled()
    rhythm = page.get_by_role("slider", name="Rhythm density")
    played = picture(page, "result")
    rhythm.press("End")
    wait_until_heard(page)
    busy = picture(page, "result")
    page.get_by_role("slider", name="Note density").press("Home")
    wait_until_heard(page)
    thin = picture(page, "result")
    bars = page.evaluate("FaderNets.bench.overview.barsText(0, 1)")
    assert names(page) == [
        "0  As played",
        f"1  Rhythm density +1.00, {bars}",
        f"2  Note density −1.00, {bars}",
    ]

    # Any two of them, at once and without the server, while it plays on.
    page.evaluate(ASKS)
    page.get_by_role("button", name="Play", exact=True).click()
    points.select_option("1")
    wait_until_heard(page)
    page.locator(".fn-strip").focus()
    for expected in (thin, busy, thin):
        page.keyboard.press("c")
        wait_until_heard(page)
        assert picture(page, "result") == expected
    points.select_option("0")
    points.select_option("1")
    flip.click()
    wait_until_heard(page)
    assert picture(page, "result") == played
    flip.click()
    wait_until_heard(page)
    assert page.evaluate("FaderNets.bench.player.playing")
    assert "ask" not in page.evaluate("FaderNets.bench.asks")
    assert points.input_value() == "1"

    # As undo and redo have it; a change that is new ends what could be redone.
    page.keyboard.press("Control+z")
    wait_until_heard(page)
    assert points.input_value() == "0" and picture(page, "result") == played
    page.keyboard.press("Control+Shift+z")
    wait_until_heard(page)
    assert (
        points.input_value() == "1"
        and rhythm.input_value() == "1"
        and picture(page, "result") == busy
    )
    page.get_by_role("button", name="Reset").click()
    wait_until_heard(page)
    assert names(page)[2:] == ["2  As played"]
    page.keyboard.press("c")
    wait_until_heard(page)
    assert rhythm.input_value() == "1"


def test_points_are_kept_over_a_reload(visit):
    page = visit()
    page.get_by_role("slider", name="Rhythm density").press("End")
    wait_until_heard(page)
    before = names(page)
    page.reload()
    wait_until_heard(page)
    assert names(page) == before
    page.get_by_role("combobox", name="History").select_option("0")
    wait_until_heard(page)
    assert page.get_by_role("slider", name="Rhythm density").input_value() == "0"
    page.get_by_role("button", name="Flip").click()
    wait_until_heard(page)
    assert page.get_by_role("slider", name="Rhythm density").input_value() == "1"
    page.get_by_label("Bach Chorale").check(force=True)
    expect(page.get_by_role("heading", name="O Haupt voll")).to_be_visible()
    wait_until_heard(page)
    expect(page.get_by_role("button", name="Flip")).to_be_disabled()


STOPPED = """() => { let now = performance.now(); performance.now = () => now;
    window.later = milliseconds => { now += milliseconds; }; }"""


def test_keys_in_quick_succession_are_one_point(visit):
    """On a fader, on a breakpoint of its curve and on the seed; a pause ends a gesture."""
    page = visit()
    rhythm, note = (
        page.get_by_role("slider", name=f"{name} density") for name in ("Rhythm", "Note")
    )
    page.evaluate(STOPPED)  # the keys of a gesture may take long on a busy machine
    bars = page.evaluate("FaderNets.bench.overview.barsText(0, 1)")
    for _ in range(3):
        rhythm.press("ArrowRight")
    assert names(page) == ["0  As played", f"1  Rhythm density +0.03, {bars}"]
    assert rhythm.input_value() == "0.03"
    rhythm.press("End")
    rhythm.press("Home")  # jumps are no steps: what was set is heard, and can be gone back to
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert rhythm.input_value() == "0.03"
    page.evaluate("later(1001)")
    rhythm.press("PageUp")
    note.press("ArrowLeft")  # another fader
    rhythm.press("ArrowLeft")
    assert len(names(page)) == 5
    page.keyboard.press("Control+z")
    rhythm.press("ArrowLeft")  # what was undone has ended the gesture
    assert len(names(page)) == 5
    page.evaluate("later(1001)")
    note.press("ArrowRight")
    note.press("ArrowLeft")  # back again is no point
    assert len(names(page)) == 5

    page.locator("[data-fader=rhythm] [data-draw]").click()
    page.evaluate("later(1001)")
    page.get_by_role("slider", name="Rhythm density, point 1").focus()
    for key in ("ArrowUp", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
    assert len(names(page)) == 6
    for _ in range(3):
        page.get_by_role("spinbutton", name="Seed").press("ArrowUp")
    assert len(names(page)) == 7
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Undo").click()
    wait_until_heard(page)
    points = page.get_by_role("combobox", name="History")
    assert points.input_value() == "4"
