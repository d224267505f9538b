"""The player with a result whose tempo is another than the original's, in headless Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from demo.pianoroll.assets import script
from tests.demo.page import STARTED, watch

pytestmark = pytest.mark.browser

NEAR = 0.15  # seconds
# Forty seconds of the original, whose chunks begin at 0, 8 and 28. Between its tenth second and its
# twentieth the result is half as fast.
CLOCK = [[0, 0], [10, 10], [20, 30], [40, 50]]
RESULT_STARTS = [0, 8, 38]
LOADED = """([clock, result_starts]) => { window.player = new FaderNets.Player(() => {});
    window.own = {of: "a", starts: [0, 8, 28], length: 40, volume: 1, same: false};
    player.load({...own, clock, result_starts});
    const seconds = {original: [8.1, 20.1, 14], result: [8.1, 30.1, 14]};
    const chunk = length => new AudioBuffer({length: length * 8000, sampleRate: 8000});
    window.sound = (side, index) => chunk(seconds[side][index]);
    window.bring = index =>
        player.put(index, sound("original", index), sound("result", index)); }"""
ROUND = """() => { const {zero, nodes} = player.rounds[0];
    return {zero, now: player.context.currentTime, sides: Object.keys(nodes)}; }"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page with a player, which has the first two chunks; its console stays empty."""
    complaints: list[str] = []
    page = browser.new_page()
    watch(page, complaints)
    page.set_content("<button onclick='player.toggle()'>Play</button>")
    for name in ("pace", "player"):
        page.add_script_tag(content=script(name))
    page.evaluate(LOADED, [CLOCK, RESULT_STARTS])
    page.evaluate("bring(0); bring(1)")
    page.evaluate(STARTED)
    yield page
    page.close()
    assert complaints == []


def play(page: Page, at: float) -> None:
    page.evaluate("at => player.seek(at)", at)
    page.get_by_role("button").click()
    page.wait_for_function("player.rounds.length > 0")


def passes(page: Page, seconds: float) -> None:
    page.wait_for_function(f"player.position > {seconds}")


def position(page: Page) -> float:
    return page.evaluate("player.position")


def early(page: Page, clock: list | None, result_starts: list | None) -> None:
    """Another result comes, of which no chunk is here yet."""
    load = "([clock, result_starts]) => player.load({...own, clock, result_starts, soon: true})"
    page.evaluate(load, [clock, result_starts])


def speed(page: Page) -> float:
    """Seconds of the original that the playhead moves in a second of the sound's clock."""
    read = "[player.context.currentTime, player.position]"
    begin, place = page.evaluate(read)
    page.wait_for_function(f"player.context.currentTime > {begin} + 0.5")
    end, further = page.evaluate(read)
    return (further - place) / (end - begin)


@pytest.mark.parametrize(
    ("place", "own"), [(0, 0), (10, 10), (12.5, 15), (20, 30), (40, 50), (41, 51)]
)
def test_where_the_result_is_when_the_original_is_at_a_place(page, place, own):
    pace = "player.sounds.result.pace"
    assert page.evaluate(f"{pace}.own({place})") == pytest.approx(own)
    assert page.evaluate(f"{pace}.position({own})") == pytest.approx(place)


def test_only_the_heard_side_plays_and_by_its_own_seconds(page):
    play(page, 12.0)
    now = page.evaluate(ROUND)
    assert now["sides"] == ["result"]
    (source,) = page.evaluate("started")  # the second chunk, of no other side
    assert source["when"] - source["offset"] == pytest.approx(now["zero"] + 8, abs=1e-6)
    assert source["offset"] == pytest.approx(14 - 8, abs=NEAR)  # at 12 it has come to 14
    assert speed(page) == pytest.approx(0.5, abs=0.01)


def test_the_other_side_begins_where_the_music_is(page):
    play(page, 12.0)
    passes(page, 12.2)
    for side, pace in (("original", 1.0), ("result", 0.5)):
        before = position(page)
        page.evaluate("side => player.listen(side)", side)
        assert position(page) == pytest.approx(before, abs=NEAR)
        assert page.evaluate(ROUND)["sides"] == [side]
        assert speed(page) == pytest.approx(pace, abs=0.02)
    assert page.evaluate("player.rounds.length") == 1


def test_a_stopped_player_keeps_its_place_on_the_other_side(page):
    page.evaluate("player.seek(13); player.listen('original')")
    assert position(page) == 13 and page.evaluate("player.rounds.length") == 0
    play(page, 13.0)
    assert page.evaluate(ROUND)["sides"] == ["original"]


def test_a_chunk_is_asked_for_by_the_seconds_that_are_left_to_hear(page):
    """The result's third chunk begins at its 38th second, which is the original's 28th."""
    page.evaluate("player.load({...own, clock: [[0, 0], [40, 80]], result_starts: [0, 16, 56]})")
    page.evaluate("bring(0); bring(1)")
    play(page, 22.0)  # twelve seconds of the result before its third chunk
    assert page.evaluate("player.nextChunk") is None
    page.evaluate("player.listen('original')")  # six of the original
    assert page.evaluate("player.nextChunk") == 2


def test_it_waits_for_a_chunk_where_its_music_begins_and_goes_on_there(page):
    play(page, 27.7)
    page.wait_for_function("player.waits")
    assert position(page) == pytest.approx(28.0, abs=1e-6)
    assert page.evaluate("[player.nextChunk, player.lacks]") == [2, True]
    page.evaluate("bring(2)")
    passes(page, 28.2)
    source = page.evaluate("started.at(-1)")
    assert source["offset"] == pytest.approx(0, abs=NEAR)


def test_a_part_goes_round_by_the_original_s_seconds(page):
    page.evaluate("player.between([15, 15.4])")  # eight tenths of a second of the result
    play(page, 15.0)
    page.wait_for_function("player.rounds.length > 1")
    first, second = page.evaluate("player.rounds.map(round => round.zero)")
    assert second - first == pytest.approx(0.8, abs=1e-6)
    page.wait_for_timeout(900)
    assert 15 - 1e-6 <= position(page) < 15.4


def test_it_ends_with_the_result(page):
    page.evaluate("bring(2); player.loop(false); player.seek(39.5)")
    page.get_by_role("button").click()
    passes(page, 39.7)
    page.evaluate("player.rounds[0].sources.forEach(source => source.stop())")  # it rings no more
    page.wait_for_function("!player.playing")
    assert position(page) == 0


def test_what_comes_in_while_it_plays_goes_on_where_the_music_is(page):
    """A result of another tempo; none of the chunks of before is heard in its place."""
    play(page, 12.0)
    passes(page, 12.2)
    before = position(page)
    early(page, [[0, 0], [40, 20]], [0, 4, 14])
    assert page.evaluate("player.waits") and position(page) == pytest.approx(before, abs=NEAR)
    page.evaluate("player.put(1, null, sound('result', 1))")
    assert position(page) == pytest.approx(before, abs=NEAR)
    assert speed(page) == pytest.approx(2.0, abs=0.02)
    early(page, None, None)
    assert page.evaluate("player.waits")
    page.evaluate("bring(1)")
    assert page.evaluate(ROUND)["sides"] == ["original", "result"]
    assert speed(page) == pytest.approx(1.0, abs=0.02)


def test_chunks_of_the_same_tempo_are_heard_until_the_new_ones_come(page):
    play(page, 12.0)
    early(page, CLOCK, RESULT_STARTS)
    assert not page.evaluate("player.waits")
    assert page.evaluate("[...player.rounds[0].stale]") == [0, 1]


def test_a_result_that_is_the_original_is_as_loud(page):
    """Its chunks, which are here already, were silent."""
    page.evaluate("player.load({...own, same: true}); player.load({...own, same: true})")
    assert page.evaluate("[...player.sounds.result.levels.values()]") == []
    play(page, 12.0)
    assert page.evaluate(ROUND)["sides"] == ["original", "result"]
