"""Faders drawn as curves under the strip, in headless Chromium, by pointer and by keys."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from fadernets.music import midi
from fadernets.music.segments import segments
from tests.demo.page import PHONE, WIDE, figure, open_whole_piece, picture, wait_until_heard

pytestmark = pytest.mark.browser

RHYTHM = "FaderNets.bench.now.rhythm"


def drag(page: Page, fader: str, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag in a lane between two places, shares of its width and height."""
    box = page.locator(f"[data-lane={fader}] svg").bounding_box()
    x, y = (
        [box[at] + share * box[size] for share in pair]
        for at, size, pair in (
            ("x", "width", (start[0], end[0])),
            ("y", "height", (start[1], end[1])),
        )
    )
    page.mouse.move(x[0], y[0])
    page.mouse.down()
    page.mouse.move(x[1], y[1], steps=4)
    page.mouse.up()
    wait_until_heard(page)


def rhythms(page: Page, path) -> np.ndarray:
    """Rhythm density of every segment of the piece as it is saved."""
    page.get_by_role("combobox", name="What to save").select_option("piece")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save MIDI").click()
    download.value.save_as(path)
    return np.array([segment.measure()["rhythm"] for segment in segments(midi.read(path))])


@pytest.mark.parametrize(
    ("size", "scheme"), [(WIDE, "light"), (PHONE, "dark")], ids=["wide", "phone"]
)
def test_a_curve_is_drawn_and_undone(visit, artefacts, tmp_path, size, scheme):
    page = visit(size, scheme)
    open_whole_piece(page)
    own = rhythms(page, tmp_path / "own.mid")
    lane = page.locator("[data-lane=rhythm]")
    expect(lane).to_be_hidden()
    draw = page.get_by_role("button", name="Draw Rhythm")
    draw.click()
    wait_until_heard(page)
    expect(draw).to_have_attribute("aria-pressed", "true")
    lane.scroll_into_view_if_needed()
    expect(lane.get_by_role("slider")).to_have_count(2)
    assert "As played" in page.inner_text("[data-show=summary]")  # level at 0

    drag(page, "rhythm", (0.99, 0.5), (0.99, 0.02))  # the last one to the top
    drag(page, "rhythm", (0.5, 0.2), (0.5, 0.5))  # a new one in the middle, at 0
    first, middle, last = page.evaluate(RHYTHM)
    assert first[1] == 0 and abs(middle[1]) < 0.05 and last[1] == 1
    expect(lane.locator("output")).to_contain_text("at bar")
    drawn = rhythms(page, tmp_path / "drawn.mid")
    half = len(own) // 2
    assert np.abs(drawn[: half - 1] - own[: half - 1]).max() < 0.08
    assert drawn[-4:].mean() > own[-4:].mean() + 0.15
    assert page.locator("[data-fader=rhythm] [data-figure=asked]").inner_text() == "varies"
    assert '"rhythm":[[' in page.evaluate("FaderNets.bench.props.value")
    page.screenshot(path=artefacts / f"curve-{size['width']}-{scheme}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]

    page.get_by_role("button", name="Undo").click()
    wait_until_heard(page)
    expect(lane.get_by_role("slider")).to_have_count(2)
    page.get_by_role("button", name="Redo").click()
    wait_until_heard(page)
    assert (rhythms(page, tmp_path / "again.mid") == drawn).all()
    lane.scroll_into_view_if_needed()
    drag(page, "rhythm", (middle[0] / page.evaluate("FaderNets.bench.overview.end"), 0.5), (0.5, 2))
    expect(lane.get_by_role("slider")).to_have_count(2)  # dragged out

    draw.click()
    expect(lane).to_be_hidden()  # the curve stays; the knob is at its mean
    value = page.get_by_role("slider", name="Rhythm density").input_value()
    assert float(value) == pytest.approx(0.5, abs=0.02)
    page.get_by_role("button", name="Reset").click()
    wait_until_heard(page)
    assert (rhythms(page, tmp_path / "reset.mid") == own).all()


def test_a_curve_is_drawn_by_keys(visit):
    page = visit()
    open_whole_piece(page)
    page.get_by_role("button", name="Draw Arousal").press("Enter")
    wait_until_heard(page)
    point = page.get_by_role("slider", name="Arousal, point")
    point.nth(0).press("PageUp")
    wait_until_heard(page)
    assert page.evaluate("FaderNets.bench.now.arousal[0]") == [0, 0.25]
    expect(point.nth(0)).to_be_focused()
    expect(point.nth(0)).to_have_attribute("aria-valuetext", "25 % energetic at bar 1")
    page.keyboard.press("Enter")  # a point between it and the next
    wait_until_heard(page)
    expect(point).to_have_count(3)
    expect(point.nth(1)).to_be_focused()
    for key in ("ArrowDown", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
        wait_until_heard(page)
    end = page.evaluate("FaderNets.bench.overview.end")
    assert page.evaluate("FaderNets.bench.now.arousal[1]") == [end / 2 - 2, 0.08]
    changed = picture(page, "result")
    page.keyboard.press("Delete")
    wait_until_heard(page)
    expect(point).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    wait_until_heard(page)
    expect(point).to_have_count(3)
    assert picture(page, "result") == changed
    page.get_by_role("button", name="Arousal as played").click()
    wait_until_heard(page)
    assert page.evaluate("FaderNets.bench.now.arousal") is None
    expect(point).to_have_count(2)  # level, to draw anew
    page.get_by_role("button", name="Draw Arousal").press("Enter")
    expect(page.locator("[data-lane=arousal]")).to_be_hidden()


def test_the_other_scale_asks_for_the_same(visit):
    """Neither a number nor a curve is lost between offsets and positions."""
    page = visit()
    open_whole_piece(page)
    rhythm = page.get_by_role("slider", name="Rhythm density")
    for _ in range(3):
        rhythm.press("PageUp")
    page.get_by_role("button", name="Draw Notes").click()
    wait_until_heard(page)
    drag(page, "note", (0.99, 0.5), (0.99, 0.9))
    target, offset = figure(page, "rhythm", "asked"), float(rhythm.input_value())
    curve = page.evaluate("FaderNets.bench.now.note")
    for side, sign in (("Same for all", 1), ("Keep the shape", -1)):
        page.get_by_role("radio", name=side).check(force=True)
        wait_until_heard(page)
        assert figure(page, "rhythm", "asked") == pytest.approx(target, abs=0.015)
        assert figure(page, "rhythm", "result") == pytest.approx(target, abs=0.05)
        here, there = ("positions.note", "note") if sign > 0 else ("note", "positions.note")
        values = [value for _, value in page.evaluate(f"FaderNets.bench.now.{here}")]
        assert page.evaluate(f"FaderNets.bench.now.{there}") is None
        assert len(values) == 2 and values[1] < values[0]
        assert (min(values) >= 0) == (sign > 0)
    assert float(rhythm.input_value()) == pytest.approx(offset, abs=0.02)
    new_curve = page.evaluate("FaderNets.bench.now.note")
    np.testing.assert_allclose(new_curve, curve, atol=0.03)
    for _ in range(2):
        page.get_by_role("button", name="Undo").click()
        wait_until_heard(page)
    assert page.evaluate("FaderNets.bench.now.note") == curve
    assert float(rhythm.input_value()) == offset


# Of every bar its offset, or, of those that have one, its position.
ASKED = """() => { const { now, overview } = FaderNets.bench;
    const amount = { offsets: now.rhythm, positions: now.positions.rhythm };
    return overview.values(amount).map(
        ({ value, isPosition }) => [isPosition ? "to" : "by", value]); }"""


def test_a_point_changes_the_stretch_that_it_is_drawn_in(visit):
    """Offsets before and after a stretch of positions stay, though all of it is chosen."""
    page = visit()
    open_whole_piece(page)
    rhythm = page.get_by_role("slider", name="Rhythm density", exact=True)
    rhythm.press("End")
    wait_until_heard(page)
    select = "([first, last]) => FaderNets.bench.overview.choose(first, last)"
    page.evaluate(select, [4, 7])
    page.get_by_role("radio", name="Same for all").check(force=True)
    wait_until_heard(page)
    page.evaluate(select, [0, 11])
    wait_until_heard(page)
    beside = [["by", 1]] * 4
    mixed = page.evaluate(ASKED)
    assert mixed[:4] == mixed[8:] == beside and mixed[4][0] == mixed[7][0] == "to"
    expect(rhythm).to_have_attribute("aria-valuetext", "varies")
    page.get_by_role("button", name="Draw Rhythm").click()
    lane = page.locator("[data-lane=rhythm]")
    lane.scroll_into_view_if_needed()
    points = lane.get_by_role("slider")
    expect(points.first).to_have_attribute("aria-valuetext", "+1.00 at bar 1")
    expect(points.last).to_have_attribute("aria-valuetext", "+1.00 at the end of bar 12")

    drag(page, "rhythm", (0.46, 0.9), (0.46, 0.9))
    drawn = page.evaluate(ASKED)
    assert drawn[:4] == drawn[8:] == beside and drawn[4:8] != mixed[4:8]

    # Escape gives up what is being dragged, and so does an undo meanwhile.
    box = lane.locator("svg").bounding_box()
    for key, expected in (("Escape", drawn), ("Control+z", mixed)):
        page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 10)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 40, steps=3)
        page.keyboard.press(key)
        page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 60, steps=3)
        page.mouse.up()
        wait_until_heard(page)
        assert page.evaluate(ASKED) == expected

    page.get_by_role("radio", name="Keep the shape").check(force=True)
    wait_until_heard(page)
    points_after = page.evaluate(ASKED)
    assert points_after[:4] == points_after[8:] == beside and points_after[4][0] == "by"

    # A stretch in which nothing was asked for is drawn in as a whole, and no other.
    page.get_by_role("button", name="Reset").click()
    page.evaluate(select, [4, 7])
    page.get_by_role("radio", name="Same for all").check(force=True)
    rhythm.press("End")
    page.evaluate(select, [0, 11])
    wait_until_heard(page)
    drag(page, "rhythm", (0.1, 0.9), (0.1, 0.9))
    expected = page.evaluate(ASKED)
    assert {how for how, _ in expected[:8]} == {"to"} and expected[8:] == [["by", 0]] * 4
