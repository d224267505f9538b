"""Evaluation of a small untrained model on the small corpus: whole and repeatable."""

import json

import pytest
import torch

from fadernets import checkpoint
from fadernets.faders import Fader
from fadernets.models import build
from fadernets.models.config import ModelConfig
from train import evaluate


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    torch.manual_seed(0)
    model = build(ModelConfig(hidden=8, latent=4, embedding=4))
    scales = {n: Fader(n, (0.1, 1.0), (-1.0, 1.0)) for n in ("rhythm", "note")}
    checkpoint.save(model, scales, folder)
    return folder


def test_results_are_whole_and_repeat(folder, data_file, tmp_path):
    results = []
    for name in ("first.json", "second.json"):
        out = tmp_path / "results" / name
        status = evaluate.main(
            f"--checkpoint {folder} --data {data_file} --out {out} --segments 3".split()
        )
        assert status == 0
        (result,) = json.loads(out.read_text())
        result.pop("seconds")
        results.append(result)
    assert results[0] == results[1]
    result = results[0]
    assert result["segments"] == 3
    assert 0 <= result["token_accuracy"] <= 1
    assert 0 <= result["reconstruction"]["note_f1"] <= 1
    assert result["arousal"]["auc"] is None  # the one labelled test piece is all of a kind
    assert set(result["arousal"]["high"]["density_change"]) == {"rhythm", "note"}
    for name in ("rhythm", "note"):
        fader = result["faders"][name]
        assert len(fader["asked"]) == len(fader["measured_mean"]) == 8
        assert fader["asked"] == sorted(fader["asked"])
        spread = zip(
            fader["measured_10"], fader["measured_mean"], fader["measured_90"], strict=True
        )
        assert all(low <= mean <= high for low, mean, high in spread)  # of three segments


def test_only_test_segments_are_measured(data):
    rows = evaluate.chosen(data, corpus=0, count=10, seed=0)
    assert len(rows) == 10
    assert set(data.split[rows]) == {2}
    assert set(data.corpus[rows]) == {0}


def test_a_wrong_name_is_one_sentence(data_file, tmp_path, capsys):
    out = tmp_path / "results.json"
    command = f"--checkpoint nothing --data {data_file} --out {out}"
    assert evaluate.main(command.split()) == 2
    assert "no model named 'nothing'" in capsys.readouterr().err
    assert not out.exists()
