import json

import numpy as np
import pytest

from fadernets.music.notes import Notes
from tests.fadernets.tiny import bars
from train import metrics
from train.data.dataset import TRAIN
from train.evaluation import mood_classifier
from train.evaluation.mood_classifier import MoodClassifier

RNG = np.random.default_rng(0)


def test_features_by_hand():
    notes = Notes.of(
        [0.0, 0.0, 1.0, 1.75], [1.0, 1.0, 1.125, 4.0], [36, 60, 72, 60], [20, 90, 50, 60]
    )
    values = mood_classifier.features(notes)
    assert values["rhythm"] == 3 / 16
    assert values["notes"] == pytest.approx(np.log(4))
    assert values["chord"] == pytest.approx(4 / 3)
    assert values["lasts"] == pytest.approx(np.log((1 + 1 + 0.125 + 2.25) / 4))
    assert (values["short"], values["long"]) == (0.25, 0.25)
    assert (values["lowest"], values["highest"]) == (36, 72)
    assert (values["bass"], values["treble"]) == (0.25, 0.25)
    assert values["classes"] == 1
    assert values["repeats"] == 0.25
    assert values["offbeat"] == 0.25
    assert values["spread"] == pytest.approx(np.std([36, 60, 72, 60]))


def test_loudness_is_left_out():
    for notes in bars(3):
        louder = Notes.of(notes.onset, notes.offset, notes.pitch, notes.velocity + 9)
        assert mood_classifier.features(notes) == mood_classifier.features(louder)


def test_a_segment_without_notes_has_none():
    with pytest.raises(ValueError, match="without notes"):
        mood_classifier.features(Notes.empty())


def test_log_odds_by_hand():
    classifier = MoodClassifier(("rhythm",), (0.5,), (0.25,), (2.0,), -1.0)
    busy = Notes.of(np.arange(16) / 4, np.arange(1, 17) / 4, [60] * 16, [64] * 16)
    odds = classifier.log_odds([busy, Notes.empty(), busy[:4]])
    assert odds[0] == pytest.approx(2 * (1 - 0.5) / 0.25 - 1)
    assert np.isnan(odds[1])
    assert odds[2] == pytest.approx(2 * (0.25 - 0.5) / 0.25 - 1)
    assert metrics.moved_as_asked(odds[[0, 0]], odds[[1, 2]], "low") == 0.5
    assert classifier.log_odds([]).shape == (0,)


def test_a_fit_stands_at_the_minimum_of_its_loss():
    values = RNG.normal(size=(60, 3))
    high = values @ [1.0, -2.0, 0.0] + RNG.normal(size=60) > 0
    classifier = mood_classifier.fit(values, high, ("a", "b", "c"))
    weights = np.array(classifier.weights)
    x = (values - values.mean(0)) / values.std(0)

    def loss(weights, bias):
        margin = np.where(high, 1, -1) * (x @ weights + bias)
        return np.log1p(np.exp(-margin)).mean() + mood_classifier.RIDGE / 2 * weights @ weights

    best = loss(weights, classifier.bias)
    for step in np.vstack([np.eye(4), -np.eye(4)]) * 1e-2:
        assert loss(weights + step[:3], classifier.bias + step[3]) > best
    assert weights[0] > 0 > weights[1]


def test_a_still_feature_weighs_nothing():
    values = np.column_stack([np.arange(8.0), np.ones(8)])
    classifier = mood_classifier.fit(values, np.arange(8) > 3, ("a", "b"))
    assert classifier.weights[0] > 0 and classifier.weights[1] == 0


def test_one_kind_of_label_teaches_nothing():
    with pytest.raises(ValueError, match="all 4 labelled segments are of one arousal"):
        mood_classifier.fit(np.ones((4, 1)), np.ones(4, bool), ("a",))


def test_it_is_trained_on_training_pieces_alone(data):
    segments, high = mood_classifier.labelled(data, TRAIN)
    arousal, split = data.arousal.numpy(), data.split
    assert len(segments) == ((split == TRAIN) & (arousal >= 0)).sum() > 0
    assert high.sum() == ((split == TRAIN) & (arousal == 1)).sum()
    classifier = mood_classifier.fit_training_pieces(data)
    expected = mood_classifier.fit(
        mood_classifier.table(segments, classifier.names), high, classifier.names
    )
    assert classifier == expected
    scores = mood_classifier.held_out(classifier, data)
    assert scores.segments == ((split == 2) & (arousal >= 0)).sum()
    assert scores.auc is None  # the one labelled test piece is all of a kind


def test_a_saved_classifier_loads_the_same(data, tmp_path):
    classifier = mood_classifier.fit_training_pieces(data)
    mood_classifier.save(classifier, tmp_path / "classifier.json")
    assert mood_classifier.load(tmp_path / "classifier.json") == classifier


@pytest.mark.parametrize("content", [None, "", "[]", '{"names": ["a"]}', '{"no": 1}'])
def test_what_is_no_classifier_is_refused(tmp_path, content):
    path = tmp_path / "classifier.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ValueError, match=r"classifier\.json holds no mood classifier"):
        mood_classifier.load(path)


def test_the_command_line(data_file, tmp_path, capsys):
    out = tmp_path / "deep" / "classifier.json"
    assert mood_classifier.main(["--data", str(data_file), "--out", str(out)]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"classifier", "densities alone"}
    assert "rhythm" in mood_classifier.load(out).names
    assert mood_classifier.main(["--data", str(tmp_path / "none.npz"), "--out", str(out)]) == 2
    assert "train.evaluation.mood_classifier:" in capsys.readouterr().err
