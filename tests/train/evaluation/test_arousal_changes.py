"""Rules by hand, and the parts of arousal that an arranger moves alone."""

import pytest
import torch

from fadernets.models.config import ModelConfig
from fadernets.models.reviser import Reviser
from fadernets.music.notes import Notes
from fadernets.net import FaderNet
from fadernets.realisers import Arranger
from tests.fadernets import tiny
from train.evaluation.arousal_changes import PARTS, RULES, part_of
from train.metrics.arousal_features import Heard

MUSIC = Heard(Notes.of([-0.5, 0, 1], [0.5, 0.25, 2], [70, 60, 62], [64] * 3), 2.0)


def test_rules_by_hand():
    slower = RULES["a quarter slower"](MUSIC)
    assert slower.seconds == 2.5
    assert slower.notes.onset.tolist() == [-0.625, 0, 1.25]
    assert RULES["a third lower"](MUSIC).notes.pitch.tolist() == [66, 56, 58]
    held = RULES["every note held to the next strike"](MUSIC).notes
    assert held.offset.tolist() == [0.5, 1, 2]  # what rings in stays
    half = RULES["every note half as long as that"](MUSIC).notes
    assert half.offset.tolist() == [0.5, 0.5, 1.5]


def test_a_part_of_arousal_moves_alone():
    torch.manual_seed(0)
    reviser = Reviser(ModelConfig(model="reviser", width=16, layers=1, heads=2)).eval()
    reviser.poles[:] = torch.tensor([[0.4, 0.3], [0.6, 0.5]])  # onsets, velocity: low, high
    net = FaderNet(tiny.model(), {}, "tiny", Arranger(reviser, candidates=2))
    windows = net.encode(tiny.bars(3)).request.windows
    by = torch.ones(3, dtype=torch.float64)
    moved = {}
    for part in PARTS:
        realiser = part_of(net, part).realiser
        before = realiser.request(windows, torch.device("cpu"))
        after = realiser.shift_arousal(before, by)
        onsets, *_ = (
            not torch.equal(after.densities[name], before.densities[name])
            for name in before.densities
        )
        moved[part] = (onsets, bool(after.legato.any()), bool(after.louder.any()))
    assert moved == {
        "onsets": (True, False, False),
        "held or struck": (False, True, False),
    }


def test_a_model_that_arranges_nothing_has_no_such_parts():
    with pytest.raises(TypeError, match="arranges nothing"):
        part_of(FaderNet(tiny.model(), {}, "tiny"), "onsets")
