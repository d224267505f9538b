"""Metrics on arrays small enough to work out on paper."""

import numpy as np
import pytest

from fadernets.notes import Notes
from train import metrics


def notes(*rows):
    """Notes from (onset, offset, pitch) rows."""
    onset, offset, pitch = zip(*rows, strict=True)
    return Notes.of(onset, offset, pitch, [64] * len(rows))


CHORD = notes((0, 1, 60), (0, 1, 64), (2, 3, 67))


def test_f1_of_the_same_notes_is_one_and_of_others_zero():
    assert metrics.note_f1(CHORD, CHORD) == 1
    assert metrics.note_f1(CHORD, notes((0, 1, 61))) == 0
    assert metrics.note_f1(Notes.empty(), Notes.empty()) == 1
    assert metrics.note_f1(CHORD, Notes.empty()) == 0


def test_f1_counts_a_note_once():
    twice = notes((0, 0.04, 60), (0.05, 1, 60))  # both within reach of the one note at 0
    assert metrics.note_f1(notes((0, 1, 60)), twice) == pytest.approx(2 / 3)


def test_f1_knows_its_tolerance():
    late = notes((metrics.ONSET_TOLERANCE * 0.99, 1, 60))
    too_late = notes((metrics.ONSET_TOLERANCE * 1.01, 1, 60))
    assert metrics.note_f1(notes((0, 1, 60)), late) == 1
    assert metrics.note_f1(notes((0, 1, 60)), too_late) == 0


def test_f1_pairs_as_many_as_can_be():
    mine = notes((0.00, 0.05, 60), (0.08, 1, 60))
    theirs = notes((0.07, 0.11, 60), (0.15, 1, 60))
    assert metrics.note_f1(mine, theirs, tolerance=0.08) == 1


def test_pitch_class_cosine_by_hand():
    assert metrics.pitch_class_cosine(CHORD, CHORD) == pytest.approx(1)
    octave_up = notes((0, 1, 72), (0, 1, 76), (2, 3, 79))
    assert metrics.pitch_class_cosine(CHORD, octave_up) == pytest.approx(1)
    assert metrics.pitch_class_cosine(notes((0, 1, 60)), notes((0, 1, 61))) == 0
    one_of_two = metrics.pitch_class_cosine(notes((0, 1, 60)), notes((0, 1, 60), (0, 1, 64)))
    assert one_of_two == pytest.approx(1 / np.sqrt(2))


def test_spearman_of_mean_and_of_each():
    asked = np.array([0.0, 1.0, 2.0])
    rising, falling, still = [1.0, 2.0, 4.0], [3.0, 2.5, 2.0], [1.0, 1.0, 1.0]
    measured = np.array([rising, falling, still])
    assert metrics.spearman_of_mean(asked, np.array([rising, still])) == 1
    assert metrics.spearman_of_mean(asked, np.array([still])) == 0
    assert metrics.spearman_each(asked, measured) == pytest.approx(0.0)
    assert metrics.spearman_each(asked, np.array([rising, still])) == pytest.approx(0.5)


def test_auc_by_hand():
    score = np.array([0.1, 0.4, 0.35, 0.8])
    positive = np.array([False, False, True, True])
    assert metrics.auc(score, positive) == 0.75
    assert metrics.auc(-score, positive) == 0.25
    with pytest.raises(ValueError, match="alike"):
        metrics.auc(score, np.ones(4, bool))
