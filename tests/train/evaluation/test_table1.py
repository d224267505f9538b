"""Table 1 of a model that obeys perfectly, of one that does not, and of a small untrained one."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from fadernets import checkpoint
from fadernets.codes import Codes
from fadernets.faders import Fader
from fadernets.models.segmentvae import Handle
from fadernets.music import events
from fadernets.music.attributes import ATTRIBUTES, measure
from fadernets.music.notes import STEPS, Notes
from fadernets.net import FaderNet
from tests.fadernets.tiny import TINY, model
from train import evaluate
from train.data.dataset import TEST, TRAIN
from train.evaluation import sweep, table1
from train.evaluation.sweep import Protocol

FADERS = {
    "rhythm": Fader("rhythm", (0.0, 1.0), (0.0, 1.0)),
    "note": Fader("note", (0.0, 3.0), (0.0, 3.0)),
}
SMALL = Protocol(runs=2, segments=5, values=4)


class Obedient:
    """Stands in for a FaderNet: its codes are densities, and it plays just these."""

    name = "obedient"
    faders = ("rhythm", "note")

    class model:  # noqa: N801
        handles = {"rhythm": Handle("told", 0), "note": Handle("told", 1)}

    def encode(self, segments):
        densities = [[measure(n)[name] for name in self.faders] for n in segments]
        return Codes({"told": torch.tensor(densities)}, torch.zeros(len(segments)))

    def density(self, name, position):
        return FADERS[name].density_at(position)

    def moved(self, codes, positions):
        densities = codes.values["told"].clone()
        for name, position in positions.items():
            densities[:, self.faders.index(name)] = float(self.density(name, position))
        return replace(codes, values={"told": densities})

    def reconstruct(self, codes, seed=None):
        return [self.play(*row) for row in codes.values["told"].tolist()]

    def play(self, rhythm, note):
        """So many onsets, then one of several notes held; as many notes as are asked."""
        onsets = max(1, round(rhythm * STEPS))
        rows = [(i / 4, (i + 1) / 4, 100) for i in range(onsets)]
        rows += [(0.0, 4.0, 40 + i) for i in range(max(0, round(note - rhythm)))]
        onset, offset, pitch = zip(*rows, strict=True)
        return Notes.of(onset, offset, pitch, [64] * len(rows))


@pytest.fixture(scope="module")
def net():
    tiny = model(seed=1)
    with torch.no_grad():
        for linear in (tiny.decoder.output, tiny.decoder.initial):
            linear.weight.mul_(4)
    return FaderNet(tiny, FADERS, name="tiny")


def test_an_obedient_model_follows_its_fader(data):
    result, sweeps = table1.table(Obedient(), data, replace(SMALL, scale="fader"))
    rhythm = result.faders["rhythm"]
    assert sweeps["rhythm"].targets.tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert rhythm.linearity_each[0] > 0.99
    assert rhythm.spearman_each == [1, 0]
    assert rhythm.target_error < 1 / STEPS
    assert rhythm.normalised.consistency == rhythm.raw.consistency == [1, 0]
    assert rhythm.failures == 0


def test_a_disobedient_model_scores_nothing(data):
    class Deaf(Obedient):
        def reconstruct(self, codes, seed=None):
            return [Notes.empty()] * len(codes.values["told"])

    result, _ = table1.table(Deaf(), data, replace(SMALL, scale="fader"))
    for name, other_fader in (("rhythm", "note"), ("note", "rhythm")):
        scores = result.faders[name]
        assert scores.linearity_each == scores.linearity_pooled == [0, 0]
        assert scores.failures == 1
        assert scores.measured_mean == [0] * 4
        assert scores.normalised.restrictiveness == [1, 0]
        assert other_fader in result.sd


def test_scores_are_in_units_of_the_data(data):
    result, sweeps = table1.table(Obedient(), data, replace(SMALL, scale="fader"))
    sd = data.densities["note"].double().numpy().std()
    assert result.sd["note"] == pytest.approx(sd, abs=1e-5)
    spreads = [run.std(1).mean() for run in sweeps["rhythm"].densities["note"]]
    scores = result.faders["rhythm"]
    for unit, kind in ((sd, "normalised"), (1.0, "raw")):
        expected = [1 - s / unit for s in spreads]
        mean_sd = [np.mean(expected), np.std(expected)]
        assert getattr(scores, kind).restrictiveness == pytest.approx(mean_sd, abs=1e-4)


def test_z_goes_from_the_least_to_almost_the_greatest(net, data):
    span = sweep.ends(net, data, seed=0)
    rows = np.flatnonzero(data.split == TRAIN)
    batch = data.batch(rows)
    with torch.no_grad():
        z = net.model.encode(batch.tokens, batch.lengths, batch.densities)["note"][:, 0]
    assert span["note"] == pytest.approx((float(z.min()), float(z.max())), abs=1e-5)
    swept = sweep.slide(net, data, "note", SMALL, span)
    low, high = span["note"]
    assert swept.targets.tolist() == pytest.approx([low + k * (high - low) / 4 for k in range(4)])


def test_what_is_dumped_is_what_was_measured(net, data, tmp_path):
    _, sweeps = table1.table(net, data, SMALL)
    path = tmp_path / "deep" / "decoded.npz"
    table1.dump(path, data, sweeps)
    with np.load(path) as dumped:
        for name, sweep in sweeps.items():
            rows, played = dumped[f"{name}_rows"], dumped[f"{name}_tokens"]
            assert rows.shape == (2, 5) and played.shape[:3] == (2, 5, 4)
            assert set(data.split[rows.ravel()]) == {TEST}
            assert (dumped[f"{name}_source"] == data.tokens.numpy()[rows]).all()
            assert (dumped[f"{name}_asked"] == sweep.targets).all()
            for place in np.ndindex(played.shape[:3]):
                densities = measure(events.decode(played[place]))
                assert {n: sweep.densities[n][place] for n in ATTRIBUTES} == densities


def test_a_value_of_z_is_played_as_the_net_plays_it(net, data):
    span = {"rhythm": (-2.0, 2.0)}
    swept = sweep.slide(net, data, "rhythm", SMALL, span)
    source = [events.decode(data.tokens.numpy()[row]) for row in swept.rows[1]]
    codes = net.encode(source)
    moved = codes.values["rhythm"].clone()
    moved[:, 0] = 1.0  # the last of four steps from -2 to 2
    played = net.reconstruct(replace(codes, values=codes.values | {"rhythm": moved}))
    expected = [measure(n)["note"] for n in played]
    assert swept.densities["note"][1, :, 3].tolist() == expected
    assert swept.lengths[1, :, 3].tolist() == [len(n) for n in played]


def test_runs_have_segments_of_their_own_and_repeat(data):
    rows = sweep.chosen(data, SMALL)
    assert rows.shape == (2, 5)
    assert all(len(set(run)) == 5 for run in rows.tolist())
    assert rows.tolist() == sweep.chosen(data, SMALL).tolist()
    assert sorted(rows[0]) != sorted(rows[1])
    assert rows.tolist() != sweep.chosen(data, replace(SMALL, seed=1)).tolist()
    with pytest.raises(ValueError, match=r"5000 segments asked for, \d+ to choose from"):
        sweep.chosen(data, replace(SMALL, segments=5000))


def test_the_best_of_several_is_the_nearest():
    class Drawn(Obedient):
        """Greedy it is two notes off, with seed 1 right, with seed 2 right but for the rhythm."""

        def reconstruct(self, codes, seed=None):
            off = {None: (0.0, 2.0), 1: (0.0, 0.0), 2: (0.5, 0.0)}[seed]
            densities = codes.values["told"] + torch.tensor(off)
            return [self.play(*row) for row in densities.tolist()]

    net = Drawn()
    source = [net.play(0.25, 2.25)] * 2
    codes = net.moved(net.encode(source), {"note": 1.0})
    sd = {"rhythm": 0.2, "note": 1.0}
    for count, expected in ((1, None), (2, 1), (3, 1)):
        protocol = Protocol(scale="fader", best_of=count)
        density = measure(net.play(0.25, 3.0))["note"]
        nearest = sweep.best(net, codes, source, "note", density, protocol, sd)
        assert [list(n) for n in nearest] == [
            list(n) for n in net.reconstruct(codes, seed=expected)
        ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scale": "log"}, "scale 'log' is not one of"),
        ({"runs": 0}, "runs must be at least 1, not 0"),
        ({"values": 1}, "values must be at least 2, not 1"),
        ({"best_of": 2}, "needs a density to aim at"),
    ],
)
def test_impossible_protocols_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(SMALL, **change)


def test_a_model_without_faders_has_no_table(data):
    with pytest.raises(ValueError, match="'single' has no faders to slide"):
        table1.table(FaderNet(model(replace(TINY, model="singlegmvae")), {}, "single"), data, SMALL)


def test_the_command_line(net, data_file, tmp_path):
    for name in ("gmvae", "singlegmvae"):
        saved_model = net.model if name == "gmvae" else model(replace(TINY, model=name))
        checkpoint.save(saved_model, {n: FADERS[n] for n in saved_model.handles}, tmp_path / name)
    out = tmp_path / "results.json"
    command = (
        f"--checkpoint {tmp_path}/gmvae --checkpoint {tmp_path}/singlegmvae --data {data_file} "
        f"--out {out} --segments 3 --runs 1 --samples 2 --dump {tmp_path}/decoded.npz --device cpu"
    )
    assert evaluate.main(command.split()) == 0
    both, single = json.loads(out.read_text())
    assert single["table"] is None and single["faders"] == single["identity"] == {}
    assert set(both["table"]["faders"]) == {"rhythm", "note"}
    assert both["table"]["protocol"]["runs"] == 1
    assert {p.name for p in tmp_path.glob("*.npz")} == {"decoded-gmvae.npz"}
    for result in (both, single):
        assert set(result["classified_transfers"]) == {"low", "high"}
        assert 0 <= result["classified_transfers"]["high"]["moved_of_all"] <= 1
