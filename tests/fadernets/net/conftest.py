"""A small model that nobody trained, and segments for it."""

import pytest
import torch

from fadernets.faders import Fader
from fadernets.music.notes import Notes
from fadernets.net import FaderNet
from tests.fadernets.tiny import bars, model

FADERS = {
    "rhythm": Fader("rhythm", (0.2, 0.5, 1.0), (-4.0, 1.0, 3.0)),
    "note": Fader("note", (1.0, 4.0), (-3.0, 3.0)),
}


@pytest.fixture(scope="module")
def net() -> FaderNet:
    """An untrained model whose decoder minds its codes all the same."""
    gmvae = model(seed=1)
    with torch.no_grad():
        for linear in (gmvae.decoder.output, gmvae.decoder.initial):
            linear.weight.mul_(4)
    return FaderNet(gmvae, FADERS, name="tiny")


@pytest.fixture(scope="module")
def segments() -> list[Notes]:
    return bars(6)


@pytest.fixture
def unused(net, monkeypatch) -> FaderNet:
    """The model, which fails when it is used."""

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("the model was given a segment that does not move")

    monkeypatch.setattr(FaderNet, "encode", fail)
    monkeypatch.setattr(FaderNet, "reconstruct", fail)
    return net


@pytest.fixture
def bright() -> FaderNet:
    """The untrained model with made-up poles of valence, across the way of arousal."""
    gmvae = model(seed=1)
    generator = torch.Generator().manual_seed(5)
    poles = {}
    for name, (low, high) in gmvae.poles.items():
        direction, arousal = torch.randn(8, generator=generator), high - low
        direction = direction - (direction @ arousal) / (arousal @ arousal) * arousal
        poles[name] = torch.stack([-direction, direction])
    gmvae.learn_valence(poles)
    return FaderNet(gmvae, FADERS, name="bright")
