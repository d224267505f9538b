"""Gaps of takes that are split where the grid has no room, worked out by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fadernets.arranger.split_gaps import with_gaps_split
from fadernets.arranger.touch import Touch
from fadernets.music.attributes import measure
from fadernets.music.notes import LOWEST_PITCH, Notes, first_steps
from fadernets.music.windows import Window

ANY_KEY = np.zeros((16, 88))
# A run in gaps of .15 beats but for one of .3, from step 3 to step 4, both of which have an onset.
RUN = np.array([0.03, 0.18, 0.33, 0.48, 0.63, 0.78, 1.08, 1.23, 1.38, 1.53])
CAME = 7  # number of the note that is not the player's: among those alone a gap stays


def played(onset: np.ndarray, pitch: list[int] | None = None) -> Notes:
    pitches = pitch or [60 + 2 * (i % 5) for i in range(len(onset))]
    return Notes.of(onset, onset + 0.12, pitches, [70] * len(onset))


def split(notes: Notes, log_odds: np.ndarray = ANY_KEY, room: int = 4) -> Notes:
    own = notes[np.arange(len(notes)) != CAME]
    return with_gaps_split(notes, log_odds, Touch(Window(own, follows_beats=False)), room)


def new_notes(before: Notes, after: Notes) -> list[tuple[float, float, int, int]]:
    own = set(map(tuple, before))
    return [tuple(note) for note in after if tuple(note) not in own]


def test_a_gap_twice_as_long_as_those_beside_it_gets_a_note() -> None:
    notes = played(RUN)
    ((onset, offset, pitch, velocity),) = new_notes(notes, split(notes))
    assert onset == pytest.approx(0.93)  # where it parts the gap as the run is parted: by half
    assert measure(split(notes), ("rhythm",)) == measure(notes, ("rhythm",))
    assert onset + 0.08 <= offset <= 1.1125  # counts in its step alone
    assert velocity == 70
    assert 60 <= pitch <= 70  # between the top notes on either side: 70 and 62


def test_it_parts_the_gap_as_others_of_the_segment_are_parted() -> None:
    """Long and short in turn, two to one."""
    gaps = np.array([0.2, 0.1, 0.2, 0.1, 0.3, 0.2, 0.1, 0.2, 0.1])
    notes = played(0.03 + np.append(0, np.cumsum(gaps)))
    ((onset, *_),) = new_notes(notes, split(notes))
    assert min(abs(onset - 0.63 - part) for part in (0.1, 0.2)) < 1e-6


def test_even_gaps_and_an_empty_step_stay() -> None:
    even = played(0.03 + 0.24 * np.arange(10))
    assert new_notes(even, split(even)) == []
    # The middle of .78 to 1.78 is in a step without an onset: a note there would be counted.
    far = played(np.append(RUN[:6], RUN[6:] + 0.7))
    assert new_notes(far, split(far)) == []


def test_there_has_to_be_room_and_a_key() -> None:
    notes = played(RUN)
    assert new_notes(notes, split(notes, room=0)) == []
    assert new_notes(notes, split(notes, np.full((16, 88), -np.inf))) == []
    one = np.full((16, 88), -np.inf)
    one[:, 65 - LOWEST_PITCH] = 0.0
    ((_, _, pitch, _),) = new_notes(notes, split(notes, one))
    assert pitch == 65
    held = dataclasses.replace(notes, pitch=np.full(len(RUN), 65))  # the key is struck beside it
    assert new_notes(held, split(held, one)) == []


@pytest.mark.parametrize("onsets", [[], [0.4], [0.4, 0.7], [0.1, 0.4, 0.7]])
def test_few_strikes_stay(onsets: list[float]) -> None:
    notes = played(np.array(onsets, float)) if onsets else Notes.empty()
    assert new_notes(notes, split(notes)) == []


@given(
    gaps=st.lists(st.integers(2, 45), min_size=1, max_size=24),
    room=st.integers(0, 6),
    key=st.integers(30, 90),
)
def test_no_density_of_onsets_moves_and_no_key_sounds_twice(
    gaps: list[int], room: int, key: int
) -> None:
    onset = 0.013 + np.cumsum(gaps) / 100
    onset = onset[onset < 3.9]
    notes = played(onset, [key + i % 3 for i in range(len(onset))]) if len(onset) else Notes.empty()
    after = split(notes, room=room)
    new = new_notes(notes, after)
    assert len(new) <= room
    assert set(first_steps(after.onset)) == set(first_steps(notes.onset))
    before, now = (measure(n, ("note",))["note"] for n in (notes, after))
    assert now - before == pytest.approx(len(new) / 16)
    for onset_, offset, pitch, _ in new:
        assert offset - onset_ >= 0.08 - 1e-9
        others = [n for n in after if n[2] == pitch and n[0] != onset_]
        assert all(n[1] <= onset_ or n[0] >= offset for n in others)
