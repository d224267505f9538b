"""Bars drawn once more from the page, in headless Chromium, while all others stay note for note."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.demo.page import PHONE, WIDE, opened, picture, wait_until_heard
from tests.demo.test_browser_in_and_out import saved
from tests.fadernets.music import midi_bytes as mb

pytestmark = pytest.mark.browser

NOW = "FaderNets.bench.now"
DIVISION = 480


def whole_file(page: Page, path) -> list[tuple]:
    page.get_by_role("combobox", name="What to save").select_option("piece")
    return mb.notes_of(saved(page, "Save MIDI", path).read_bytes())


def busy_piece(page: Page, hands) -> None:
    """All of it moved, then bars 3 and 4 chosen."""
    opened(page, hands)
    page.get_by_role("button", name="Whole piece").click()
    page.get_by_role("slider", name="Rhythm density").press("End")
    wait_until_heard(page)
    strip = page.get_by_role("slider", name="Bars")
    for key in ("Home", "ArrowRight", "ArrowRight"):
        strip.press(key)
    wait_until_heard(page)


def test_these_bars_only(visit, hands, tmp_path):
    page = visit()
    vary = page.get_by_role("button", name="Vary these bars")
    why = page.get_by_text("To vary these bars, move a fader in them first.")
    page.get_by_role("slider", name="Rhythm density").press("End")
    expect(vary).to_be_enabled()
    expect(why).to_be_hidden()
    page.get_by_role("button", name="Next bars").click()
    expect(vary).to_be_disabled()  # nothing is moved in these
    expect(why).to_be_visible()
    busy_piece(page, hands)
    was, drawn = whole_file(page, tmp_path / "was.mid"), picture(page, "result")
    begin, end = page.evaluate("FaderNets.bench.area.span")
    page.evaluate("Math.random = () => 0.123456")
    page.get_by_role("button", name="Vary these bars").click()
    wait_until_heard(page)
    assert page.evaluate(f"{NOW}.redrawn") == [[begin, end, 123456]]
    assert picture(page, "result") != drawn
    now = whole_file(page, tmp_path / "now.mid")
    differ = set(was) ^ set(now)
    assert differ
    assert all(begin * DIVISION <= row[2] < end * DIVISION for row in differ)
    page.evaluate("Math.random = () => 0.5")
    page.get_by_role("button", name="Vary these bars").click()  # in the place of the first
    wait_until_heard(page)
    assert page.evaluate(f"{NOW}.redrawn") == [[begin, end, 500000]]
    page.reload()
    wait_until_heard(page)
    assert page.evaluate(f"{NOW}.redrawn") == [[begin, end, 500000]]
    for _ in range(2):
        page.get_by_role("button", name="Undo").click()
        wait_until_heard(page)
    assert page.evaluate(f"{NOW}.redrawn") == [] and picture(page, "result") == drawn


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_three_variations_side_by_side(visit, hands, artefacts, size):
    page = visit(size)
    busy_piece(page, hands)
    drawn = picture(page, "result")
    page.get_by_role("button", name="Three variations").click()
    group = page.get_by_role("group", name="Three variations")
    expect(group.get_by_role("button", name="Take")).to_have_count(3)
    expect(group).to_contain_text("Orange is new beside the result as it is now.")
    rolls = group.locator("canvas").evaluate_all("all => all.map((one) => one.toDataURL())")
    assert len(set(rolls)) > 1
    sharp = "all => all.map(c => c.width - Math.round(c.clientWidth * devicePixelRatio))"
    assert group.locator("canvas").evaluate_all(sharp) == [0, 0, 0]  # drawn at the size they have
    expect(group.locator("li p").first).to_contain_text("gone.")
    page.screenshot(path=artefacts / f"variations-{size['width']}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert picture(page, "result") == drawn  # nothing is taken yet
    seed = page.evaluate("FaderNets.bench.variants[1].seed")
    notes = page.evaluate("FaderNets.bench.variants[1].roll.data.notes")
    group.get_by_role("button", name="Take the second").click()
    wait_until_heard(page)
    expect(group).to_be_hidden()
    assert page.evaluate(f"{NOW}.redrawn[0][2]") == seed
    assert page.evaluate("FaderNets.bench.rolls[1].data.notes") == notes
    page.get_by_role("button", name="Undo").click()
    wait_until_heard(page)
    assert picture(page, "result") == drawn
    page.get_by_role("button", name="Three variations").click()
    expect(group.get_by_role("button", name="Take")).to_have_count(3)
    page.get_by_role("button", name="Next bars").click()  # they are of other bars
    expect(group).to_be_hidden()
