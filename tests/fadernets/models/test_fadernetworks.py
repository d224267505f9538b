"""The adversary and the model have opposite losses; each changes its own weights only."""

from dataclasses import replace

import pytest
import torch

from fadernets.models import build
from fadernets.models.adversarial_turns import turns
from tests.fadernets.models.test_seven import of
from tests.fadernets.tiny import TINY, bars, batch, model

NAMES = ("rhythm", "note")


@pytest.fixture
def inputs():
    return batch(bars(8, seed=11))


def oracle(fader, inputs, scale):
    """An adversary that says the standardised densities times `scale`, whatever the code."""
    fader.standard.observe(inputs.densities)
    truth = fader.standard(inputs.densities)

    class Oracle(torch.nn.Module):
        def forward(self, code):
            return scale * truth + 0 * code.sum()

    fader.adversary = Oracle()


def gradients(module):
    return [p.grad is not None and bool(p.grad.any()) for p in module.parameters()]


def test_the_adversarys_turn_reaches_the_adversary_alone(inputs):
    fader = of("fadernetworks").train()
    fader.adversary_losses(inputs, 0.2)["total"].backward()
    assert all(gradients(fader.adversary))
    assert not any(gradients(fader.encoders) + gradients(fader.decoder))


def test_the_models_turn_reaches_all_but_the_adversary(inputs):
    fader = of("fadernetworks").train()
    fader.adversary_losses(inputs, 0.2)  # observes the densities
    torch.manual_seed(1)
    fader.losses(inputs, 0.2)["total"].backward()
    assert not any(gradients(fader.adversary))
    assert all(gradients(fader.encoders) + gradients(fader.decoder))


def test_the_encoder_learns_from_what_the_adversary_finds(inputs):
    """Without a decoder's loss only the encoder has gradients, from the adversary."""
    fader = build(replace(TINY, model="fadernetworks", event_weight=0.0)).train()
    fader.standard.observe(inputs.densities)
    code = torch.randn(8, TINY.latent, requires_grad=True)
    reader = torch.nn.Linear(TINY.latent, 2)
    solution = torch.linalg.lstsq(code.detach(), fader.standard(inputs.densities)).solution
    with torch.no_grad():  # eight segments, eight dimensions: it reads them off exactly
        reader.weight.copy_(solution.T)
        reader.bias.zero_()
    fader.adversary = reader
    terms = fader.further_terms(inputs, {"segment": code}, 0.2)
    for name in NAMES:
        assert terms[f"{name}_found"].value.item() == pytest.approx(1, abs=1e-4)
    with torch.no_grad():
        reader.weight.mul_(0.5)  # an exact reader stands at a minimum
    term = fader.further_terms(inputs, {"segment": code}, 0.2)["rhythm_found"].value
    term.backward()
    assert code.grad.any()
    away = (code - 0.1 * code.grad / code.grad.norm()).detach()
    assert fader.further_terms(inputs, {"segment": away}, 0.2)["rhythm_found"].value < term


@pytest.mark.parametrize(("scale", "error", "finding"), [(1, 0, 1), (0.5, 0.25, 0.75), (0, 1, 0)])
def test_errors_and_findings_by_hand(inputs, scale, error, finding):
    fader = of("fadernetworks").eval()
    oracle(fader, inputs, scale)
    assert fader.adversary_losses(inputs, 0.2)["total"].item() == pytest.approx(error, abs=1e-5)
    terms = fader.losses(inputs, 0.2)
    assert [terms[f"{n}_found"].item() for n in NAMES] == pytest.approx([finding] * 2, abs=1e-5)


def test_no_more_is_asked_than_that_nothing_is_found(inputs):
    fader = of("fadernetworks").eval()
    oracle(fader, inputs, -3.0)  # a larger error than that of predicting the mean
    terms = fader.losses(inputs, 0.2)
    assert terms["rhythm_found"] == terms["note_found"] == 0


@pytest.mark.parametrize(("beta", "weight"), [(0.0, 0.0), (0.1, 1.5), (0.2, 3.0)])
def test_the_adversarys_weight_grows_with_beta(inputs, beta, weight):
    fader = model(replace(TINY, model="fadernetworks", adversary_weight=3.0))
    codes = fader.encode(inputs.tokens, inputs.lengths, inputs.densities)
    terms = fader.further_terms(inputs, codes, beta)
    assert [terms[f"{n}_found"].weight for n in NAMES] == pytest.approx([weight] * 2)


def test_without_a_beta_the_weight_is_whole(inputs):
    fader = model(replace(TINY, model="fadernetworks", beta=0.0))
    codes = fader.encode(inputs.tokens, inputs.lengths, inputs.densities)
    assert fader.further_terms(inputs, codes, 0.0)["note_found"].weight == 1.0


def test_the_adversary_moves_first():
    assert list(turns(of("fadernetworks"))) == ["adversary", "model"]


def test_a_model_without_an_opponent_has_one_turn():
    """Its name stays: a stored run finds its optimiser's state by it."""
    vae = of("vanilla")
    (turn,) = turns(vae).values()
    assert list(turns(vae)) == ["model"] and turn.losses == vae.losses
    assert [id(p) for p in turn.parameters] == [id(p) for p in vae.parameters()]


@pytest.mark.training
def test_an_adversary_that_trains_alone_finds_what_is_there(inputs):
    """The codes of untrained encoders tell densities; only the adversary learns them."""
    fader = of("fadernetworks").train()
    turn = turns(fader)["adversary"]
    optimiser = torch.optim.Adam(turn.parameters, lr=1e-2)
    for encoder in fader.encoders.values():  # next to no noise
        torch.nn.init.constant_(encoder.log_variance.bias, -12.0)
    errors = []
    for _ in range(150):
        terms = turn.losses(inputs, 0.2)
        optimiser.zero_grad()
        terms["total"].backward()
        optimiser.step()
        errors.append(terms["total"].item())
    assert sum(errors[-10:]) < 0.7 * sum(errors[:10])
