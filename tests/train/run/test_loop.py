import csv
import signal
from dataclasses import replace

import numpy as np
import pytest
import torch

from fadernets.models.batch import UNLABELLED
from tests.fadernets.tiny import TINY
from train.data.dataset import VALIDATION, Segments
from train.run import log
from train.run.config import TrainConfig
from train.run.loop import LOG, Trainer
from train.run.resume import CHECKPOINT

CONFIG = TrainConfig(
    steps=6,
    batch=16,
    decay_steps=4,
    precision="float32",
    log_every=2,
    validate_every=4,
    save_every=100,
    validation_segments=12,
)
pytestmark = pytest.mark.usefixtures("one_thread")


def trainer(data, out, config=CONFIG, model=TINY) -> Trainer:
    return Trainer(model, config, data, out)


def rows(out) -> list[dict]:
    """The log but for the time."""
    with (out / LOG).open(newline="") as file:
        return [row | {"seconds": None} for row in csv.DictReader(file)]


def weights(run: Trainer) -> dict[str, torch.Tensor]:
    """Weights and the optimisers' states."""
    moments = {
        f"{player}.{i}.{name}": value
        for player, optimiser in run.optimisers.items()
        for i, state in optimiser.state_dict()["state"].items()
        for name, value in state.items()
    }
    return run.model.state_dict() | moments


def assert_alike(trainer: Trainer, expected: Trainer) -> None:
    first, second = weights(trainer), weights(expected)
    assert first.keys() == second.keys()
    assert all(value.equal(second[name]) for name, value in first.items())


def stopped_at(run: Trainer, step: int) -> Trainer:
    """Train a run up to a step, as if it was told to stop there."""
    train_step = run.train_step

    def watched(batch):
        terms = train_step(batch)
        run.stopping = run.step == step
        return terms

    run.train_step = watched
    assert run.fit() is False
    assert run.step == step
    return run


@pytest.fixture(scope="module")
def straight(data, tmp_path_factory) -> Trainer:
    """A run that was never stopped."""
    run = trainer(data, tmp_path_factory.mktemp("straight"))
    assert run.fit() is True
    return run


@pytest.mark.parametrize("step", [3, 4])  # between two rows of the log, and after one
def test_a_resumed_run_is_the_same_to_the_bit(data, tmp_path, straight, step):
    out = tmp_path / "run"
    stopped_at(trainer(data, out), step)
    torch.manual_seed(99)  # what else went on before
    resumed = trainer(data, out)
    resumed.resume()
    assert resumed.step == step
    assert resumed.fit() is True
    assert_alike(straight, resumed)
    assert rows(out) == rows(straight.out)
    assert [row["step"] + row["set"][0] for row in rows(out)] == ["2t", "4t", "4v", "6t", "6v"]


@pytest.mark.parametrize("name", ["fadernetworks", "glsr"])
def test_a_model_with_opponent_or_running_figures_resumes_to_the_bit(data, tmp_path, name):
    model = replace(TINY, model=name)
    straight = trainer(data, tmp_path / "straight", model=model)
    straight.fit()
    stopped_at(trainer(data, tmp_path / "run", model=model), 3)
    resumed = trainer(data, tmp_path / "run", model=model)
    resumed.resume()
    assert resumed.fit() is True
    assert_alike(straight, resumed)
    assert rows(tmp_path / "run") == rows(straight.out)


def test_resuming_takes_up_the_last_save_and_drops_later_rows(data, tmp_path, straight):
    out = tmp_path / "run"
    run = trainer(data, out, replace(CONFIG, save_every=2))
    train_step = run.train_step

    def killed(batch):
        if run.step == 5:
            raise SystemExit
        return train_step(batch)

    run.train_step = killed
    with pytest.raises(SystemExit):
        run.fit()
    log.append(out / LOG, rows(out)[0] | {"step": "5"})
    with (out / LOG).open("a") as file:
        file.write("6,train,3.2")  # cut short
    resumed = trainer(data, out, replace(CONFIG, save_every=2))
    resumed.resume()
    assert resumed.step == 4
    assert [row["step"] for row in rows(out)] == ["2", "4", "4"]
    resumed.fit()
    assert_alike(straight, resumed)
    assert rows(out) == rows(straight.out)


@pytest.mark.parametrize("content", [None, ""])
def test_a_run_without_a_log_can_be_resumed(data, tmp_path, straight, content):
    out = tmp_path / "run"
    stopped_at(trainer(data, out), 4)
    (out / LOG).unlink()
    if content is not None:
        (out / LOG).write_text(content)
    resumed = trainer(data, out)
    resumed.resume()
    resumed.fit()
    assert rows(out) == rows(straight.out)[3:]


def test_a_finished_run_is_not_trained_further(data, tmp_path, straight):
    resumed = trainer(data, straight.out)
    before = rows(straight.out)
    resumed.resume()
    assert resumed.fit() is True
    assert_alike(straight, resumed)
    assert rows(straight.out) == before


def test_looking_does_not_change_a_run(data, tmp_path, straight):
    watched = trainer(
        data, tmp_path / "run", replace(CONFIG, log_every=1, validate_every=1, save_every=1)
    )
    watched.fit()
    assert_alike(straight, watched)


def test_another_seed_is_another_run(data, tmp_path, straight):
    reseeded = trainer(data, tmp_path / "run", replace(CONFIG, seed=1))
    reseeded.fit()
    assert not all(v.equal(weights(reseeded)[n]) for n, v in weights(straight).items())


def test_a_checkpoint_is_of_one_model_one_run_and_one_data(data, data_file, tmp_path):
    trainer(data, tmp_path).save()
    for model, config, segments, message in (
        (replace(TINY, hidden=8), CONFIG, data, "another model: hidden 16, not 8$"),
        (TINY, replace(CONFIG, seed=5, batch=8), data, "run: batch 16, not 8, seed 0, not 5$"),
        (TINY, CONFIG, replace(data, sha256="0ff"), f"data: sha256 {data.sha256}, not 0ff$"),
        (TINY, CONFIG, Segments.load(data_file, "random_split"), "data: split split, not random"),
    ):
        with pytest.raises(ValueError, match=message):
            trainer(segments, tmp_path, config, model).resume()


@pytest.mark.parametrize("content", [None, b"", b"garbage", "half", {"no": 1}, [1]])
def test_what_is_no_checkpoint_is_refused_in_one_line(data, tmp_path, content):
    run = trainer(data, tmp_path)
    path = tmp_path / CHECKPOINT
    if content == "half":
        run.save()
        content = path.read_bytes()[: path.stat().st_size // 2]
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        torch.save(content, path)
    with pytest.raises(ValueError, match=r"last\.pt is no checkpoint of train\.fit") as caught:
        run.resume()
    assert "\n" not in str(caught.value)


def test_a_save_that_fails_leaves_the_last_checkpoint(data, tmp_path):
    run = trainer(data, tmp_path)
    run.save()
    before = (tmp_path / CHECKPOINT).read_bytes()
    run.step, run.window = 3, [lambda: None]  # cannot be written
    with pytest.raises(Exception, match="lambda"):
        run.save()
    assert (tmp_path / CHECKPOINT).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [CHECKPOINT]


def test_a_disk_that_is_full_is_said(data, tmp_path, monkeypatch):
    run = trainer(data, tmp_path)

    def full(*_: object) -> None:
        raise RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 9 vs 8")

    monkeypatch.setattr("torch.save", full)
    with pytest.raises(OSError, match=r"last\.pt cannot be written: is the disk full\?$"):
        run.save()
    assert not list(tmp_path.iterdir())


def test_the_rate_decays_over_the_last_steps():
    config = TrainConfig(steps=100, learning_rate=0.1, decay_steps=20)
    assert [config.rate_at(step) for step in (0, 50, 80)] == pytest.approx([0.1] * 3)
    assert config.rate_at(90) == pytest.approx(0.1 * (0.05 + 0.95 / 2))
    assert config.rate_at(100) == pytest.approx(0.005)
    constant = replace(config, decay_steps=0)
    assert {constant.rate_at(step) for step in range(101)} == {0.1}


def test_the_rate_reaches_the_optimiser(data, tmp_path):
    run = trainer(data, tmp_path)
    batch = data.batch(np.arange(16))
    rates = []
    for _ in range(6):
        run.train_step(batch)
        rates.append(run.optimisers["model"].param_groups[0]["lr"])
    assert rates == [CONFIG.rate_at(step) for step in range(6)]
    assert rates[-1] < rates[0]


@pytest.mark.parametrize(
    "field",
    [
        "steps",
        "batch",
        "labelled_repeats",
        "log_every",
        "validate_every",
        "save_every",
        "validation_segments",
    ],
)
def test_impossible_settings_are_refused(field):
    with pytest.raises(ValueError, match=f"{field} must be at least 1, not 0"):
        TrainConfig(**{field: 0})


def test_an_unknown_precision_is_refused():
    with pytest.raises(ValueError, match="precision 'int8' is not one of"):
        TrainConfig(precision="int8")


def test_too_little_data_is_refused_before_training(data, tmp_path):
    with pytest.raises(ValueError, match="do not fill a batch of 1000"):
        trainer(data, tmp_path, replace(CONFIG, batch=1000))
    unseen = replace(data, split=np.where(data.split == VALIDATION, 2, data.split))
    with pytest.raises(ValueError, match="no segment to validate with"):
        trainer(unseen, tmp_path)


def test_a_loss_that_is_no_number_ends_the_run(data, tmp_path):
    run = trainer(data, tmp_path, replace(CONFIG, learning_rate=1e30, log_every=1))
    with pytest.raises(FloatingPointError, match="the loss is nan at step"):
        run.fit()


def test_gradients_are_clipped(data, tmp_path):
    """A step of plain gradient descent is no longer than the clip."""
    run = trainer(data, tmp_path, replace(CONFIG, clip=0.01, learning_rate=1.0, decay_steps=0))
    run.optimisers["model"] = torch.optim.SGD(run.model.parameters(), lr=1.0)
    before = torch.cat([p.detach().flatten().clone() for p in run.model.parameters()])
    run.train_step(data.batch(np.arange(16)))
    after = torch.cat([p.detach().flatten() for p in run.model.parameters()])
    assert (after - before).norm().item() == pytest.approx(0.01, rel=1e-3)


def test_validation_is_of_unseen_segments_and_repeats(data, tmp_path, monkeypatch):
    run = trainer(data, tmp_path, replace(CONFIG, validation_segments=1000))
    first = run.validate()
    assert first == run.validate()
    run.step = 11  # the same noise again, only the KL terms weigh more
    assert first["total"] < run.validate()["total"]
    assert first | {"total": None} == run.validate() | {"total": None}
    assert {"events", "rhythm", "note", "total", "token_accuracy"} < set(first)
    assert 0 <= first["token_accuracy"] <= 1
    rows_read = []
    batch = Segments.batch
    monkeypatch.setattr(
        Segments, "batch", lambda self, rows: rows_read.append(rows) or batch(self, rows)
    )
    run.validate()
    unseen = np.flatnonzero(data.split == VALIDATION)
    assert sorted(np.concatenate(rows_read).tolist()) == unseen.tolist()


def test_labelled_segments_are_trained_on(data, tmp_path):
    assert (data.arousal[data.split == 0] != UNLABELLED).any()
    run = trainer(data, tmp_path)
    run.fit()
    assert any(float(row["rhythm_component"]) > 0 for row in rows(tmp_path))


def test_half_precision_trains(data, tmp_path):
    run = trainer(data, tmp_path, replace(CONFIG, precision="bfloat16"))
    run.fit()
    assert {p.dtype for p in run.model.parameters()} == {torch.float32}
    assert np.isfinite(float(rows(tmp_path)[-1]["total"]))


def test_signals_are_left_alone(data, tmp_path):
    before = signal.getsignal(signal.SIGINT)
    trainer(data, tmp_path).fit()
    assert signal.getsignal(signal.SIGINT) is before
