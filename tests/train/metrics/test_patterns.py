"""Patterns by hand: beats of meters, and rhythms that go on or change."""

from __future__ import annotations

import numpy as np
import pytest

from fadernets.music.notes import NO_PEDAL, Notes
from fadernets.music.piece import Piece
from train.metrics.patterns import Beat, alike, beats, empty, rhythms


def piece(length: float, *meter: tuple[float, int, int]) -> Piece:
    notes = Notes.of([0], [length], [60], [80])
    return Piece(notes, NO_PEDAL, np.array([(0.0, 120.0)]), np.array(meter, float), length)


def test_beats_are_those_of_the_meter():
    assert beats(piece(8, (0, 4, 4)), {1}) == [Beat(4.0 + i, 1.0) for i in range(4)]
    assert beats(piece(6, (0, 6, 8)), {0}) == [Beat(0.0, 1.5), Beat(1.5, 1.5)]
    changing = piece(7, (0, 4, 4), (4, 3, 4))
    assert [beat.start for beat in beats(changing, {0, 1})] == list(range(7))
    assert beats(piece(4, (0, 2, 2)), {0}) == [Beat(0.0, 2.0), Beat(2.0, 2.0)]


def test_rhythms_are_steps_of_beats_and_chords_count_once():
    notes = Notes.of([0.99, 1, 1.5, 2.75], [2, 2, 2, 3], [60, 64, 60, 60], [80] * 4)
    counted = [Beat(0, 1), Beat(1, 1), Beat(2, 1)]
    assert rhythms(notes, counted) == [frozenset(), frozenset({0, 2}), frozenset({3})]
    assert empty(notes, counted).tolist() == [True, False, False]


def test_beats_share_onsets():
    notes = Notes.of([0, 1, 1.5, 2, 2.25, 6], np.arange(6) + 7.0, [60] * 6, [80] * 6)
    counted = [Beat(float(i), 1) for i in range(7)]
    # {0}, {0, 2}, {0, 1}, and two pairs with one silent beat; the silent beats 3 to 5 are left out
    assert alike(notes, counted) == pytest.approx([1 / 2, 1 / 3, 0, 0])
    apart = [Beat(0, 1), Beat(2, 1)]
    assert alike(notes, apart).tolist() == []  # no successive beats
    assert alike(notes, [Beat(0, 1), Beat(1, 1.5)]).tolist() == []  # of different lengths
