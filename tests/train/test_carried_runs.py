"""Runs that are packed, carried to another machine and unpacked there."""

import json

import pytest
import torch

import fadernets
from tests.train.paper_command import QUICK
from tests.train.test_fit import arguments
from train import export, fit, paper
from train.run import shards
from train.run.half_precision import pack
from train.run.loop import LOG
from train.run.made_of import MadeOf
from train.run.resume import CHECKPOINT, load_state
from train.run.side_by_side import SplitRun

pytestmark = pytest.mark.usefixtures("one_thread")


def test_a_state_is_carried_in_shards_to_the_bit(data_file, tmp_path, monkeypatch):
    """And so training goes on from it as if it was never stopped."""
    monkeypatch.setattr(shards, "SHARD_BYTES", 20_000)
    first, second = (SplitRun("split", QUICK, tmp_path / n / "split" / QUICK) for n in ("a", "b"))
    settings = arguments(data_file, first.folder, "--device", "cpu", model=QUICK, steps=5)
    assert fit.main(settings) == 0
    (first.folder / "SHA256SUMS").rename(tmp_path / "sums")  # as if it was not finished

    def carry(run: SplitRun, other: SplitRun) -> None:
        for place, options in (
            (run, ("--pack", carried, "--exact")),
            (other, ("--unpack", carried)),
        ):
            assert paper.main(["--out", str(place.folder.parents[1]), *map(str, options)]) == 0

    carried = tmp_path / "carried"
    carry(first, second)
    files = list((carried / "split" / QUICK).iterdir())
    assert len(files) > 5 and max(path.stat().st_size for path in files) <= 20_000
    state = (first.folder / CHECKPOINT).read_bytes()
    assert (second.folder / CHECKPOINT).read_bytes() == state
    assert fit.main([*settings, "--out", str(second.folder), "--resume"]) == 0
    carry(first, second)  # not in place of one that is finished
    assert second.is_done and (second.folder / CHECKPOINT).read_bytes() == state
    later = load_state(first.folder / CHECKPOINT)
    later["step"] = 6
    torch.save(later, first.folder / CHECKPOINT)
    (second.folder / "SHA256SUMS").unlink()
    carry(second, first)  # nor of a later one
    assert load_state(first.folder / CHECKPOINT)["step"] == 6
    carry(first, second)
    assert load_state(second.folder / CHECKPOINT)["step"] == 6
    (tmp_path / "sums").rename(first.folder / "SHA256SUMS")
    carry(first, second)
    assert second.is_done


def test_weights_alone_are_not_trained_further(data_file, tmp_path, capsys):
    settings = arguments(data_file, tmp_path / "run" / "split" / QUICK, "--device", "cpu",
                         model=QUICK, steps=5)  # fmt: skip
    assert fit.main(settings) == 0
    (tmp_path / "run" / "split" / QUICK / "SHA256SUMS").unlink()
    words = ["--out", str(tmp_path / "run")]
    assert paper.main([*words, "--pack", str(tmp_path / "packed")]) == 0
    folder = tmp_path / "packed" / "split" / QUICK
    assert fit.main([*settings, "--resume", "--out", str(folder)]) == 2
    assert "weights alone: training cannot go on from it" in capsys.readouterr().err
    assert paper.main([*words, "--unpack", str(tmp_path / "packed")]) == 0
    assert "nothing taken" in capsys.readouterr().out


def test_packed_weights_can_be_exported(data_file, tmp_path):
    folder = tmp_path / "run" / "split" / QUICK
    settings = arguments(data_file, folder, "--device", "cpu", model=QUICK, steps=5)
    assert fit.main(settings) == 0
    (folder / "SHA256SUMS").rename(tmp_path / "sums")  # as if the run were not finished
    run = tmp_path / "run"
    assert paper.main(["--out", str(run), "--pack", str(tmp_path / "packed")]) == 0
    packed = tmp_path / "packed" / "split" / QUICK
    assert {CHECKPOINT, LOG} < {path.name for path in packed.iterdir()}
    assert (packed / CHECKPOINT).stat().st_size < 0.3 * (folder / CHECKPOINT).stat().st_size
    out = tmp_path / "exported"
    options = ["--run", str(packed), "--data", str(data_file), "--out", str(out)]
    assert export.main([*options, "--results", str(tmp_path / "training.json")]) == 0
    (tmp_path / "sums").rename(folder / "SHA256SUMS")
    trained, again = (fadernets.load(f).model.state_dict() for f in (folder, out))
    for name, weight in trained.items():
        torch.testing.assert_close(again[name], weight, atol=2e-3, rtol=2e-3)
    record = json.loads((tmp_path / "training.json").read_text())
    assert record["steps"] == 5 and record["model_config"]["model"] == QUICK


def test_a_finished_model_is_packed_as_it_was_exported(data_file, tmp_path):
    run = SplitRun("split", QUICK, tmp_path / "run" / "split" / QUICK)
    assert fit.main(arguments(data_file, run.folder, "--device", "cpu", model=QUICK, steps=5)) == 0
    pack([run], tmp_path / "packed")
    packed = SplitRun("split", QUICK, tmp_path / "packed" / "split" / QUICK)
    assert packed.is_done and fadernets.load(packed.folder).model.config.hidden == 16
    assert (packed.folder / CHECKPOINT).stat().st_size < 10_000
    paper.record([packed], tmp_path, "a card", MadeOf(tmp_path))
    record = json.loads((tmp_path / "results" / "split" / f"{QUICK}-training.json").read_text())
    assert record["hardware"] == "a card" and record["steps"] == 5
