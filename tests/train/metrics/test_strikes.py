"""Strikes by hand: what hands reach, and keys struck again."""

from __future__ import annotations

import numpy as np
import pytest

from fadernets.music.notes import Notes
from train.metrics.strikes import for_two_hands, restruck, since_struck, strikes


def chord(*pitches: int) -> Notes:
    return Notes.of([0] * len(pitches), [1] * len(pitches), pitches, [80] * len(pitches))


@pytest.mark.parametrize(
    ("pitches", "is_playable"),
    [
        ((60, 64), True),
        ((36, 50, 70, 84), True),  # a ninth in each hand
        ((36, 51, 70, 84), False),  # 15 semitones below, or 33 above
        ((36, 55, 74), False),
        ((36, 37, 38, 39, 40, 60, 61, 62, 63, 64), True),
        ((36, 37, 38, 39, 40, 41, 60, 61, 62, 63, 64), False),  # eleven fingers
    ],
)
def test_two_hands_have_ten_fingers_and_reach_a_ninth_each(pitches, is_playable):
    assert for_two_hands(chord(*pitches)).tolist() == [is_playable]


def test_single_notes_and_no_notes_are_no_chords():
    assert for_two_hands(chord(60)).tolist() == []
    assert for_two_hands(Notes.empty()).tolist() == []
    assert strikes(Notes.empty()).tolist() == []


def test_a_strike_goes_on_as_long_as_gaps_are_short():
    notes = Notes.of([0, 0.06, 0.12, 0.2], [1] * 4, [60, 64, 67, 72], [80] * 4)
    assert strikes(notes).tolist() == [0, 0, 0, 1]


def test_a_key_is_struck_again_at_once_or_later():
    notes = Notes.of([0, 1, 1.02, 2], [1, 1.9, 2, 3], [60, 64, 60, 64], [80] * 4)
    since_strike, since_end = since_struck(notes)
    assert since_strike.tolist() == [np.inf, np.inf, 1.02, 1.0]
    assert since_end == pytest.approx([np.inf, np.inf, 0.02, 0.1])
    assert restruck(notes).tolist() == [False, False, True, False]
