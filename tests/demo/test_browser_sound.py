"""Sound that comes in chunks, as the page asks for it and plays it, in headless Chromium."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from fadernets.music import examples
from tests.demo.page import (
    BORDER,
    HERE,
    SOUNDS,
    STARTED,
    figure,
    open_whole_piece,
    passes,
    picture,
    play,
    position,
    seek,
    wait_until_heard,
)

pytestmark = pytest.mark.browser


def test_the_whole_piece(visit, artefacts):
    """The faders stay where they are; the notes come first, the sound of a long piece later."""
    page = visit()
    page.get_by_label("Bach Chorale").check(force=True)
    expect(page.get_by_role("heading", name="O Haupt voll Blut und Wunden")).to_be_visible()
    wait_until_heard(page)
    page.get_by_role("slider", name="Rhythm density").press("End")
    wait_until_heard(page)
    page.get_by_role("button", name="Whole piece").click()
    wait_until_heard(page)
    assert "All 12 bars" in page.inner_text("[data-show=span]")
    duration = examples.load("chorale").duration
    assert page.evaluate("FaderNets.bench.player.length") == pytest.approx(duration, abs=0.1)
    assert page.evaluate(HERE) == {"original": [0], "result": [0]}
    assert figure(page, "rhythm", "result") > figure(page, "rhythm", "piece")
    page.screenshot(path=artefacts / "whole.png", full_page=True)


def test_a_fader_moved_while_playing_is_heard_before_all_notes_are_there(visit):
    page = visit()
    open_whole_piece(page)
    play(page)
    passes(page, 0.3)
    before = page.evaluate("FaderNets.bench.gain")
    page.evaluate(
        """() => { const bench = FaderNets.bench, send = bench.trigger;
        bench.trigger = event => {
            if (event === "ask") bench.letAsk = () => send("ask"); else send(event); }; }"""
    )
    page.get_by_role("slider", name="Rhythm density").press("End")
    page.wait_for_function("FaderNets.bench.early?.isHere")
    answered, count = page.evaluate("[FaderNets.bench.answered, FaderNets.bench.requestNumber]")
    assert answered < count and page.evaluate(HERE)["result"] == [0]
    page.evaluate(
        """() => { const { result, original } = FaderNets.bench.player.sounds;
        window.early = result.chunks.get(0); window.isOther = early !== original.chunks.get(0); }"""
    )
    assert page.evaluate("isOther")
    passes(page, position(page) + 0.3)  # the music goes on

    # The notes come: what was heard of them belongs to them, as loud as the rest.
    page.evaluate("FaderNets.bench.letAsk()")
    wait_until_heard(page)
    assert page.evaluate("FaderNets.bench.player.sounds.result.chunks.get(0) === early")
    level = page.evaluate("FaderNets.bench.player.sounds.result.levels.get(0)")
    assert level == pytest.approx(page.evaluate("FaderNets.bench.gain") / before)
    assert level < 1  # busy music is louder before any gain
    passes(page, position(page) + 0.3)


def test_a_move_that_changes_nothing_leaves_the_next_chunk_to_be_asked_for(visit):
    """Its sound, asked for beside its notes, is none of its own."""
    page = visit()
    open_whole_piece(page)
    page.evaluate(
        """() => { const bench = FaderNets.bench, send = bench.trigger;
        bench.trigger = event => {
            if (event === "ask") bench.letAsk = () => send("ask"); else send(event); }; }"""
    )
    page.locator("#fn-seed").fill("5")
    page.locator("#fn-seed").press("Enter")
    page.wait_for_function("FaderNets.bench.early === null && FaderNets.bench.asking")
    assert page.evaluate("FaderNets.bench.hearing") is None
    page.evaluate("FaderNets.bench.letAsk()")
    wait_until_heard(page)
    play(page)
    page.wait_for_function(f"({HERE})().result.includes(1)")


def test_the_music_goes_on_into_chunks_that_are_not_made_yet(visit):
    """Those of before are heard there until the new ones have come."""
    page = visit()
    open_whole_piece(page)
    play(page)
    passes(page, 0.3)
    page.wait_for_function(f"({HERE})().result.includes(1)")
    page.evaluate("FaderNets.bench.held = []")  # no chunk comes but the one that is asked for early
    page.evaluate(
        """() => { const bench = FaderNets.bench, send = bench.trigger;
        bench.trigger = event => {
            if (event === "ask") bench.letAsk = () => send("ask"); else send(event); }; }"""
    )
    seek(page, 0.3)  # however long the second chunk took, the first is under the playhead
    page.get_by_role("slider", name="Rhythm density").press("End")
    page.wait_for_function("FaderNets.bench.held.length > 0")
    page.evaluate("FaderNets.bench.letGo()")
    page.wait_for_function("FaderNets.bench.early?.isHere")
    page.evaluate("FaderNets.bench.held = []")
    assert page.evaluate(HERE)["result"] == [0]
    seek(page, BORDER - 0.3)
    passes(page, BORDER + 0.3)
    assert page.evaluate(HERE)["result"] == [0] and page.evaluate("FaderNets.bench.player.playing")
    page.evaluate("FaderNets.bench.letGo()")
    page.wait_for_function(f"({HERE})().result.includes(1)")
    page.wait_for_function("FaderNets.bench.player.rounds.every(({ stale }) => !stale.size)")
    passes(page, position(page) + 0.2)


def test_play_after_a_mood_on_the_whole_piece(visit):
    """Play did nothing here once: the original's sound was dropped, but counted as present."""
    page = visit()
    open_whole_piece(page)
    assert page.evaluate(HERE) == {"original": [0], "result": [0]}
    page.get_by_role("group", name="Moods").get_by_role("button", name="Calm").click()
    wait_until_heard(page)
    assert page.evaluate("FaderNets.bench.wishes") == [[0, False]]  # the original is here
    play(page)
    passes(page, 0.5)
    page.wait_for_function(f"({HERE})().result.includes(1)")  # eight seconds do not last long
    assert page.evaluate("FaderNets.bench.wishes") == [[0, False], [1, True]]
    page.get_by_role("button", name="Reset").click()
    wait_until_heard(page)
    assert page.evaluate(HERE) == {"original": [0, 1], "result": [0, 1]}  # nothing asked again
    assert len(page.evaluate("FaderNets.bench.wishes")) == 2


def test_chunks_follow_each_other_without_a_gap(visit):
    page = visit()
    open_whole_piece(page)
    page.get_by_role("slider", name="Note density").press("End")
    wait_until_heard(page)
    seek(page, BORDER + 1)
    page.wait_for_function(f"({HERE})().result.includes(1)")  # however busy the machine is
    page.evaluate(STARTED)
    seek(page, BORDER - 2)
    play(page)
    passes(page, BORDER + 0.3)
    zero = page.evaluate("FaderNets.bench.player.rounds[0].zero")
    started = page.evaluate("started")
    assert len(started) == 4  # two chunks of two sounds, each once
    for source in started[:2]:
        assert source["when"] - source["offset"] == pytest.approx(zero, abs=1e-6)
        assert source["length"] == pytest.approx(BORDER + 0.032, abs=1e-3)
    for source in started[2:]:
        assert source["when"] == pytest.approx(zero + BORDER, abs=1e-6) and source["offset"] == 0
        assert source["length"] == pytest.approx(20.032, abs=1e-3)
    assert page.evaluate("FaderNets.bench.player.rounds.length") == 1


def test_seeking_into_what_is_not_here(visit):
    """The chunk under the playhead is asked for, not those before it; the sound begins there."""
    page = visit()
    open_whole_piece(page)
    play(page)
    passes(page, 0.1)
    page.wait_for_function(f"({HERE})().result.includes(1)")
    page.evaluate("FaderNets.bench.held = []")
    seek(page, 40.0)
    page.wait_for_timeout(400)
    assert position(page) == 40.0 and not page.evaluate(SOUNDS)
    expect(page.locator(".fn-bench")).to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.evaluate("FaderNets.bench.letGo()")
    passes(page, 40.2)
    assert position(page) < 43
    expect(page.locator(".fn-bench")).to_have_attribute("aria-busy", "false")
    assert [chunk for chunk, _ in page.evaluate("FaderNets.bench.wishes")] == [1, 2]


def test_who_does_not_play_is_sent_no_more_than_the_playhead_needs(visit):
    page = visit()
    open_whole_piece(page)
    page.wait_for_timeout(500)
    assert page.evaluate("FaderNets.bench.wishes") == []
    seek(page, 30.0)
    page.wait_for_function(f"({HERE})().result.includes(2)")
    page.wait_for_timeout(500)
    assert page.evaluate("FaderNets.bench.wishes") == [[2, True]]
    play(page)
    passes(page, 30.3)


def test_a_fader_moved_while_a_long_selection_plays(visit):
    """The picture is new at once, the old sound stops, the new one goes on where it was."""
    page = visit()
    open_whole_piece(page)
    seek(page, 12.0)
    play(page)
    passes(page, 12.2)
    before = picture(page, "result")
    page.evaluate("FaderNets.bench.wishes = []; FaderNets.bench.held = []")
    page.get_by_role("slider", name="Note density").press("End")
    page.wait_for_function(
        "FaderNets.bench.element.dataset.answered == FaderNets.bench.requestNumber"
    )
    page.wait_for_function(f"!({SOUNDS})")
    stood = position(page)
    assert picture(page, "result") != before and stood > 12.2
    assert page.evaluate("FaderNets.bench.player.playing")
    page.evaluate("FaderNets.bench.letGo()")
    passes(page, stood + 0.1)
    assert position(page) < stood + 3
    wait_until_heard(page)
    assert page.evaluate("FaderNets.bench.wishes")[0] == [1, False]


def test_a_long_selection_goes_round(visit):
    page = visit()
    open_whole_piece(page)
    length = page.evaluate("FaderNets.bench.player.length")
    page.get_by_role("slider", name="Note density").press("Home")
    wait_until_heard(page)
    page.evaluate(STARTED)
    seek(page, length - 3)
    play(page)
    page.wait_for_function("FaderNets.bench.player.rounds.length > 1")
    first, second = page.evaluate("FaderNets.bench.player.rounds.map(round => round.zero)")
    assert second - first == pytest.approx(length, abs=1e-6)
    page.wait_for_function("FaderNets.bench.player.position < 3")
    passes(page, 0.3)
    page.wait_for_function(f"({HERE})().result.includes(1)")  # never heard so far
    page.get_by_label("Loop").uncheck()
    seek(page, length - 0.5)
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()  # it ended
    assert position(page) == 0


def test_the_page_keeps_some_minutes_of_a_very_long_sound(visit):
    """Half an hour goes by: what the playhead left longest ago is dropped."""
    page = visit()
    sizes = page.evaluate(
        """() => { const player = new FaderNets.Player(() => {}); const starts = [0];
        while (starts.length < 90) starts.push(8 + 20 * (starts.length - 1));
        const buffer = new AudioBuffer({length: 20 * 8000, sampleRate: 8000});
        player.load({of: "a", starts, length: 1788, volume: 1, same: true});
        const sizes = starts.map((start, i) => { player.rest = start + 1;
            player.put(i, buffer, buffer); return player.sounds.result.chunks.size; });
        return [Math.max(...sizes), [...player.sounds.result.chunks.keys()]]; }"""
    )
    largest, chunks = sizes
    assert largest == 24 and {0, 87, 88, 89} <= set(chunks)
