"""The demo as a visitor meets it, in headless Chromium."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import expect

from fadernets.music import examples, midi
from fadernets.music.notes import Notes
from fadernets.music.piece import Piece, segments
from tests.demo.page import (
    FILE,
    PHONE,
    WIDE,
    figure,
    open_whole_piece,
    picture,
    position,
    wait_until_heard,
)
from tests.fadernets import tiny

pytestmark = pytest.mark.browser


def test_a_fader_moved_by_key_changes_the_music(visit, artefacts):
    page = visit()
    page.get_by_label("Chopin Mazurka").check(force=True)
    expect(page.get_by_role("heading", name=examples.EXAMPLES["mazurka"].name)).to_be_visible()
    wait_until_heard(page)
    page.get_by_role("button", name="Next segments").click()
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
    kept = saved()
    assert figure(page, "rhythm", "piece") == pytest.approx(own.mean(), abs=0.006)
    assert figure(page, "rhythm", "result") == pytest.approx(kept.mean(), abs=0.006)
    assert figure(page, "rhythm", "asked") == pytest.approx(kept.mean(), abs=0.03)
    assert kept.mean() > own.mean() + 0.03 and kept.std() > (1 - by) * own.std() - 0.03
    page.screenshot(path=artefacts / "keep-the-shape.png", full_page=True)

    asked = figure(page, "rhythm", "asked")
    page.get_by_role("radio", name="Same for all").check(force=True)
    wait_until_heard(page)
    assert figure(page, "rhythm", "asked") == pytest.approx(asked, abs=0.01)  # on average
    assert figure(page, "rhythm", "result") == pytest.approx(asked, abs=0.04)  # half a step
    fader.press("ArrowRight")
    wait_until_heard(page)
    assert saved().std() < 0.5 * own.std()
    page.screenshot(path=artefacts / "same-for-all.png", full_page=True)

    for _ in range(2):
        page.get_by_role("button", name="Undo").click()
        wait_until_heard(page)
    expect(page.get_by_role("radio", name="Keep the shape")).to_be_checked()
    assert float(fader.input_value()) == by and (saved() == kept).all()
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
    moves_sent = page.evaluate("FaderNets.bench.sent")
    middle = box["y"] + box["height"] / 2
    value = float(page.get_by_role("slider", name="Note density").input_value())
    share = (1 + value) / 2
    page.mouse.move(box["x"] + 13 + share * (box["width"] - 26), middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, middle, steps=8)
    assert page.evaluate("FaderNets.bench.sent") == moves_sent
    asked_density = figure(page, "note", "asked")
    page.mouse.up()
    wait_until_heard(page)
    assert page.evaluate("FaderNets.bench.sent") == moves_sent + 1
    assert asked_density > figure(page, "note", "piece")
    assert figure(page, "note", "result") > figure(page, "note", "piece")


def test_arousal_and_seed(visit, artefacts):
    page = visit()
    expect(page.get_by_role("button", name="Vary")).to_be_disabled()
    page.get_by_role("button", name="energetic").click()
    wait_until_heard(page)
    assert (
        page.locator("[data-fader=arousal] [data-figure=asked]").inner_text() == "100 % energetic"
    )
    greedy = picture(page, "result")
    seed = page.get_by_role("spinbutton", name="Seed")
    seed.fill("7")
    seed.press("Enter")
    wait_until_heard(page)
    seven = picture(page, "result")
    page.get_by_role("button", name="Vary").click()
    wait_until_heard(page)
    assert seed.input_value() not in ("", "7")
    assert len({greedy, seven, picture(page, "result")}) == 3
    page.get_by_role("button", name="Undo").click()
    wait_until_heard(page)
    assert picture(page, "result") == seven


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


def test_playing_seeking_and_switching(visit):
    page = visit()
    page.get_by_role("slider", name="Rhythm density").press("Home")
    wait_until_heard(page)
    page.keyboard.press("Space")
    page.wait_for_function("FaderNets.bench.player.position > 0.3")
    moved = page.eval_on_selector(".fn-playhead", "head => head.getBoundingClientRect().x")
    page.wait_for_function("FaderNets.bench.player.position > 0.6")
    assert page.eval_on_selector(".fn-playhead", "head => head.getBoundingClientRect().x") > moved

    before = position(page)
    page.keyboard.press("x")
    expect(page.get_by_role("radio", name="Original")).to_be_checked()
    assert before <= position(page) < before + 2  # went on, did not begin again
    assert page.evaluate("FaderNets.bench.player.playing")

    canvas = page.locator("[data-side=original] canvas")
    size = canvas.bounding_box()
    page.keyboard.press("Space")
    canvas.click(position={"x": size["width"] * 0.75, "y": size["height"] / 2})
    length = page.evaluate("FaderNets.bench.player.length")
    assert position(page) == pytest.approx(0.74 * length, abs=0.04 * length)
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("FaderNets.bench.player.rounds.length > 1")  # the loop goes round
    assert position(page) < length


def test_the_sound_is_of_the_side_chosen(visit):
    """What leaves the mixer is the original's sound, then the result's."""
    page = visit()
    page.get_by_role("slider", name="Note density").press("End")
    wait_until_heard(page)
    loud = """side => { const { chunks } = FaderNets.bench.player.sounds[side];
        const data = chunks.get(0).getChannelData(0);
        return Math.sqrt(data.reduce((sum, x) => sum + x * x, 0) / data.length); }"""
    assert page.evaluate(loud, "original") > 1e-3
    assert page.evaluate(loud, "result") > 1e-3
    gains = "FaderNets.bench.player.rounds.map(r => [r.gains.original.value, r.gains.result.value])"
    page.keyboard.press("Space")
    page.wait_for_function("FaderNets.bench.player.position > 0.2")
    original, result = page.evaluate(gains)[0]
    assert original < 0.01 and result > 0.9
    page.keyboard.press("x")
    page.wait_for_timeout(200)
    original, result = page.evaluate(gains)[0]
    volume = page.evaluate("FaderNets.bench.player.volumes.original")
    assert original == pytest.approx(volume, abs=0.02) and result < 0.01


def test_files_to_take_away(visit, tmp_path):
    page = visit()
    page.get_by_role("slider", name="Note density").press("Home")
    wait_until_heard(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save MIDI").click()
    download.value.save_as(tmp_path / "result.mid")
    assert download.value.suggested_filename.endswith("note-down-1.00.mid")
    part = midi.read(tmp_path / "result.mid")
    assert len(part.notes) > 3 and part.length == 6  # two bars of three beats

    page.get_by_role("combobox", name="What to save").select_option("piece")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save MIDI").click()
    download.value.save_as(tmp_path / "piece.mid")
    assert midi.read(tmp_path / "piece.mid").length == examples.load(examples.FIRST).length

    page.get_by_role("combobox", name="What to save").select_option("selection")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save WAV").click()
    download.value.save_as(tmp_path / "result.wav")
    samples, rate = soundfile.read(tmp_path / "result.wav")
    assert rate in (44_100, 48_000) and len(samples) / rate > 4
    assert np.abs(samples).max() > 0.1


def test_choosing_segments(visit):
    page = visit()
    page.get_by_label("Joplin Rag").check(force=True)
    expect(page.get_by_role("heading", name="Maple Leaf Rag")).to_be_visible()
    wait_until_heard(page)
    strip = page.get_by_role("slider", name="Segments")
    box = strip.bounding_box()
    cell = box["width"] / 42
    page.mouse.move(box["x"] + 3.5 * cell, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 5.5 * cell, box["y"] + 20, steps=4)
    page.mouse.up()
    wait_until_heard(page)
    assert "Bars 7–12 of 84" in page.inner_text("[data-show=span]")
    strip.press("Home")
    strip.press("Shift+ArrowRight")
    wait_until_heard(page)
    assert "Bars 1–4 of 84" in page.inner_text("[data-show=span]")
    page.get_by_role("slider", name="Rhythm density").press("Home")
    wait_until_heard(page)
    assert "Move a fader" not in page.inner_text("[data-show=summary]")


def test_a_segment_where_nothing_is_played(visit, tmp_path):
    parts = tiny.bars(3)
    parts[1] = Notes.empty()
    midi.write(tiny.piece(parts), tmp_path / "rest.mid")
    page = visit()
    page.set_input_files(FILE, tmp_path / "rest.mid")
    expect(page.get_by_role("heading", name="rest")).to_be_visible()
    wait_until_heard(page)
    strip = page.get_by_role("slider", name="Segments")
    for key in ("Home", "Shift+ArrowRight", "Shift+ArrowRight"):
        strip.press(key)
    wait_until_heard(page)
    assert "Unchanged, nothing is played here: bar 2." in page.inner_text("[data-show=summary]")
    strip.press("Home")
    strip.press("ArrowRight")
    wait_until_heard(page)
    expect(page.get_by_role("slider", name="Rhythm density")).to_be_disabled()


def test_a_key_held_down(visit):
    """With moves faster than answers, the answer to the last move is shown."""
    page = visit()
    strip = page.get_by_role("slider", name="Segments")
    for key in ("ArrowRight", "ArrowLeft") * 3:
        for _ in range(8):
            strip.press(key)
        wait_until_heard(page)
    page.get_by_role("slider", name="Note density").press("Home")
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    wait_until_heard(page)
    assert page.get_by_role("slider", name="Note density").input_value() == "-0.9"
    assert '"note":-0.9,' in page.evaluate("FaderNets.bench.props.value")


def test_focus_goes_from_top_to_bottom(visit):
    page = visit()
    page.get_by_role("slider", name="Rhythm density").press("Home")
    wait_until_heard(page)
    page.get_by_role("radio", name="Bach Chorale").focus()
    focused = []
    for _ in range(60):
        focused.append(
            page.evaluate(
                "() => { const at = document.activeElement;"
                " return at.ariaLabel || (at.labels && at.labels[0] || at).textContent.trim(); }"
            )
        )
        page.keyboard.press("Tab")
    expected = [
        "Bach Chorale",
        "Your own MIDI file",
        "Previous segments",
        "Whole piece",
        "Segments",
        "Play",
        "Result",
        "Loop",
        "Position in seconds",
        "Save MIDI",
        "What to save",
        "Keep the shape",
        "Melody",
        "Choose notes",
        "Rhythm density",
        "Rhythm as played",
        "Note density",
        "Arousal",
        "energetic",
        "Valence",
        "joyful",
        "Calm",
        "Joyful",
        "Seed",
        "Vary",
        "Undo",
        "Reset",
    ]
    places = [focused.index(name) for name in expected if name in focused]
    assert [name for name in expected if name not in focused] == []
    home = expected.index("Rhythm as played")
    order = [place for i, place in enumerate(places) if i not in (home - 1, home)]
    assert order == sorted(order)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_it_fits_and_looks(visit, artefacts, size, scheme):
    page = visit(size, scheme)
    page.get_by_role("slider", name="Note density").press("End")
    wait_until_heard(page)
    page.screenshot(path=artefacts / f"page-{size['width']}-{scheme}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(int(part) for part in re.findall(r"\d+", paper)[:3])
    assert (brightness > 384) == (scheme == "light")
    small = page.evaluate(
        """() => [...document.querySelectorAll('.fn-bench button, .fn-bench select')]
            .filter(e => e.checkVisibility({visibilityProperty: true}))
            .filter(e => e.getBoundingClientRect().height < 30).map(e => e.textContent)"""
    )
    assert small == []


def test_programs_can_ask_too(address, tmp_path):
    from gradio_client import Client, handle_file
    from gradio_client.exceptions import AppError

    piece = examples.load("sonata")
    midi.write(piece, tmp_path / "in.mid")
    client = Client(address, verbose=False, download_files=str(tmp_path))
    path, figures = client.predict(handle_file(tmp_path / "in.mid"), rhythm=-1.0, api_name="/slide")
    assert midi.read(path).length == piece.length
    assert figures["after"]["rhythm"] < figures["before"]["rhythm"]
    low = figures["after"]["rhythm"]
    path, figures = client.predict(
        handle_file(tmp_path / "in.mid"), rhythm=0, note={"bars": [[0, 0]]}, api_name="/slide"
    )
    assert Path(path).read_bytes() == (tmp_path / "in.mid").read_bytes()
    _, figures = client.predict(
        handle_file(tmp_path / "in.mid"), rhythm=0.0, absolute=True, api_name="/slide"
    )
    assert figures["after"]["rhythm"] == pytest.approx(low, abs=0.01)
    _, figures = client.predict(
        handle_file(tmp_path / "in.mid"), rhythm=[[0, 0.0], [16, -1.0]], api_name="/slide"
    )
    assert low < figures["after"]["rhythm"] < figures["before"]["rhythm"]
    with pytest.raises(AppError, match="Rhythm: breakpoint 2 of the curve has 3, outside -1 to 1"):
        client.predict(handle_file(tmp_path / "in.mid"), rhythm=[[0, 0], [4, 3]], api_name="/slide")
    path, _ = client.predict(
        handle_file(tmp_path / "in.mid"), strength=[[0, 0.0], [8, 0.0]], api_name="/transfer"
    )
    assert Path(path).read_bytes() == (tmp_path / "in.mid").read_bytes()
    drawn = "[[0, 0.0], [16, -1.0]]"
    _, by_text = client.predict(handle_file(tmp_path / "in.mid"), rhythm=drawn, api_name="/slide")
    _, by_list = client.predict(
        handle_file(tmp_path / "in.mid"), rhythm=[[0, 0.0], [16, -1.0]], api_name="/slide"
    )
    assert by_text == by_list
    path, figures = client.predict(
        handle_file(tmp_path / "in.mid"), rhythm=-1.0, lock="melody", api_name="/slide"
    )
    assert figures["reach"]["rhythm"]["asked"] < figures["reach"]["rhythm"]["lowest"]
    assert figures["notices"][0].endswith("the melody stays.")
    _, high = client.predict(
        handle_file(tmp_path / "in.mid"),
        valence="low",
        strength=0.0,
        arousal_strength="[[0, 0.0]]",
        valence_strength=1.0,
        api_name="/transfer",
    )
    _, alone = client.predict(
        handle_file(tmp_path / "in.mid"), arousal=None, valence="low", api_name="/transfer"
    )
    assert high == alone
    path, figures = client.predict(
        handle_file(tmp_path / "in.mid"), arousal="low", last=3, api_name="/transfer"
    )
    assert midi.read(path).length == piece.length
    _, sad = client.predict(handle_file(tmp_path / "in.mid"), preset="sad", api_name="/transfer")
    _, low = client.predict(
        handle_file(tmp_path / "in.mid"), arousal="low", valence="low", api_name="/transfer"
    )
    assert sad == low
    client.close()
