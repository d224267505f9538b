"""The whole paper by one command, at toy size."""

import csv
import importlib
import json
import re
import signal
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import fadernets
from tests.train.conftest import ROOT
from tests.train.paper_command import QUICK, TOY, command
from tests.train.test_fit import MIDI, arguments
from train import fit, paper
from train.run import module_calls, side_by_side
from train.run.loop import LOG
from train.run.made_of import MadeOf
from train.run.resume import CHECKPOINT, load_state
from train.run.side_by_side import SplitRun, TrainingRuns

ONE_AT_A_TIME = threading.Lock()

pytestmark = pytest.mark.usefixtures("one_thread")


def called_here(module: str, *arguments: object) -> bool:
    """`paper.call` without a process of its own, which would import PyTorch once more."""
    name = f"{module}.__main__" if module == "train.figures" else module
    with ONE_AT_A_TIME:
        return not importlib.import_module(name).main(list(map(str, arguments)))


@pytest.mark.slow
def test_from_midi_to_figures_and_what_is_there_is_not_made_again(
    corpus, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(paper, "call", called_here)
    models = ("gmvae", QUICK)
    options = command(
        *("--out", tmp_path, "--piano", corpus.piano, "--vgmidi", corpus.vgmidi, "--jobs", 2),
        *("--models", *models, "--splits", "random_split", "--steps", 25),
        *("--runs", 1, "--samples", 4, "--segments", 6),
    )
    assert paper.main(options) == 0, capsys.readouterr().out
    results = tmp_path / "results" / "random_split"
    for model in models:
        folder = tmp_path / "random_split" / model
        assert load_state(folder / CHECKPOINT)["split"] == "random_split"
        (evaluation,) = json.loads((results / f"{model}.json").read_text())
        assert evaluation["model"] == model
        assert fadernets.load(folder).model.config.hidden == 16
    summary = json.loads((tmp_path / "results" / "prepare.json").read_text())
    assert summary["definition"] == "authors"
    figures = {p.stem.partition("-")[0] for p in (tmp_path / "figures").rglob("*.svg")}
    assert {"table1", "figure3", "figure4"} <= figures
    claims = (tmp_path / "results" / "claims.md").read_text()
    assert "| claim | paper | random split, by segment | by performance and piece |" in claims
    report = (results / "report.md").read_text()
    assert "| Vanilla VAE, paper |" in report and "| **gmvae** |" in report
    (results / "gmvae.json").unlink()
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")}
    calls = []
    monkeypatch.setattr(paper, "call", lambda *words: calls.append(words) or True)
    assert paper.main(options) == 0
    assert [words[0] for words in calls] == ["train.evaluate", "train.figures"]
    assert tmp_path / "random_split" / "gmvae" in calls[0]
    again = {path.name for path, then in times.items() if path.stat().st_mtime_ns != then}
    assert again <= {"claims.md", "report.md", "made_of.json"}
    calls.clear()
    assert paper.main([*options, "--samples", "5"]) == 0  # of Table 1 alone
    assert [words[0] for words in calls] == ["train.evaluate", "train.evaluate"]


def test_another_option_makes_again_what_depends_on_it(
    toy_fit, data_file, tmp_path, capsys, monkeypatch
):
    data = tmp_path / "segments.npz"
    data.write_bytes(data_file.read_bytes())
    options = ("--data", data, "--out", tmp_path, "--splits", "split", "--stages", "train")
    first = ("--models", QUICK, "--steps", 20)

    def errors_of(*further) -> str:
        assert paper.main(command(*options, *further)) == 0
        return capsys.readouterr().out

    assert "again" not in errors_of(*first)
    run = SplitRun("split", QUICK, tmp_path / "split" / QUICK)
    (run.folder / "weights").write_text("first")
    assert "again" not in errors_of(*first)
    assert "again" not in errors_of("--models", QUICK, "vanilla", "--steps", 20)  # one model more
    assert (run.folder / "weights").exists()
    replaced = f"replaced/split/{QUICK}/1"
    sentence = f"split/{QUICK}: steps was 20, is 21: trained again; the run before is in {replaced}"
    assert sentence in errors_of("--models", QUICK, "--steps", 21)
    assert run.is_done and not (run.folder / "weights").exists()
    assert (tmp_path / replaced / "weights").read_text() == "first"
    last = ("--models", QUICK, "--steps", 21)
    assert "again" not in errors_of(*last, "--save-every", 7, "--log-every", 3)  # as well trained
    with np.load(data_file) as arrays:
        np.savez(data, **dict(arrays) | {"start": arrays["start"] + 1})
    assert "data was" in errors_of(*last)
    assert (tmp_path / f"replaced/split/{QUICK}/2").exists()


def test_what_a_card_has_trained_is_finished_without_one(
    toy_fit, data_file, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    options = ("--data", data_file, "--out", tmp_path, "--splits", "split", "--models", QUICK)
    words = [*map(str, options), "--stages", "train", "--steps", "20"]
    assert paper.main([*words, "--device", "cuda"]) == 0
    assert paper.main([*words, "--device", "cpu"]) == 0
    assert "again" not in capsys.readouterr().out
    assert paper.main([*words, "--device", "cpu", "--precision", "float32"]) == 0
    assert "precision was tf32, is float32: trained again" in capsys.readouterr().out


def test_what_cannot_be_used_is_said_in_one_line(data_file, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(paper, "call", lambda *words: pytest.fail(f"began {words}"))
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    file = tmp_path / "file"
    file.write_text("text")
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "made_of.json").write_text('{"split/')
    prepared = ("--data", data_file)
    for options, sentence in (
        (("--data", tmp_path / "none.npz"), "none.npz is not there"),
        (("--data", file), "file is no file of train.prepare"),
        ((*prepared, "--definition", "keys"), "measure 'sound', not 'keys'"),
        ((*prepared, "--stages", "figures"), "is trained yet"),
        (("--piano", tmp_path, "--device", "gpu"), "no device 'gpu' here"),
        (("--piano", tmp_path, "--device", "cuda"), "no device 'cuda' here"),
        (("--piano", tmp_path, "--steps", -2), "steps must be at least 1, not -2"),
        (("--pack", tmp_path / "packed"), "no run has saved anything"),
        (("--unpack", tmp_path / "packed"), "holds nothing that was packed"),
        ((*prepared, "--out", file), "File exists"),
        ((*prepared, "--out", damaged), "made_of.json is damaged"),
    ):
        assert paper.main(["--out", str(tmp_path / "out"), *map(str, options)]) == 2
        message = capsys.readouterr().err
        assert message.startswith("train.paper: ") and message.count("\n") == 1
        assert sentence in message
    for options in (
        *(("--jobs", -1), ("--minutes", "nan"), ("--runs", 0), ("--stepps", 5), ("--resume",)),
        ("--exact",),
    ):
        with pytest.raises(SystemExit):
            paper.main(
                ["--out", str(tmp_path / "out"), "--piano", str(tmp_path), *map(str, options)]
            )


def test_maps_are_of_every_finished_model(data_file, tmp_path, monkeypatch):
    calls: list[tuple] = []
    monkeypatch.setattr(paper, "call", lambda *words: calls.append(words) or True)
    for model in ("gmvae", QUICK):
        (tmp_path / "split" / model).mkdir(parents=True)
        (tmp_path / "split" / model / "SHA256SUMS").touch()
    options = ("--data", data_file, "--out", tmp_path, "--splits", "split", "--models", QUICK)
    assert paper.main(command(*options, "--stages", "figures")) == 0
    maps = next(words for words in calls if words[0] == "train.latent")
    assert [word.partition("=")[0] for word in map(str, maps) if "=" in word] == ["gmvae", QUICK]


def test_data_are_prepared_again_where_files_or_definition_change(tmp_path, monkeypatch):
    calls: list[tuple] = []

    def prepare(*words: object) -> bool:
        calls.append(words)
        (tmp_path / "segments.npz").write_text("prepared")
        return True

    monkeypatch.setattr(paper, "call", prepare)
    piano = tmp_path / "piano"
    piano.mkdir()

    def prepared(*further) -> int:
        options = ["--out", str(tmp_path), "--piano", str(piano), *further]
        known = paper.parser().parse_args(options)
        calls.clear()
        assert paper.prepared(known, tmp_path / "segments.npz", MadeOf(tmp_path))
        return len(calls)

    assert prepared() == 1 and prepared() == 0
    assert prepared("--definition", "keys") == 1 and prepared("--definition", "keys") == 0
    (piano / "another.mid").write_bytes(b"MThd")
    assert prepared("--definition", "keys") == 1 and prepared("--definition", "keys") == 0


def test_what_an_older_version_made_counts_as_made_of_what_is_asked(tmp_path):
    output = tmp_path / "results" / "a.json"
    output.parent.mkdir()
    made_of = MadeOf(tmp_path)
    assert not made_of.is_current(output, {"runs": 1})  # it is not there
    output.write_text("{}")
    assert made_of.is_current(output, {"runs": 1})
    made_of.keep(output, {"runs": 1, "attributes": ("rhythm", "note")})
    again = MadeOf(tmp_path)
    assert again.is_current(output, {"runs": 1, "attributes": ("rhythm", "note")})
    assert again.changes(output, {"runs": 2, "data": "x" * 64}) == [
        "runs was 1, is 2",
        "attributes was ['rhythm', 'note'], is not set",
        f"data was not set, is {'x' * 12}",
    ]


def test_training_needs_nothing_of_what_results_files_do(data_file, tmp_path):
    """Nor a MIDI library, so that a lent card needs PyTorch and little else."""
    absent = (*MIDI, "pydantic", "sklearn", "matplotlib", "pandas")
    code = (
        "import sys\n"
        f"for name in {absent}: sys.modules[name] = None\n"
        "from train import paper\n"
        "paper.TrainingRuns.train = lambda *_: True\n"  # `train.fit` has a test of its own
        "sys.exit(paper.main())"
    )
    options = ("--data", data_file, "--out", tmp_path, "--models", QUICK, "--stages", "train")
    words = [sys.executable, "-c", code, *map(str, options)]
    process = subprocess.run(words, cwd=ROOT, capture_output=True)
    assert process.returncode == 0, process.stderr
    assert (tmp_path / "made_of.json").exists()


def run_until_stopped(out, *options) -> subprocess.Popen:
    """The command in a process of its own, told to stop once a step is logged."""
    process = subprocess.Popen(
        [sys.executable, "-m", "train.paper", *command(*options, "--out", out)], cwd=ROOT
    )
    log = out / "split" / QUICK / LOG
    until = time.monotonic() + 120
    while not log.exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=60)
    return process


def test_a_stopped_run_goes_on_to_the_bit(data_file, tmp_path, capsys):
    options = (
        *("--data", data_file, "--models", QUICK, "--splits", "split"),
        *("--stages", "train", "--steps", "80", "--save-every", "1000"),
    )
    assert run_until_stopped(tmp_path / "paper", *options).returncode == 130
    folder = tmp_path / "paper" / "split" / QUICK
    assert 0 < load_state(folder / CHECKPOINT)["step"] < 80
    assert paper.main(command(*options, "--out", tmp_path / "paper")) == 0
    first_line = capsys.readouterr().out.partition("\n")[0]
    begun = re.search(rf"of 80: split/{QUICK} (\d+) ", first_line)
    assert begun and int(begun[1]) > 0, first_line
    whole = arguments(data_file, tmp_path / "whole", "--device", "cpu", model=QUICK, steps=80)
    assert fit.main([*whole, *TOY, "--save-every", "1000"]) == 0
    ours, theirs = (load_state(f / CHECKPOINT) for f in (folder, tmp_path / "whole"))
    for name, weight in theirs["model"].items():
        assert torch.equal(ours["model"][name], weight), name


# In place of `train.fit`: refuses a GM-VAE, trains another model until it is told to stop, and is
# done at once where a few steps are asked for.
TOY_FIT = """
import argparse, pathlib, signal, sys
options = argparse.ArgumentParser()
for name in ("model", "out", "steps"):
    options.add_argument(f"--{name}")
options = options.parse_known_args()[0]
if options.model == "gmvae":
    print("a line before")
    sys.exit("train.fit: that cannot be\\n")
signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
folder = pathlib.Path(options.out)
(folder / "log.csv").write_text("step,set,total\\n5,train,4.0\\n")
if int(options.steps) > 100:
    signal.pause()
(folder / "SHA256SUMS").touch()
"""


@pytest.fixture
def toy_fit(tmp_path, monkeypatch):
    """Runs are processes of `TOY_FIT`, which needs no PyTorch."""
    program = tmp_path / "fit.py"
    program.write_text(TOY_FIT)
    real = paper.fit_command
    toy = [sys.executable, str(program), ""]
    monkeypatch.setattr(paper, "fit_command", lambda *words: [*toy, *real(*words)[3:]])


def test_time_is_up_and_all_are_stopped(toy_fit, data_file, tmp_path, capsys, monkeypatch):
    log = tmp_path / "split" / QUICK / LOG

    def later() -> float:
        """An hour has passed once a step is logged, on a busy machine, too."""
        return time.monotonic() + 3600 * log.exists()

    monkeypatch.setattr(side_by_side, "time", SimpleNamespace(monotonic=later, sleep=time.sleep))
    options = ("--data", data_file, "--out", tmp_path, "--models", QUICK, "--splits", "split")
    assert paper.main(command(*options, "--steps", 10**6, "--minutes", 59)) == 130
    out = capsys.readouterr().out
    assert "stopped; the same command goes on" in out and "failed" not in out
    assert not (tmp_path / "results").exists()


def test_a_stop_ends_what_runs_and_begins_nothing_more(
    interruptible, data_file, tmp_path, monkeypatch, capsys
):
    """Ctrl-C while models are evaluated: the one under way is ended, no other is begun."""
    monkeypatch.setattr(paper.sys, "executable", tmp_path / "python")
    program = tmp_path / "python"  # in place of `train.evaluate`
    program.write_text(f"#!/bin/sh\necho >>{tmp_path}/begun\nkill -INT $PPID\nexec sleep 100\n")
    program.chmod(0o755)
    runs = ["split/" + model for model in ("vanilla", "cvae", "pati")]
    for run in runs:
        (tmp_path / run).mkdir(parents=True)
        (tmp_path / run / "SHA256SUMS").touch()
    options = ("--data", data_file, "--out", tmp_path, "--splits", "split", "--jobs", 1)
    began = time.monotonic()
    assert paper.main(command(*options, "--stages", "evaluate")) == 130
    assert time.monotonic() - began < 60
    assert (tmp_path / "begun").read_text() == "\n"
    assert "stopped; the same command goes on" in capsys.readouterr().out
    assert not module_calls.RUNNING


def test_a_model_that_fails_says_why_and_stops_no_other(toy_fit, data_file, tmp_path, capsys):
    options = ("--data", data_file, "--out", tmp_path, "--models", "gmvae", QUICK)
    further = ("--splits", "split", "--stages", "train", "--steps", 20)
    assert paper.main(command(*options, *further)) == 1
    assert "split/gmvae failed (1): train.fit: that cannot be\n" in capsys.readouterr().out
    assert SplitRun("split", QUICK, tmp_path / "split" / QUICK).is_done


def logged(folder, totals, kind="validation"):
    """A run whose log has these losses, one each ten steps."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOG).open("w", newline="") as file:
        writer = csv.DictWriter(file, ("step", "set", "total"))
        writer.writeheader()
        for number, total in enumerate(totals, 1):
            writer.writerow({"step": 10 * number, "set": kind, "total": total})
    run = SplitRun("split", "gmvae", folder)
    run.read_log()
    return run


def test_a_loss_that_stands_still_is_noticed(tmp_path):
    still = side_by_side.STANDS_STILL
    falling = logged(tmp_path, [3 - i / 100 for i in range(50)])
    assert not falling.stands_still(0)
    standing = logged(tmp_path, [3, 2, *[2.5] * still])
    assert standing.stands_still(0)
    assert not standing.stands_still(after=20)  # while the weight of the KL grows, losses rise
    assert not logged(tmp_path, [3, 2, *[2.5] * (still - 1)]).stands_still(0)
    assert not logged(tmp_path, [3, 2, *[2.5] * 20], "train").stands_still(0)


def test_progress_tells_step_loss_and_time_left(tmp_path):
    run = logged(tmp_path, [5.0, 4.25], "train")
    run.began, run.first_step = 100.0, 10
    assert run.progress(50, now=103.0) == ("split/gmvae 20 4.250", 9.0)
    run.first_step = 20
    assert run.progress(50, now=103.0)[1] == float("inf")


def test_time_left_counts_the_runs_to_come(tmp_path, capsys):
    running, waiting = (logged(tmp_path / name, [5.0, 4.25], "train") for name in "ab")
    running.began, running.first_step = time.monotonic() - 60, 0  # 20 steps a minute
    training = TrainingRuns([waiting], [], jobs=1, seconds=1, steps=100, annealed=0)
    training.running.append(running)
    training._watch(60.0, tmp_path / "progress.log")
    assert capsys.readouterr().out.endswith("; 9 min left\n")  # 80 steps, and 100 more


def test_a_settled_run_is_stopped_and_exported(data_file, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(SplitRun, "stands_still", lambda run, after: after == 30 and run.step >= 20)
    monkeypatch.setattr(side_by_side, "PROGRESS_SECONDS", 0.3)
    options = ("--data", data_file, "--out", tmp_path, "--models", QUICK, "--splits", "split")
    assert paper.main(command(*options, "--stages", "train", "--steps", 10**6)) == 0
    run = SplitRun("split", QUICK, tmp_path / "split" / QUICK)
    assert run.is_done and 20 <= load_state(run.folder / CHECKPOINT)["step"] < 10**6


def test_each_size_and_device_has_its_settings(tmp_path):
    def settings(*options):
        known, further = paper.parser().parse_known_args(["--out", str(tmp_path), *options])
        words = paper.fit_command(known, tmp_path / "data.npz", further)[3:]
        return fit.parser().parse_args([*words, "--out", "x"])

    full = settings("--device", "cuda")
    assert (full.hidden, full.latent, full.batch, full.steps) == (512, 128, 128, 20_000)
    assert (full.beta_free_steps, full.beta_anneal_steps) == (1_000, 10_000)
    assert (full.precision, full.threads) == ("tf32", 1)
    small = settings("--device", "cpu", "--size", "small", "--steps", "9")
    assert (small.hidden, small.steps, small.precision) == (192, 9, None)


def test_runs_begin_in_order(data_file, tmp_path):
    runs = [SplitRun("split", model, tmp_path / model) for model in paper.MODELS]
    training = TrainingRuns(runs, [], jobs=1, seconds=1, steps=1, annealed=0)
    assert [run.model for run in training.waiting] == list(paper.MODELS)
    assert len(paper.MODELS) == 7
