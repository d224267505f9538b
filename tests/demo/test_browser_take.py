"""What a MIDI keyboard plays becomes the piece, in headless Chromium."""

from __future__ import annotations

import io
import re
from pathlib import Path

import mido
import numpy as np
import pretty_midi
import pytest
from playwright.sync_api import Page, expect

from tests.demo.midi_devices import CONTROL, NOW, OFF, ON, open_devices, play_take
from tests.demo.page import wait_until_heard

pytestmark = pytest.mark.browser

MILLISECOND = 1e-3
# Of tabs, that the browser keeps.
RECORDS = """() => new Promise((resolve) => {
    const count = FaderNets.bench.memory.store("pages").count();
    count.onsuccess = () => resolve(count.result); })"""


# Seconds, and what is said then: a chord under the pedal, a key struck again while it is down, one
# released by velocity 0, another channel's, and what is no note.
PLAYED = [
    (0.000, [CONTROL, 64, 90]),
    (0.250, [ON, 60, 70]),
    (0.251, [ON, 64, 55]),
    (0.400, [0xF8, 0, 0]),
    (0.700, [OFF, 60, 64]),
    (0.9125, [ON, 64, 101]),
    (1.100, [CONTROL, 64, 0]),
    (1.3333, [ON, 64, 0]),
    (1.400, [ON + 1, 67, 33]),
    (1.450, [CONTROL, 64, 127]),
    (1.4999, [OFF + 1, 67, 0]),
    *((2 + 0.25 * k, [ON, 48 + k, 60 + k]) for k in range(16)),
    *((2.2 + 0.25 * k, [OFF, 48 + k, 0]) for k in range(15)),
]
SINCE = 5.95  # seconds ago that it began: nobody waits for it
FIRST = 0.250  # the take begins with its first key
NOTES = [  # onset, offset, pitch, velocity; the last key is still down at the end
    (0.250, 0.700, 60, 70),
    (0.251, 0.9125, 64, 55),
    (0.9125, 1.3333, 64, 101),
    (1.400, 1.4999, 67, 33),
    *((2 + 0.25 * k, 2.2 + 0.25 * k, 48 + k, 60 + k) for k in range(15)),
]
PEDAL = [(0.250, 90), (1.100, 0), (1.450, 127)]


def recorded(page: Page) -> None:
    page.get_by_role("button", name="Record").click()
    expect(page.locator("[data-show=take]")).to_have_text("Your first key begins it.")
    play_take(page, "Keys", [(time - SINCE, data) for time, data in sorted(PLAYED)])
    count = page.locator("[data-show=take]")
    expect(count).to_have_text(re.compile("^20 notes, 0:0[5-9]$"))
    expect(count).to_have_attribute("aria-live", "off")
    page.get_by_role("button", name="Stop").click()


def test_a_take_becomes_the_piece(studio, tmp_path):
    open_devices(studio, ("input", "Keys"))
    before = studio.inner_text("[data-show=name]")
    studio.get_by_role("slider", name="Rhythm density").press("End")
    wait_until_heard(studio)
    recorded(studio)
    expect(studio.get_by_role("heading", name="Take 1")).to_be_visible()
    wait_until_heard(studio)
    expect(studio.locator("[data-show=take]")).to_have_attribute("aria-live", "polite")
    with studio.expect_download() as download:
        studio.get_by_role("button", name="Save take").click()
    assert download.value.suggested_filename == "Take 1.mid"
    path = tmp_path / "take.mid"
    download.value.save_as(path)

    heard = pretty_midi.PrettyMIDI(str(path))
    (piano,) = heard.instruments
    *notes, last = sorted(piano.notes, key=lambda note: (note.start, note.pitch))
    assert [(note.pitch, note.velocity) for note in notes] == [row[2:] for row in NOTES]
    times = np.array([(note.start, note.end) for note in notes])
    assert np.abs(times - np.array([row[:2] for row in NOTES]) + FIRST).max() < MILLISECOND
    assert (last.pitch, last.velocity) == (63, 75) and last.end > last.start + 0.2
    *pedal, up = piano.control_changes
    assert [(change.number, change.value) for change in pedal] == [(64, v) for _, v in PEDAL]
    for change, (time, _) in zip(pedal, PEDAL, strict=True):
        assert change.time == pytest.approx(time - FIRST, abs=MILLISECOND)
    assert (up.value, up.time) == (0, pytest.approx(last.end))
    assert_same_by_mido(path, heard)

    # It is open as an uploaded file is: its notes, and it is here again after a reload.
    notes_open = studio.evaluate("FaderNets.bench.piece.notes")
    assert sorted(note[2] for note in notes_open) == sorted(note.pitch for note in piano.notes)
    assert studio.evaluate(f"{NOW}.rhythm") is None
    studio.get_by_role("slider", name="Note density").press("End")
    wait_until_heard(studio)
    studio.reload()
    expect(studio.get_by_role("heading", name="Take 1")).to_be_visible()
    wait_until_heard(studio)
    assert studio.evaluate(f"{NOW}.note") is not None
    assert before != "Take 1"


def assert_same_by_mido(path: Path, heard: pretty_midi.PrettyMIDI) -> None:
    """A second reader finds the same notes, times and pedal."""
    file = mido.MidiFile(path)
    assert file.type == 0 and len(file.tracks) == 1
    now, starts, ends, pedal = 0.0, [], [], []
    for message in file:
        now += message.time
        if message.type == "note_on" and message.velocity:
            starts.append((now, message.note, message.velocity))
        elif message.type in ("note_on", "note_off"):
            ends.append((now, message.note))
        elif message.type == "control_change":
            pedal.append((now, message.control, message.value))
    (piano,) = heard.instruments
    by_start = sorted((note.start, note.pitch, note.velocity) for note in piano.notes)
    by_end = sorted((note.end, note.pitch) for note in piano.notes)
    assert np.allclose(sorted(starts), by_start, atol=1e-6)
    assert np.allclose(sorted(ends), by_end, atol=1e-6)
    changes = [(change.time, change.number, change.value) for change in piano.control_changes]
    assert np.allclose(pedal, changes, atol=1e-6)


def test_the_piece_of_before_can_be_gone_back_to(studio):
    open_devices(studio, ("input", "Keys"))
    name = studio.inner_text("[data-show=name]")
    studio.get_by_role("slider", name="Rhythm density").press("End")
    wait_until_heard(studio)
    settings = studio.evaluate(NOW)
    studio.get_by_role("button", name="Record").click()
    studio.evaluate("studio.plug('input', 'Other')")
    play_take(studio, "Keys", [(0.3 * k, [ON, 60 + k, 70]) for k in range(12)])
    studio.get_by_role("button", name="Stop").click()
    expect(studio.get_by_role("heading", name="Take 1")).to_be_visible()
    wait_until_heard(studio)
    line = studio.locator("[data-show=left]")
    expect(line).to_contain_text(f"You were at {name}")
    line.get_by_role("button", name="Go on").click()
    expect(studio.get_by_role("heading", name=name)).to_be_visible()
    wait_until_heard(studio)
    assert studio.evaluate(NOW) == settings


def test_a_take_without_notes_is_no_piece(studio):
    open_devices(studio, ("input", "Keys"), ("input", "Other"))
    piece = studio.evaluate("FaderNets.bench.piece.id")
    studio.get_by_role("combobox", name="Record from").select_option("Other")
    studio.get_by_role("button", name="Record").click()
    play_take(studio, "Keys", [(0.0, [ON, 60, 70]), (0.5, [OFF, 60, 70])])  # not the one chosen
    play_take(studio, "Other", [(0.0, [CONTROL, 64, 127]), (0.1, [OFF, 61, 0])])
    studio.get_by_role("button", name="Stop").click()
    expect(studio.locator("[data-show=take]")).to_contain_text("No notes came.")
    expect(studio.get_by_role("button", name="Save take")).to_be_hidden()
    assert studio.evaluate("FaderNets.bench.piece.id") == piece


def test_a_take_that_is_refused_can_be_saved(studio, tmp_path):
    """Too many notes at a time: what was on the page stays, and none of it is kept twice."""
    open_devices(studio, ("input", "Keys"))
    studio.get_by_role("slider", name="Rhythm density").press("End")
    wait_until_heard(studio)
    piece, records = studio.evaluate("FaderNets.bench.piece.id"), studio.evaluate(RECORDS)
    studio.get_by_role("button", name="Record").click()
    notes = [(k / 80 * 0.01, [ON, 20 + k % 80, 70]) for k in range(5200)]
    play_take(studio, "Keys", notes)
    studio.get_by_role("button", name="Stop").click()
    expect(studio.locator("#fn-message")).to_contain_text("too many notes within 4 beats")
    assert studio.evaluate("FaderNets.bench.piece.id") == piece
    assert studio.evaluate(RECORDS) == records
    with studio.expect_download() as download:
        studio.get_by_role("button", name="Save take").click()
    download.value.save_as(tmp_path / "take.mid")
    (piano,) = pretty_midi.PrettyMIDI(str(tmp_path / "take.mid")).instruments
    assert len(piano.notes) == 5200
    studio.get_by_role("slider", name="Rhythm density").press("Home")
    wait_until_heard(studio)


def test_a_keyboard_that_is_unplugged_holds_no_keys(studio):
    take = studio.evaluate(
        """() => { const take = new FaderNets.Take();
        take.hear([0x90, 60, 70], 1000, "a"); take.hear([0x90, 62, 70], 1500, "b");
        take.hear([0xb0, 64, 127], 1600, "a"); take.lose("a", 2000);
        return take.end(4000); }"""
    )
    assert take == {
        "notes": [[0, 1, 60, 70], [0.5, 3, 62, 70]],
        "pedal": [[0.6, 127], [1, 0]],
        "length": 3,
    }


def test_files_of_takes_are_read_as_they_were_played(studio):
    """Whatever is played: 20 takes at random, keys struck again and at one time among them."""
    rng = np.random.default_rng(12)
    for _ in range(20):
        count = int(rng.integers(1, 120))
        onsets = np.sort(rng.uniform(0, 1200, count).round(int(rng.integers(0, 5))))
        lengths = rng.exponential(2.0, count)
        rows = [
            [float(at), float(at + length), int(rng.integers(60, 66)), int(rng.integers(1, 128))]
            for at, length in zip(onsets, lengths, strict=True)
        ]
        # What a piano does of it: a key ends where it is struck again, and once at one time.
        once = list({(row[0], row[2]): row for row in reversed(rows)}.values())[::-1]
        for i, row in enumerate(once):
            again = [other[0] for other in once[i + 1 :] if other[2] == row[2]]
            row_end = max(other[1] for other in rows if (other[0], other[2]) == (row[0], row[2]))
            once[i] = [row[0], min([row_end, *again[:1]]), *row[2:]]
        take = {"notes": rows, "pedal": [[1, 127], [1199, 0]], "length": 1300}
        data = bytes(studio.evaluate("take => [...FaderNets.midiFile(take)]", take))
        (piano,) = pretty_midi.PrettyMIDI(io.BytesIO(data)).instruments
        read = sorted((note.pitch, note.start, note.end, note.velocity) for note in piano.notes)
        played = sorted((pitch, begin, end, velocity) for begin, end, pitch, velocity in once)
        assert np.allclose(read, played, atol=MILLISECOND)
        assert mido.MidiFile(file=io.BytesIO(data)).length == pytest.approx(1300, abs=MILLISECOND)
