"""What a roll is given is checked before a browser gets it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.pianoroll.notes import LONGEST_SECONDS, MOST_NOTES, checked

NOTE = (0.5, 1.0, 60, 80)
FULL = {
    "notes": [[0.5, 1.0, 60, 80]],
    "beats": [],
    "bars": [],
    "pedal": [],
    "length": 1.5,
    "audio": None,
}


@pytest.mark.parametrize("value", [[NOTE], (list(NOTE),), np.array([NOTE]), {"notes": [NOTE]}])
def test_notes_come_in_several_ways(value):
    assert checked(value) == FULL


def test_all_of_a_value_is_put_in_order():
    later = (1.0, 0.5, 64, 1)
    value = {
        "notes": [later, NOTE],
        "beats": np.array([1, 0.5]),
        "bars": [1, 0],
        "pedal": [(1, 2), (0, 0.5)],
        "length": 4,
        "audio": "a.wav",
    }
    assert checked(value) == {
        "notes": [list(NOTE), list(later)],
        "beats": [0.5, 1],
        "bars": [0, 1],
        "pedal": [[0, 0.5], [1, 2]],
        "length": 4,
        "audio": "a.wav",
    }


def test_nothing_and_no_notes_are_values():
    assert checked(None) is None
    assert checked([]) == FULL | {"notes": [], "length": 0}


NOTES = st.tuples(
    st.floats(0, LONGEST_SECONDS / 2),
    st.floats(1e-6, LONGEST_SECONDS / 2),
    st.integers(0, 127),
    st.integers(1, 127),
)


@given(st.lists(NOTES, max_size=8))
def test_a_value_in_full_stays_as_it_is(notes):
    full = checked(notes)
    assert checked(full) == full


HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (HOSTILE, "notes: a list is needed"),
        (7, "notes: a list is needed"),
        ([HOSTILE], "a note: a list is needed"),
        ([(0, 1, 60)], "onset, duration, pitch and velocity"),
        ([(0, 1, 60, 80, 1)], "a note: at most 4, and not 5"),
        ([(0, 1, HOSTILE, 80)], "pitch: a number is needed"),
        ([(0, 1, True, 80)], "pitch: a number is needed"),
        ([(0, 1, 60.5, 80)], "pitch: a whole number from 0 to 127, and not 60.5"),
        ([(0, 1, 128, 80)], "pitch: a whole number from 0 to 127, and not 128"),
        ([(0, 1, 60, 0)], "velocity: a whole number from 1 to 127, and not 0"),
        ([(-1, 1, 60, 80)], "onset: 0 to 3600 seconds, and not -1"),
        ([(math.nan, 1, 60, 80)], "onset: a number is needed"),
        ([(0, 0, 60, 80)], "duration: more than 0 seconds, and not 0"),
        ([(3600, 1, 60, 80)], "the end of a note: 0 to 3600 seconds, and not 3601"),
        ([NOTE] * (MOST_NOTES + 1), "notes: at most 20000, and not 20001"),
        ({"notes": [NOTE], "length": 1}, "the length is 1 s, but a note ends at 1.5 s"),
        ({"notes": [NOTE], "length": math.inf}, "length: a number is needed"),
        ({"notes": [NOTE], "beats": [HOSTILE]}, "beats: a number is needed"),
        ({"notes": [NOTE], "pedal": [(2, 1)]}, "down before up"),
        ({"notes": [NOTE], "pedal": [(2,)]}, "down before up"),
        ({"notes": [NOTE], "audio": 7}, "audio: the path of a file is needed"),
        ({"note": [NOTE]}, "knows no note; audio, bars, beats, length, notes, pedal"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words(value, words):
    with pytest.raises(ValueError) as refusal:
        checked(value)
    assert words in str(refusal.value)
