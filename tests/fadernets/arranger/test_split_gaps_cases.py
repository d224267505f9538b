"""Gaps of takes that get a note more: what holds of every take, and cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fadernets.arranger import arrange
from fadernets.arranger.split_gaps import strikes_of, with_gaps_split
from fadernets.arranger.touch import LEAST_BEATS, SHORTEST_BEATS, Touch
from fadernets.music.attributes import ONSET, note_label, rhythm_label
from fadernets.music.events import PITCHES
from fadernets.music.locks import NO_LOCKS, Locks
from fadernets.music.notes import LOWEST_PITCH, STEPS, Notes, concatenate, first_steps, struck_once
from fadernets.music.windows import Window
from fadernets.net import FaderNet

ANY_KEY = np.zeros((STEPS, PITCHES))
ROOM = 4
# A run whose strikes are .17 beats apart, but for a gap of .34 whose middle is in a step with one.
BEFORE, BEHIND = [0.04, 0.21, 0.38, 0.55], [0.89, 1.06, 1.23, 1.40]


def run(onset: list[float], pitch: int = 60) -> Notes:
    keys = [pitch + number % 5 for number in range(len(onset))]
    return Notes.of(onset, [time + 0.1 for time in onset], keys, [70] * len(onset))


def split(notes: Notes, own: Notes, odds: np.ndarray = ANY_KEY, room: int = ROOM) -> Notes:
    return with_gaps_split(notes, odds, Touch(Window(own)), room)


def new_of(notes: Notes, before: Notes) -> list[tuple[float, float, int, int]]:
    return sorted(set(notes) - set(before))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("steps", [1, 3, 16])
@pytest.mark.parametrize("onsets", [[], [0.03], [0.03, 0.15], [-0.5], [-0.5, 0.1]])
def test_too_few_strikes_have_no_gap(onsets: list[float], steps: int) -> None:
    notes = run(onsets)
    touch = Touch(Window(notes, steps))
    assert list(with_gaps_split(notes, ANY_KEY, touch, ROOM)) == list(notes)


def test_a_gap_beside_a_new_strike_is_split_about_its_middle() -> None:
    whole = run(BEFORE + BEHIND)
    own = run(BEFORE[:1] + BEFORE[2:] + BEHIND)  # without the strike at .21
    ((onset, offset, _, loudness),) = new_of(split(whole, own), whole)
    assert 0.55 + 0.3 * 0.34 <= onset <= 0.55 + 0.7 * 0.34
    assert offset - onset >= SHORTEST_BEATS - 1e-9
    assert loudness == 70


def test_a_gap_among_strikes_of_the_player_stays() -> None:
    """Nothing came beside it: it is played so, as a dotted rhythm or a breath is."""
    own = run(BEFORE + BEHIND)
    far = run([2.02, 3.01], 40)
    assert new_of(split(own, own), own) == []
    busier = concatenate([own, far])
    assert new_of(split(busier, own), busier) == []


def test_a_note_that_joins_a_chord_is_no_new_strike() -> None:
    own = run(BEFORE + BEHIND)
    busier = concatenate([own, Notes.of([0.52, 0.91], [0.6, 1.0], [40, 41], [70, 70])])
    assert new_of(split(busier, own), busier) == []


def test_room_and_keys_are_kept_to() -> None:
    whole, own = run(BEFORE + BEHIND), run(BEFORE[::2] + BEHIND)
    assert new_of(split(whole, own, room=0), whole) == []
    assert new_of(split(whole, own, np.full((STEPS, PITCHES), -np.inf)), whole) == []
    one_key = np.full((STEPS, PITCHES), -np.inf)
    one_key[:, 90 - LOWEST_PITCH] = -50.0
    ((*_, pitch, _),) = new_of(split(whole, own, one_key), whole)
    assert pitch == 90


def test_the_same_comes_again_and_what_it_is_given_stays() -> None:
    whole, own = run(BEFORE + BEHIND), run(BEFORE[::2] + BEHIND)
    odds = np.random.default_rng(1).normal(size=(STEPS, PITCHES))
    given_odds, given_notes = odds.copy(), list(whole)
    first = split(whole, own, odds)
    assert list(first) == list(split(whole, own, odds))
    assert (odds == given_odds).all()
    assert list(whole) == given_notes


@pytest.mark.parametrize(
    ("locks", "is_strict", "follows_beats", "offsets", "is_split"),
    [
        (NO_LOCKS, False, False, {"rhythm": 0.2}, True),
        (Locks(melody=True), False, False, {"rhythm": 0.2}, False),
        (Locks(bass=True), False, False, {"rhythm": 0.2}, False),
        (Locks(rhythm=True), False, False, {"rhythm": 0.2}, False),
        (NO_LOCKS, True, False, {"rhythm": 0.2}, False),
        (NO_LOCKS, False, True, {"rhythm": 0.2}, False),
        (NO_LOCKS, False, False, {"rhythm": -0.5}, False),
        (NO_LOCKS, False, False, {"rhythm": 0.2, "note": 0.1}, False),
    ],
)
def test_gaps_are_split_where_nothing_forbids_it(
    monkeypatch: pytest.MonkeyPatch,
    locks: Locks,
    is_strict: bool,
    follows_beats: bool,
    offsets: dict[str, float],
    is_split: bool,
) -> None:
    calls = []

    def noted(notes: Notes, *_: object) -> Notes:
        calls.append(notes)
        return notes

    monkeypatch.setattr(arrange, "with_gaps_split", noted)
    net = FaderNet.load().strict() if is_strict else FaderNet.load()
    window = Window(run(np.arange(0.03, 3.9, 0.57).tolist()), follows_beats=follows_beats)
    net.slide(net.encode([window], locks), offsets=offsets)
    assert bool(calls) == is_split


@given(
    st.lists(st.sampled_from([0.07, 0.11, 0.16, 0.23, 0.31, 0.47]), min_size=1, max_size=40),
    st.integers(1, STEPS),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_what_holds_of_every_take(
    gaps: list[float], steps: int, has_pedal: bool, seed: int
) -> None:
    """No other onset, no overlap, no click, nothing beyond the end, a step's count one up."""
    random, end = np.random.default_rng(seed), steps / 4
    onset = np.cumsum(np.array(gaps) * random.uniform(0.9, 1.1, len(gaps))) - gaps[0] + 0.03
    onset = onset[onset < end - 0.02]
    offset = np.minimum(onset + random.uniform(0.05, 0.4, len(onset)), end)
    keys, loudness = random.integers(21, 109, len(onset)), random.integers(1, 128, len(onset))
    notes = struck_once(Notes.of(onset, offset, keys, loudness))
    odds = random.normal(size=(STEPS, PITCHES))
    odds[random.random(odds.shape) < 0.3] = -np.inf
    pedal = np.array([[0.1, 1.0], [1.2, 3.5]] if has_pedal else np.zeros((0, 2)))
    touch = Touch(Window(notes[random.random(len(notes)) < 0.7], steps, pedal=pedal))
    more = with_gaps_split(notes, odds, touch, ROOM)
    came = new_of(more, notes)
    assert set(notes) <= set(more)
    assert len(more) - len(notes) == len(came) <= ROOM
    assert ((rhythm_label(more) == ONSET) == (rhythm_label(notes) == ONSET)).all()
    assert note_label(more).sum() - note_label(notes).sum() <= len(came)
    for start, stop, pitch, _ in came:
        assert start + max(touch.shortest, LEAST_BEATS) - 1e-3 <= stop <= end
        assert np.isfinite(odds[first_steps(np.array(start)), pitch - LOWEST_PITCH])
        beside = notes[notes.pitch == pitch]
        assert not ((beside.onset < stop) & (beside.offset > start)).any()
    assert len(strikes_of(more)) == len(strikes_of(notes)) + len(came)


def test_where_every_step_has_an_onset_gaps_of_the_player_are_split_too() -> None:
    """A run in gaps of .12 beats but for one of .34, in four steps or in five."""
    own = run([0.03, 0.15, 0.27, 0.39, 0.51, 0.85, 0.97])
    full = Touch(Window(own, 4))
    ((onset, *_),) = new_of(with_gaps_split(own, ANY_KEY, full, ROOM), own)
    assert 0.51 < onset < 0.85
    assert new_of(with_gaps_split(own, ANY_KEY, Touch(Window(own, 5)), ROOM), own) == []
