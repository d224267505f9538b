"""A file of several tracks under the faders, in headless Chromium: which of them are to change."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.demo.page import PHONE, figure, opened, picture, wait_until_heard
from tests.fadernets.music import midi_bytes as mb

pytestmark = pytest.mark.browser


@pytest.fixture
def band(tmp_path):
    """A file of a piano, drums, a flute and a double bass that plays below the piano's keys."""
    rows = {
        "Piano": mb.music(32),
        "Drums": [e for k in range(64) for e in mb.note(k * 240, k * 240 + 90, 36, 90, 9)],
        "Flute <b>": [(0, mb.program(73, 2)), *mb.music(32, channel=2, base=60)],
        "Sub": [(0, mb.program(38, 3)), *mb.note(0, 7000, 12, 80, 3)],
    }
    tracks = [mb.track((0, mb.meta(3, name.encode())), *events) for name, events in rows.items()]
    path = tmp_path / "band.mid"
    path.write_bytes(mb.file(*tracks))
    return path


def tracks_of(page: Page) -> Locator:
    """The ticks of the tracks to change; locks have ticks of the same names."""
    return page.get_by_role("group", name="Tracks to change")


def choose(page: Page, name: str) -> None:
    """Tick a track, or take its tick away, and wait until that is another piece."""
    piece = page.evaluate("FaderNets.bench.piece.id")
    tracks_of(page).get_by_role("checkbox", name=name).click()
    page.wait_for_function("id => FaderNets.bench.piece.id !== id", arg=piece)
    wait_until_heard(page)


def test_tracks_are_chosen_and_what_was_set_stays(visit, band, artefacts, tmp_path):
    page = visit()
    group = tracks_of(page)
    expect(group).to_be_hidden()  # an example has none to choose
    opened(page, band)
    expect(group.get_by_role("checkbox")).to_have_count(3)  # no drums
    expect(group.get_by_role("checkbox", name="Piano")).to_be_checked()
    expect(group.get_by_role("checkbox", name="Flute <b>")).not_to_be_checked()
    page.get_by_role("button", name="Next bars").click()
    wait_until_heard(page)
    page.get_by_role("slider", name="Rhythm density").press("End")
    wait_until_heard(page)
    span, result = page.inner_text("[data-show=span]"), picture(page, "result")
    summary = page.locator("[data-show=summary]")
    expect(summary).to_contain_text("Drums, Flute <b>, Sub stay as they are.")

    choose(page, "Flute <b>")
    choose(page, "Piano")
    expect(summary).to_contain_text("Piano, Drums, Sub stay as they are.")
    assert picture(page, "result") != result
    assert page.inner_text("[data-show=span]") == span
    assert page.get_by_role("slider", name="Rhythm density").input_value() == "1"
    assert figure(page, "rhythm", "result") > figure(page, "rhythm", "piece")
    page.screenshot(path=artefacts / "tracks.png", full_page=True)
    page.get_by_role("button", name="Undo").click()  # of the fader
    wait_until_heard(page)
    expect(summary).to_contain_text("As played.")
    page.get_by_role("button", name="Redo").click()
    wait_until_heard(page)

    page.get_by_role("combobox", name="What to save").select_option("piece")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save MIDI").click()
    saved.value.save_as(tmp_path / "new.mid")
    before, after = band.read_bytes(), (tmp_path / "new.mid").read_bytes()
    assert mb.others(after) == mb.others(before)
    assert {row[0] for row in set(mb.notes_of(before)) ^ set(mb.notes_of(after))} == {2}

    tracks_of(page).get_by_role("checkbox", name="Flute <b>").click()  # the last one stays
    expect(tracks_of(page).get_by_role("checkbox", name="Flute <b>")).to_be_checked()
    page.get_by_label("Chopin Mazurka").check(force=True)
    expect(page.get_by_role("heading", name="Mazurka")).to_be_visible()
    wait_until_heard(page)
    expect(group).to_be_hidden()


def test_tracks_that_are_no_piano_piece_are_refused_and_nothing_is_lost(visit, band):
    page = visit()
    opened(page, band)
    choose(page, "Sub")
    before = picture(page, "result")
    tracks_of(page).get_by_role("checkbox", name="Piano").click()
    message = page.get_by_role("alert").first
    expect(message).to_contain_text("band.mid has no notes in the range of a piano.")
    expect(tracks_of(page).get_by_role("checkbox", name="Piano")).to_be_checked()
    expect(page.locator(".fn-bench")).to_have_attribute("aria-busy", "false")
    page.get_by_role("slider", name="Rhythm density").press("Home")
    wait_until_heard(page)
    expect(message).to_be_empty()
    assert picture(page, "result") != before


def test_two_choices_at_once(visit, band):
    page = visit()
    opened(page, band)
    flute_then_piano = "boxes.slice(0, 2).reverse().forEach((box) => box.click())"
    page.evaluate(f"() => FaderNets.bench.tracks.{flute_then_piano}")
    page.wait_for_function(
        "() => FaderNets.bench.piece.tracks.filter((track) => track.chosen)"
        ".map((track) => track.name).join() === 'Flute <b>'"
    )
    wait_until_heard(page)
    assert page.evaluate("FaderNets.bench.tracks.value") == [3]
    expect(page.locator(".fn-bench")).to_have_attribute("aria-busy", "false")


def test_an_older_choice_that_is_answered_last(visit, band):
    page = visit()
    opened(page, band)
    page.evaluate("window.older = FaderNets.bench.piece")
    choose(page, "Flute <b>")
    page.evaluate("FaderNets.bench.open(window.older)")
    page.wait_for_function(
        "(older) => FaderNets.bench.piece.id !== older", arg=page.evaluate("window.older.id")
    )
    wait_until_heard(page)
    chosen = "FaderNets.bench.piece.tracks.filter((track) => track.chosen)"
    assert page.evaluate(f"{chosen}.map((track) => track.number)") == [1, 3]
    assert page.evaluate("FaderNets.bench.tracks.value") == [1, 3]


def test_many_tracks_fit_on_a_phone(visit, tmp_path, artefacts):
    tracks = [
        mb.track((0, mb.meta(3, f"A rather long name of track {k}".encode())), *mb.music(16))
        for k in range(60)
    ]
    path = tmp_path / "many.mid"
    path.write_bytes(mb.file(*tracks))
    page = visit(PHONE)
    opened(page, path)
    assert tracks_of(page).get_by_role("checkbox", name="long name").count() == 60
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    box = page.locator(".fn-tracks").bounding_box()
    assert box["height"] < 220
    page.screenshot(path=artefacts / "tracks-phone.png")
