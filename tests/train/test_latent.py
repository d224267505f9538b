"""Maps of codes and examples of transfers: made from a small untrained model, read by figures."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from fadernets import checkpoint
from fadernets.faders import Fader
from fadernets.models import build
from fadernets.models.config import ModelConfig
from train import latent, transfers
from train.data.dataset import TEST
from train.figures.__main__ import main
from train.reporting.reading import read
from train.reporting.results.latent import Map
from train.reporting.writing import text_of

SMALL = {"hidden": 8, "latent": 4, "embedding": 4}


def save_model(folder, name, faders):
    torch.manual_seed(0)
    scales = {n: Fader(n, (0.1, 1.0), (-1.0, 1.0)) for n in faders}
    checkpoint.save(build(ModelConfig(model=name, **SMALL)), scales, folder)
    return folder


@pytest.fixture(scope="module")
def gmvae(tmp_path_factory):
    return save_model(tmp_path_factory.mktemp("models") / "gmvae", "gmvae", ("rhythm", "note"))


def test_codes_that_lie_apart_lie_apart_on_the_map():
    cluster = torch.randn(40, 6, generator=torch.Generator().manual_seed(0))
    values = torch.cat([cluster, cluster + 40])
    place = latent.embedded(values, seed=0)
    assert place.min(0).tolist() == [0, 0] and place.max(0).tolist() == [1, 1]
    first, second = place[:40], place[40:]
    between = np.linalg.norm(first.mean(0) - second.mean(0))
    assert between > 2 * np.linalg.norm(first - first.mean(0), axis=1).mean()
    assert np.array_equal(latent.embedded(values, seed=0), place)


def test_too_few_codes_make_no_map():
    with pytest.raises(ValueError, match="3 segments are too few"):
        latent.embedded(torch.zeros(3, 2), seed=0)


def test_results_are_whole_repeat_and_can_be_drawn(gmvae, data, data_file, tmp_path, quick_figures):
    single = save_model(tmp_path / "single", "singlegmvae", ())
    out = [tmp_path / "one.json", tmp_path / "two.json"]
    models = f"--checkpoint small={gmvae} --checkpoint {single}"
    for path in out:
        assert latent.main(f"{models} --data {data_file} --out {path}".split()) == 0
    assert out[0].read_text() == out[1].read_text()
    first, second = read(out[:1]).latents
    assert (first.name, second.name) == ("small", "single")
    assert first.weights_sha256 != second.weights_sha256 and first.data_sha256 == data.sha256
    mixed = first.mixed
    assert set(mixed.codes) == {"rhythm", "note"}
    assert mixed.segments == len(mixed.arousal) == len(mixed.codes["note"].zd["note"])
    assert mixed.segments == (data.split == TEST).sum()  # so few are all shown
    assert second.mixed.codes["segment"].zd == {}
    assert first.labelled is None  # the one labelled test piece is all of a kind
    rhythm = data.densities["rhythm"].numpy()[data.split == TEST]
    assert np.allclose(sorted(mixed.density["rhythm"]), np.sort(rhythm), atol=6e-4)
    assert main([str(out[0]), "--out", str(tmp_path / "figures")]) == 0
    assert (tmp_path / "figures" / "figure3-small.svg").exists()


def test_a_number_takes_a_line_only_if_it_stands_alone():
    places = Map(x=[0.5, 1.0], y=[2.0, 3.0], zd={}, high=None)
    text = text_of([places], compact=True)
    assert "[ 0.5, 1.0 ]" in text and json.loads(text) == [places.model_dump()]


def test_checkpoints_of_one_name_have_to_be_told_apart(gmvae, data_file, tmp_path, capsys):
    options = f"--checkpoint gmvae --checkpoint {gmvae} --data {data_file}"
    assert latent.main(f"{options} --out {tmp_path / 'x.json'}".split()) == 2
    assert "2 checkpoints are named 'gmvae'" in capsys.readouterr().err
    assert latent.folders_by_name(["gmvae", f"mine={gmvae}"]) == {
        "gmvae": "gmvae",
        "mine": str(gmvae),
    }


def test_transfers_are_of_public_examples_and_can_be_drawn(gmvae, tmp_path, quick_figures):
    out = tmp_path / "transfers.json"
    assert transfers.main(f"--checkpoint {gmvae} --out {out}".split()) == 0
    (result,) = read([out]).transfers
    moves = ["high arousal", "low arousal", "rhythm fader at 0.9", "note fader at 0.5"]
    assert [e.move for e in result.examples] == moves
    for part in result.examples:
        original = part.drawing.original
        assert all(0 <= on < off <= part.drawing.length_s + 1e-3 for on, off, *_ in original.notes)
        assert original.marks.count("kept") == part.drawing.result.marks.count("kept")
    assert main([str(out), "--out", str(tmp_path / "figures")]) == 0
    assert (tmp_path / "figures" / "figure5-gmvae.png").exists()


def test_a_model_without_faders_shows_arousal_alone(tmp_path):
    single = save_model(tmp_path / "single", "singlegmvae", ())
    moves = [e.move for e in transfers.transfers("single", str(single)).examples]
    assert moves == ["high arousal", "low arousal"]


def test_no_model_is_one_sentence(tmp_path, capsys):
    out = tmp_path / "x.json"
    assert transfers.main(f"--checkpoint nothing --out {out}".split()) == 2
    assert "no model named 'nothing'" in capsys.readouterr().err
    assert not out.exists()
