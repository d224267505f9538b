"""Features of a window's notes, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from fadernets.music.notes import Notes
from train.metrics.window_features import LOUDNESS, features


def test_features_of_two_chords_by_hand() -> None:
    notes = Notes.of(
        onset=[-1.0, 0.0, 0.0, 2.0, 2.0, 3.0],
        offset=[0.5, 1.0, 2.0, 2.05, 4.0, 3.5],
        pitch=[40, 60, 64, 60, 72, 71],
        velocity=[50, 60, 70, 80, 80, 90],
    )
    values = features(notes, 16)
    assert values["notes a step"] == 5 / 16  # what rings in is not counted
    assert values["strikes a step"] == 3 / 16
    assert values["notes a strike"] == pytest.approx(5 / 3)
    assert values["largest strike"] == 2
    assert values["single notes"] == pytest.approx(1 / 3)
    assert values["gap, 0%"] == 1.0
    assert values["gap, 100%"] == 2.0
    assert values["exactly on a step"] == 1.0
    assert values["strikes on beats"] == 1.0
    assert values["widest strike"] == 12
    assert values["octaves struck"] == 0.5
    assert values["thirds and sixths struck"] == 0.5
    assert values["leaps of the top"] == (8 + 1) / 2
    assert values["clicks"] == 0.2
    assert values["velocity, mean"] == 76
    assert values["first strike"] == 0.0
    assert values["last strike"] == 1.0
    assert values["repeats"] == 0.0  # key 60 comes again after two beats


def test_a_key_struck_while_it_sounds_is_a_restrike() -> None:
    held = Notes.of([0, 0.5], [0.5, 1.0], [60, 60], [80, 80])
    apart = Notes.of([0, 0.5], [0.4, 1.0], [60, 60], [80, 80])
    assert features(held, 16)["restrikes"] == 0.5
    assert features(apart, 16)["restrikes"] == 0.0
    assert features(held, 16)["repeats"] == features(apart, 16)["repeats"] == 0.5


def test_a_window_without_a_note_has_no_features() -> None:
    assert features(Notes.empty(), 16) == {}
    assert features(Notes.of([-1.0], [2.0], [60], [80]), 16) == {}


def test_all_windows_have_the_same_features() -> None:
    one = features(Notes.of([0.1], [0.2], [60], [80]), 16)
    eight = features(Notes.of(np.arange(8) / 2, np.arange(8) / 2 + 0.4, [60] * 8, [80] * 8), 12)
    assert list(one) == list(eight)
    assert np.isfinite(list(eight.values())).mean() > 0.9


def test_all_features_of_loudness_are_named() -> None:
    """What changes where notes are louder, one of them twice as much, is loudness."""
    onset = np.arange(4.0)
    soft, loud = (
        features(Notes.of(onset, onset + 1, [60, 64, 67, 72], velocity), 16)
        for velocity in ([40, 44, 41, 45], [70, 78, 71, 79])
    )
    assert {n for n in soft if not np.array_equal(soft[n], loud[n], equal_nan=True)} == set(
        LOUDNESS
    )
