"""Faders and moods as a visitor moves them, in headless Chromium."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from fadernets.music import examples, midi
from fadernets.music.piece import Piece
from fadernets.music.segments import segments
from tests.demo.page import figure, open_whole_piece, picture, wait_until_heard

pytestmark = pytest.mark.browser
SAME = "The other seed draws the same notes."


def test_a_fader_moved_by_key_changes_the_music(visit, artefacts):
    page = visit()
    page.get_by_label("Chopin Mazurka").check(force=True)
    expect(page.get_by_role("heading", name=examples.EXAMPLES["mazurka"].name)).to_be_visible()
    wait_until_heard(page)
    page.get_by_role("button", name="Next bars").click()
    wait_until_heard(page)
    assert "As played" in page.locator("[data-show=summary]").inner_text()
    assert figure(page, "rhythm", "result") == figure(page, "rhythm", "piece")
    before = {side: picture(page, side) for side in ("original", "result")}

    fader = page.get_by_role("slider", name="Rhythm density")
    figures = {}
    for key in ("End", "Home"):
        fader.press(key)
        wait_until_heard(page)
        figures[key] = figure(page, "rhythm", "result")
        assert picture(page, "result") != before["result"]
        page.screenshot(path=artefacts / f"rhythm-{key.lower()}.png")
    assert picture(page, "original") != before["original"]  # notes are gone, and that is marked
    assert figures["Home"] < figure(page, "rhythm", "piece") < figures["End"]
    assert re.search(r"\d+ notes? kept, \d+ new, \d+ gone", page.inner_text("[data-show=summary]"))

    page.get_by_role("button", name="Undo").click()
    wait_until_heard(page)
    assert figure(page, "rhythm", "result") == figures["End"]
    page.get_by_role("button", name="Reset").click()
    wait_until_heard(page)
    assert picture(page, "result") == before["result"]
    assert fader.get_attribute("aria-valuetext") == "as played"
    page.get_by_role("button", name="Undo").click()
    wait_until_heard(page)
    assert figure(page, "rhythm", "result") == figures["End"]


def shape(piece: Piece) -> np.ndarray:
    """Rhythm density of every segment."""
    return np.array([segment.measure()["rhythm"] for segment in segments(piece)])


def test_faders_keep_the_shape_of_a_piece(visit, artefacts, tmp_path):
    """The whole piece and one step up; the same density for all is there if it is asked for."""

    def saved() -> np.ndarray:
        with page.expect_download() as file:
            page.get_by_role("button", name="Save MIDI").click()
        file.value.save_as(tmp_path / "saved.mid")
        return shape(midi.read(tmp_path / "saved.mid"))

    page = visit()
    open_whole_piece(page)
    own = shape(examples.load("chorale"))
    fader = page.get_by_role("slider", name="Rhythm density")
    assert fader.input_value() == "0" and fader.get_attribute("aria-valuetext") == "as played"
    for key in ("ArrowRight", "PageUp"):  # a hundredth, a tenth
        fader.press(key)
        wait_until_heard(page)
    by = float(fader.input_value())
    assert 0.1 < by < 0.4
    page.get_by_role("combobox", name="What to save").select_option("piece")
    densities = saved()
    assert figure(page, "rhythm", "piece") == pytest.approx(own.mean(), abs=0.006)
    assert figure(page, "rhythm", "result") == pytest.approx(densities.mean(), abs=0.006)
    assert figure(page, "rhythm", "asked") == pytest.approx(densities.mean(), abs=0.03)
    assert densities.mean() > own.mean() + 0.03 and densities.std() > (1 - by) * own.std() - 0.03
    page.screenshot(path=artefacts / "keep-the-shape.png", full_page=True)

    target = figure(page, "rhythm", "asked")
    page.get_by_role("radio", name="Same for all").check(force=True)
    wait_until_heard(page)
    assert figure(page, "rhythm", "asked") == pytest.approx(target, abs=0.01)  # on average
    assert figure(page, "rhythm", "result") == pytest.approx(target, abs=0.04)  # half a step
    fader.press("ArrowRight")
    wait_until_heard(page)
    assert saved().std() < 0.5 * own.std()
    page.screenshot(path=artefacts / "same-for-all.png", full_page=True)

    for _ in range(2):
        page.get_by_role("button", name="Undo").click()
        wait_until_heard(page)
    expect(page.get_by_role("radio", name="Keep the shape")).to_be_checked()
    assert float(fader.input_value()) == by and (saved() == densities).all()
    page.get_by_role("button", name="Reset").click()
    wait_until_heard(page)
    assert fader.input_value() == "0" and (saved() == own).all()


def test_a_fader_put_back_to_the_middle_moves_nothing(visit):
    page = visit()
    fader = page.get_by_role("slider", name="Note density")
    for key, moved in (("ArrowLeft", "true"), ("ArrowRight", "false")):
        fader.press(key)
        wait_until_heard(page)
        assert page.get_attribute("[data-fader=note]", "data-moved") == moved
    assert "As played" in page.inner_text("[data-show=summary]")
    expect(page.get_by_role("button", name="Reset")).to_be_disabled()


def test_a_fader_acts_on_release(visit):
    page = visit()
    box = page.get_by_role("slider", name="Note density").bounding_box()
    moves_sent = page.evaluate("FaderNets.bench.requestNumber")
    middle = box["y"] + box["height"] / 2
    value = float(page.get_by_role("slider", name="Note density").input_value())
    share = (1 + value) / 2
    page.mouse.move(box["x"] + 13 + share * (box["width"] - 26), middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, middle, steps=8)
    assert page.evaluate("FaderNets.bench.requestNumber") == moves_sent
    asked_density = figure(page, "note", "asked")
    page.mouse.up()
    wait_until_heard(page)
    assert page.evaluate("FaderNets.bench.requestNumber") == moves_sent + 1
    assert asked_density > figure(page, "note", "piece")
    assert figure(page, "note", "result") > figure(page, "note", "piece")


def test_arousal_and_seed(visit):
    page = visit()
    expect(page.get_by_role("button", name="Vary", exact=True)).to_be_disabled()
    page.get_by_role("button", name="energetic").click()
    wait_until_heard(page)
    assert (
        page.locator("[data-fader=arousal] [data-figure=asked]").inner_text() == "100 % energetic"
    )
    page.get_by_role("slider", name="Rhythm density").press("End")  # so much fits in many ways
    wait_until_heard(page)
    greedy = picture(page, "result")
    draw_by_seed(page, "7")
    seven = picture(page, "result")
    page.get_by_role("button", name="Vary", exact=True).click()
    wait_until_heard(page)
    assert page.get_by_role("spinbutton", name="Seed").input_value() not in ("", "7")
    assert len({greedy, seven, picture(page, "result")}) == 3
    assert SAME not in page.inner_text("[data-show=summary]")
    page.get_by_role("button", name="Undo").click()
    wait_until_heard(page)
    assert picture(page, "result") == seven


def test_a_seed_that_draws_the_same_notes_says_so(visit):
    page = visit()
    page.evaluate("FaderNets.bench.overview.choose(0, 0)")
    wait_until_heard(page)
    page.get_by_role("button", name="Arousal: calm").click()
    wait_until_heard(page)
    pictures, summary = [], page.locator("[data-show=summary]")
    for seed in ("7", "8"):
        draw_by_seed(page, seed)
        pictures.append(picture(page, "result"))
    assert pictures[0] == pictures[1]
    expect(summary).to_contain_text(SAME)
    page.get_by_role("slider", name="Tempo").press("ArrowLeft")
    wait_until_heard(page)
    expect(summary).not_to_contain_text(SAME)


def draw_by_seed(page: Page, value: str) -> None:
    seed = page.get_by_role("spinbutton", name="Seed")
    seed.fill(value)
    seed.press("Enter")
    wait_until_heard(page)


def test_moods(visit, artefacts):
    """A preset moves both moods at once, by key or click, and shows that it holds."""
    page = visit()
    moods = page.get_by_role("group", name="Moods")
    buttons = {name: moods.get_by_role("button", name=name) for name in ("Sad", "Joyful")}
    before = picture(page, "result")
    buttons["Sad"].focus()
    page.keyboard.press("Enter")
    wait_until_heard(page)
    sad = picture(page, "result")
    assert page.locator("[data-fader=arousal] [data-figure=asked]").inner_text() == "100 % calm"
    assert page.locator("[data-fader=valence] [data-figure=asked]").inner_text() == "100 % sad"
    expect(buttons["Sad"]).to_have_attribute("aria-pressed", "true")
    page.screenshot(path=artefacts / "sad.png", full_page=True)

    buttons["Joyful"].click()
    wait_until_heard(page)
    assert figure(page, "arousal", "result") > figure(page, "arousal", "piece")
    expect(buttons["Sad"]).to_have_attribute("aria-pressed", "false")
    expect(buttons["Joyful"]).to_have_attribute("aria-pressed", "true")
    assert len({before, sad, picture(page, "result")}) == 3

    page.get_by_role("slider", name="Valence").press("ArrowLeft")  # no longer quite that mood
    wait_until_heard(page)
    expect(buttons["Joyful"]).to_have_attribute("aria-pressed", "false")
    for _ in range(2):
        page.get_by_role("button", name="Undo").click()
        wait_until_heard(page)
    assert picture(page, "result") == sad
    expect(buttons["Sad"]).to_have_attribute("aria-pressed", "true")


def test_a_change_is_told_in_one_sentence(visit):
    """What a screen reader is given to say: of other bars that are chosen these, too."""
    page = visit()
    page.evaluate(
        """() => { window.told = []; const tell = (lines) => { for (const { target } of lines) {
            const place = target.closest?.("[aria-live=polite], [role=status]");
            if (place?.offsetParent && place.textContent.trim()) told.push(place.dataset.show);
        } };
        new MutationObserver(tell).observe(document.body, {subtree: true, childList: true}); }"""
    )
    for act, places in (
        (lambda: page.get_by_role("slider", name="Rhythm density").press("End"), ["summary"]),
        (lambda: page.get_by_role("checkbox", name="Bass").check(), ["summary"]),
        (lambda: page.keyboard.press("Control+z"), ["summary"]),
        (lambda: page.get_by_role("button", name="Next bars").click(), ["span", "summary"]),
    ):
        act()
        wait_until_heard(page)
        assert page.evaluate("told.splice(0)") == places
