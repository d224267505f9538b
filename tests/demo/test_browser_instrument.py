"""What is heard on a MIDI instrument, in headless Chromium."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.demo.midi_devices import ALL_NOTES_OFF, OFF, ON, left_sounding, open_devices, state
from tests.demo.page import open_whole_piece, opened, passes, play, position, seek, wait_until_heard

pytestmark = pytest.mark.browser

# What an output was sent: strikes, as [ms, pitch, velocity].
STRUCK = """studio.sent("Synth").filter(([, status]) => status === 0x90)
    .map(([at, , ...key]) => [at, ...key])"""
# Where the playhead was when the page's clock read 0, in ms.
ZERO = "performance.now() - 1000 * FaderNets.bench.player.position"
HIDE = """(isHidden) => {
    Object.defineProperty(document, "hidden", {value: isHidden, configurable: true});
    document.dispatchEvent(new Event("visibilitychange")); }"""


def instrument(page: Page) -> None:
    open_devices(page, ("output", "Synth"))
    page.get_by_role("combobox", name="Play to").select_option("Synth")


def messages_of(page: Page) -> list[list[float]]:
    return page.evaluate("studio.sent('Synth')")


def ends_all(page: Page) -> None:
    """All Notes Off has been sent, after all else, and nothing sounds on."""
    page.wait_for_timeout(400)
    messages = messages_of(page)
    assert messages[-1][1:] == ALL_NOTES_OFF
    assert max(message[0] for message in messages) == messages[-1][0]
    assert left_sounding(messages) == set()
    page.wait_for_timeout(200)
    assert len(messages_of(page)) == len(messages)


def notes_of(page: Page, side: str) -> list[list[float]]:
    index = ("original", "result").index(side)
    return page.evaluate(f"FaderNets.bench.rolls[{index}].data.notes")


def assert_in_time(struck: list, zero: float, notes: list, until: float) -> None:
    """The first strikes are those of the notes up to a time, each when the playhead is there."""
    expected = [[onset, pitch, velocity] for onset, _, pitch, velocity in notes if onset < until]
    first_strikes = sorted(struck)[: len(expected)]
    assert sorted(key for _, *key in first_strikes) == sorted(key for _, *key in expected)
    late = np.array([(at - zero) / 1000 for at, *_ in first_strikes]) - [
        onset for onset, *_ in expected
    ]
    latency = np.median(late)  # of the machine's sound, which a note comes with
    assert -0.02 < latency < 0.15
    assert np.median(np.abs(late - latency)) < 0.005
    assert np.abs(late - latency).max() < 0.5  # what is due while the page is busy comes late


def assert_original_in_time(studio, before: int):
    """The other side is struck at its own tempo, from where it stands, after so many strikes."""
    studio.get_by_role("radio", name="Original").check(force=True)
    seek(studio, 0)
    play(studio)
    passes(studio, 0.6)
    zero = studio.evaluate(ZERO)
    passes(studio, 1.2)
    studio.get_by_role("button", name="Pause").click()
    struck = studio.evaluate(STRUCK)[before:]
    assert_in_time(struck, zero, notes_of(studio, "original"), 1.1)


def test_an_instrument_plays_what_is_heard_in_time(studio):
    instrument(studio)
    studio.get_by_role("slider", name="Rhythm density").press("End")
    wait_until_heard(studio)
    assert messages_of(studio) == []
    play(studio)
    passes(studio, 1.0)
    zero = studio.evaluate(ZERO)
    passes(studio, 2.2)
    studio.get_by_role("button", name="Pause").click()
    struck = studio.evaluate(STRUCK)
    assert_in_time(struck, zero, notes_of(studio, "result"), 2.0)
    ends_all(studio)

    assert_original_in_time(studio, len(struck))
    ends_all(studio)


def test_an_instrument_keeps_the_tempo_of_what_is_heard(studio):
    """At half the tempo each note comes after twice the time."""
    instrument(studio)
    studio.locator("#fn-tempo").press("Home")
    wait_until_heard(studio)
    play(studio)
    passes(studio, 0.5)
    zero = studio.evaluate(ZERO.replace("1000", "2000"))
    passes(studio, 1.0)
    studio.get_by_role("button", name="Pause").click()
    notes = [[2 * on, 2 * off, *key] for on, off, *key in notes_of(studio, "result")]
    struck = studio.evaluate(STRUCK)
    assert_in_time(struck, zero, notes, 1.8)
    ends_all(studio)
    assert_original_in_time(studio, len(struck))


def test_every_note_ends_when_it_ends(studio):
    instrument(studio)
    studio.get_by_label("Loop").uncheck()
    length = studio.evaluate("FaderNets.bench.player.length")
    play(studio)
    expect(studio.get_by_role("button", name="Play", exact=True)).to_be_visible(timeout=30_000)
    messages = messages_of(studio)
    strikes = [message for message in messages if message[1] == ON]
    assert len(strikes) == len(notes_of(studio, "result"))
    assert left_sounding([m for m in messages if m[1:] != ALL_NOTES_OFF]) == set()
    notes = notes_of(studio, "result")
    zero = np.median(
        [at - 1000 * onset for (at, *_), (onset, *_) in zip(strikes, notes, strict=True)]
    )
    for onset, offset, pitch, _ in notes:
        again = [other[0] for other in notes if other[2] == pitch and other[0] > onset]
        end = zero + 1000 * min([offset, length, *again])
        ups = [at for at, status, key, _ in messages if (status, key) == (OFF, pitch)]
        assert min(abs(at - end) for at in ups) < 60


@pytest.mark.parametrize("stop", ["pause", "seek", "hidden", "gone", "none", "open"])
def test_whatever_stops_the_sound_ends_all_notes(studio, hands, stop):
    instrument(studio)
    play(studio)
    studio.wait_for_function(f"{STRUCK}.length > 3")
    if stop == "pause":
        studio.keyboard.press("Escape")
        studio.get_by_role("button", name="Pause").click()
        ends_all(studio)
    elif stop == "seek":
        before = studio.wait_for_function(  # something has been sent ahead
            """() => { const sent = studio.sent("Synth"), count = sent.length;
            if (sent.at(-1)[0] < performance.now() + 80) return null;
            FaderNets.bench.player.seek(0);
            return count; }"""
        ).json_value()
        after = messages_of(studio)[before:]
        assert ALL_NOTES_OFF in [message[1:] for message in after]
        # What was sent ahead is ended too, before a note of the new place is struck.
        last_end = max(m[0] for m in after if m[1:] == ALL_NOTES_OFF)
        studio.wait_for_timeout(300)
        strikes = [m[0] for m in messages_of(studio)[before:] if m[1] == ON]
        assert strikes and min(strikes) > last_end
        studio.get_by_role("button", name="Pause").click()
        ends_all(studio)
    elif stop == "hidden":
        studio.evaluate(HIDE, True)
        ends_all(studio)
        count = len(messages_of(studio))
        assert studio.evaluate("FaderNets.bench.player.playing")
        studio.evaluate(HIDE, False)
        studio.wait_for_function(f"studio.sent('Synth').length > {count} + 4")
        studio.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
        assert ALL_NOTES_OFF in [message[1:] for message in messages_of(studio)[count:]]
    elif stop == "gone":
        studio.get_by_label("Sound from this page, too").uncheck()
        studio.evaluate("studio.unplug('output', 'Synth')")
        expect(state(studio)).to_have_text("Synth is gone.")
        expect(studio.get_by_role("combobox", name="Play to")).to_have_value("")
        studio.wait_for_function("!FaderNets.bench.player.muted")  # heard here again
        at = studio.evaluate("FaderNets.bench.player.position")
        studio.wait_for_function(f"FaderNets.bench.player.position !== {at}")
    elif stop == "none":
        studio.get_by_role("combobox", name="Play to").select_option("no instrument")
        ends_all(studio)
    else:
        opened(studio, hands)
        ends_all(studio)


def test_a_fader_and_the_other_side_while_it_plays(studio):
    """The instrument goes over to the new notes at once, and none of the old ones stays."""
    instrument(studio)
    play(studio)
    studio.wait_for_function(f"{STRUCK}.length > 2")
    for change in (
        lambda: studio.keyboard.press("x"),
        lambda: studio.keyboard.press("x"),
        lambda: studio.get_by_role("slider", name="Note density").press("End"),
    ):
        studio.locator(".fn-rolls").focus()
        change()
        count = len(studio.evaluate(STRUCK))
        studio.wait_for_function(f"{STRUCK}.length > {count} + 2")
    wait_until_heard(studio)
    passes(studio, studio.evaluate("FaderNets.bench.player.length") - 0.3)
    studio.wait_for_function("FaderNets.bench.player.position < 1")  # round again
    studio.wait_for_timeout(500)
    keys = {(pitch, velocity) for _, _, pitch, velocity in notes_of(studio, "result")}
    late = studio.evaluate(f"{STRUCK}.filter(([at]) => at > performance.now() - 400)")
    assert late and {(pitch, velocity) for _, pitch, velocity in late} <= keys
    studio.get_by_role("button", name="Pause").click()
    ends_all(studio)


def test_the_other_side_is_heard_at_once(studio):
    """Whatever sounds of the one ends before the first note of the other."""
    instrument(studio)
    play(studio)
    studio.wait_for_function(f"{STRUCK}.length > 2")
    before, after = studio.evaluate(
        """() => { const sent = studio.sent("Synth"), count = sent.length;
        FaderNets.bench.player.listen("original");
        return [sent.slice(0, count), sent.slice(count)]; }"""
    )
    assert (pitches := left_sounding(before))
    first_strike = [status for _, status, *_ in (*after, [0, ON])].index(ON)
    assert pitches <= {pitch for _, _, pitch, _ in after[:first_strike]}
    studio.get_by_role("button", name="Pause").click()
    ends_all(studio)


def test_an_instrument_instead_of_the_sound(studio):
    level = """() => { const {rounds} = FaderNets.bench.player;
        const gains = rounds.flatMap((round) => Object.values(round.gains));
        return Math.max(0, ...gains.map(({value}) => value)); }"""
    box = studio.get_by_label("Sound from this page, too")
    instrument(studio)
    play(studio)
    studio.wait_for_function(f"({level})() > 0.5")
    box.uncheck()
    studio.wait_for_function(f"({level})() < 0.01")
    count = len(messages_of(studio))
    studio.wait_for_function(f"studio.sent('Synth').length > {count}")
    studio.wait_for_function("FaderNets.bench.player.rounds.length > 1")  # round
    studio.wait_for_timeout(300)
    assert studio.evaluate(level) < 0.01
    studio.get_by_role("combobox", name="Play to").select_option("no instrument")
    studio.wait_for_function(f"({level})() > 0.5")
    expect(box).to_be_disabled()


def test_a_part_that_is_looped_is_played_alone(studio):
    instrument(studio)
    notes = notes_of(studio, "result")
    begin, end = sorted({onset for onset, *_ in notes})[1:4:2]
    studio.evaluate("part => FaderNets.bench.player.between(part)", [begin, end])
    inside = [pitch for onset, _, pitch, _ in notes if begin <= onset < end]
    play(studio)
    studio.wait_for_function(f"{STRUCK}.length >= {2 * len(inside)}")
    pitches = [pitch for _, pitch, _ in studio.evaluate(STRUCK)]
    rounds, count = 3 * inside, 2 * len(inside)
    # What a busy machine comes to too late is left out, at the beginning alone.
    assert pitches[:count] in [rounds[late : late + count] for late in range(len(inside))]
    studio.get_by_role("button", name="Pause").click()
    ends_all(studio)


def test_an_instrument_rests_beside_sound_whose_notes_are_still_to_come(studio):
    """A fader was moved: the sound is new already, the notes are those of before."""
    instrument(studio)
    open_whole_piece(studio)
    play(studio)
    passes(studio, 0.3)
    studio.evaluate(
        """() => { const bench = FaderNets.bench, send = bench.trigger;
        bench.trigger = event => {
            if (event === "ask") bench.letAsk = () => send("ask"); else send(event); }; }"""
    )
    studio.get_by_role("slider", name="Rhythm density").press("End")
    studio.wait_for_function("FaderNets.bench.early?.isHere")
    studio.wait_for_timeout(300)
    count = len(studio.evaluate(STRUCK))
    assert left_sounding(messages_of(studio)) == set()
    passes(studio, position(studio) + 1.5)
    assert len(studio.evaluate(STRUCK)) == count
    studio.get_by_label("Sound from this page, too").uncheck()  # nothing to rest beside
    studio.wait_for_function(f"{STRUCK}.length > {count}")
    studio.evaluate("FaderNets.bench.letAsk()")
    wait_until_heard(studio)
    count = len(studio.evaluate(STRUCK))
    studio.wait_for_function(f"{STRUCK}.length > {count} + 8")
    keys = {(pitch, velocity) for _, _, pitch, velocity in notes_of(studio, "result")}
    assert {(pitch, velocity) for _, pitch, velocity in studio.evaluate(STRUCK)[-4:]} <= keys
    studio.get_by_role("button", name="Pause").click()
    ends_all(studio)
