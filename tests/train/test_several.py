"""Two processes that share a batch find the loss, the gradients and the weights of one."""

import csv
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from fadernets.models import distributed
from tests.train import several
from tests.train.conftest import ROOT
from train.run.loop import LOG
from train.run.processes import Processes
from train.run.resume import CHECKPOINT

WAIT = 240  # seconds for two processes to start and train
SLIGHTEST = 1e-5  # of the largest number: float32 sums in another order


def launched(*command) -> subprocess.CompletedProcess:
    """A module and its arguments, run by two processes; all are gone afterwards.

    `accelerate launch` starts several processes on cards only; on CPUs that is torchrun's work.
    """
    run = subprocess.Popen(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
            *("--nproc_per_node", "2", "-m", *map(str, command)),
        ],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        said, _ = run.communicate(timeout=WAIT)
    finally:
        try:
            os.killpg(run.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return subprocess.CompletedProcess(command, run.returncode, said)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """What two processes write."""
    return tmp_path_factory.mktemp("two")


@pytest.fixture(scope="module")
def both(data, data_file, folder) -> list[dict]:
    """What each of two processes found."""
    out = folder
    for model in several.STOPPED:
        begun = folder / "begun" / model
        several.fitted(model, data, begun, Processes("cpu"), several.EARLY)
    done = launched("tests.train.several", data_file, out)
    assert done.returncode == 0, done.stdout
    return [torch.load(out / f"{rank}.pt") for rank in (0, 1)]


@pytest.fixture(scope="module")
def alone(data, tmp_path_factory) -> dict:
    """What one process finds."""
    out = tmp_path_factory.mktemp("one")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    found = {m: several.steps(m, data, out / m, Processes("cpu")) for m in several.MODELS}
    torch.set_num_threads(before)
    return found


def test_there_were_two(both):
    assert [found["world"] for found in both] == [2, 2]


@pytest.mark.parametrize("model", several.MODELS)
def test_two_processes_are_as_one(both, alone, model):
    one = alone[model]
    assert one["gradients"]
    for found in (rank[model] for rank in both):
        for mine, theirs in zip(found["terms"], one["terms"], strict=True):
            assert mine == pytest.approx(theirs, rel=1e-4, abs=1e-6)
        for part in ("gradients", "weights"):
            assert found[part].keys() == one[part].keys()
            most = max(float(value.abs().max()) for value in one[part].values())
            for name, value in found[part].items():
                away = (value - one[part][name]).abs().max()
                assert away <= SLIGHTEST * max(most, 1), (part, name)


@pytest.mark.parametrize("model", several.MODELS)
def test_both_hold_the_same_weights(both, model):
    for name, value in both[0][model]["weights"].items():
        assert torch.equal(value, both[1][model]["weights"][name]), name


@pytest.mark.parametrize("model", several.STOPPED)
def test_two_stop_together_and_resume_to_the_bit(both, model):
    """Only one of them was told to stop."""
    for found in (rank["runs"][model] for rank in both):
        for name, value in found["whole"].items():
            assert torch.equal(value, found["resumed"][name]), name
            assert torch.equal(value, both[0]["runs"][model]["whole"][name]), name


@pytest.mark.parametrize("stopped", ["one goes on as two", "two go on as one"])
def test_another_number_of_processes_goes_on(both, data, folder, tmp_path, stopped):
    alone = several.fitted("gmvae", data, tmp_path, Processes("cpu"))
    if stopped == "one goes on as two":
        found = both[1]["runs"]["gmvae"]["begun"]
    else:
        at = folder / "stopped" / "gmvae"
        found = several.fitted("gmvae", data, at, Processes("cpu"), resume=True)
    for name, value in alone.items():
        assert torch.allclose(value, found[name], rtol=0, atol=SLIGHTEST), name


def test_a_log_is_written_once(both, folder):
    """By runs of two, of which one was stopped and resumed."""
    logs = []
    for part in ("whole", "halted"):
        with (folder / part / "gmvae" / LOG).open(newline="") as file:
            logs.append([r | {"seconds": ""} for r in csv.DictReader(file)])
    assert logs[0] == logs[1]
    assert [row["step"] for row in logs[0]] == [str(several.WHOLE.steps)] * 2


def test_the_halves_are_unlike(data):
    """So that means of their means would not do."""
    config = several.CONFIG
    rows = next(several.stream(data, config.batch, config.labelled_repeats, config.seed))
    tokens = [int(data.batch(half).lengths.sum()) for half in np.split(rows, 2)]
    assert tokens[0] != tokens[1]


def test_a_run_of_two_logs_saves_and_ends_once(data_file, tmp_path):
    out = tmp_path / "run"
    options = ["--data", data_file, "--out", out, "--model", "pati", "--hidden", 8, "--latent", 4]
    options += ["--embedding", 4, "--steps", 2, "--batch", 16, "--log-every", 1]
    options += ["--validation-segments", 8, "--precision", "float32", "--device", "cpu"]
    done = launched("train.fit", *options)
    assert done.returncode == 0, done.stdout
    with (out / LOG).open(newline="") as file:
        rows = [(row["set"], row["step"]) for row in csv.DictReader(file)]
    assert rows == [("train", "1"), ("train", "2"), ("validation", "2")]
    assert (out / CHECKPOINT).exists()
    assert (out / "model.safetensors").exists()


def test_a_batch_must_be_shared_evenly():
    crew = Processes("cpu")
    crew.world = 3
    with pytest.raises(ValueError, match="a batch of 16 cannot be shared by 3 processes"):
        crew.part(np.arange(16))


def test_parts_are_all_of_the_batch():
    crew, parts = Processes("cpu"), []
    crew.world = 4
    for crew.rank in range(4):
        parts.append(crew.part(np.arange(8)))
    assert np.concatenate(parts).tolist() == list(range(8))


def test_draws_are_parts_of_the_joint_ones():
    x = torch.zeros(2, 3)
    torch.manual_seed(0)
    whole = torch.randn(6, 3)
    for rank in range(3):
        torch.manual_seed(0)
        with distributed.sharing(rank, 3):
            assert torch.equal(distributed.normal_like(x), whole[2 * rank : 2 * rank + 2])


def test_processes_draw_for_themselves_and_are_alike_again():
    drawn = {}
    for rank in (0, 1):
        torch.manual_seed(0)
        with distributed.sharing(rank, 2):
            with distributed.own_draws(torch.device("cpu")):
                mine = torch.rand(3 + rank)[:3]
            drawn[rank] = mine, torch.rand(4)
    assert not torch.equal(drawn[0][0], drawn[1][0])
    assert torch.equal(drawn[0][1], drawn[1][1])


def test_alone_own_draws_are_the_ordinary_ones():
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    with distributed.own_draws(torch.device("cpu")):
        assert torch.equal(torch.rand(3), expected)


def test_dropout_silences_its_share_and_keeps_the_mean():
    torch.manual_seed(0)
    layer = distributed.Dropout(0.25)
    heard = layer(torch.ones(200, 100))
    assert heard.unique().tolist() == pytest.approx([0, 4 / 3])
    assert float((heard == 0).float().mean()) == pytest.approx(0.25, abs=0.02)
    assert torch.equal(layer.eval()(torch.ones(3, 2)), torch.ones(3, 2))
