import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from fadernets.mood_transfer import PRESETS
from fadernets.music.key import find
from train import valence
from train.data.dataset import Segments
from train.evaluation import crossvalidation
from train.valence import mood_classifiers, moved, separations


@pytest.fixture
def rated(data) -> Segments:
    """The corpus with every piece rated for either mood, high and low in turn."""
    side = torch.from_numpy(data.piece % 2).long()
    return replace(data, arousal=side, valence=1 - side)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(crossvalidation, "DRAWS", 20)
    monkeypatch.setattr(crossvalidation, "REPEATS", 1)


def test_labels_of_valence_are_read_as_those_of_arousal_are(data_file, tmp_path):
    arrays = dict(np.load(data_file))
    rating = np.full(len(arrays["valence"]), np.nan, np.float32)
    rating[:5] = 0.5, -0.5, 0.05, -0.05, np.nan
    np.savez(tmp_path / "rated.npz", **arrays | {"valence": rating})
    assert Segments.load(tmp_path / "rated.npz").valence[:5].tolist() == [1, 0, -1, -1, -1]


def test_separations(rated, quick):
    results = separations(rated, "valence", seed=0)
    counts = results.cross_validated
    assert {"densities", "classifier", "mode alone", "both codes"} <= set(counts.scores)
    assert (counts.segments, counts.pieces) == (300, 18)
    assert results.held_out.pieces == len(np.unique(rated.piece[rated.split == 2]))
    assert "both codes" not in separations(rated, "arousal", seed=0).held_out.scores


def test_effects_of_rules_are_measured(net, rated):
    """Classifiers of made-up labels say little; the measures of the music do not need them."""
    source = valence.notes_of(rated, np.arange(0, 60, 6))
    presets = moved(net, source, mood_classifiers(rated))
    assert set(PRESETS) | {"nothing", "valence low", "arousal high"} <= set(presets)
    major = np.mean([find(notes) < 12 for notes in source])
    for name, row in presets.items():
        assert row.major_before == pytest.approx(major, abs=1e-4), name
    assert presets["valence low"].major < major < presets["valence high"].major
    assert presets["nothing"].identity.note_f1 > presets["sad"].identity.note_f1
    effect = presets["sad"].effects["valence"].stored()
    assert set(effect) == {"mean_change", "low"} and effect["low"]["n"] == round(10 * major)
    both_sides = presets["valence low"].effects["arousal"].stored()
    assert set(both_sides) == {"mean_change", "low", "high"}


def test_the_command_line(rated, quick, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(Segments, "load", lambda path: rated)
    out = tmp_path / "deep" / "valence.json"
    command = ["--data", "any", "--out", str(out), "--model", "arranger", "--segments", "4"]
    assert valence.main(command) == 0
    results = json.loads(out.read_text())
    assert results["seed"] == 1 and results["data_sha256"] == rated.sha256
    assert results["segments"] == 4 and set(results["models"]) == {"arranger"}
    assert "gmvae/valence.safetensors" in results["models"]["arranger"]["sha256"]
    capsys.readouterr()


def test_unlabelled_data_are_refused(data_file, tmp_path, capsys):
    """The corpus is rated 0.1 throughout, which is no label."""
    command = ["--data", str(data_file), "--out", str(tmp_path / "v.json"), "--segments", "4"]
    assert valence.main(command) == 2
    assert "no labelled segment" in capsys.readouterr().err


@pytest.fixture(scope="module")
def net():
    return valence.FaderNet.load()
