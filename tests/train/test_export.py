import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import fadernets
from fadernets import checkpoint
from fadernets.faders import Fader
from fadernets.models import build
from fadernets.models.config import ModelConfig
from fadernets.music.attributes import ATTRIBUTES
from fadernets.net import FaderNet
from tests.fadernets.tiny import TINY, bars, model
from train import export
from train.data.dataset import TRAIN, Segments
from train.run.config import TrainConfig
from train.run.loop import Trainer


@pytest.fixture(scope="module")
def gmvae():
    """An untrained model that minds its codes."""
    net = model(seed=2)
    with torch.no_grad():
        for linear in (net.decoder.output, net.decoder.initial):
            linear.weight.mul_(4)
    return net


def rising(fader: Fader) -> bool:
    return bool((np.diff(fader.density) > 0).all() and (np.diff(fader.code) > 0).all())


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_a_scale_rises_between_the_ends_of_the_training_range(gmvae, data, name, quick_export):
    fader = export.calibrate(gmvae, data, name)
    assert fader.name == name
    assert rising(fader)
    density = data.densities[name].numpy()[data.split == TRAIN]
    ends = np.percentile(density, (1, 99))
    assert (fader.density[0], fader.density[-1]) == pytest.approx(tuple(ends), abs=1e-5)
    assert export.calibrate(gmvae, data, name) == fader


def test_codes_are_the_posterior_means(gmvae, data):
    rows = np.array([5, 100, 7])
    codes = export.encoded(gmvae, data, rows)
    for row, index in enumerate(rows):
        batch = data.batch(np.array([index]))
        for name, (mean, _) in gmvae.posteriors(batch.tokens, batch.lengths).items():
            torch.testing.assert_close(codes[name][row], mean[0], atol=1e-6, rtol=0)


def test_a_response_is_the_density_of_what_is_played(gmvae, data):
    rows, sweep = np.arange(4), np.array([-3.0, 0.0, 3.0])
    densities = export.response(gmvae, data, rows, "rhythm", sweep)
    assert densities.shape == (4, 3)
    net = FaderNet(gmvae, {"rhythm": Fader("rhythm", (0.0, 1.0), (-3.0, 3.0))})
    codes = fadernets.Codes(export.encoded(gmvae, data, rows), data.key[rows])
    for column, position in enumerate((0.0, 0.5, 1.0)):
        played = net.slide(codes, {"rhythm": position})
        assert densities[:, column].tolist() == [fadernets.measure(n)["rhythm"] for n in played]


def calibrated(gmvae, data, monkeypatch, curve) -> Fader:
    """The rhythm fader of a decoder that plays a density by a curve of z^d, give or take."""

    def response(_model, _data, rows, _name, sweep):
        spread = np.linspace(-0.1, 0.1, len(rows))[:, None]
        return curve(sweep) + spread

    monkeypatch.setattr(export, "response", response)
    return export.calibrate(gmvae, data, "rhythm")


def within(gmvae, data) -> tuple[float, float]:
    """What z^d of the rhythm code spans in the training set."""
    rows = np.flatnonzero(data.split == TRAIN)
    z = export.encoded(gmvae, data, rows)["rhythm"][:, 0]
    return float(z.min()), float(z.max())


def test_a_scale_is_the_inverse_of_the_response(gmvae, data, monkeypatch):
    low, high = within(gmvae, data)
    middle, width = (low + high) / 2, high - low

    def curve(z):
        return 0.6 + 0.5 * np.tanh(3 * (z - middle) / width)

    fader = calibrated(gmvae, data, monkeypatch, curve)
    positions = np.linspace(0, 1, 30)
    played = curve(fader.code_at(positions))
    assert np.allclose(played, fader.density_at(positions), atol=0.02)


def test_a_scale_evens_out_an_uneven_response(gmvae, data, monkeypatch):
    low, high = within(gmvae, data)

    def ramp(z):
        return 0.2 + 0.8 * (z - low) / (high - low)

    def uneven(z):
        return ramp(z) + 0.15 * (-1) ** np.arange(len(z))

    fader = calibrated(gmvae, data, monkeypatch, uneven)
    positions = np.linspace(0.3, 0.7, 30)
    error = ramp(fader.code_at(positions)) - fader.density_at(positions)
    assert np.abs(error).max() < 0.06


def test_a_scale_ends_where_the_sweep_does(gmvae, data, monkeypatch):
    low, high = within(gmvae, data)
    past = export.BEYOND * (high - low)
    monkeypatch.setattr(export, "FLAT", 0.0)

    def narrow(z):
        return 0.5 + 0.1 * (z - low) / (high - low)

    fader = calibrated(gmvae, data, monkeypatch, narrow)
    assert rising(fader)
    assert (fader.code[0], fader.code[-1]) == pytest.approx((low - past, high + past), abs=1e-4)


def test_a_scale_goes_no_farther_than_the_response(gmvae, data, monkeypatch):
    low, high = within(gmvae, data)
    third = (high - low) / 3

    def saturated(z):  # all that happens, happens in the middle third
        return 0.5 + 0.2 * np.clip((z - low - third) / third, 0, 1)

    fader = calibrated(gmvae, data, monkeypatch, saturated)
    step = (high - low) * (1 + 2 * export.BEYOND) / (export.SWEEP - 1)
    assert low + third - step <= fader.code[0] <= low + third + step
    assert high - third - step <= fader.code[-1] <= high - third + step


@pytest.mark.parametrize(
    "curve",
    [
        lambda z: 0.5 - 0.01 * z,  # the wrong way round
        lambda z: 0.5 + 0 * z,  # no response at all
        lambda z: np.where(z > np.median(z), 0.9, 0.1),  # all or nothing
        lambda z: 0.5 + 0.3 * np.sin(40 * z),
    ],
)
def test_a_scale_rises_whatever_the_decoder_does(gmvae, data, monkeypatch, curve):
    fader = calibrated(gmvae, data, monkeypatch, curve)
    assert rising(fader)
    assert all(map(math.isfinite, fader.code))


def test_a_fader_that_moves_nothing_keeps_its_range(gmvae, data, monkeypatch):
    fader = calibrated(gmvae, data, monkeypatch, lambda z: np.full_like(z, 0.4))
    assert rising(fader)
    assert (fader.code[0], fader.code[-1]) == pytest.approx(within(gmvae, data), abs=2e-5)


def test_an_exported_model_is_the_trained_one(gmvae, data, tmp_path, quick_export):
    export.export(gmvae, data, tmp_path)
    checkpoint.verify(tmp_path)
    net = fadernets.load(tmp_path)
    for name, weight in net.model.state_dict().items():
        torch.testing.assert_close(weight, gmvae.state_dict()[name], atol=1e-3, rtol=1e-3)
    assert tuple(net.scales) == tuple(ATTRIBUTES)
    assert all(rising(fader) for fader in net.scales.values())


def test_poles_lie_about_the_mean_codes_of_labelled_training_segments(data):
    fresh = model(seed=3)
    export.measure_poles(fresh, data)
    arousal = data.arousal.numpy()
    low, high = (
        export.encoded(fresh, data, np.flatnonzero((data.split == TRAIN) & (arousal == component)))
        for component in (0, 1)
    )
    for name, poles in fresh.poles.items():
        calm, busy = low[name].mean(0), high[name].mean(0)
        torch.testing.assert_close(poles.mean(0), (calm + busy) / 2)
        torch.testing.assert_close(poles[1] - poles[0], export.REACH * (busy - calm))


def test_without_labels_poles_lie_about_the_learnt_means(data):
    fresh = model(seed=3)
    export.measure_poles(fresh, replace(data, arousal=torch.full_like(data.arousal, -1)))
    for name, means in fresh.means.items():
        apart = means.detach().diff(dim=0)
        torch.testing.assert_close(fresh.poles[name].diff(dim=0), export.REACH * apart)


@pytest.fixture
def run(data_file, tmp_path) -> Path:
    """The folder of a run stopped early, on the paper's split."""
    config = TrainConfig(batch=16, precision="float32")
    Trainer(TINY, config, Segments.load(data_file, "random_split"), tmp_path / "run").save()
    return tmp_path / "run"


def test_a_run_stopped_early_is_exported_on_its_own_split(run, data_file, tmp_path, quick_export):
    out = tmp_path / "out"
    assert export.main(["--run", str(run), "--data", str(data_file), "--out", str(out)]) == 0
    net = fadernets.load(out)
    assert len(net.slide(bars(2), {"rhythm": 1.0})) == 2
    data = Segments.load(data_file, "random_split")
    untrained = Trainer(TINY, TrainConfig(batch=16), data, tmp_path / "again").model
    assert net.scales["note"] == export.calibrate(untrained, data, "note")


def test_what_cannot_be_exported_is_refused_in_one_line(run, data_file, tmp_path, capsys):
    for folder, data in ((tmp_path, data_file), (run, tmp_path / "missing")):
        options = ["--run", folder, "--data", data, "--out", tmp_path / "out"]
        assert export.main([*map(str, options)]) == 2
        output = capsys.readouterr()
        assert output.out == "" and output.err.startswith("train.export: ")
        assert len(output.err.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def sided(data):
    """The corpus rated for valence, low and high segment by segment."""
    return replace(data, valence=torch.arange(len(data.split)) % 2)


def test_valence_goes_across_arousal(data):
    """Poles around the middle of both means, without the direction of arousal."""
    net, rated = model(seed=3), sided(data)
    export.measure_poles(net, data)
    export.measure_valence(net, rated)
    train = data.split == TRAIN
    for name, poles in net.valence.items():
        codes = [
            export.encoded(net, data, np.flatnonzero(train & (rated.valence.numpy() == side)))
            for side in (0, 1)
        ]
        low, high = (c[name].mean(0) for c in codes)
        arousal = net.poles[name][1] - net.poles[name][0]
        direction = poles[1] - poles[0]
        assert abs(float(direction @ arousal)) < 1e-5
        removed = export.REACH * (high - low) - direction
        along = (removed @ arousal) / arousal.square().sum() * arousal
        torch.testing.assert_close(removed, along, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(poles.mean(0), (low + high) / 2)


def test_without_labels_no_valence_is_learnt(data):
    net = model(seed=3)
    export.measure_valence(net, data)
    assert net.valence == {}


def test_valence_is_added_to_an_exported_model(data, tmp_path):
    checkpoint.save(model(seed=3), {}, tmp_path)
    weights = (tmp_path / checkpoint.WEIGHTS).read_bytes()
    export.add_valence(tmp_path, sided(data))
    assert set(checkpoint.load(tmp_path)[0].valence) == {"rhythm", "note"}
    assert (tmp_path / checkpoint.WEIGHTS).read_bytes() == weights


def test_nothing_to_add_is_said(data_file, tmp_path, capsys):
    checkpoint.save(model(seed=3), {}, tmp_path)
    command = ["--valence", str(tmp_path), "--data", str(data_file)]
    assert export.main(command) == 2
    assert "no labels of both low and high valence" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        export.main(["--run", str(tmp_path), "--data", str(data_file)])
    assert "--run needs --out" in capsys.readouterr().err


@pytest.fixture
def reviser(gmvae, data, tmp_path, quick_export) -> Path:
    """The folder of an exported reviser, whose codes are the small model's."""
    export.export(gmvae, data, tmp_path / "codes")
    config = ModelConfig(
        model="reviser", width=16, layers=1, heads=2, codes=str(tmp_path / "codes")
    )
    export.export(build(config), replace(data, key_densities={}), tmp_path / "reviser")
    return tmp_path / "reviser"


def test_a_revisers_faders_have_the_range_of_keys_and_the_codes_of_sound(reviser, data):
    of_sound = fadernets.load(reviser.parent / "codes").scales
    assert fadernets.load(reviser).scales == of_sound  # data that knows no keys
    keys = data.densities["note"].numpy() / 2
    export.scale(reviser, replace(data, key_densities={"note": keys}))
    checkpoint.verify(reviser)
    net = fadernets.load(reviser)
    assert net.scales["rhythm"] == of_sound["rhythm"]
    fader, wider = net.scales["note"], of_sound["note"]
    ends = np.percentile(keys[data.split == TRAIN], (1, 99))
    assert (fader.density[0], fader.density[-1]) == pytest.approx(tuple(ends), abs=1e-5)
    assert rising(fader)
    inside = np.array(fader.density) >= wider.density[0]
    codes = np.interp(fader.density, wider.density, wider.code)
    assert inside.any() and np.allclose(np.array(fader.code)[inside], codes[inside], atol=1e-4)
    assert FaderNet.load(reviser, by_sound=True).scales == of_sound


def test_scales_need_a_reviser_and_densities_of_keys(reviser, data, data_file, tmp_path, capsys):
    with pytest.raises(ValueError, match="prepare it again"):
        export.scale(reviser, replace(data, key_densities={}))
    codes = str(tmp_path / "codes")
    assert export.main(["--scales", codes, "--data", str(data_file)]) == 2
    assert "holds no reviser" in capsys.readouterr().err
    assert export.main(["--scales", str(reviser), "--data", str(data_file)]) == 0
    ends = np.percentile(data.key_densities["note"][data.split == TRAIN], (1, 99))
    assert fadernets.load(reviser).scales["note"].density[-1] == pytest.approx(ends[1], abs=1e-5)
