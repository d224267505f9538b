import csv
import dataclasses
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import Accelerator

import fadernets
from fadernets import checkpoint
from fadernets.models.config import ModelConfig
from fadernets.music.attributes import measure
from tests.fadernets.tiny import TINY, bars
from train import export, fit
from train.run.config import TrainConfig
from train.run.loop import LOG, Trainer
from train.run.resume import CHECKPOINT, load_state

ROOT = Path(__file__).resolve().parents[2]
MIDI = ("symusic", "pretty_midi", "mido", "music21")
SMALL = {
    "model": "gmvae",
    "hidden": 16,
    "latent": 8,
    "embedding": 8,
    "beta-free-steps": 10,
    "beta-anneal-steps": 20,
    "batch": 16,
    "learning-rate": 0.01,
    "precision": "float32",
    "steps": 60,
    "log-every": 5,
    "validate-every": 20,
    "threads": 1,
}
pytestmark = pytest.mark.usefixtures("one_thread")


def arguments(data, out, *flags, **changed) -> list[str]:
    """Command line of a small run."""
    values = SMALL | {name.replace("_", "-"): value for name, value in changed.items()}
    options = [text for name, value in values.items() for text in (f"--{name}", str(value))]
    return ["--data", str(data), "--out", str(out), *options, *flags]


def rows(out, kind="train") -> list[dict]:
    with (out / LOG).open(newline="") as file:
        return [row for row in csv.DictReader(file) if row["set"] == kind]


@pytest.fixture(scope="module")
def out(data_file, tmp_path_factory) -> Path:
    """The folder of a run that came to its end."""
    folder = tmp_path_factory.mktemp("run") / "of" / "mine"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "SWEEP", 5)
        patch.setattr(export, "DECODED", 8)
        assert fit.main(arguments(data_file, folder)) == 0
    return folder


def test_a_run_lowers_its_losses(out):
    trained, validated = rows(out), rows(out, "validation")
    assert [int(row["step"]) for row in trained] == list(range(5, 61, 5))
    assert [int(row["step"]) for row in validated] == [20, 40, 60]
    for name in ("total", "events", "rhythm", "note"):
        first, last = (float(row[name]) for row in (trained[0], trained[-1]))
        assert last < 0.95 * first, name
    assert float(trained[-1]["events"]) < 0.85 * float(trained[0]["events"])
    assert float(validated[-1]["events"]) < float(validated[0]["events"])


def test_the_log_has_every_term(out):
    terms = {"events", "total"}
    for name in TINY.attributes:
        terms |= {name, f"{name}_order", f"{name}_kl", f"{name}_component"}
    for row in rows(out) + rows(out, "validation"):
        assert terms | {"step", "seconds", "beta", "learning_rate"} < set(row)
        assert all(np.isfinite(float(row[name])) for name in terms)
    betas = [float(row["beta"]) for row in rows(out)]
    assert betas[0] == 0 and betas[-1] == 0.2 and betas == sorted(betas)
    seconds = [float(row["seconds"]) for row in rows(out)]
    assert seconds == sorted(seconds) and seconds[-1] > 0


def test_a_run_leaves_a_model_that_loads(out, data):
    assert {path.name for path in out.iterdir()} == {
        LOG,
        CHECKPOINT,
        checkpoint.WEIGHTS,
        checkpoint.CONFIG,
        checkpoint.FADERS,
        checkpoint.SUMS,
    }
    net = fadernets.load(out)
    assert net.faders == ("rhythm", "note")
    assert net.model.config.hidden == 16
    trained = load_state(out / CHECKPOINT)["model"]
    for name, weight in net.model.state_dict().items():
        if not name.startswith("poles"):
            torch.testing.assert_close(weight, trained[name], atol=1e-3, rtol=1e-3)
    segments = bars(3)
    played = net.slide(segments, {"rhythm": 0.9, "note": 0.1}, seed=1)
    assert len(played) == 3 and all(0 <= measure(notes)["rhythm"] <= 1 for notes in played)
    assert net.arousal(segments).shape == (3,)


def test_every_setting_is_an_option():
    flags = fit.parser().format_help()
    for config in (ModelConfig, TrainConfig):
        for field in dataclasses.fields(config):
            assert f"--{field.name.replace('_', '-')}" in flags
    options = vars(fit.parser().parse_args(["--data", "a", "--out", "b"]))
    for config in (ModelConfig, TrainConfig):
        for field in dataclasses.fields(config):
            if field.name != "precision":
                assert options[field.name] == field.default


def test_precision_follows_the_device(monkeypatch):
    capability = "torch.backends.cpu.get_cpu_capability"
    monkeypatch.setattr(capability, lambda: "AVX2")
    assert fit.precision("cpu") == "float32"
    monkeypatch.setattr(capability, lambda: "AVX512")
    assert fit.precision("cpu") == "bfloat16"
    for fast, expected in ((True, "bfloat16"), (False, "float32")):
        monkeypatch.setattr("torch.cuda.is_bf16_supported", lambda fast=fast: fast)
        assert fit.precision("cuda:1") == expected


def refused(capsys, *arguments) -> str:
    """The one line with which a run is refused."""
    assert fit.main(*arguments) == 2
    output = capsys.readouterr()
    assert output.out == "" and output.err.startswith("train.fit: ")
    (line,) = output.err.splitlines()
    return line


def test_what_cannot_be_run_is_refused_in_one_line(capsys, data_file, tmp_path):
    nothing, new = tmp_path / "nothing", tmp_path / "new"
    assert "is no file of train.prepare" in refused(capsys, arguments(nothing, new))
    assert "hidden must be" in refused(capsys, arguments(data_file, new, hidden=0))
    assert "steps must be" in refused(capsys, arguments(data_file, new, steps=0))
    assert "'max'" in refused(capsys, arguments(data_file, new, kl_reduction="max"))
    assert "batch of 999" in refused(capsys, arguments(data_file, new, batch=999))
    assert "last.pt" in refused(capsys, arguments(data_file, new, "--resume"))
    (tmp_path / "file").touch()
    assert "file" in refused(capsys, arguments(data_file, tmp_path / "file" / "run"))


def test_a_run_is_not_begun_over_another(capsys, data_file, out):
    before = (out / CHECKPOINT).read_bytes(), (out / LOG).read_bytes()
    assert "already holds a run; --resume it" in refused(capsys, arguments(data_file, out))
    assert before == ((out / CHECKPOINT).read_bytes(), (out / LOG).read_bytes())


def test_a_run_is_not_resumed_as_another(capsys, data_file, out, tmp_path):
    before = (out / CHECKPOINT).read_bytes(), (out / LOG).read_bytes()
    other_data = tmp_path / "other.npz"
    with np.load(data_file) as file:
        np.savez(other_data, **(dict(file) | {"key": (file["key"] + 1) % 24}))
    for line, message in (
        (arguments(other_data, out, "--resume"), "another data: sha256 "),
        (arguments(data_file, out, "--resume", "--split", "random_split"), "another data: split "),
        (arguments(data_file, out, "--resume", latent=9), "another model: latent 8, not 9"),
        (arguments(data_file, out, "--resume", seed=1), "another run: seed 0, not 1"),
    ):
        assert message in refused(capsys, line)
    assert before == ((out / CHECKPOINT).read_bytes(), (out / LOG).read_bytes())


@pytest.mark.parametrize(
    "options", [["--model", "lstm"], ["--attributes", "tempo"], ["--precision", "int8"]]
)
def test_unknown_choices_are_refused(capsys, data_file, tmp_path, options):
    with pytest.raises(SystemExit) as caught:
        fit.main([*arguments(data_file, tmp_path), *options])
    assert caught.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


def test_a_loss_that_is_no_number_is_told_in_one_line(capsys, data_file, tmp_path):
    assert fit.main(arguments(data_file, tmp_path / "run", learning_rate=1e30)) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["train.fit: the loss is nan at step 5"]


def test_stopped_by_ctrl_c_and_resumed_it_is_the_same_run(
    data_file, out, tmp_path, interruptible, quick_export
):
    straight, out = out, tmp_path / "stopped"
    with subprocess.Popen(
        [sys.executable, "-m", "train.fit", *arguments(data_file, out)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        until = time.monotonic() + 240
        while not (out / LOG).exists() and time.monotonic() < until:
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=240)
    assert process.returncode == 130
    step = load_state(out / CHECKPOINT)["step"]
    assert 5 <= step < SMALL["steps"]
    assert errors == f"train.fit: stopped and saved at step {step}; --resume goes on\n"
    assert not (out / checkpoint.WEIGHTS).exists()
    assert fit.main(arguments(data_file, out, "--resume")) == 0
    resumed, uninterrupted = (
        load_state(folder / CHECKPOINT)["model"] for folder in (out, straight)
    )
    assert all(weight.equal(uninterrupted[name]) for name, weight in resumed.items())
    for kind in ("train", "validation"):
        first, second = (
            [row | {"seconds": None} for row in rows(folder, kind)] for folder in (out, straight)
        )
        assert first == second
    for name in (checkpoint.WEIGHTS, checkpoint.FADERS):
        assert (out / name).read_bytes() == (straight / name).read_bytes()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_asks_a_run_to_stop_and_a_second_insists(data, tmp_path, number, interruptible):
    run = Trainer(TINY, TrainConfig(batch=16), data, tmp_path)
    before = signal.signal(number, signal.default_int_handler)
    try:
        with fit.stopping(run):
            assert not run.stopping
            signal.raise_signal(number)
            assert run.stopping
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(number)
        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_of_several_outlives_a_second_signal(
    data, tmp_path, number, interruptible, monkeypatch
):
    """Its launcher passes on what it had already."""
    run = Trainer(TINY, TrainConfig(batch=16), data, tmp_path)
    monkeypatch.setattr(Accelerator, "num_processes", 2)
    before = signal.signal(number, signal.default_int_handler)
    try:
        with fit.stopping(run):
            signal.raise_signal(number)
            signal.raise_signal(number)
            assert run.stopping
        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, before)


def test_a_run_needs_no_midi_library(data_file, tmp_path):
    """Not even one that is imported in the midst of it."""
    code = (
        "import sys\n"
        f"for name in {MIDI}: sys.modules[name] = None\n"
        "from train import export, fit\n"
        "export.SWEEP, export.DECODED = 3, 4\n"
        "sys.exit(fit.main())"
    )
    options = arguments(data_file, tmp_path / "run", steps=2)
    process = subprocess.run([sys.executable, "-c", code, *options], cwd=ROOT, capture_output=True)
    assert process.returncode == 0, process.stderr
    assert (tmp_path / "run" / checkpoint.WEIGHTS).exists()
