"""The ablation: variants on a model with a known error, and rows of real models."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from fadernets import checkpoint
from fadernets.codes import Codes
from fadernets.music.attributes import measure
from fadernets.music.notes import STEPS, Notes
from fadernets.net import FaderNet
from train import ablation
from train.data import corpora
from train.data.dataset import TEST
from train.evaluate import chosen, notes_of
from train.evaluation import ablation_variants
from train.reporting.results.ablation import Ablation, VariantRow


class BiasedNet:
    """A FaderNet whose rhythm comes out `too_many` onsets too dense, less its seed."""

    faders = ("rhythm",)

    def __init__(self, too_many: int) -> None:
        self.too_many = too_many

    def position(self, name, density):
        return density

    def moved(self, codes, positions):
        return replace(codes, values={"rhythm": torch.as_tensor(positions["rhythm"])})

    def slide(self, codes, positions):
        return self.reconstruct(self.moved(codes, positions))

    def reconstruct(self, codes, seed=None):
        fewer = seed or 0
        return [
            self.play(round(float(position) * STEPS) + self.too_many - fewer)
            for position in codes.values["rhythm"]
        ]

    def play(self, onsets):
        onsets = min(max(onsets, 1), STEPS)
        return Notes.of(
            [i / 4 for i in range(onsets)],
            [(i + 1) / 4 for i in range(onsets)],
            [60] * onsets,
            [64] * onsets,
        )


def rhythm(played) -> list[float]:
    return [measure(notes)["rhythm"] for notes in played]


ASKED = np.array([0.25, 0.5])
CODES = Codes({"rhythm": torch.zeros(2)}, torch.zeros(2, dtype=torch.long))


def test_one_decode_misses_by_as_much_as_the_model_does():
    assert rhythm(ablation_variants.calibrated(BiasedNet(2), CODES, "rhythm", ASKED)) == [
        0.375,
        0.625,
    ]


def test_the_closed_loop_aims_beside_what_it_missed():
    assert (
        rhythm(ablation_variants.closed_loop(BiasedNet(2), CODES, "rhythm", ASKED))
        == ASKED.tolist()
    )


@pytest.mark.parametrize(("too_many", "excess"), [(0, 0), (3, 0), (9, 2)])
def test_the_best_of_eight_is_the_nearest(too_many, excess):
    """Draws 1 to 7 play so many onsets fewer."""
    played = ablation_variants.best_of(BiasedNet(too_many), CODES, "rhythm", np.array([0.25, 0.25]))
    assert rhythm(played) == [0.25 + excess / STEPS] * 2


def row(name: str, result: Ablation) -> VariantRow:
    return next(r for r in result.rows if r.idea == name)


@pytest.fixture(scope="module")
def of_arranger(data) -> Ablation:
    rows = {variant.name: variant for variant in ablation_variants.VARIANTS}
    names = [n for n in rows if n.startswith("exact plan") or n == "+ notes stay"]
    names += ["shipped, the reviser mute"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ablation, "VALUES", 4)
        return ablation.ablation(data, 4, 1, tuple(rows[n] for n in names))


def test_exact_plans_meet_every_density(of_arranger):
    for row in of_arranger.rows:
        for fader in row.control.values():
            assert fader.target_error <= 0.5 / STEPS + 1e-9  # what sixteenths can say
            assert fader.consistency == pytest.approx(1, abs=1e-6)


def test_what_keeps_notes_keeps_notes(of_arranger):
    free = row("exact plan of the label decoders, notes by the reviser", of_arranger)
    stay = row("+ notes stay", of_arranger)

    def note_f1(variant: VariantRow) -> float:
        return sum(
            scores.note_f1 for scores in variant.identity.values() if scores.note_f1 is not None
        )

    assert note_f1(stay) > note_f1(free)


def test_rows_carry_time_and_what_they_were_measured_on(of_arranger, data):
    assert of_arranger.data_sha256 == data.sha256
    assert of_arranger.segments == 4
    for row in of_arranger.rows:
        assert all(0 < ms < math.inf for ms in row.time.stored().values())
        assert row.searches == (row.decodes > 1)


def test_a_mute_reviser_finds_all_notes_alike(data):
    source = notes_of(data, chosen(data, corpora.PERFORMANCES, 4, 1))
    net = FaderNet.load("arranger")
    mute = ablation_variants.arranging(1, mute=True)(net)
    plain = ablation_variants.arranging(1)(net)
    by_reviser, by_mute = (n.slide(source, {"rhythm": 1.0}) for n in (plain, mute))
    assert any(list(a) != list(b) for a, b in zip(by_reviser, by_mute, strict=True))
    assert rhythm(by_reviser) == rhythm(by_mute)


def test_every_variant_plays_a_shipped_model():
    assert {variant.model for variant in ablation_variants.VARIANTS} == set(checkpoint.available())
    assert len({variant.name for variant in ablation_variants.VARIANTS}) == len(
        ablation_variants.VARIANTS
    )


def test_the_command_writes_json(data_file, tmp_path, monkeypatch):
    monkeypatch.setattr(ablation, "VARIANTS", ablation_variants.VARIANTS[4:5])
    out = tmp_path / "a" / "ablation.json"
    assert ablation.main(["--data", str(data_file), "--out", str(out), "--segments", "2"]) == 0
    assert json.loads(out.read_text())["rows"][0]["idea"] == ablation_variants.VARIANTS[4].name


def test_a_file_that_is_none_is_refused(tmp_path, capsys):
    path = tmp_path / "no.npz"
    path.write_bytes(b"no")
    assert ablation.main(["--data", str(path), "--out", str(tmp_path / "o.json")]) == 2
    assert "no.npz" in capsys.readouterr().err


def test_a_file_without_unseen_performances_is_refused(data):
    known = replace(data, split=np.where(data.split == TEST, 0, data.split))
    with pytest.raises(ValueError, match="no unseen segment"):
        ablation.ablation(known, 4, 1, ablation_variants.VARIANTS)
