"""The GM-VAE with more or fewer labels, at toy size."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from fadernets.models.batch import UNLABELLED
from train import label_shares
from train.data.dataset import TRAIN, Segments
from train.evaluation.mood_classifier import fit_training_pieces
from train.label_shares import LEFT_OUT, SHARES, training_rows, with_labels

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def rated(data, monkeypatch) -> Segments:
    """The data with a rating of every third segment, whatever its piece."""
    arousal = np.random.default_rng(0).integers(0, 2, len(data.split))
    arousal[np.arange(len(arousal)) % 3 > 0] = UNLABELLED
    result = dataclasses.replace(data, arousal=torch.from_numpy(arousal))
    monkeypatch.setattr(Segments, "load", lambda *_: result)
    return result


def test_each_share_has_its_labels_and_all_have_the_same_segments(rated):
    teacher = fit_training_pieces(rated)
    rows = training_rows(rated, 100, np.random.default_rng(3))
    known = [with_labels(rated, rows, share, teacher) for share in SHARES]
    assert [int((d.arousal[rows] != UNLABELLED).sum()) for d in known] == [0, 1, 5, 100]
    for part in known:
        assert (np.flatnonzero(part.split == TRAIN) == np.sort(rows)).all()
        unseen = rated.split != TRAIN
        assert (part.split[unseen] == rated.split[unseen]).all()
        assert (part.arousal[unseen] == rated.arousal[unseen]).all()
        left_out = part.split == LEFT_OUT
        assert left_out.sum() == (rated.split == TRAIN).sum() - 100
        agrees = (part.arousal[rows] == rated.arousal[rows])[rated.arousal[rows] != UNLABELLED]
        labelled = part.arousal[rows][rated.arousal[rows] != UNLABELLED] != UNLABELLED
        assert agrees[labelled].all()  # what people said is not overruled
    with pytest.raises(ValueError, match="segments are too few to train with: 10000 are wanted"):
        training_rows(rated, 10_000, np.random.default_rng(3))


@pytest.mark.training
def test_runs_that_are_done_are_not_trained_again(rated, tmp_path, monkeypatch, capsys):
    out = tmp_path / "shares.json"
    options = ["--data", "any", "--out", str(out), "--segments", "100", "--steps", "2"]
    options += ["--hidden", "8", "--transferred", "6", "--seeds", "1"]
    trained = []
    real = label_shares.run

    def run(data, share, *further):
        trained.append(share)
        return real(data, share, *further)

    monkeypatch.setattr(label_shares, "run", run)
    assert label_shares.main(options) == 0
    assert trained == list(SHARES)
    stored = json.loads(out.read_text())
    assert [run["labelled"] for run in stored["runs"]] == [0, 1, 5, 100]
    assert stored["data_sha256"] == rated.sha256 and stored["train_settings"]["steps"] == 2
    stored["runs"].pop()
    out.write_text(json.dumps(stored))
    assert label_shares.main(options) == 0
    assert trained == [*SHARES, SHARES[-1]]
    capsys.readouterr()
    assert label_shares.main([*options, "--hidden", "16"]) == 2
    assert "is of other data or settings: name another file" in capsys.readouterr().err
