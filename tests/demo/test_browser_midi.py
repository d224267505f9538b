"""MIDI devices on the page, in headless Chromium: only the hardware is a stand-in."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import mido
import numpy as np
import pretty_midi
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.demo.midi_devices import (
    ALL_NOTES_OFF,
    CONTROL,
    NO_WEB_MIDI,
    OFF,
    ON,
    STUDIO,
    left_sounding,
    open_devices,
    play_take,
    turn,
)
from tests.demo.page import WIDE, opened, passes, play, seek, wait_until_heard, watch
from tests.survey.browser.accessibility import serious

pytestmark = pytest.mark.browser

NOW = "FaderNets.bench.now"
MILLISECOND = 1e-3
# What an output was sent: strikes, as [ms, pitch, velocity].
STRUCK = "studio.sent('Synth').filter(([, status]) => status === 0x90).map(([at, , ...key]) => [at, ...key])"
# Where the playhead was when the page's clock read 0, in ms.
ZERO = "performance.now() - 1000 * FaderNets.bench.player.position"
HIDE = """(isHidden) => {
    Object.defineProperty(document, "hidden", {value: isHidden, configurable: true});
    document.dispatchEvent(new Event("visibilitychange")); }"""


@pytest.fixture(scope="module")
def studio(browser: Browser, address: str) -> Iterator[BrowserContext]:
    """A browser with MIDI devices to be plugged in."""
    context = browser.new_context(viewport=WIDE)
    context.add_init_script(STUDIO)
    yield context
    context.close()


@pytest.fixture
def page(studio: BrowserContext, address: str) -> Iterator[Page]:
    complaints: list[str] = []
    page = studio.new_page()
    watch(page, complaints)
    page.goto(address)
    wait_until_heard(page)
    yield page
    page.evaluate("localStorage.clear()")
    page.close()
    assert complaints == []


def state(page: Page):
    return page.locator("[data-show=midi]")


def learn(page: Page, fader: str, device: str, number: int, channel: int = 1) -> None:
    page.get_by_role("button", name=f"Learn {fader}").click()
    turn(page, device, number, [1], channel)


# ---- who is asked, and when ----------------------------------------------------------------------


def test_the_browser_is_asked_once_the_part_is_opened(page):
    assert page.evaluate("studio.asked") == []
    page.locator(".fn-midi summary").click()
    expect(state(page)).to_contain_text("No MIDI device is connected")
    expect(page.get_by_role("button", name="Record")).to_be_disabled()
    page.evaluate("studio.plug('input', 'Keys')")
    expect(state(page)).to_have_text("Connected: Keys.")
    expect(page.get_by_role("button", name="Record")).to_be_enabled()
    page.evaluate("studio.plug('output', 'Synth')")
    page.get_by_role("combobox", name="Record from").select_option("Keys")
    page.evaluate("studio.unplug('output', 'Synth')")
    expect(state(page)).to_have_text("Synth is gone.")
    assert page.get_by_role("combobox", name="Record from").input_value() == "input-Keys"
    page.evaluate("studio.unplug('input', 'Keys')")
    assert page.get_by_role("combobox", name="Record from").input_value() == ""
    for _ in range(2):
        page.locator(".fn-midi summary").click()
    assert page.evaluate("studio.asked") == [{"sysex": False}]


def test_a_refusal_is_one_line(visit):
    """The browser itself refuses: nobody is there to be asked."""
    page = visit()
    before = page.inner_text(".fn-desk")
    page.locator(".fn-midi summary").click()
    expect(state(page)).to_contain_text("may not use MIDI devices here")
    expect(page.locator(".fn-devices")).to_be_hidden()
    page.locator(".fn-midi summary").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Space")  # closed and opened: asked again
    expect(state(page)).to_contain_text("may not use MIDI devices here")
    page.get_by_role("slider", name="Rhythm density").press("End")
    wait_until_heard(page)
    assert page.inner_text(".fn-desk") != before


def test_a_browser_without_web_midi_says_so(browser: Browser, address):
    context = browser.new_context(viewport=WIDE)
    context.add_init_script(NO_WEB_MIDI)
    page = context.new_page()
    complaints: list[str] = []
    watch(page, complaints)
    page.goto(address)
    wait_until_heard(page)
    page.locator(".fn-midi summary").click()
    expect(state(page)).to_contain_text("This browser reaches no MIDI devices.")
    expect(page.locator(".fn-devices")).to_be_hidden()
    context.close()
    assert complaints == []


def test_the_page_alone_may_use_midi(page, address):
    """No frame of another site may, nor the listening test."""
    allowed = "document.featurePolicy.getAllowlistForFeature('midi')"
    assert page.evaluate(allowed) == [address.rstrip("/")]
    header = page.request.get(f"{address}survey/").headers["permissions-policy"]
    assert "midi=()" in header


# ---- controllers ---------------------------------------------------------------------------------


def test_a_control_that_was_learnt_moves_its_fader(page):
    open_devices(page, ("input", "Knobs"), ("input", "Keys"))
    rhythm = page.get_by_role("slider", name="Rhythm density")
    learn(page, "Rhythm density", "Knobs", 21, channel=3)
    row = page.locator(".fn-learn li").first
    expect(row).to_contain_text("CC 21, channel 3, Knobs")
    assert rhythm.input_value() == "0"  # it was learnt, nothing more
    sent = page.evaluate("FaderNets.bench.sent")
    turn(page, "Knobs", 21, range(64, 128), channel=3)
    assert rhythm.input_value() == "1"  # at once
    page.wait_for_function(f"{NOW}.rhythm !== null")
    wait_until_heard(page)
    assert page.evaluate("FaderNets.bench.sent") == sent + 1  # one move, asked once
    assert page.evaluate(f"{NOW}.rhythm[0][1]") == 1
    for device, number, channel in (("Knobs", 21, 1), ("Knobs", 22, 3), ("Keys", 21, 3)):
        turn(page, device, number, [0], channel)
    assert rhythm.input_value() == "1"
    turn(page, "Knobs", 21, [64], channel=3)  # its middle is the fader's
    page.wait_for_function(f"{NOW}.rhythm === null")
    page.get_by_role("button", name="Undo").click()
    assert page.evaluate(f"{NOW}.rhythm[0][1]") == 1

    page.get_by_role("radio", name="Same for all").check(force=True)
    wait_until_heard(page)
    turn(page, "Knobs", 21, [0], channel=3)
    page.wait_for_function(f"{NOW}.positions.rhythm?.[0][1] === 0")


def test_what_was_learnt_is_kept_and_can_be_forgotten(page):
    open_devices(page, ("input", "Knobs"))
    learn(page, "Rhythm density", "Knobs", 21)
    learn(page, "Arousal", "Knobs", 22)
    learn(page, "Note density", "Knobs", 21)  # a control is one fader's
    page.reload()
    wait_until_heard(page)
    open_devices(page, ("input", "Knobs"))
    rows = page.locator(".fn-learn output")
    learnt = ["no control", "CC 21, channel 1, Knobs", "CC 22, channel 1, Knobs", "no control"]
    expect(rows).to_have_text(learnt)
    page.get_by_role("button", name="Forget Note density").click()
    expect(page.get_by_role("button", name="Learn Note density")).to_be_focused()
    turn(page, "Knobs", 21, [127])
    turn(page, "Knobs", 22, [0])
    page.wait_for_function(f"{NOW}.arousal?.[0][1] === -1")
    assert page.evaluate(f"{NOW}.note") is None
    page.get_by_role("button", name="Forget Arousal").click()
    assert page.evaluate("Object.keys(localStorage)") == []


def test_learning_can_be_left_and_knows_no_pedal(page):
    open_devices(page, ("input", "Knobs"))
    button = page.get_by_role("button", name="Learn Arousal")
    for leave in (button.click, lambda: page.keyboard.press("Escape")):
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        turn(page, "Knobs", 64, [127])  # a pedal
        turn(page, "Knobs", 123, [0])  # a command
        leave()
        expect(button).to_have_attribute("aria-pressed", "false")
        turn(page, "Knobs", 22, [9])
    expect(page.locator(".fn-learn output")).to_have_text(["no control"] * 4)


def test_a_control_sets_the_bars_where_it_was_turned(page):
    """Also those of two faders turned together, and bars that were left before it stood still."""
    open_devices(page, ("input", "Knobs"))
    learn(page, "Rhythm density", "Knobs", 21)
    learn(page, "Arousal", "Knobs", 22)
    span = page.evaluate("FaderNets.bench.area.span")
    turn(page, "Knobs", 21, [127])
    turn(page, "Knobs", 22, [0])
    page.evaluate("FaderNets.bench.overview.step(1)")
    page.wait_for_function(f"{NOW}.rhythm !== null")
    wait_until_heard(page)
    for name, value in (("rhythm", 1), ("arousal", -1)):
        points = page.evaluate(f"FaderNets.bench.score.part({NOW}, '{name}', {span}, false)")
        assert [height for _, height in points] == [value, value]
    assert page.get_by_role("slider", name="Rhythm density").input_value() == "0"
    page.get_by_role("button", name="Undo").click()
    assert page.evaluate(f"[{NOW}.rhythm, {NOW}.arousal]") == [None, None]


# ---- a take --------------------------------------------------------------------------------------

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
    expect(page.locator("[data-show=take]")).to_have_text(re.compile("^20 notes, 0:0[5-9]$"))
    page.get_by_role("button", name="Stop").click()


def test_a_take_becomes_the_piece(page, tmp_path):
    open_devices(page, ("input", "Keys"))
    before = page.inner_text("[data-show=name]")
    page.get_by_role("slider", name="Rhythm density").press("End")
    wait_until_heard(page)
    recorded(page)
    expect(page.get_by_role("heading", name="Take 1")).to_be_visible()
    wait_until_heard(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save take").click()
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
    notes_open = page.evaluate("FaderNets.bench.piece.notes")
    assert sorted(note[2] for note in notes_open) == sorted(note.pitch for note in piano.notes)
    assert page.evaluate(f"{NOW}.rhythm") is None
    page.get_by_role("slider", name="Note density").press("End")
    wait_until_heard(page)
    page.reload()
    expect(page.get_by_role("heading", name="Take 1")).to_be_visible()
    wait_until_heard(page)
    assert page.evaluate(f"{NOW}.note") is not None
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


def test_the_piece_of_before_can_be_gone_back_to(page):
    open_devices(page, ("input", "Keys"))
    name = page.inner_text("[data-show=name]")
    page.get_by_role("slider", name="Rhythm density").press("End")
    wait_until_heard(page)
    settings = page.evaluate(NOW)
    page.get_by_role("button", name="Record").click()
    page.evaluate("studio.plug('input', 'Other')")
    play_take(page, "Keys", [(0.3 * k, [ON, 60 + k, 70]) for k in range(12)])
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("heading", name="Take 1")).to_be_visible()
    wait_until_heard(page)
    line = page.locator("[data-show=left]")
    expect(line).to_contain_text(f"You were at {name}")
    line.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    wait_until_heard(page)
    assert page.evaluate(NOW) == settings


def test_a_take_without_notes_is_no_piece(page):
    open_devices(page, ("input", "Keys"), ("input", "Other"))
    piece = page.evaluate("FaderNets.bench.piece.id")
    page.get_by_role("combobox", name="Record from").select_option("Other")
    page.get_by_role("button", name="Record").click()
    play_take(page, "Keys", [(0.0, [ON, 60, 70]), (0.5, [OFF, 60, 70])])  # not the one chosen
    play_take(page, "Other", [(0.0, [CONTROL, 64, 127]), (0.1, [OFF, 61, 0])])
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("[data-show=take]")).to_contain_text("No notes came.")
    expect(page.get_by_role("button", name="Save take")).to_be_hidden()
    assert page.evaluate("FaderNets.bench.piece.id") == piece


def test_a_keyboard_that_is_unplugged_holds_no_keys(page):
    take = page.evaluate(
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


def test_files_of_takes_are_read_as_they_were_played(page):
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
        # What a piano does of it: a key ends where it is struck again, and is struck once at a time.
        once = list({(row[0], row[2]): row for row in reversed(rows)}.values())[::-1]
        for i, row in enumerate(once):
            again = [other[0] for other in once[i + 1 :] if other[2] == row[2]]
            row_end = max(other[1] for other in rows if (other[0], other[2]) == (row[0], row[2]))
            once[i] = [row[0], min([row_end, *again[:1]]), *row[2:]]
        take = {"notes": rows, "pedal": [[1, 127], [1199, 0]], "length": 1300}
        data = bytes(page.evaluate("take => [...FaderNets.midiFile(take)]", take))
        (piano,) = pretty_midi.PrettyMIDI(io.BytesIO(data)).instruments
        read = sorted((note.pitch, note.start, note.end, note.velocity) for note in piano.notes)
        played = sorted((pitch, begin, end, velocity) for begin, end, pitch, velocity in once)
        assert np.allclose(read, played, atol=MILLISECOND)
        assert mido.MidiFile(file=io.BytesIO(data)).length == pytest.approx(1300, abs=MILLISECOND)


# ---- an instrument -------------------------------------------------------------------------------


def instrument(page: Page) -> None:
    open_devices(page, ("output", "Synth"))
    page.get_by_role("combobox", name="Play to").select_option("Synth")


def sent(page: Page) -> list[list[float]]:
    return page.evaluate("studio.sent('Synth')")


def ends_all(page: Page) -> None:
    """All Notes Off has been sent, after all else, and nothing sounds on."""
    page.wait_for_timeout(400)
    messages = sent(page)
    assert messages[-1][1:] == ALL_NOTES_OFF
    assert max(message[0] for message in messages) == messages[-1][0]
    assert left_sounding(messages) == set()
    page.wait_for_timeout(200)
    assert len(sent(page)) == len(messages)


def notes_of(page: Page, side: str) -> list[list[float]]:
    index = ("original", "result").index(side)
    return page.evaluate(f"FaderNets.bench.rolls[{index}].data.notes")


def assert_in_time(page: Page, struck: list, zero: float, notes: list, until: float) -> None:
    """Strikes are those of the notes up to a time, each when the playhead is there."""
    expected = [(onset, pitch, velocity) for onset, _, pitch, velocity in notes if onset < until]
    found = sorted((at - zero) / 1000 for at, *_ in struck)[: len(expected)]
    assert sorted(key for _, *key in struck[: len(expected)]) == sorted(
        list(key) for _, *key in expected
    )
    latency = np.median(np.array(found) - sorted(onset for onset, *_ in expected))
    assert 0 <= latency + 0.02 < 0.15  # of the machine's sound
    assert np.abs(np.array(found) - latency - sorted(o for o, *_ in expected)).max() < 0.03


def test_an_instrument_plays_what_is_heard_in_time(page):
    instrument(page)
    page.get_by_role("slider", name="Rhythm density").press("End")
    wait_until_heard(page)
    assert sent(page) == []
    play(page)
    passes(page, 1.0)
    zero = page.evaluate(ZERO)
    passes(page, 2.2)
    page.get_by_role("button", name="Pause").click()
    struck = page.evaluate(STRUCK)
    assert_in_time(page, struck, zero, notes_of(page, "result"), 2.0)
    ends_all(page)

    # The other side, from where it stands.
    page.get_by_role("radio", name="Original").check(force=True)
    count = len(struck)
    seek(page, 0)
    play(page)
    passes(page, 0.6)
    zero = page.evaluate(ZERO)
    passes(page, 1.2)
    page.get_by_role("button", name="Pause").click()
    assert_in_time(page, page.evaluate(STRUCK)[count:], zero, notes_of(page, "original"), 1.1)
    ends_all(page)


def test_every_note_ends_when_it_ends(page):
    instrument(page)
    page.get_by_label("Loop").uncheck()
    length = page.evaluate("FaderNets.bench.player.length")
    play(page)
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible(timeout=30_000)
    messages = sent(page)
    strikes = [message for message in messages if message[1] == ON]
    assert len(strikes) == len(notes_of(page, "result"))
    assert left_sounding([m for m in messages if m[1:] != ALL_NOTES_OFF]) == set()
    zero = min(strikes)[0] - 1000 * notes_of(page, "result")[0][0]
    for onset, offset, pitch, _ in notes_of(page, "result"):
        again = [n[0] for n in notes_of(page, "result") if n[2] == pitch and n[0] > onset]
        end = zero + 1000 * min([offset, length, *again])
        ups = [at for at, status, key, _ in messages if (status, key) == (OFF, pitch)]
        assert min(abs(at - end) for at in ups) < 30


@pytest.mark.parametrize("stop", ["pause", "seek", "hidden", "gone", "none", "open"])
def test_whatever_stops_the_sound_ends_all_notes(page, hands, stop):
    instrument(page)
    play(page)
    page.wait_for_function(f"{STRUCK}.length > 3")
    if stop == "pause":
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Pause").click()
        ends_all(page)
    elif stop == "seek":
        before = len(sent(page))
        seek(page, 0.0)
        after = sent(page)[before:]
        assert ALL_NOTES_OFF in [message[1:] for message in after]
        # What was sent ahead is ended too, before the first note of the new place is struck.
        last_end = max(m[0] for m in after if m[1:] == ALL_NOTES_OFF)
        page.wait_for_timeout(300)
        strikes = [m[0] for m in sent(page)[before:] if m[1] == ON]
        assert strikes and min(strikes) > last_end
        page.get_by_role("button", name="Pause").click()
        ends_all(page)
    elif stop == "hidden":
        page.evaluate(HIDE, True)
        ends_all(page)
        count = len(sent(page))
        assert page.evaluate("FaderNets.bench.player.playing")
        page.evaluate(HIDE, False)
        page.wait_for_function(f"studio.sent('Synth').length > {count}")
    elif stop == "gone":
        page.get_by_label("Sound from this page, too").uncheck()
        page.evaluate("studio.unplug('output', 'Synth')")
        expect(state(page)).to_have_text("Synth is gone.")
        expect(page.get_by_role("combobox", name="Play to")).to_have_value("")
        page.wait_for_function("!FaderNets.bench.player.muted")  # heard here again
        at = page.evaluate("FaderNets.bench.player.position")
        page.wait_for_function(f"FaderNets.bench.player.position !== {at}")
    elif stop == "none":
        page.get_by_role("combobox", name="Play to").select_option("no instrument")
        ends_all(page)
    else:
        opened(page, hands)
        ends_all(page)


def test_a_fader_and_the_other_side_while_it_plays(page):
    """The instrument goes over to the new notes at once, and none of the old ones stays."""
    instrument(page)
    play(page)
    page.wait_for_function(f"{STRUCK}.length > 2")
    for change in (
        lambda: page.keyboard.press("x"),
        lambda: page.keyboard.press("x"),
        lambda: page.get_by_role("slider", name="Note density").press("End"),
    ):
        page.locator(".fn-rolls").focus()
        change()
        count = len(page.evaluate(STRUCK))
        page.wait_for_function(f"{STRUCK}.length > {count} + 2")
    wait_until_heard(page)
    passes(page, page.evaluate("FaderNets.bench.player.length") - 0.3)
    page.wait_for_function("FaderNets.bench.player.position < 1")  # round again
    page.wait_for_timeout(500)
    keys = {(pitch, velocity) for _, _, pitch, velocity in notes_of(page, "result")}
    late = page.evaluate(f"{STRUCK}.filter(([at]) => at > performance.now() - 400)")
    assert late and {(pitch, velocity) for _, pitch, velocity in late} <= keys
    page.get_by_role("button", name="Pause").click()
    ends_all(page)


def test_an_instrument_instead_of_the_sound(page):
    level = """() => { const {rounds} = FaderNets.bench.player;
        return Math.max(0, ...rounds.flatMap(({gains}) => Object.values(gains).map(g => g.value))); }"""
    box = page.get_by_label("Sound from this page, too")
    instrument(page)
    play(page)
    page.wait_for_function(f"({level})() > 0.5")
    box.uncheck()
    page.wait_for_function(f"({level})() < 0.01")
    count = len(sent(page))
    page.wait_for_function(f"studio.sent('Synth').length > {count}")
    page.wait_for_function("FaderNets.bench.player.rounds.length > 1", timeout=60_000)  # round
    page.wait_for_timeout(300)
    assert page.evaluate(level) < 0.01
    page.get_by_role("combobox", name="Play to").select_option("no instrument")
    page.wait_for_function(f"({level})() > 0.5")
    expect(box).to_be_disabled()


# ---- looks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "scheme"), [(390, "light"), (390, "dark"), (820, "dark"), (1440, "light")]
)
def test_it_fits_looks_and_reads(browser: Browser, address, artefacts, width, scheme):
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=scheme, has_touch=width < 500
    )
    context.add_init_script(STUDIO)
    page = context.new_page()
    page.goto(address)
    wait_until_heard(page)
    open_devices(page, ("input", "Knobs of a very long name USB MIDI 1"), ("output", "Synth"))
    learn(page, "Rhythm density", "Knobs of a very long name USB MIDI 1", 21)
    page.get_by_role("button", name="Learn Arousal").click()
    page.get_by_role("button", name="Record").click()
    play_take(page, "Knobs of a very long name USB MIDI 1", [(-65.0, [ON, 60, 70])])
    expect(page.locator("[data-show=take]")).to_have_text("1 note, 1:05")
    part = page.locator(".fn-midi")
    part.scroll_into_view_if_needed()
    part.screenshot(path=artefacts / f"midi-{width}-{scheme}.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = part.evaluate(
        "part => [...part.querySelectorAll('button, select, summary')]"
        ".filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 30).length"
    )
    assert small == 0
    assert serious(page, scheme) == []
    context.close()
