"""A further model is a class and a registry row: it trains, and nothing else knows of it."""

import csv
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import fadernets
from fadernets.models import MODELS
from fadernets.models.adversarial_turns import Turn
from fadernets.models.segmentvae import Handle, SegmentVAE
from fadernets.music import events
from tests.fadernets.tiny import TINY, bars
from train import fit
from train.run.config import TrainConfig
from train.run.loop import LOG, Trainer

pytestmark = pytest.mark.usefixtures("one_thread")
CONFIG = TrainConfig(
    steps=1, batch=16, precision="float32", validate_every=1, validation_segments=8
)


class Unigram(nn.Module):
    """Knows how often each token comes, and has no code."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.logits = nn.Parameter(torch.zeros(events.VOCABULARY))

    def losses(self, batch, beta):
        tokens = batch.tokens[batch.tokens != events.PAD]
        return {"total": F.cross_entropy(self.logits.expand(len(tokens), -1), tokens)}


class Coder(SegmentVAE):
    """One code of eight numbers, whose third is called rhythm."""

    def __init__(self, config):
        super().__init__(config, widths={"all": 8}, handles={"rhythm": Handle("all", 2)})


class Bet(nn.Module):
    """Two numbers with a loss each: one aims at 1, one at 3, and both at each other."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.first, self.second = (nn.Parameter(torch.zeros(())) for _ in range(2))

    def turns(self):
        return {
            "first": Turn([self.first], lambda b, beta: self._terms("first", self.first - 1)),
            "second": Turn([self.second], lambda b, beta: self._terms("second", self.second - 3)),
        }

    def _terms(self, name, error):
        return {name: error**2, "total": error**2 + (self.first - self.second) ** 2}


@pytest.fixture(autouse=True)
def registry(monkeypatch):
    for name, model in (("unigram", Unigram), ("coder", Coder), ("bet", Bet)):
        monkeypatch.setitem(MODELS, name, model)


def test_a_toy_model_trains_a_step(data, tmp_path):
    run = Trainer(replace(TINY, model="unigram"), CONFIG, data, tmp_path)
    assert run.fit() is True
    with (tmp_path / LOG).open(newline="") as file:
        train, validation = csv.DictReader(file)
    assert float(train["total"]) == pytest.approx(np.log(events.VOCABULARY), abs=1e-5)
    assert float(validation["total"]) < float(train["total"])


def test_a_toy_model_trains_and_plays_by_the_command_line(data_file, tmp_path, quick_export):
    command = (
        f"--model coder --data {data_file} --out {tmp_path} --steps 1 --batch 16 --hidden 8 "
        "--latent 4 --embedding 4 --validation-segments 4 --device cpu"
    )
    assert fit.main(command.split()) == 0
    net = fadernets.load(tmp_path)
    assert net.faders == ("rhythm",)
    assert len(net.slide(bars(2), {"rhythm": 0.5})) == 2


def test_players_move_their_own_weights_in_turn(data, tmp_path):
    run = Trainer(replace(TINY, model="bet"), replace(CONFIG, learning_rate=0.5), data, tmp_path)
    assert list(run.optimisers) == ["first", "second"]
    terms = run.train_step(data.batch(np.arange(16)))
    assert (terms["first"], terms["second"]) == (1.0, 9.0)
    # Adam's first step is the learning rate; the second player saw the first one's move
    assert (run.model.first.item(), run.model.second.item()) == pytest.approx((0.5, 0.5))
    assert terms["total"] == pytest.approx(9.0 + 0.25)
    assert run.step == 1
