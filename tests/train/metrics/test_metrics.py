"""Metrics on arrays small enough to work out on paper."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from fadernets.music.notes import Notes
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
    late = notes((0.0974, 1, 60))  # 50 ms are 0.0975 beats at 117 a minute
    too_late = notes((0.0976, 1, 60))
    assert metrics.note_f1(notes((0, 1, 60)), late) == 1
    assert metrics.note_f1(notes((0, 1, 60)), too_late) == 0


def test_f1_pairs_as_many_as_can_be():
    reference = notes((0.00, 0.05, 60), (0.08, 1, 60))
    estimate = notes((0.07, 0.11, 60), (0.15, 1, 60))
    assert metrics.note_f1(reference, estimate, tolerance=0.08) == 1


def test_pitch_class_cosine_by_hand():
    assert metrics.pitch_class_cosine(CHORD, CHORD) == pytest.approx(1)
    octave_up = notes((0, 1, 72), (0, 1, 76), (2, 3, 79))
    assert metrics.pitch_class_cosine(CHORD, octave_up) == pytest.approx(1)
    assert metrics.pitch_class_cosine(notes((0, 1, 60)), notes((0, 1, 61))) == 0
    one_of_two = metrics.pitch_class_cosine(notes((0, 1, 60)), notes((0, 1, 60), (0, 1, 64)))
    assert one_of_two == pytest.approx(1 / np.sqrt(2))


def test_spearman_of_mean_and_of_each():
    targets = np.array([0.0, 1.0, 2.0])
    rising, falling, constant = [1.0, 2.0, 4.0], [3.0, 2.5, 2.0], [1.0, 1.0, 1.0]
    measured = np.array([rising, falling, constant])
    assert metrics.spearman_of_mean(targets, np.array([rising, constant])) == 1
    assert metrics.spearman_of_mean(targets, np.array([constant])) == 0
    assert metrics.spearman_each(targets, measured) == pytest.approx(0.0)
    assert metrics.spearman_each(targets, np.array([rising, constant])) == pytest.approx(0.5)


def test_auc_by_hand():
    score = np.array([0.1, 0.4, 0.35, 0.8])
    positive = np.array([False, False, True, True])
    assert metrics.auc(score, positive) == 0.75
    assert metrics.auc(-score, positive) == 0.25
    with pytest.raises(ValueError, match="alike"):
        metrics.auc(score, np.ones(4, bool))
    ties = np.random.default_rng(0).normal(size=200).round(1)
    assert metrics.auc(ties, ties > 0.5) == 1
    high = np.arange(200) % 3 == 0
    assert metrics.auc(ties, high) == pytest.approx(roc_auc_score(high, ties), abs=1e-12)


def test_accuracy_by_hand():
    probability = np.array([0.1, 0.6, 0.5, 0.9])
    assert metrics.accuracy(probability, np.array([False, False, False, True])) == 0.75


def test_moving_as_asked():
    before, after = np.array([0.0, 0.0, 1.0, 2.0]), np.array([1.0, 0.0, 0.5, np.nan])
    assert metrics.moved_as_asked(before, after, "high") == 0.25
    assert metrics.moved_as_asked(before, after, "low") == 0.25  # standing still is no move
    with pytest.raises(ValueError, match="arousal 'calm' is neither low nor high"):
        metrics.moved_as_asked(before, after, "calm")


def test_target_error_by_hand():
    targets = np.array([0.0, 1.0])
    assert metrics.target_error(targets, np.array([[0.0, 1.0]])) == 0
    assert metrics.target_error(targets, np.array([[0.5, 1.0], [0.0, 3.0]])) == 0.625


def test_failures_are_counted():
    assert metrics.failure_rate(np.array([[3, 0], [1, 2]])) == 0.25


def test_key_kept():
    scale = [(i / 4, i / 4 + 0.25, p) for i, p in enumerate((60, 62, 64, 65, 67, 69, 71, 72))]
    c_major = notes(*scale)
    up = notes(*[(a, b, p + 1) for a, b, p in scale])
    octave = notes(*[(a, b, p - 12) for a, b, p in scale])
    assert metrics.key_kept(c_major, octave) is True
    assert metrics.key_kept(c_major, up) is False
    assert metrics.key_kept(c_major, Notes.empty()) is False


def line(*pitches):
    """One note a step."""
    return notes(*[(i / 4, (i + 1) / 4, p) for i, p in enumerate(pitches)])


def test_contour_by_hand():
    rising = line(60, 62, 64, 66)
    assert metrics.contour(rising, rising) == pytest.approx(1)
    assert metrics.contour(rising, line(50, 51, 52, 53)) == pytest.approx(1)
    assert metrics.contour(rising, line(66, 64, 62, 60)) == pytest.approx(-1)
    assert metrics.contour(rising, line(60, 60, 60, 64)) == pytest.approx(np.sqrt(0.6))


def test_contour_is_of_the_top_note():
    low = [(0, 1, 40)]
    rising = [(i / 4, (i + 1) / 4, 60 + 2 * i) for i in range(4)]
    assert metrics.contour(notes(*rising), notes(*low, *rising)) == pytest.approx(1)


def test_level_contours():
    level, moving = line(60, 60, 60, 60), line(60, 62, 64, 66)
    assert metrics.contour(level, line(70, 70, 70, 70)) == 1
    assert metrics.contour(level, moving) == 0
    assert metrics.contour(moving, line(60)) == 0
    assert metrics.contour(moving, Notes.empty()) == 0
