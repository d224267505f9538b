"""What comes in and goes out beside notes, in headless Chromium: settings, links, curves, drags."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import soundfile
from playwright.sync_api import Browser, Page, expect

from fadernets.__main__ import main
from fadernets.music import midi
from fadernets.score import controllers
from tests.demo.page import FILE, WIDE, opened, picture, wait_until_heard, watch
from tests.fadernets.music import midi_bytes as mb

pytestmark = pytest.mark.browser

NOW = "FaderNets.bench.now"


def moved(page: Page) -> None:
    """Rhythm up here, calm on the next bars, a seed and a lock."""
    page.get_by_role("slider", name="Rhythm density").press("End")
    wait_until_heard(page)
    page.get_by_role("button", name="Next bars").click()
    page.get_by_role("button", name="Arousal: calm").click()
    page.get_by_role("checkbox", name="Bass").check()
    page.get_by_label("Seed").fill("12")
    page.get_by_label("Seed").blur()
    wait_until_heard(page)


def more(page: Page) -> None:
    page.get_by_text("More", exact=True).click()


def saved(page: Page, button: str, path: Path) -> Path:
    with page.expect_download() as download:
        page.get_by_role("button", name=button, exact=True).click()
    download.value.save_as(path)
    return path


def test_settings_go_out_and_come_in_and_the_command_line_reads_them(visit, hands, tmp_path):
    page = visit()
    opened(page, hands)
    moved(page)
    more(page)
    path = saved(page, "Save settings", tmp_path / "settings.json")
    was, drawn = page.evaluate(NOW), picture(page, "result")
    document = json.loads(path.read_text())
    assert document["settings"] == was and document["name"] == "hands"
    page.get_by_role("combobox", name="What to save").select_option("piece")
    whole = saved(page, "Save MIDI", tmp_path / "page.mid")
    assert main(["edit", *map(str, (hands, path, tmp_path / "own.mid"))]) == 0
    assert whole.read_bytes() == (tmp_path / "own.mid").read_bytes()

    page.get_by_role("button", name="Reset").click()
    wait_until_heard(page)
    page.set_input_files("[data-show=settings-file]", path)
    wait_until_heard(page)
    assert page.evaluate(NOW) == was and picture(page, "result") == drawn
    page.get_by_role("button", name="Undo").click()
    wait_until_heard(page)
    assert page.evaluate(f"{NOW}.seed") is None


NO_SETTINGS = {
    "{": "holds no settings of faders",
    '{"settings": 3}': "These are no settings of faders.",
    '{"settings": {"rhythm": [[0, 4]]}}': "rhythm in these settings is no curve from -1 to 1.",
    '{"settings": {"note": {"bars": [[1, 0]]}}}': "only the command line opens that",
    '{"settings": {"seed": -1}}': "no whole number from 0 to 999999",
    '{"settings": {"lock": [3]}}': "no list of words such as melody",
}


def test_what_are_no_settings_is_said_and_nothing_moves(visit, tmp_path):
    page = visit()
    page.get_by_role("slider", name="Rhythm density").press("End")
    wait_until_heard(page)
    was = page.evaluate(NOW)
    for number, (content, sentence) in enumerate(NO_SETTINGS.items()):
        path = tmp_path / f"{number}.json"
        path.write_text(content)
        page.set_input_files("[data-show=settings-file]", path)
        expect(page.locator("[data-show=memory]")).to_contain_text(sentence)
        assert page.evaluate(NOW) == was


def test_settings_of_the_command_line_and_of_other_versions(visit, tmp_path):
    """What the page cannot set it names, and positions are what they are on the command line."""
    (tmp_path / "short.mid").write_bytes(mb.file(mb.track(*mb.music(3))))
    page = visit()
    opened(page, tmp_path / "short.mid")
    expect(page.locator("[data-show=span]")).to_have_text("The only bar, 0:00\u20130:01")
    notice = page.locator("[data-show=memory]")
    for settings, sentence, place in (
        ({"rhythm": 0.25, "absolute": True, "strict": False}, "", "positions.rhythm"),
        ({"note": 0.5, "swing": [[0, 1]]}, "This page knows no swing: all else is set.", "note"),
    ):
        (tmp_path / "s.json").write_text(
            json.dumps({"fadernets": "settings", "settings": settings})
        )
        page.set_input_files("[data-show=settings-file]", tmp_path / "s.json")
        page.wait_for_function(f"{NOW}.{place} !== null")
        expect(notice).to_have_text(sentence)
        wait_until_heard(page)
        values = {value for _, value in page.evaluate(f"{NOW}.{place}")}
        assert values == {settings[place.removeprefix("positions.")]}
        assert page.evaluate(f"{NOW}.rhythm") is None


def test_settings_that_the_piece_cannot_have_are_refused_by_the_server(visit, tmp_path):
    page = visit()
    (tmp_path / "s.json").write_text('{"settings": {"arousal": 1, "lock": ["note:99999"]}}')
    page.set_input_files("[data-show=settings-file]", tmp_path / "s.json")
    expect(page.locator("#fn-message")).to_contain_text("There is no note 99999 to lock")
    assert page.evaluate(f"{NOW}.arousal") is None


def test_a_link_brings_back_an_example_and_its_settings(browser: Browser, address):
    one, other = (browser.new_context(viewport=WIDE) for _ in range(2))
    page = one.new_page()
    page.goto(address)
    wait_until_heard(page)
    page.get_by_label("Bach Chorale").check(force=True)
    expect(page.get_by_role("heading", name="O Haupt voll")).to_be_visible()
    wait_until_heard(page)
    moved(page)
    more(page)
    page.get_by_role("button", name="Link").click()
    link = page.get_by_label("Link to these settings").input_value()
    complaints: list[str] = []
    second = other.new_page()
    watch(second, complaints)
    second.goto(link)
    expect(second.get_by_role("heading", name="O Haupt voll")).to_be_visible()
    second.wait_for_function(f"{NOW}.seed === 12")
    wait_until_heard(second)
    assert second.evaluate(NOW) == page.evaluate(NOW)
    assert picture(second, "result") == picture(page, "result")
    assert second.url == address  # what is changed now is the visitor's own
    second.reload()
    wait_until_heard(second)
    assert second.evaluate(NOW) == page.evaluate(NOW)
    for broken in ("#settings=AAAA", "#settings=eyJzZXR0aW5ncyI6bnVsbH0"):
        second.evaluate("hash => { location.hash = hash; }", broken)
        expect(second.locator("[data-show=memory]")).to_contain_text(
            "holds no settings that can be"
        )
    assert complaints == []
    for context in (one, other):
        context.close()


def test_a_link_never_brings_an_own_file(browser: Browser, address, hands, tmp_path):
    one, other = (browser.new_context(viewport=WIDE) for _ in range(2))
    page = one.new_page()
    page.goto(address)
    wait_until_heard(page)
    opened(page, hands)
    moved(page)
    more(page)
    page.get_by_role("button", name="Link").click()
    link = page.get_by_label("Link to these settings").input_value()
    assert page.evaluate("FaderNets.bench.piece.id") not in link
    second = other.new_page()
    second.goto(link)
    wait_until_heard(second)
    memory = second.locator("[data-show=memory]")
    expect(memory).to_contain_text("somebody's own file, which it does not bring")
    assert "hands" not in second.inner_text("body").lower()
    second.set_input_files(FILE, hands)
    expect(second.get_by_role("heading", name="hands")).to_be_visible()
    wait_until_heard(second)
    assert second.evaluate(NOW) == page.evaluate(NOW)
    expect(memory).to_be_empty()
    for context in (one, other):
        context.close()


def test_curves_in_a_saved_file_open_again(visit, hands, tmp_path):
    page = visit()
    opened(page, hands)
    moved(page)
    was = page.evaluate(NOW)
    page.get_by_role("combobox", name="What to save").select_option("piece")
    plain = saved(page, "Save MIDI", tmp_path / "plain.mid")
    more(page)
    page.get_by_role("checkbox", name="Curves in MIDI").check()
    path = saved(page, "Save MIDI", tmp_path / "carried.mid")
    piece = midi.read(path)
    assert controllers.read(path.read_bytes(), piece)["seed"] == 12
    assert controllers.read(plain.read_bytes(), piece) is None
    opened(page, plain)
    line = page.locator("[data-show=carried]")
    expect(line).to_be_hidden()
    opened(page, path)
    assert page.evaluate("FaderNets.bench.score.isMoved(FaderNets.bench.now)") is False
    expect(line).to_contain_text("This file says by which faders its notes were made.")
    line.get_by_role("button", name="Set them").click()
    wait_until_heard(page)
    expect(line).to_be_hidden()
    assert page.evaluate(NOW) == was


def test_sound_in_a_tenth_of_the_room(visit, tmp_path):
    page = visit()
    more(page)
    for kind in ("OGG", "MP3"):
        info = soundfile.info(saved(page, f"Save {kind}", tmp_path / kind))
        assert info.format == kind and info.duration > 3


def test_the_result_is_dragged_out(visit, hands):
    """A browser asks for the file the moment the drag begins."""
    page = visit()
    opened(page, hands)
    page.get_by_role("slider", name="Rhythm density").press("End")
    wait_until_heard(page)
    downloads: list[str] = []
    page.on("download", lambda download: downloads.append(download.url))
    handle = page.get_by_text("Drag MIDI", exact=True)
    begin = """handle => { const data = new DataTransfer();
        const event = new DragEvent("dragstart", {dataTransfer: data, cancelable: true});
        return handle.dispatchEvent(event) && data.getData("DownloadURL"); }"""
    assert not handle.evaluate(begin)  # there is no file yet
    handle.hover()
    page.wait_for_function("FaderNets.bench.ready && !FaderNets.bench.saving")
    kind, name, url = handle.evaluate(begin).split(":", 2)
    assert (kind, name[-4:]) == ("audio/midi", ".mid") and name.startswith(
        "hands_bars-1-2_rhythm-up"
    )
    data = page.request.get(url).body()
    assert len(midi.read(data).notes) > 0 and downloads == []
    page.get_by_role("slider", name="Rhythm density").press("Home")
    wait_until_heard(page)
    assert not handle.evaluate(begin)  # what is ready is not what is shown
