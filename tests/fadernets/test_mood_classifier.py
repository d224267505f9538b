"""The shipped classifier of arousal: probabilities from notes alone."""

import json

import numpy as np
import pytest

import fadernets
from fadernets import mood_classifier
from fadernets.music import key
from fadernets.music.notes import Notes

LONG = Notes.of([0.0, 0.0], [4.0, 4.0], [48, 55], [60, 60])
SHORT = Notes.of(np.arange(0, 4, 0.25), np.arange(0, 4, 0.25) + 0.12, [72, 76] * 8, [60] * 16)


def test_short_notes_are_heard_as_more_energetic_than_held_ones():
    long, short = mood_classifier.of_arousal().probability([LONG, SHORT])
    assert long < 0.5 < short


def test_a_probability_is_the_logistic_of_the_log_odds():
    classifier = mood_classifier.of_arousal()
    odds = classifier.log_odds([LONG, SHORT])
    assert classifier.probability([LONG, SHORT]) == pytest.approx(1 / (1 + np.exp(-odds)))


def test_without_notes_there_is_nothing_to_hear():
    assert np.isnan(mood_classifier.of_arousal().probability([Notes.empty()])).all()
    assert mood_classifier.of_arousal().probability([]).shape == (0,)


def test_it_hears_what_features_there_are():
    assert set(mood_classifier.of_arousal().names) == set(mood_classifier.features(SHORT))


def test_a_file_that_holds_none_is_refused(tmp_path):
    path = tmp_path / "classifier.json"
    path.write_text(json.dumps({"names": []}))
    with pytest.raises(ValueError, match="holds no mood classifier"):
        mood_classifier.load(path)


@pytest.mark.slow
def test_the_shipped_model_moves_what_it_hears():
    net, source = fadernets.load(), [LONG, SHORT]
    calm, energetic = (net.transfer(source, side) for side in ("low", "high"))
    probability = mood_classifier.of_arousal().probability
    assert (probability(calm) <= probability(source)).all()
    assert (probability(energetic) >= probability(source)).all()
    differences = probability(energetic) - probability(calm)
    assert (differences > 0).all() and differences.max() > 0.15


def test_features_of_a_segment_counted_by_hand():
    """A chord of C and E, E again for a beat and a half, a high C, each with its own length."""
    notes = Notes.of([0, 0, 1, 2.25], [0.2, 1, 2.5, 3.25], [36, 52, 52, 72], [1, 60, 90, 127])
    features = mood_classifier.features(notes)
    lasts = np.array([0.2, 1, 1.5, 1])
    expected = {
        "notes": np.log(4),
        "chord": 4 / 3,
        "lasts": np.log(lasts.mean()),
        "short": 1 / 4,
        "long": 1 / 4,
        "spread": np.std([36, 52, 52, 72]),
        "lowest": 36,
        "highest": 72,
        "bass": 1 / 4,
        "treble": 1 / 4,
        "classes": 2,
        "repeats": 1 / 4,
        "offbeat": 1 / 4,  # 2.25: the second sixteenth of a beat
        "rhythm": 3 / 16,
    }
    assert {name: features[name] for name in expected} == pytest.approx(expected)
    beats = np.zeros(12)
    beats[[0, 4]] = 1.2, 2.5
    fit = key.correlations(beats)
    assert features["clarity"] == pytest.approx(max(fit))
    assert features["major"] == pytest.approx(max(fit[:12]) - max(fit[12:]))
    softer = Notes.of(notes.onset, notes.offset, notes.pitch, [64] * 4)
    assert mood_classifier.features(softer) == features  # how loud it is does not count
    with pytest.raises(ValueError, match="without notes"):
        mood_classifier.features(Notes.empty())


def test_log_odds_are_of_features_counted_in_deviations_from_their_means():
    fitted = mood_classifier.MoodClassifier(
        names=("highest", "lowest"), mean=(60.0, 50.0), sd=(6.0, 4.0), weights=(2.0, -1.0), bias=0.5
    )
    (odds,) = fitted.log_odds([LONG])  # pitches 48 and 55
    assert odds == pytest.approx(2 * (55 - 60) / 6 - (48 - 50) / 4 + 0.5)
    several = fitted.log_odds([Notes.empty(), LONG, Notes.empty(), SHORT])
    assert np.isnan(several[[0, 2]]).all() and several[1] == pytest.approx(odds)
    assert several[3] == pytest.approx(2 * (76 - 60) / 6 - (72 - 50) / 4 + 0.5)


def test_a_file_gives_the_classifier_that_was_written(tmp_path):
    path = tmp_path / "classifier.json"
    stored = {"names": ["short"], "mean": [0.5], "sd": [2], "weights": [3], "bias": -1}
    path.write_text(json.dumps(stored))
    assert mood_classifier.load(path) == mood_classifier.MoodClassifier(
        ("short",), (0.5,), (2,), (3,), -1
    )
