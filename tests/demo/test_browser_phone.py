"""The page by thumb: what stays in sight, and what a finger moves, in headless Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, CDPSession, Locator, Page

from tests.demo.page import PHONE, WIDE, wait_until_heard

pytestmark = pytest.mark.browser

STEP = 15  # pixels from one place of a finger to the next
SET = """JSON.stringify([FaderNets.bench.now, FaderNets.bench.overview.first,
    FaderNets.bench.overview.last, FaderNets.bench.player.position])"""


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(address)
    wait_until_heard(page)
    yield page
    context.close()


def swipe(page: Page, fader: Locator, share: float, x: int, y: int) -> None:
    """A finger comes down on a share of a fader's width and moves on, ten times x and y pixels."""
    finger: CDPSession = page.context.new_cdp_session(page)
    box = fader.bounding_box()
    at = {"x": box["x"] + share * box["width"], "y": box["y"] + box["height"] / 2}
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [at]})
    for step in range(1, 11):
        place = {"x": at["x"] + step * x, "y": at["y"] + step * y}
        finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [place]})
        page.wait_for_timeout(20)
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(300)


def test_a_finger_scrolls_or_moves_a_fader(phone, artefacts):
    fader = phone.get_by_role("slider", name="Note density")
    box = fader.bounding_box()
    phone.evaluate("y => scrollTo(0, y)", box["y"] - 600)
    count, top = phone.evaluate("[FaderNets.bench.requestNumber, scrollY]")
    swipe(phone, fader, 0.8, 0, -STEP)  # up, far from the knob
    assert phone.evaluate("scrollY") > top + 5 * STEP
    assert fader.input_value() == "0" and phone.evaluate("FaderNets.bench.requestNumber") == count
    assert fader.get_attribute("aria-valuetext") == "as played"
    place = fader.bounding_box()["y"]
    swipe(phone, fader, 0.5, 6, 0)
    wait_until_heard(phone)
    assert float(fader.input_value()) > 0.2
    assert fader.bounding_box()["y"] == pytest.approx(place, abs=3)  # though the strip has grown
    assert phone.evaluate("FaderNets.bench.requestNumber") == count + 1
    phone.screenshot(path=artefacts / "thumb.png")

    # Play and both rolls are in sight all the while, and take half of the screen at most.
    stage = phone.locator(".fn-stage").bounding_box()
    assert stage["y"] >= 0 and stage["y"] + stage["height"] < 0.5 * PHONE["height"]
    assert fader.bounding_box()["y"] > stage["y"] + stage["height"]
    phone.get_by_role("button", name="Play", exact=True).tap()
    phone.wait_for_function("FaderNets.bench.player.position > 0.2")


def test_a_curve_to_be_drawn_comes_into_sight(phone):
    """The button lies two screens below it."""
    phone.locator("[data-fader=valence] [data-draw]").tap()
    lane = phone.locator("[data-lane=valence]")
    phone.wait_for_function("scrollY < 400")
    assert 0 <= lane.bounding_box()["y"] < PHONE["height"] - lane.bounding_box()["height"]
    place = lane.locator("svg").bounding_box()
    phone.touchscreen.tap(place["x"] + 4, place["y"] + 8)
    wait_until_heard(phone)
    assert phone.evaluate("Math.max(...FaderNets.bench.now.valence.map(point => point[1]))") > 0.9


def test_no_half_page_is_empty(visit):
    """Beside the faders there are rolls, which stay in sight however far they are gone by."""
    page = visit(WIDE)
    desk = page.locator(".fn-desk").bounding_box()
    deck = page.locator(".fn-deck")
    for step in np.linspace(0, 1, 7):
        page.evaluate("y => scrollTo(0, y)", desk["y"] + step * (desk["height"] - WIDE["height"]))
        sights = [_in_sight(part.bounding_box()) for part in (page.locator(".fn-desk"), deck)]
        assert sights[0] - sights[1] < 0.2 * WIDE["height"]
    page.evaluate("y => scrollTo(0, y)", desk["y"] + 60)
    assert deck.bounding_box()["y"] == pytest.approx(12, abs=1)


def _in_sight(box: dict[str, float]) -> float:
    """Pixels of height of what is in the window."""
    bottom = min(box["y"] + box["height"], WIDE["height"])
    return max(0.0, bottom - max(box["y"], 0.0))


@pytest.mark.parametrize("height", [720, 1100])
def test_rolls_that_stay_in_sight_cover_nothing(visit, height):
    """Also at the end of the page, where the faders have gone by."""
    page = visit({"width": 1280, "height": height})
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    page.wait_for_function("scrollY > 0")
    deck, hold = (page.locator(f".fn-{name}").bounding_box() for name in ("deck", "hold"))
    assert deck["y"] + deck["height"] <= hold["y"]
    page.get_by_role("checkbox", name="Melody").check(timeout=5_000)


def test_two_fingers_zoom_the_rolls_and_one_loops(phone):
    finger: CDPSession = phone.context.new_cdp_session(phone)
    box = phone.locator(".fn-rolls canvas").first.bounding_box()
    middle, y = box["x"] + box["width"] / 2, box["y"] + 30

    def touch(kind: str, *places: float) -> None:
        points = [{"x": x, "y": y, "id": i} for i, x in enumerate(places)]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", middle - 20)
    touch("touchStart", middle - 20, middle + 20)
    for apart in range(25, 85, 5):
        touch("touchMove", middle - apart, middle + apart)
    touch("touchEnd")
    phone.wait_for_function("FaderNets.bench.stage.view.share < 0.5")
    assert phone.evaluate("FaderNets.bench.player.region") is None
    assert phone.evaluate("visualViewport.scale") == 1
    begin = phone.evaluate("FaderNets.bench.stage.view.from")
    phone.screenshot(full_page=True)  # lays the page out anew, and scrolls every box back
    phone.wait_for_timeout(300)
    assert phone.evaluate("FaderNets.bench.stage.view.from") == begin > 0
    touch("touchStart", middle - 60)
    for x in range(-50, 61, 10):
        touch("touchMove", middle + x)
    touch("touchEnd")
    phone.wait_for_function("FaderNets.bench.player.region !== null")
    begin, end = phone.evaluate("FaderNets.bench.player.region")
    assert end - begin < 0.6 * phone.evaluate("FaderNets.bench.rolls[1].span")


def test_a_finger_that_scrolls_changes_nothing(phone):
    """Up and down across the strip, a lane and the rolls; sideways it does what it is there for."""
    phone.get_by_role("button", name="Whole piece").tap()
    phone.locator("[data-fader=rhythm] [data-draw]").tap()
    lane = phone.locator("[data-lane=rhythm] svg")
    wait_until_heard(phone)
    phone.wait_for_timeout(300)  # until it has scrolled there
    before = phone.evaluate(SET)
    for place in (lane, phone.locator(".fn-rolls"), phone.locator(".fn-strip")):
        for way in (-STEP, STEP):
            top = phone.evaluate("scrollY")
            swipe(phone, place, 0.4, 0, way)
            assert abs(phone.evaluate("scrollY") - top) > 4 * STEP
            assert phone.evaluate(SET) == before
    swipe(phone, lane.get_by_role("slider").first, 0.7, 0, -3)  # a breakpoint itself is moved
    wait_until_heard(phone)
    assert phone.evaluate("FaderNets.bench.now.rhythm[0][1]") > 0.3
    phone.locator(".fn-rolls").tap()  # and a tap goes there
    assert phone.evaluate("FaderNets.bench.player.position") > 10


def test_what_is_zoomed_into_is_scrolled_by_thumb(phone):
    phone.get_by_role("button", name="Whole piece").tap()
    wait_until_heard(phone)
    closer, grip = (
        phone.get_by_role("button", name="Zoom in", exact=True),
        phone.locator(".fn-grip"),
    )
    assert not grip.is_visible()
    closer.tap()
    closer.tap()
    before = phone.evaluate(SET)
    left = phone.evaluate("FaderNets.bench.zoom.box.scrollLeft")
    box = phone.locator(".fn-scroll").bounding_box()
    along = (left + box["width"] / 2) / grip.bounding_box()["width"]
    swipe(phone, grip, along, -10, 0)
    assert phone.evaluate("FaderNets.bench.zoom.box.scrollLeft") > left + 50
    phone.evaluate("FaderNets.bench.stage.zoom(4)")
    bar = phone.locator(".fn-roll-bar")
    bar.scroll_into_view_if_needed()
    start = phone.evaluate("FaderNets.bench.stage.view.from")
    swipe(phone, bar, 0.7, -10, 0)
    moved = phone.evaluate("FaderNets.bench.stage.view.from")
    assert moved > start
    # Two fingers that go side by side, too.
    finger = phone.context.new_cdp_session(phone)
    rolls = phone.locator(".fn-rolls").bounding_box()
    for step, kind in enumerate(["touchStart", *["touchMove"] * 6, "touchEnd"]):
        xs = [] if kind == "touchEnd" else [120 + 15 * step, 220 + 15 * step]
        places = [{"x": x, "y": rolls["y"] + 60, "id": k} for k, x in enumerate(xs)]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})
        phone.wait_for_timeout(20)
    assert phone.evaluate("FaderNets.bench.stage.view.from") < moved - 1
    assert phone.evaluate(SET) == before
