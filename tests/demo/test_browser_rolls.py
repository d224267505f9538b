"""The rolls zoomed into, turned like pages, and a part of them looped, in Chromium."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.demo.page import wait_until_heard

pytestmark = pytest.mark.browser
# What is in sight: seconds from the selection's start, and how many.
SEEN = "() => [FaderNets.bench.stage.view.from, FaderNets.bench.rolls[1].span]"
REGION = "() => FaderNets.bench.player.region"
POSITION = "() => FaderNets.bench.player.position"


def to_all(page: Page) -> float:
    """Choose all of the example; its length in seconds."""
    page.get_by_role("button", name="Whole piece").click()
    wait_until_heard(page)
    return page.evaluate("FaderNets.bench.rolls[1].data.length")


def place(page: Page, seconds: float) -> tuple[float, float]:
    """Where a time lies in the upper roll, on the screen."""
    canvas = page.locator(".fn-rolls canvas").first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    return box["x"] + page.evaluate("at => FaderNets.bench.rolls[0].x(at)", seconds), box["y"] + 40


def dragged(page: Page, begin: float, end: float) -> None:
    page.mouse.move(*place(page, begin))
    page.mouse.down()
    page.mouse.move(*place(page, (begin + end) / 2))
    page.mouse.move(*place(page, end))
    page.mouse.up()


def test_the_rolls_are_zoomed_into_and_scrolled(visit):
    page = visit()
    length = to_all(page)
    closer, farther = (page.get_by_role("button", name=f"Zoom {way}") for way in ("into", "out of"))
    expect(farther).to_be_disabled()
    for _ in range(3):
        closer.click()
    begin, span = page.evaluate(SEEN)
    assert (begin, span) == (0, pytest.approx(length / 8))  # about the playhead
    page.evaluate(
        "() => { const {view} = FaderNets.bench.stage; view.set(1 / 8, 7 / 16 * view.length); }"
    )
    begin, span = page.evaluate(SEEN)

    # What is under the pointer stays there, and what is drawn under it is where a click goes.
    at = begin + span / 4
    spot = place(page, at)
    page.mouse.move(*spot)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -50)
    page.keyboard.up("Control")
    page.wait_for_function(f"FaderNets.bench.rolls[1].span < {span * 0.9}")
    assert place(page, at)[0] == pytest.approx(spot[0], abs=1)
    page.mouse.click(*spot)
    assert page.evaluate(POSITION) == pytest.approx(at, abs=0.1)

    begin = page.evaluate(SEEN)[0]
    page.mouse.wheel(200, 0)
    page.wait_for_function(f"FaderNets.bench.stage.view.from > {begin}")
    page.locator(".fn-roll-bar").hover()
    page.mouse.wheel(-9000, 0)
    page.wait_for_function("FaderNets.bench.stage.view.from === 0")
    expect(page.locator(".fn-playhead")).to_be_hidden()  # it is not in sight any more

    page.get_by_role("button", name="Next bars").click()
    page.get_by_role("button", name="Previous bars").click()
    page.locator(".fn-strip").press("Home")
    wait_until_heard(page)
    expect(farther).to_be_disabled()  # another selection is seen whole
    assert page.locator(".fn-roll-bar").is_hidden()


def test_the_playhead_turns_the_page(visit):
    page = visit()
    length = to_all(page)
    for _ in range(4):
        page.locator(".fn-rolls").press("+")
    begin, span = page.evaluate(SEEN)
    assert (begin, span) == (0, pytest.approx(length / 16))
    page.evaluate("at => FaderNets.bench.player.seek(at)", span - 0.4)
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("FaderNets.bench.stage.view.from > 0")
    # It turns at the first frame behind its end, which a busy machine draws late.
    assert span - 0.2 < page.evaluate(SEEN)[0] <= page.evaluate(POSITION)
    expect(page.locator(".fn-playhead")).to_be_visible()

    # A part that the visitor goes to stays in sight.
    page.evaluate("FaderNets.bench.stage.view.set(FaderNets.bench.stage.view.share, 0)")
    position = page.evaluate(POSITION)
    page.wait_for_function(f"FaderNets.bench.player.position > {position + 0.3}")
    assert page.evaluate(SEEN)[0] == 0


def test_a_drag_loops_what_lies_between(visit):
    page = visit()
    wait_until_heard(page)
    page.get_by_label("Loop").uncheck()
    dragged(page, 2.0, 1.0)
    begin, end = page.evaluate(REGION)
    assert (begin, end) == (pytest.approx(1.0, abs=0.2), pytest.approx(2.0, abs=0.2))
    beats = page.evaluate("FaderNets.bench.rolls[0].data.beats")
    for time, goal in ((begin, 1.0), (end, 2.0)):
        nearest = min(beats, key=lambda beat: abs(beat - goal))
        assert time == pytest.approx(nearest if time in beats else goal, abs=0.02)
    assert page.evaluate(POSITION) == begin
    expect(page.get_by_label("Loop")).to_be_checked()
    expect(page.locator(".fn-region")).to_be_visible()

    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function(f"FaderNets.bench.player.position > {begin + 0.3}")
    page.evaluate(
        """() => { window.places = []; const look = () => {
        places.push(FaderNets.bench.player.position); requestAnimationFrame(look); }; look(); }"""
    )
    page.wait_for_timeout(2500)
    places = page.evaluate("places")
    assert begin <= min(places) and max(places) < end + 0.1
    turns = sum(later < earlier for earlier, later in zip(places, places[1:], strict=False))
    assert turns >= 2

    # A fader moved meanwhile, and the loop stays; a click beside it ends it.
    page.get_by_role("slider", name="Rhythm density").press("End")
    wait_until_heard(page)
    assert page.evaluate(REGION) == [begin, end]
    page.mouse.click(*place(page, end + 1))
    assert page.evaluate(REGION) is None
    expect(page.locator(".fn-region")).to_be_hidden()


def test_a_loop_of_a_long_selection_is_where_it_was_drawn(visit):
    """Where beats stand closer than a finger, the nearest counts, not the first."""
    page = visit()
    length = to_all(page)
    dragged(page, 0.4 * length, 0.6 * length)
    begin, end = page.evaluate(REGION)
    pixel = length / page.evaluate("FaderNets.bench.rolls[1].room")
    assert begin == pytest.approx(0.4 * length, abs=4 * pixel)
    assert end == pytest.approx(0.6 * length, abs=4 * pixel)


def test_play_goes_to_the_playhead(visit):
    page = visit()
    to_all(page)
    page.evaluate("FaderNets.bench.player.seek(1)")
    expect(page.get_by_role("timer")).to_have_text("0:01")  # which is not read out
    closer = page.get_by_role("button", name="Zoom into the rolls")
    for _ in range(3):
        closer.click()
    begin, span = page.evaluate(SEEN)
    assert begin <= 1 <= begin + span  # about the playhead
    page.evaluate("FaderNets.bench.stage.view.set(FaderNets.bench.stage.view.share, 30)")
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("FaderNets.bench.stage.view.has(FaderNets.bench.player.position)")


def test_the_playhead_stays_at_its_time_where_the_page_gets_narrower(visit):
    page = visit()
    page.locator(".fn-rolls").press("End")
    page.set_viewport_size({"width": 950, "height": 900})
    page.wait_for_function("""() => { const [head, canvas] = [".fn-playhead", ".fn-rolls canvas"]
        .map(name => document.querySelector(name).getBoundingClientRect());
        return canvas.right < 950 && Math.abs(head.right - canvas.right) < 3; }""")


def test_a_loop_is_made_by_keys(visit):
    page = visit()
    wait_until_heard(page)
    rolls = page.locator(".fn-rolls")
    rolls.press("ArrowRight")
    rolls.press("[")
    for _ in range(3):
        rolls.press("ArrowRight")
    rolls.press("]")
    beats = page.evaluate("FaderNets.bench.rolls[0].data.beats")
    region = page.evaluate(REGION)
    for time, near in zip(region, (0.5, 2.0), strict=True):
        assert time == min(beats, key=lambda beat: abs(beat - near))
    rolls.press("Escape")
    assert page.evaluate(REGION) is None
    rolls.press("End")
    assert page.evaluate(POSITION) == page.evaluate("FaderNets.bench.player.length")
    rolls.press("Home")
    assert page.evaluate(POSITION) == 0
    rolls.press("ArrowRight")
    rolls.press("[")
    page.get_by_role("button", name="Next bars").click()
    wait_until_heard(page)
    assert page.evaluate(REGION) is None  # of other bars
