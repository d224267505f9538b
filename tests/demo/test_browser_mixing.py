"""The rhythm of the piece on the page with the notes of another, in headless Chromium."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from fadernets.__main__ import main
from fadernets.music import examples, midi
from tests.demo.page import opened, wait_until_heard
from tests.demo.test_browser_in_and_out import saved

pytestmark = pytest.mark.browser

NOW = "FaderNets.bench.now"


def is_the_mix(page, hands, donor, tmp_path, *options: str) -> None:
    """What the page saves is the command line's mix."""
    page.get_by_role("combobox", name="What to save").select_option("piece")
    path = saved(page, "Save MIDI", tmp_path / "page.mid")
    assert main(["mix", str(hands), str(donor), str(tmp_path / "own.mid"), *options]) == 0
    assert path.read_bytes() == (tmp_path / "own.mid").read_bytes()
    assert path.read_bytes() != hands.read_bytes()


def test_with_an_example_and_back(visit, hands, tmp_path):
    page = visit()
    opened(page, hands)
    page.get_by_role("checkbox", name="Bass").check()
    page.get_by_role("slider", name="Rhythm density").press("End")
    wait_until_heard(page)
    was = page.evaluate(NOW)
    page.get_by_role("combobox", name="Notes of").select_option(label="Bach Chorale")
    heading = page.locator("[data-show=name]")
    expect(heading).to_contain_text("hands with the notes of ")
    wait_until_heard(page)
    assert page.evaluate("FaderNets.bench.score.isMoved(FaderNets.bench.now)") is False
    midi.write(examples.load("chorale"), tmp_path / "chorale.mid")
    is_the_mix(page, hands, tmp_path / "chorale.mid", tmp_path, "--lock", "bass")
    page.get_by_role("slider", name="Note density").press("Home")  # it is under the faders
    wait_until_heard(page)
    line = page.locator("[data-show=left]")
    expect(line).to_contain_text("You were at hands")
    line.get_by_role("button", name="Go on").click()
    expect(heading).to_have_text("hands")
    wait_until_heard(page)
    assert page.evaluate(NOW) == was
    expect(line.locator("li")).to_contain_text(["You were at hands with the notes of "])


def test_with_a_file_and_after_a_reload(visit, hands, tmp_path):
    page = visit()
    opened(page, hands)
    midi.write(examples.load("rag"), tmp_path / "rag.mid")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("combobox", name="Notes of").select_option(label="a MIDI file\u2026")
    chooser.value.set_files(tmp_path / "rag.mid")
    expect(page.locator("[data-show=name]")).to_contain_text("hands with the notes of ")
    wait_until_heard(page)
    is_the_mix(page, hands, tmp_path / "rag.mid", tmp_path)
    page.reload()
    expect(page.locator("[data-show=name]")).to_contain_text("hands with the notes of ")
    wait_until_heard(page)


def test_what_is_no_piece_is_said_and_the_page_stays(visit, hands, tmp_path):
    page = visit()
    opened(page, hands)
    (tmp_path / "no.mid").write_bytes(b"nothing of the kind")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("combobox", name="Notes of").select_option(label="a MIDI file\u2026")
    chooser.value.set_files(tmp_path / "no.mid")
    expect(page.locator("#fn-message")).to_contain_text("no.mid is not a MIDI file.")
    expect(page.locator("[data-show=name]")).to_have_text("hands")
    page.get_by_role("slider", name="Note density").press("Home")
    wait_until_heard(page)
