"""The strip zoomed into, notes named at the pointer, rolls kept as pictures, in Chromium."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from matplotlib import image
from playwright.sync_api import Page, expect

from tests.demo.page import wait_until_heard

pytestmark = pytest.mark.browser
# Where the strip's left edge lies, how wide it is, and what of that is in sight, in pixels.
SCROLLED = """() => { const { box, long } = FaderNets.bench.zoom;
    return [box.scrollLeft, long.offsetWidth, box.clientWidth]; }"""
SELECTED = "() => [FaderNets.bench.overview.first, FaderNets.bench.overview.last]"
# The middle of the first note with a mark in a roll, from its canvas' corner.
PLACE = """([side, mark]) => { const roll = FaderNets.bench.rolls[side];
    const [onset, offset, pitch] = roll.data.notes[roll.data.marks.indexOf(mark)];
    const { y, row } = roll.rows(roll.canvas.clientHeight);
    return [(roll.x(onset) + roll.x(offset)) / 2, y(pitch) + row / 2]; }"""
NAME = """([side, mark]) => { const { notes, marks } = FaderNets.bench.rolls[side].data;
    return FaderNets.pitchName(notes[marks.indexOf(mark)][2]); }"""


def test_the_strip_is_zoomed_into_and_scrolled(visit):
    page = visit()
    wait_until_heard(page)
    strip, (closer, farther) = (
        page.locator(".fn-strip"),
        (page.get_by_role("button", name=f"Zoom {way}", exact=True) for way in ("in", "out")),
    )
    expect(farther).to_be_disabled()
    width = page.evaluate(SCROLLED)[1]
    strip.press("+")
    closer.click()
    left, wide, visible = page.evaluate(SCROLLED)
    assert wide == pytest.approx(4 * width, abs=4) and visible == pytest.approx(width, abs=8)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    # A click chooses what is drawn under it, wherever the strip is scrolled to.
    page.evaluate("FaderNets.bench.zoom.box.scrollLeft = 500")
    count = page.evaluate("FaderNets.bench.overview.count")
    box = page.locator(".fn-scroll").bounding_box()
    page.mouse.click(box["x"] + 300, box["y"] + 40)
    index = int((500 + 300 - 3) / wide * count)  # 3 of padding
    assert page.evaluate(SELECTED) == [index, index]

    # Names of the rows stay in sight.
    names = page.locator(".fn-names")
    assert names.bounding_box()["x"] == pytest.approx(box["x"], abs=8)
    drawn = """canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
        .data.some(value => value > 0)"""
    assert names.evaluate(drawn)
    page.locator("[data-fader=note] [data-draw]").click()
    heading = page.locator("[data-lane=note] p").bounding_box()
    assert heading["x"] == pytest.approx(box["x"], abs=8)
    assert heading["width"] == pytest.approx(box["width"], abs=10)
    page.locator("[data-fader=note] [data-draw]").click()
    page.locator(".fn-strip").scroll_into_view_if_needed()
    assert page.locator(".fn-scroll").bounding_box() == box

    # What is under the pointer stays there.
    before = (page.evaluate(SCROLLED)[0] + 200) / wide
    page.mouse.move(box["x"] + 200, box["y"] + 40)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -50)
    page.keyboard.up("Control")
    page.wait_for_function(f"FaderNets.bench.zoom.long.offsetWidth > {wide + 100}")
    left, wider, _ = page.evaluate(SCROLLED)
    assert (left + 200) / wider == pytest.approx(before, abs=0.002)

    # The selection is in sight, by keys as well.
    strip.press("End")
    left, wider, visible = page.evaluate(SCROLLED)
    assert left + visible == pytest.approx(wider + 6, abs=2)
    strip.press("Home")
    assert page.evaluate(SCROLLED)[0] == 0

    page.get_by_label("Bach Chorale").check(force=True)
    expect(page.get_by_role("heading", name="O Haupt voll")).to_be_visible()
    expect(farther).to_be_disabled()
    assert page.evaluate(SCROLLED)[1] == width


def test_lines_along_the_piece_stay_as_it_is(visit):
    page = visit()
    values = page.evaluate("FaderNets.bench.overview.along.map(({ title }) => title)")
    assert values == ["Rhythm density", "Note density", "Arousal"]
    drawn = "FaderNets.bench.overview.canvas.toDataURL()"
    whole = page.evaluate(drawn)
    page.evaluate("FaderNets.bench.overview.along.forEach(line => line.values.fill(0))")
    page.evaluate("FaderNets.bench.overview.draw()")
    assert page.evaluate(drawn) != whole
    height = page.locator(".fn-strip").bounding_box()["height"]
    page.get_by_role("slider", name="Rhythm density").press("End")
    wait_until_heard(page)
    assert page.locator(".fn-strip").bounding_box()["height"] > height


def pointed_at(page: Page, side: int, mark: str | None) -> str:
    """What is said of the first note with a mark when the pointer rests on it."""
    canvas = page.locator(".fn-rolls canvas").nth(side)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    x, y = page.evaluate(PLACE, [side, mark])
    page.mouse.move(box["x"] + x, box["y"] + y)
    expect(page.locator(".fn-hint")).to_be_visible()
    return page.locator(".fn-hint").inner_text()


def test_the_pointer_on_a_note_is_told_what_it_is(visit):
    page = visit()
    page.get_by_role("slider", name="Rhythm density").press("End")
    wait_until_heard(page)
    text = pointed_at(page, 1, "added")
    assert text.startswith(f"{page.evaluate(NAME, [1, 'added'])}, bar ")
    assert "velocity" in text and text.endswith(", new")
    page.mouse.move(5, 5)
    expect(page.locator(".fn-hint")).to_be_hidden()
    page.get_by_role("slider", name="Rhythm density").press("Home")
    wait_until_heard(page)
    assert pointed_at(page, 0, "removed").endswith(", gone")


def test_notes_that_were_moved_or_changed_in_length_say_from_where(visit):
    page = visit()
    page.evaluate(
        """() => { const [original, result] = FaderNets.bench.rolls;
        const shared = { ...result.data, pedal: [[0, 1]], hasPedal: true };
        original.show({ ...shared, numbers: [1, 2, 3], locked: [], origins: [],
          notes: [[1, 1.5, 60, 64], [0, 0.5, 62, 64], [0, 1, 64, 64]],
          marks: ["moved", "kept", "kept"] });
        result.show({ ...shared, notes: [[0, 1, 62, 64], [0, 0.5, 64, 64], [1.25, 1.75, 60, 64]],
          marks: ["longer", "shorter", "moved"],
          origins: [[0, 0, 0.5], [1, 0, 1], [2, 1, 1.5]] }); }"""
    )
    assert pointed_at(page, 1, "longer").endswith("longer, was 0.50 s")
    assert pointed_at(page, 1, "shorter").endswith("shorter, was 1.00 s")
    assert pointed_at(page, 1, "moved").endswith("moved 0.25 s later")
    both = page.evaluate("FaderNets.bench.compared([1.96, 2.1], 'shorter', [2, 2.5])")
    assert both == "moved 0.04 s earlier, shorter, was 0.50 s"
    assert pointed_at(page, 0, "moved").endswith(", moved")


def test_the_rolls_are_kept_as_pictures(visit, tmp_path):
    page = visit()
    page.get_by_role("slider", name="Rhythm density").press("End")
    wait_until_heard(page)
    page.locator(".fn-more summary").click()

    def picture(kind: str) -> Path:
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Save {kind}").click()
        assert download.value.suggested_filename.endswith(f"_rolls.{kind.lower()}")
        download.value.save_as(tmp_path / kind)
        return tmp_path / kind

    notes = page.evaluate("FaderNets.bench.rolls.map(roll => roll.data.notes.length)")
    sizes = page.evaluate(
        "FaderNets.bench.rolls.map(({ canvas }) => [canvas.clientWidth, canvas.clientHeight])"
    )
    svg = ElementTree.parse(picture("SVG")).getroot()
    tag = "{http://www.w3.org/2000/svg}"
    rounded = [
        rect for rect in svg.iter(f"{tag}rect") if rect.get("rx") and rect.get("fill") != "none"
    ]
    gaps = page.evaluate(
        "FaderNets.bench.rolls.map(roll => roll.data.marks.filter((_, i) => roll.isShell(i)))"
    )
    assert len(rounded) == sum(notes) - sum(map(len, gaps))
    assert {"Original", "Result"} <= {text.text for text in svg.iter(f"{tag}text")}
    pixels = image.imread(picture("PNG"), format="png")
    height, width, channels = pixels.shape
    assert channels == 3 or pixels[..., 3].min() == 1  # on a ground, which a dark page's needs
    assert (width, height) == (2 * sizes[0][0], 2 * (sizes[0][1] + sizes[1][1] + 40))
