"""The shipped judge of arousal: probabilities from notes alone."""

import json

import numpy as np
import pytest

import fadernets
from fadernets import mood_classifier
from fadernets.music.notes import Notes

LONG = Notes.of([0.0, 0.0], [4.0, 4.0], [48, 55], [60, 60])
SHORT = Notes.of(np.arange(0, 4, 0.25), np.arange(0, 4, 0.25) + 0.12, [72, 76] * 8, [60] * 16)


def test_short_notes_are_heard_as_more_energetic_than_held_ones():
    held, short = mood_classifier.of_arousal().probability([LONG, SHORT])
    assert held < 0.5 < short


def test_a_probability_is_the_logistic_of_the_log_odds():
    found = mood_classifier.of_arousal()
    odds = found.log_odds([LONG, SHORT])
    assert found.probability([LONG, SHORT]) == pytest.approx(1 / (1 + np.exp(-odds)))


def test_without_notes_there_is_nothing_to_hear():
    assert np.isnan(mood_classifier.of_arousal().probability([Notes.empty()])).all()
    assert mood_classifier.of_arousal().probability([]).shape == (0,)


def test_it_hears_what_features_there_are():
    assert set(mood_classifier.of_arousal().names) == set(mood_classifier.features(SHORT))


def test_a_file_that_holds_none_is_refused(tmp_path):
    path = tmp_path / "judge.json"
    path.write_text(json.dumps({"names": []}))
    with pytest.raises(ValueError, match="holds no mood classifier"):
        mood_classifier.load(path)


def test_the_shipped_model_moves_what_it_hears():
    net, source = fadernets.load(), [LONG, SHORT]
    calm, energetic = (net.transfer(source, side) for side in ("low", "high"))
    heard = mood_classifier.of_arousal().probability
    assert (heard(calm) <= heard(source)).all()
    assert (heard(energetic) >= heard(source)).all()
    assert heard(calm).mean() < heard(energetic).mean() - 0.2
