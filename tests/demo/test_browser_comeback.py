"""Nothing is lost by a reload, Back, a closed tab or another page, in headless Chromium."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from fadernets.music import examples, midi
from tests.demo.page import FILE, WIDE, open_page, opened, picture, wait_until_heard

pytestmark = pytest.mark.browser

SET = """JSON.parse(JSON.stringify([FaderNets.bench.now, FaderNets.bench.history,
    FaderNets.bench.selection.split("/")[1]]))"""


@pytest.fixture
def enter(browser: Browser, address: str):
    """Open the page in a tab of one browser that nobody has used."""
    context = browser.new_context(viewport=WIDE)
    complaints: list[str] = []

    def tab() -> Page:
        return open_page(context.new_page(), address, complaints)

    yield tab
    context.close()
    assert complaints == []


def moved(page: Page) -> tuple[list, str]:
    """Move a fader on the second bars and a mood on the next ones: what is set, what is drawn."""
    page.get_by_role("button", name="Next bars").click()
    wait_until_heard(page)
    page.get_by_role("slider", name="Rhythm density").press("End")
    wait_until_heard(page)
    page.get_by_role("button", name="Next bars").click()
    page.get_by_role("button", name="Arousal: calm").click()
    wait_until_heard(page)
    return page.evaluate(SET), picture(page, "result")


def is_as_it_was(page: Page, was: tuple[list, str]) -> None:
    wait_until_heard(page)
    assert page.evaluate(SET) == was[0]
    assert picture(page, "result") == was[1]


def test_a_reload_and_the_way_to_the_listening_test_lose_nothing(enter):
    page = enter()
    page.get_by_label("Bach Chorale").check(force=True)
    expect(page.get_by_role("heading", name="O Haupt voll")).to_be_visible()
    wait_until_heard(page)
    was = moved(page)
    page.reload()
    is_as_it_was(page, was)
    expect(page.get_by_role("heading", name="O Haupt voll")).to_be_visible()
    expect(page.get_by_role("radio", name="Bach Chorale")).to_be_checked()
    page.get_by_role("button", name="Undo").click()
    wait_until_heard(page)
    page.get_by_role("button", name="Redo").click()
    is_as_it_was(page, was)
    page.get_by_role("link", name="Take part in the listening test").click()
    page.wait_for_url("**/survey/**")
    page.go_back()
    is_as_it_was(page, was)


def test_an_own_file_and_its_tracks_come_back(enter, hands):
    page = enter()
    opened(page, hands)
    page.get_by_role("checkbox", name="Low hand").first.uncheck()
    page.wait_for_function("FaderNets.bench.tracks.shows(FaderNets.bench.piece.tracks)")
    wait_until_heard(page)
    was = moved(page)
    page.reload()
    expect(page.get_by_role("heading", name="hands")).to_be_visible()
    is_as_it_was(page, was)
    expect(page.get_by_role("checkbox", name="Low hand").first).not_to_be_checked()
    page.get_by_label("Bach Chorale").check(force=True)  # another piece: the file is let go
    expect(page.get_by_role("heading", name="O Haupt voll")).to_be_visible()
    wait_until_heard(page)
    page.reload()
    wait_until_heard(page)
    expect(page.get_by_role("heading", name="O Haupt voll")).to_be_visible()
    assert page.evaluate("FaderNets.bench.memory.whole({tab: FaderNets.bench.memory.tab})") == {
        "tab": page.evaluate("FaderNets.bench.memory.tab"),
        "file": None,
    }


def test_an_own_file_whose_tracks_do_not_come_back_gives_nothing_to_another(
    browser: Browser, address: str, hands, tmp_path
):
    """The server does not answer as they are chosen: the next file comes without its settings."""
    page = browser.new_page(viewport=WIDE)
    page.goto(address)
    wait_until_heard(page)
    opened(page, hands)
    page.get_by_role("checkbox", name="Low hand").first.uncheck()
    page.wait_for_function("FaderNets.bench.tracks.shows(FaderNets.bench.piece.tracks)")
    wait_until_heard(page)
    moved(page)
    choose = page.evaluate(
        """gradio_config.dependencies.find(({targets}) => targets[0]?.[1] === "choose").id"""
    )

    def refuse(route) -> None:
        if f'"fn_index":{choose},' in (route.request.post_data or ""):
            route.fulfill(status=503, content_type="application/json", body="{}")
        else:
            route.continue_()

    page.route("**/run/predict", refuse)
    with page.expect_response(lambda answer: answer.status == 503):
        page.reload()
    page.unroute("**/run/predict")
    page.wait_for_function("FaderNets.bench.resuming === null")
    midi.write(examples.load("prelude"), tmp_path / "other.mid")
    opened(page, tmp_path / "other.mid")
    assert page.evaluate("FaderNets.bench.score.isMoved(FaderNets.bench.now)") is False
    page.close()


def test_closed_tabs_are_offered_to_a_new_one(enter, hands):
    """And not before they are closed. Each is gone on with or forgotten."""
    page = enter()
    opened(page, hands)
    was = moved(page)
    second = enter()
    expect(second.get_by_role("button", name="Go on")).to_be_hidden()
    assert "hands" not in second.inner_text("[data-show=name]")
    page.reload()  # each has its own
    is_as_it_was(page, was)
    also = moved(second)
    example = second.inner_text("[data-show=name]")
    page.close()
    second.close()
    third = enter()
    lines = third.locator("[data-show=left] li")
    expect(lines).to_have_text([re.compile("^You were at " + name) for name in (example, "hands")])
    expect(lines.nth(1)).to_be_hidden()
    third.get_by_text("1 more").click()
    new = moved(third)
    lines.nth(1).get_by_role("button", name="Go on").click()
    expect(third.get_by_role("heading", name="hands")).to_be_visible()
    is_as_it_was(third, was)
    third.reload()  # what was new here is not lost for something old
    is_as_it_was(third, was)
    expect(lines).to_have_text([re.compile("^You were at " + example)] * 2)
    lines.nth(0).get_by_role("button", name="Go on").click()
    expect(third.get_by_role("heading", name=example)).to_be_visible()
    is_as_it_was(third, new)
    third.get_by_text("1 more").click()
    third.get_by_role("button", name="Forget it: hands").click()
    expect(lines).to_have_count(1)
    expect(lines.get_by_role("button", name="Forget it")).to_be_focused()
    third.close()
    fourth = enter()
    lines = fourth.locator("[data-show=left] li")
    expect(lines).to_have_count(2)
    fourth.get_by_text("1 more").click()
    lines.nth(1).get_by_role("button", name="Go on").click()
    expect(lines).to_have_count(1)
    is_as_it_was(fourth, also)
    lines.get_by_role("button", name="Forget it").click()
    expect(lines).to_have_count(0)
    expect(fourth.locator("[data-show=left]")).to_be_hidden()


def test_of_many_that_were_left_the_last_eight_are_kept(enter):
    """And what an open tab has, however long nothing was done in it."""
    page = enter()
    was = moved(page)
    second = enter()
    second.get_by_role("slider", name="Rhythm density").press("End")
    wait_until_heard(second)
    for _ in range(10):
        second.evaluate("FaderNets.bench.memory.leave()")
    second.evaluate("FaderNets.bench.showOffers()")
    expect(second.locator("[data-show=left] li")).to_have_count(8)
    page.reload()
    is_as_it_was(page, was)


def test_the_piece_before_another_is_offered(enter, hands, tmp_path):
    """Another piece on the desk takes nothing off it; what is refused leaves nothing there."""
    page = enter()
    opened(page, hands)
    was = moved(page)
    (tmp_path / "no.mid").write_bytes(b"no piece")
    page.set_input_files(FILE, tmp_path / "no.mid")
    expect(page.locator("#fn-message")).to_contain_text("no.mid is not a MIDI file.")
    lines = page.locator("[data-show=left] li")
    expect(lines).to_have_count(0)
    page.get_by_label("Bach Chorale").check(force=True)
    expect(page.get_by_role("heading", name="O Haupt voll")).to_be_visible()
    wait_until_heard(page)
    expect(lines).to_contain_text(["You were at hands"])
    lines.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="hands")).to_be_visible()
    is_as_it_was(page, was)
    expect(lines).to_have_count(0)  # nothing was made of the example


def test_a_file_that_the_browser_cannot_keep(enter, hands):
    """One line says so; after a reload another one names it, and the page goes on."""
    page = enter()
    page.evaluate("FaderNets.bench.memory.saveFile = async () => false")
    opened(page, hands)
    memory = page.locator("[data-show=memory]")
    expect(memory).to_contain_text("no room to keep your file")
    page.reload()
    wait_until_heard(page)
    expect(memory).to_have_text("hands is not kept in this browser: please open it again.")
    page.set_input_files(FILE, hands)
    expect(page.get_by_role("heading", name="hands")).to_be_visible()
    expect(memory).to_be_empty()


def test_a_browser_that_keeps_nothing(browser: Browser, address: str):
    page = browser.new_page(viewport=WIDE)
    page.add_init_script("delete window.indexedDB; window.indexedDB = undefined")
    page.goto(address)
    wait_until_heard(page)
    page.get_by_role("slider", name="Rhythm density").press("End")
    wait_until_heard(page)
    page.reload()
    wait_until_heard(page)
    assert page.evaluate("FaderNets.bench.now.rhythm") is None
    page.close()
