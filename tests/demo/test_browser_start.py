"""A page that has no piece yet, or no answer of one, in headless Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.demo.page import WIDE, figure, wait_until_heard, watch

pytestmark = pytest.mark.browser

CALLS = "**/run/predict"  # of the page to its server
KEYS = ("ArrowRight", "Home", "End", "PageUp", "[", "]", "+", "-", "Escape", "c", "x", "Delete")
IS_OWN = "Boolean(document.activeElement.closest('.fn-bench'))"
TABS = 60  # more than there are controls
CLICKED = """() => { const all = [...document.querySelectorAll(".fn-bench :is(button, input)")];
    for (const control of all) {
        const isReached = !control.closest("[inert], [hidden], dialog") && control.offsetParent;
        if (isReached && control.type !== "file" && control.dataset.do !== "open-settings")
            control.click();
    }
    document.querySelector("dialog[open]")?.close(); }"""
SETTINGS = """FaderNets.bench.openSettings(
    new File(['{"settings": {"arousal": 1}}'], "settings.json"))"""


def touch_all(page: Page) -> None:
    """Go by keys through all there is, turn it by keys, and click all that can be clicked."""
    page.evaluate("document.activeElement.blur()")
    for _ in range(TABS):
        page.keyboard.press("Tab")
        if page.evaluate(IS_OWN):
            for key in KEYS:
                page.keyboard.press(key)
    page.evaluate(CLICKED)


@pytest.fixture
def held(browser: Browser, address: str) -> Iterator[tuple[Page, list[Route]]]:
    """A page whose calls are held, and these; its console stays empty."""
    complaints: list[str] = []
    page = browser.new_page(viewport=WIDE)
    watch(page, complaints)
    waiting: list[Route] = []
    page.route(CALLS, lambda route: waiting.append(route))

    page.goto(address)
    page.wait_for_function("window.FaderNets?.bench")
    yield page, waiting
    page.close()
    assert complaints == []


def test_nothing_breaks_before_there_is_a_piece(held: tuple[Page, list[Route]]):
    page, waiting = held
    touch_all(page)
    page.evaluate(SETTINGS)
    expect(page.locator("[data-show=memory]")).to_have_text(
        "Settings are set to a piece: open one first."
    )
    assert page.evaluate("FaderNets.bench.requestNumber") == 0 and len(waiting) == 1

    # The piece comes; what is asked of it is not answered yet.
    waiting.pop().continue_()
    page.wait_for_function("FaderNets.bench.requestNumber > 0")
    assert figure_of(page, "arousal", "asked") == "as played"
    touch_all(page)
    page.locator("#fn-rhythm").press("End")
    assert figure_of(page, "rhythm", "asked") != "as played"
    page.get_by_role("button", name="Calm", exact=True).click()
    page.unroute(CALLS)  # lets go of those that are held
    wait_until_heard(page)
    assert figure(page, "rhythm", "result") > 0
    assert figure_of(page, "arousal", "asked") == "100 % calm"


def figure_of(page: Page, fader: str, name: str) -> str:
    return page.locator(f"[data-fader={fader}] [data-figure={name}]").inner_text()
