"""An edit is a score of settings: what is set in one place stays, in headless Chromium."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from fadernets.music import midi
from fadernets.music.segments import segments
from tests.demo.page import figure, open_whole_piece, picture, wait_until_heard

pytestmark = pytest.mark.browser

SENT = """() => { const bench = FaderNets.bench, send = bench.trigger; bench.asks = [];
    bench.trigger = event => { bench.asks.push(event); send(event); }; }"""


def choose(page: Page, first: int, last: int) -> None:
    """Choose segments by keys, from 0."""
    strip = page.get_by_role("slider", name="Bars")
    strip.press("Home")
    for _ in range(first):
        strip.press("ArrowRight")
    for _ in range(last - first):
        strip.press("Shift+ArrowRight")
    wait_until_heard(page)


def saved(page: Page, path, scope: str = "piece") -> np.ndarray:
    """Rhythm density of every segment of what is saved."""
    page.get_by_role("combobox", name="What to save").select_option(scope)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save MIDI").click()
    download.value.save_as(path)
    return np.array([segment.measure()["rhythm"] for segment in segments(midi.read(path))])


def test_a_busy_verse_and_a_long_chorus(visit, artefacts, tmp_path):
    """Select first, then move: segments 1 and 2 busy, on, 3 and 4 long; 1 and 2 stay busy."""
    page = visit()
    open_whole_piece(page)
    own = saved(page, tmp_path / "own.mid")
    choose(page, 0, 1)
    rhythm = page.get_by_role("slider", name="Rhythm density")
    rhythm.press("End")
    wait_until_heard(page)
    busy = figure(page, "rhythm", "result")
    page.get_by_role("button", name="Next bars").click()
    wait_until_heard(page)
    assert rhythm.input_value() == "0" and "As played" in page.inner_text("[data-show=summary]")
    assert rhythm.get_attribute("aria-valuetext") == "as played"
    rhythm.press("Home")
    wait_until_heard(page)
    long = figure(page, "rhythm", "result")
    assert long < figure(page, "rhythm", "piece")
    page.get_by_role("button", name="Previous bars").click()
    wait_until_heard(page)
    assert rhythm.input_value() == "1" and figure(page, "rhythm", "result") == busy

    strip = page.get_by_role("slider", name="Bars")
    expect(strip).to_have_attribute("aria-description", "Rhythm density moved in bars 1–4.")
    page.screenshot(path=artefacts / "verse-and-chorus.png", full_page=True)
    whole = saved(page, tmp_path / "whole.mid")
    assert whole[:2].mean() == pytest.approx(busy, abs=0.006)
    assert whole[2:4].mean() == pytest.approx(long, abs=0.006)
    assert (whole[4:] == own[4:]).all()
    # The selection's own file has the notes that the whole piece has there.
    part = midi.read(tmp_path / "whole.mid")
    assert (saved(page, tmp_path / "part.mid", "selection") == whole[:2]).all()
    end = segments(part)[2].start
    notes = part.notes[part.notes.onset < end - 0.2]
    assert list(notes.pitch) == list(midi.read(tmp_path / "part.mid").notes.pitch)

    # Over both of them the fader varies; moving it levels them, and Undo brings both back.
    choose(page, 0, 3)
    assert rhythm.get_attribute("aria-valuetext") == "varies" and rhythm.input_value() == "0"
    both = picture(page, "result")
    rhythm.press("PageUp")
    wait_until_heard(page)
    assert picture(page, "result") != both
    page.get_by_role("button", name="Undo").click()
    wait_until_heard(page)
    assert picture(page, "result") == both
    assert (saved(page, tmp_path / "again.mid") == whole).all()


def test_undo_shows_where_it_was_and_is_answered_at_once(visit):
    """What was heard before is not asked again; other selections come back with what was set."""
    page = visit()
    open_whole_piece(page)
    choose(page, 0, 1)
    page.get_by_role("slider", name="Rhythm density").press("End")
    wait_until_heard(page)
    first = picture(page, "result")
    choose(page, 4, 5)
    page.get_by_role("button", name="energetic").click()
    wait_until_heard(page)
    second = picture(page, "result")
    choose(page, 8, 9)
    page.evaluate(SENT)
    span = page.locator("[data-show=span]")
    for key, where, drawn in (
        ("Control+z", "Bars 5–6", None),
        ("Control+z", "Bars 1–2", None),
        ("Control+Shift+z", "Bars 1–2", first),
        ("Control+Shift+z", "Bars 5–6", second),
        ("Meta+z", "Bars 5–6", None),
        ("Control+y", "Bars 5–6", second),
    ):
        page.keyboard.press(key)
        wait_until_heard(page)
        expect(span).to_contain_text(where)
        if drawn is not None:
            assert picture(page, "result") == drawn
    assert page.evaluate("FaderNets.bench.asks") == []
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("FaderNets.bench.player.position > 0.3")


def test_the_same_for_all_and_offsets_side_by_side(visit, artefacts, tmp_path):
    page = visit()
    open_whole_piece(page)
    own = saved(page, tmp_path / "own.mid")
    choose(page, 0, 3)
    rhythm = page.get_by_role("slider", name="Rhythm density")
    rhythm.press("PageDown")
    wait_until_heard(page)
    choose(page, 4, 7)
    page.get_by_role("radio", name="Same for all").check(force=True)
    rhythm.press("End")
    wait_until_heard(page)
    assert figure(page, "rhythm", "asked") == 1
    choose(page, 0, 3)
    expect(page.get_by_role("radio", name="Keep the shape")).to_be_checked()
    assert rhythm.input_value() == "-0.2"
    whole = saved(page, tmp_path / "whole.mid")
    assert (whole[4:8] > 0.9).all() and (whole[8:] == own[8:]).all()
    assert (whole[:4] <= own[:4]).all()
    page.screenshot(path=artefacts / "both-scales.png", full_page=True)
    page.get_by_role("button", name="Reset").click()
    wait_until_heard(page)
    assert (saved(page, tmp_path / "reset.mid") == own).all()


def test_a_part_of_a_curve_is_drawn(visit, tmp_path):
    """Only the selection's part can be moved; the rest of the curve stays."""
    page = visit()
    open_whole_piece(page)
    page.get_by_role("slider", name="Note density").press("PageUp")
    wait_until_heard(page)
    choose(page, 2, 3)
    page.get_by_role("button", name="Draw Notes").click()
    lane = page.locator("[data-lane=note]")
    points = lane.get_by_role("slider")
    expect(points).to_have_count(2)
    points.nth(1).press("PageDown")
    wait_until_heard(page)
    ends = page.evaluate("FaderNets.bench.overview.piece.edges")
    curve = page.evaluate("FaderNets.bench.now.note")
    a, b = ends[2], ends[4]
    assert curve == [[a, 0.2], [b, -0.05], [b, 0.2]]
    box = lane.locator("svg").bounding_box()
    page.mouse.click(box["x"] + 0.9 * box["width"], box["y"] + 20)
    expect(lane.locator("output")).to_have_text("Choose these bars in the strip to draw here")
    assert page.evaluate("FaderNets.bench.now.note") == curve


def test_the_keys_are_shown(visit):
    page = visit()
    dialog = page.get_by_role("dialog", name="Keys")
    page.keyboard.press("?")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("undo")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Keys").click()
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    seed = page.get_by_role("spinbutton", name="Seed")
    seed.press("?")  # typed, not asked
    expect(dialog).to_be_hidden()
