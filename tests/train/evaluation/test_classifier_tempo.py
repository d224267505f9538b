"""What an octave of tempo is worth, in a classifier's own log-odds."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from fadernets.mood_classifier import AROUSAL, MoodClassifier, load
from fadernets.music.notes import Notes
from train.data import corpora
from train.evaluation import classifier_tempo
from train.evaluation.classifier_tempo import rated, with_tempo

PLAIN = MoodClassifier(("rhythm",), (0.5,), (0.25,), (2.0,), -1.0)


def test_an_octave_weighs_what_the_ratings_say():
    rng = np.random.default_rng(0)
    values = np.stack([rng.normal(size=8000), rng.normal(6.8, 0.4, 8000)], axis=1)
    odds = 0.5 * values[:, 0] + 1.5 * (values[:, 1] - 6.8)
    high = rng.random(8000) < 1 / (1 + np.exp(-odds))
    classifier, _ = with_tempo(PLAIN, values, high)
    assert classifier.per_octave == pytest.approx(3.0, rel=0.15)
    assert classifier.weights == PLAIN.weights
    with pytest.raises(ValueError, match="of one arousal"):
        with_tempo(PLAIN, values, np.ones(8000, bool))


def test_faster_music_gains_log_odds_by_octaves():
    notes = [Notes.of([0, 1], [1, 2], [60, 62], [64] * 2), Notes.empty()]
    faster = replace(PLAIN, per_octave=4.0)
    own = PLAIN.log_odds(notes)
    assert np.allclose(faster.log_odds(notes, 0.5)[0], own[0] + 2.0)
    assert np.isnan(faster.log_odds(notes, 0.5)[1])
    assert np.array_equal(faster.log_odds(notes), own, equal_nan=True)
    assert faster.probability(notes, 1.0)[0] > faster.probability(notes)[0]


def test_the_shipped_classifier_hears_tempo():
    assert load(AROUSAL).per_octave > 1


@pytest.mark.slow
def test_the_command_writes_it_into_the_file(corpus, data_file, tmp_path, monkeypatch, capsys):
    own = tmp_path / "arousal.json"
    shutil.copy(AROUSAL, own)
    names = {source.name for source in corpora.vgmidi(corpus.vgmidi)}
    monkeypatch.setattr(classifier_tempo, "names_of", lambda data, splits: names)
    options = ["--data", str(data_file), "--vgmidi", str(corpus.vgmidi), "--classifier", str(own)]
    assert classifier_tempo.main(options) == 0
    report = json.loads(capsys.readouterr().out)
    values, high = rated(load(own), list(corpora.vgmidi(corpus.vgmidi)), names)
    assert report["unseen segments"] == len(high) == len(values)
    assert load(own).per_octave == report["per_octave"] != load(AROUSAL).per_octave
    assert classifier_tempo.main([*options[:-1], str(tmp_path / "none.json")]) == 2
    assert "holds no mood classifier" in capsys.readouterr().err
