"""What stays exactly as it is, in headless Chromium: ticks, tracks and notes that were clicked."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from fadernets.lock_words import NAMES, LockWords
from fadernets.music import midi
from tests.demo.page import PHONE, WIDE, figure, opened, picture, wait_until_heard
from tests.fadernets.music import midi_bytes as mb

pytestmark = pytest.mark.browser


def saved(page: Page, path) -> set[tuple]:
    """Rows of the whole piece as it is saved."""
    page.get_by_role("combobox", name="What to save").select_option("piece")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save MIDI").click()
    download.value.save_as(path)
    return {row[2:6] for row in mb.notes_of(path.read_bytes())}


def locked_rows(path, words: str) -> set[tuple]:
    piece = midi.read(path)
    notes = piece.notes[LockWords.read(words).on(piece).of(piece.notes)]
    return {(round(on * 480), round(off * 480), *rest) for on, off, *rest in notes}


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_melody_is_kept_by_key_and_undone(visit, artefacts, hands, tmp_path, size):
    page = visit(size)
    opened(page, hands)
    page.get_by_role("button", name="Whole piece").click()
    page.get_by_role("slider", name="Rhythm density").press("Home")
    wait_until_heard(page)
    free, low = picture(page, "result"), figure(page, "rhythm", "result")
    box = page.get_by_role("checkbox", name="Melody")
    box.focus()
    page.keyboard.press("Space")
    wait_until_heard(page)
    expect(box).to_be_checked()
    summary = page.locator("[data-show=summary]")
    expect(summary).to_contain_text("Rhythm density 0.5")
    expect(summary).to_contain_text("the melody stays.")
    assert figure(page, "rhythm", "result") > low
    assert locked_rows(hands, "melody") <= saved(page, tmp_path / "kept.mid")
    page.screenshot(path=artefacts / f"melody-{size['width']}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]

    page.get_by_role("button", name="Undo").click()
    wait_until_heard(page)
    expect(box).not_to_be_checked()
    assert picture(page, "result") == free
    page.get_by_role("button", name="Redo").click()
    wait_until_heard(page)
    expect(box).to_be_checked()
    page.get_by_role("button", name="Reset").click()
    wait_until_heard(page)
    expect(box).not_to_be_checked()


def test_a_track_of_the_piece_can_be_kept(visit, hands, tmp_path):
    page = visit()
    group = page.get_by_role("group", name="Keep exactly")
    expect(group.get_by_role("checkbox")).to_have_count(len(NAMES))  # an example has one track
    opened(page, hands)
    expect(group.get_by_role("checkbox")).to_have_count(len(NAMES) + 2)
    page.get_by_role("button", name="Whole piece").click()
    group.get_by_role("checkbox", name="Low hand").check()
    page.get_by_role("slider", name="Note density").press("Home")
    wait_until_heard(page)
    saved(page, tmp_path / "kept.mid")
    before, after = (
        [row for row in mb.notes_of(path.read_bytes()) if row[0] == 0]
        for path in (hands, tmp_path / "kept.mid")
    )
    assert before == after
    page.get_by_role("group", name="Tracks to change").get_by_role(
        "checkbox", name="High hand"
    ).click()
    page.wait_for_function("FaderNets.bench.piece.tracks.filter((t) => t.chosen).length === 1")
    wait_until_heard(page)
    expect(group.get_by_role("checkbox")).to_have_count(len(NAMES))


def test_what_can_be_kept_has_names_of_its_own(visit, tmp_path):
    """Tracks are often called as hands are."""
    names = (b"Right hand", b"Left hand")
    tracks = [
        mb.track((0, mb.meta(3, name)), *mb.music(16, channel=k, base=53 - 13 * k))
        for k, name in enumerate(names)
    ]
    (tmp_path / "named.mid").write_bytes(mb.file(*tracks))
    page = visit()
    opened(page, tmp_path / "named.mid")
    rows = page.get_by_role("group", name="Keep exactly").locator("li").all_inner_texts()
    assert len(set(rows)) == len(NAMES) + 2
    assert rows[-2:] == ["Right hand (track 1)", "Left hand (track 2)"]


def test_notes_are_chosen_in_the_roll(visit, artefacts, hands, tmp_path):
    page = visit()
    opened(page, hands)
    pick = page.get_by_role("button", name="Choose notes")
    pick.click()
    expect(pick).to_have_attribute("aria-pressed", "true")
    x, y = page.evaluate(
        """() => { const roll = FaderNets.bench.rolls[0];
            const [onset, offset, pitch] = roll.data.notes[5];
            const { row, y } = roll.rows(roll.canvas.clientHeight);
            return [(roll.x(onset) + roll.x(offset)) / 2, y(pitch) + row / 2]; }"""
    )
    canvas = page.locator("[data-side=original] canvas")
    canvas.click(position={"x": x, "y": y})
    wait_until_heard(page)
    number = page.evaluate("FaderNets.bench.rolls[0].data.numbers[5]")
    assert page.evaluate("FaderNets.bench.now.lock") == [f"note:{number}"]
    expect(page.locator("[data-show=picked]")).to_have_text("1 note")

    rolls = page.get_by_role("slider", name="Position in seconds")
    rolls.focus()
    for key in ("ArrowRight", "Enter"):
        page.keyboard.press(key)
    wait_until_heard(page)
    next_number = page.evaluate("FaderNets.bench.rolls[0].data.numbers[6]")
    words = [f"note:{number}", f"note:{next_number}"]
    assert page.evaluate("FaderNets.bench.now.lock") == words
    page.keyboard.press("ArrowLeft")
    assert rolls.get_attribute("aria-valuetext").endswith(", kept")
    page.screenshot(path=artefacts / "chosen-notes.png")
    page.get_by_role("slider", name="Note density").press("Home")
    wait_until_heard(page)
    assert locked_rows(hands, ",".join(words)) <= saved(page, tmp_path / "kept.mid")

    canvas.click(position={"x": x, "y": y})  # lets it go again
    wait_until_heard(page)
    assert page.evaluate("FaderNets.bench.now.lock") == words[1:]
    page.get_by_role("button", name="None", exact=True).click()
    wait_until_heard(page)
    assert page.evaluate("FaderNets.bench.now.lock") == []
    pick.click()  # clicks seek again
    canvas.click(position={"x": x, "y": y})
    assert page.evaluate("FaderNets.bench.player.position") > 0
    assert page.evaluate("FaderNets.bench.now.lock") == []
