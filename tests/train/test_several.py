"""Two processes that share every batch train as one."""

import csv
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from fadernets.models import build
from tests.train import several
from tests.train.conftest import ROOT
from train.run.loop import LOG
from train.run.resume import CHECKPOINT

WAIT = 240  # seconds for two processes to start and train
# What accelerate's own test of distributed training allows (test_utils/scripts/test_script.py).
ACCELERATE = {"atol": 1e-6, "rtol": 1e-6}
ROUNDING = 1e-5  # of the largest number: sums of float32 in another order

pytestmark = pytest.mark.usefixtures("one_thread")


def launch(*command) -> None:
    """Run a module and its arguments in two processes; none is left afterwards.

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
        output, _ = run.communicate(timeout=WAIT)
    finally:
        try:
            os.killpg(run.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    assert run.returncode == 0, output


@pytest.fixture(scope="module")
def folder(data, data_file, tmp_path_factory) -> Path:
    """What two processes wrote."""
    out = tmp_path_factory.mktemp("two")
    several.run_until(several.STOP, "fadernetworks", data, out / "begun")
    launch("tests.train.several", data_file, out)
    return out


@pytest.fixture(scope="module")
def ranks(folder) -> list[dict]:
    """What each of the two processes computed."""
    return [torch.load(folder / f"{rank}.pt") for rank in (0, 1)]


def by_hand(model: str, data, out) -> dict:
    """The result of two processes, computed in one: gradients are the means of both parts'.

    Noise is drawn by each, and buffers, such as running means, are those of the first.
    """
    run = several.trainer(model, several.CONFIG, data, out)
    generators = [torch.get_rng_state()]
    torch.manual_seed(several.CONFIG.seed + 1)
    build(run.model.config)
    generators.append(torch.get_rng_state())
    result: dict = {"terms": []}
    run.model.train()
    for rows in several.batches(data):
        beta = run.model.config.beta_at(run.step)
        terms: tuple[dict, dict] = ({}, {})
        for player, turn in run.turns.items():
            buffers = [buffer.clone() for buffer in run.model.buffers()]
            run.optimisers[player].zero_grad()
            for rank in (1, 0):
                for buffer, value in zip(run.model.buffers(), buffers, strict=True):
                    buffer.copy_(value)
                torch.set_rng_state(generators[rank])
                losses = turn.losses(data.batch(rows[rank::2]), beta)
                generators[rank] = torch.get_rng_state()
                (losses["total"] / 2).backward()
                terms[rank].update({name: term.item() for name, term in losses.items()})
            run.optimisers[player].step()
        run.step += 1
        result["terms"].append(terms)
        result.setdefault("gradients", several.gradients(run))
    return result | {"weights": several.parameters(run)}


@pytest.mark.parametrize("model", several.PAPERS_MODELS)
def test_two_processes_move_by_the_mean_of_their_gradients(ranks, data, tmp_path, model):
    expected = by_hand(model, data, tmp_path)
    for rank, result in enumerate(part[model] for part in ranks):
        for terms, by_rank in zip(result["terms"], expected["terms"], strict=True):
            assert terms == pytest.approx(by_rank[rank], rel=1e-4, abs=1e-6)
        for part in ("gradients", "weights"):
            assert result[part].keys() == expected[part].keys()
            largest = max(float(value.abs().max()) for value in expected[part].values())
            for name, value in result[part].items():
                difference = (value - expected[part][name]).abs().max()
                assert difference <= ROUNDING * max(largest, 1), (part, name)


def test_where_parts_count_alike_two_processes_are_as_one(ranks, data, tmp_path):
    alone = several.trained("keymeans", data, tmp_path)
    for result in (part["keymeans"] for part in ranks):
        for part in ("gradients", "weights"):
            torch.testing.assert_close(result[part], alone[part], **ACCELERATE)


@pytest.mark.parametrize("model", several.PAPERS_MODELS)
def test_both_hold_the_same_weights_and_draw_noise_of_their_own(ranks, model):
    first, second = (part[model] for part in ranks)
    torch.testing.assert_close(first["weights"], second["weights"], atol=0, rtol=0)
    assert first["terms"] != second["terms"]


def test_two_stop_together_and_resume_to_the_bit(ranks):
    """Only one of them was told to stop."""
    for runs in (part["runs"] for part in ranks):
        for name in ("whole", "resumed"):
            torch.testing.assert_close(runs[name], ranks[0]["runs"]["whole"], atol=0, rtol=0)


def test_another_number_of_processes_goes_on(ranks, folder, data):
    """`several.run_until` looks that they come to the last step."""
    torch.testing.assert_close(*(part["runs"]["begun"] for part in ranks), atol=0, rtol=0)
    alone = several.run_until(
        several.RUN.steps, "fadernetworks", data, folder / "stopped", resume=True
    )
    # Steps of Adam: about the learning rate each.
    torch.testing.assert_close(
        several.parameters(alone), ranks[0]["runs"]["whole"], atol=0.01, rtol=0
    )


def test_a_log_is_written_once(folder):
    """By runs of two, of which one was stopped and resumed."""
    logs = []
    for part in ("whole", "halted"):
        with (folder / part / LOG).open(newline="") as file:
            logs.append([r | {"seconds": ""} for r in csv.DictReader(file)])
    assert logs[0] == logs[1]
    assert [row["step"] for row in logs[0]] == [str(several.RUN.steps)] * 2


def test_the_command_logs_saves_and_ends_once(folder):
    with (folder / "fit" / LOG).open(newline="") as file:
        rows = [(row["set"], row["step"]) for row in csv.DictReader(file)]
    assert rows == [("train", "1"), ("train", "2"), ("validation", "2")]
    assert (folder / "fit" / CHECKPOINT).exists()
    assert (folder / "fit" / "model.safetensors").exists()


def test_a_batch_is_shared_evenly(ranks):
    assert sorted(ranks[0]["share"] + ranks[1]["share"]) == list(range(8))
    assert [part["uneven"] for part in ranks] == [
        "a batch of 15 cannot be shared by 2 processes"
    ] * 2
