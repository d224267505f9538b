"""Segments chosen, played and taken away as files, in headless Chromium."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import expect

from fadernets.music import examples, midi
from fadernets.music.notes import Notes
from tests.demo.page import (
    FILE,
    position,
    wait_until_heard,
)
from tests.fadernets import tiny

pytestmark = pytest.mark.browser


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
    strip = page.get_by_role("slider", name="Bars")
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
    strip = page.get_by_role("slider", name="Bars")
    for key in ("Home", "Shift+ArrowRight", "Shift+ArrowRight"):
        strip.press(key)
    wait_until_heard(page)
    assert "Unchanged, nothing is played here: bar 2." in page.inner_text("[data-show=summary]")
    strip.press("Home")
    strip.press("ArrowRight")
    wait_until_heard(page)
    expect(page.get_by_role("slider", name="Rhythm density")).to_be_disabled()


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
    source, still = handle_file(tmp_path / "in.mid"), [[0, 0.0], [8, 0.0]]
    path, _ = client.predict(source, arousal="high", strength=still, api_name="/transfer")
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
        arousal="high",
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
