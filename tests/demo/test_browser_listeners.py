"""What is heard on the page becomes a pair of the listening test, in headless Chromium."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.demo.page import PHONE, WIDE, open_page, wait_until_heard
from tests.public.server import TOKEN, Server
from tests.survey.manager import Manager
from tests.survey.person import Person

pytestmark = pytest.mark.browser
SAID = "[data-show=listeners]"


def test_a_pair_goes_to_the_listening_test_and_is_known_again(browser: Browser, make_run: Server):
    complaints: list[str] = []
    signed_in = {"username": "admin", "password": TOKEN}
    with browser.new_context(viewport=WIDE, http_credentials=signed_in) as context:
        page = open_page(context.new_page(), make_run.url, complaints)
        addresses: list[str] = []
        page.on("request", lambda request: addresses.append(request.url))
        arousal = page.get_by_role("slider", name="Arousal")
        arousal.press("Home")
        wait_until_heard(page)
        page.get_by_text("More", exact=True).click()
        with context.expect_page() as opening:
            page.get_by_role("button", name="Ask listeners").click()
        tab = opening.value
        expect(tab.get_by_text("Moved: Arousal 100 % calm.")).to_be_visible()
        expect(tab.get_by_role("radio", name="lower (calmer)")).to_be_checked()
        tab.get_by_role("button", name="Add this pair").click()
        row = tab.get_by_role("row", name="Arousal 100 % calm")
        expect(row).to_be_visible()
        tab.set_viewport_size(PHONE)  # a name has room there, and the row still is one
        piece = row.get_by_role("rowheader")
        assert piece.bounding_box()["width"] > 0.75 * PHONE["width"]
        expect(row.get_by_role("cell", name="Moved: Arousal 100 % calm")).to_be_visible()
        assert tab.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        tab.set_viewport_size(WIDE)

        heard_by = page.locator(SAID)
        expect(heard_by).to_be_hidden()
        assert not [url for url in addresses if "pairs.json" in url]  # not before it has a reason
        page.get_by_role("slider", name="Rhythm density").press("End")
        wait_until_heard(page)
        expect(heard_by).to_be_hidden()  # another change
        page.get_by_role("button", name="Undo").click()
        expect(heard_by).to_have_text(
            "This is a pair of the listening test; nobody has rated it yet."
        )
        for step in ("Next bars", "Previous bars"):
            page.get_by_role("button", name=step).click()
            wait_until_heard(page)
            if step == "Next bars":
                page.get_by_role("slider", name="Arousal").press("End")
                wait_until_heard(page)
                expect(heard_by).to_be_hidden()
        expect(heard_by).to_be_visible()  # what was set elsewhere is not heard here
        row.get_by_role("button", name="Take away").click()
        expect(tab.get_by_text("There is no pair yet.")).to_be_visible()
    assert complaints == []


@pytest.mark.slow
def test_who_rated_a_pair_is_counted_beside_the_faders_and_how_once_it_is_closed(
    browser: Browser, make_run: Server
):
    signed_in = {"username": "admin", "password": TOKEN}
    with browser.new_context(viewport=WIDE, http_credentials=signed_in) as context:
        page = open_page(context.new_page(), make_run.url, [])
        page.get_by_role("slider", name="Arousal").press("Home")
        wait_until_heard(page)
        page.get_by_text("More", exact=True).click()
        with context.expect_page() as opening:
            page.get_by_role("button", name="Ask listeners").click()
        tab = opening.value
        tab.get_by_role("button", name="Add this pair").click()
        tab.get_by_label("Name in addresses").fill("asked")
        tab.get_by_role("button", name="Make the study").click()
        expect(tab.get_by_role("link", name="See the study")).to_be_visible()
        tab.goto(f"{make_run.url}survey/admin/pairs")
        with httpx.Client(base_url=make_run.url, timeout=60) as client:
            manager = Manager(client, TOKEN, "/survey")
            settings, plan = "/studies/asked/settings", "/studies/asked/plan"
            rules = {name: "" for name in manager.form(settings, plan) if name.startswith("rule")}
            assert rules and manager.send(settings, plan, **rules).status_code == 303
            assert manager.send("/studies/asked", "/studies/asked/open").status_code == 303
            person = Person.ready(client, "asked", "/survey")
            while person.state()["trial"]:
                person.step(direction="lower")
            heard_by = page.locator(SAID)
            waits = "Rated by 1 in asked; how, is shown once it is closed."
            expect(heard_by).to_have_text(_read_again(page, waits))
            assert manager.send("/studies/asked", "/studies/asked/close").status_code == 303
            expect(heard_by).to_have_text(
                _read_again(page, "Heard as lower arousal by 1 of 1 in asked.")
            )
        tab.get_by_role("button", name="Take away").click()


def _read_again(page: Page, sentence: str) -> str:
    """The sentence, once the page is told that what it has read is no longer fresh."""
    page.evaluate("FaderNets.bench.pairs = null, FaderNets.bench.showHeard()")
    return sentence


def test_nothing_moved_is_no_pair_and_visitors_ask_nothing_of_the_test(visit):
    page = visit()
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    page.get_by_text("More", exact=True).click()
    page.get_by_role("button", name="Ask listeners").click()
    expect(page.locator(SAID)).to_have_text(
        "Nothing is changed in these bars: there is nothing to compare."
    )
    page.get_by_role("slider", name="Arousal").press("Home")
    wait_until_heard(page)
    assert not [url for url in addresses if "/survey/" in url]


def test_who_does_not_sign_in_is_not_asked_again(browser: Browser, make_run: Server):
    with browser.new_context(viewport=WIDE) as context:
        page = open_page(context.new_page(), make_run.url, [])
        addresses: list[str] = []
        page.on("request", lambda request: addresses.append(request.url))
        page.get_by_role("slider", name="Arousal").press("Home")
        wait_until_heard(page)
        page.get_by_text("More", exact=True).click()
        with context.expect_page() as opening:
            page.get_by_role("button", name="Ask listeners").click()
        page.wait_for_function("FaderNets.bench.tab !== null")
        opening.value.wait_for_timeout(1000)
        page.get_by_role("slider", name="Rhythm density").press("End")
        wait_until_heard(page)
        assert not [url for url in addresses if "pairs.json" in url]


def test_words_say_how_far_a_fader_goes_that_varies(visit):
    """Where a curve begins and ends, or what it stays between; nothing of other bars."""
    page = visit()
    page.evaluate("FaderNets.bench.overview.choose(0, 0)")
    page.get_by_role("slider", name="Arousal").press("Home")
    page.get_by_role("radio", name="Same for all").check(force=True)
    page.get_by_role("slider", name="Note density").press("End")
    page.evaluate("FaderNets.bench.overview.choose(1, 1)")
    page.get_by_role("slider", name="Arousal").press("End")
    page.get_by_role("radio", name="Keep the shape").check(force=True)
    page.get_by_role("slider", name="Note density").press("Home")
    page.evaluate("FaderNets.bench.overview.choose(2, 3)")
    page.get_by_role("slider", name="Rhythm density").press("End")
    page.evaluate("FaderNets.bench.overview.choose(0, 1)")
    words = page.evaluate("FaderNets.bench.movedWords()")
    low, high = "100 % calm", "100 % energetic"
    table = page.evaluate("FaderNets.bench.faders.find(f => f.name == 'note').tables.positions")
    assert words == f"Note density \u22121.00 and {table[-1]:.2f}, Arousal {low} to {high}"
    page.evaluate("FaderNets.bench.overview.choose(0, 2)")
    assert page.evaluate("FaderNets.bench.movedWords()").endswith(f"between {low} and {high}")
