"""``python -m train.discriminator`` on generated music, and what it learns from made-up tables."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

import fadernets
from fadernets import checkpoint
from fadernets.discriminator.discriminator import MOVED
from fadernets.music import midi
from fadernets.music.notes import Notes
from tests.train.test_naturalness import played
from train import discriminator
from train.data import unseen
from train.data.arrangements import Arrangements, split_pieces
from train.evaluation.discriminating import auc_of, drawn, least_told, pairs, train
from train.reporting.results.discriminator import Discriminating

PIECES, SEGMENTS, CANDIDATES, COLUMNS = 20, 12, 4, 5


def made_up(difference: float, seed: int = 0) -> Arrangements:
    """Arrangements whose first column is higher than that of real ones; the second is the piece."""
    rng = np.random.default_rng(seed)
    piece = np.repeat(np.arange(PIECES), SEGMENTS)
    table = rng.normal(size=(len(piece), CANDIDATES, COLUMNS + MOVED)).astype(np.float32)
    real = rng.normal(size=(len(piece), COLUMNS)).astype(np.float32)
    table[:, :, 0] += difference
    table[:, :, 1], real[:, 1] = piece[:, None], piece
    densities = np.full((len(piece), CANDIDATES, 2), 0.5, np.float32)
    return Arrangements(
        "made up", table, densities, piece, real, densities[:, 0], piece, np.full(2, 0.2)
    )


def test_pairs_are_of_the_pieces_given_and_told_the_same_move() -> None:
    of = made_up(0)
    arranged, beside = pairs(of, np.arange(5, 12), np.ones(len(of.table), int), 3)
    assert 7 * SEGMENTS - 3 <= len(arranged) == len(beside) <= 7 * SEGMENTS
    for side in (arranged, beside):
        assert set(side[:, 1]) == set(range(5, 12))
    assert (arranged[:, 1] != beside[:, 1]).all()  # of another piece
    assert np.array_equal(arranged[:, -MOVED:], beside[:, -MOVED:])
    assert np.isin(arranged[:, 2], of.table[:, 1, 2]).all()  # the chosen candidates alone


@pytest.mark.parametrize(("difference", "low", "high"), [(3.0, 0.9, 1.0), (0.0, 0.3, 0.7)])
def test_it_learns_what_there_is_to_learn(difference: float, low: float, high: float) -> None:
    of = made_up(difference)
    (held_out,) = split_pieces([of], 0.3, 1)
    trained, count = train([of], [np.setdiff1d(of.piece, held_out)], 8, 0)
    assert count > 2 * (PIECES - len(held_out)) * SEGMENTS
    auc_of_any = auc_of(trained, of, held_out, drawn(of, np.random.default_rng(0)), 0)
    assert low <= auc_of_any <= high
    chosen = least_told(trained, of)
    assert auc_of(trained, of, held_out, chosen, 0) < auc_of_any
    if difference:  # those that are most like real segments
        assert of.table[np.arange(len(chosen)), chosen, 0].mean() < difference - 0.5


def test_files_come_back_and_others_are_refused(tmp_path) -> None:
    of = made_up(1.0)
    of.save(tmp_path / "some.npz")
    back = Arrangements.load(tmp_path / "some.npz")
    assert (back.music, back.data_sha256) == ("made up", "")
    assert np.array_equal(back.table, of.table) and np.array_equal(back.sd, of.sd)
    np.savez(tmp_path / "other.npz", table=of.table)
    with pytest.raises(ValueError, match="holds no arrangements: data_sha256 is missing"):
        Arrangements.load(tmp_path / "other.npz")


@pytest.mark.slow
def test_from_pieces_to_an_arranger_that_has_it(tmp_path, monkeypatch, capsys) -> None:
    """What was learnt is loaded with the model; nothing else of it changes."""
    music, model = tmp_path / "music", tmp_path / "model"
    music.mkdir()
    monkeypatch.setattr(unseen, "split_of", lambda name: unseen.TRAIN)
    for number in range(4):
        midi.write(played(number), music / f"{number}.mid")
    shutil.copytree(checkpoint.find("arranger"), model)
    files = checkpoint.WEIGHTS, checkpoint.DISCRIMINATOR
    before = [(model / name).read_bytes() for name in files]
    some = tmp_path / "some.npz"
    options = f"collect --midi {music} --out {some} --excerpts 3 --length 3 --seed 1"
    assert discriminator.main(options.split()) == 0, capsys.readouterr().err
    of = Arrangements.load(some)
    ways, segments = len(discriminator.WAYS), 3 * 3
    assert of.table.shape[0] == ways * segments and len(np.unique(of.piece)) == 3
    assert of.table.shape[2] == of.real.shape[1] + MOVED

    out = tmp_path / "results.json"
    options = f"fit --from {some} --model {model} --epochs 2 --seed 2 --out {out}"
    assert discriminator.main(options.split()) == 0, capsys.readouterr().err
    result = Discriminating.model_validate_json(out.read_text())
    assert json.loads(capsys.readouterr().out) == json.loads(out.read_text())
    assert [corpus.music for corpus in result.corpora] == ["performances"]
    is_same = [(model / name).read_bytes() == was for name, was in zip(files, before, strict=True)]
    assert is_same == [True, False]
    net = fadernets.load(model)
    assert net.realiser.discriminator is not None
    notes = Notes.of([0, 1, 2, 3], [1, 2, 3, 4], [60, 62, 64, 65], [64] * 4)
    (busier,) = net.slide([notes], {"rhythm": 0.5})
    assert len(busier) > 4


def test_what_cannot_be_used_is_one_line(tmp_path, capsys) -> None:
    out = tmp_path / "out.json"
    fit = f"fit --from {tmp_path / 'no.npz'} --model {checkpoint.find('arranger')} --out {out}"
    collect = f"collect --midi {tmp_path} --out {tmp_path / 'o.npz'}"
    for options in (fit, collect):
        assert discriminator.main(options.split()) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
