from dataclasses import replace

import pytest
import torch

from fadernets.models import glsr
from tests.fadernets.models.test_seven import of
from tests.fadernets.tiny import TINY, bars, batch, model

NAMES = ("rhythm", "note")


@pytest.fixture
def inputs():
    return batch(bars(6, seed=11))


def codes(vae, inputs):
    return vae.encode(inputs.tokens, inputs.lengths, inputs.densities)


def linear(monkeypatch, slopes):
    """A decoder that plays densities linear in their z^d; logits carry the codes."""
    monkeypatch.setattr(glsr.GLSRVAE, "event_logits", lambda self, batch, codes: codes)

    def soft(played, tokens):
        return {n: slopes[n] * played[n][:, 0] + played[n][:, 1] for n in NAMES}

    monkeypatch.setattr(glsr, "soft_densities", soft)


def test_slopes_by_hand(inputs, monkeypatch):
    vae = of("glsr")
    linear(monkeypatch, {"rhythm": 0.5, "note": -2.0})
    for name, slope in (("rhythm", 0.5), ("note", -2.0)):
        measured = vae.slope(inputs, codes(vae, inputs), name)
        torch.testing.assert_close(measured, torch.full((6,), slope), atol=1e-5, rtol=0)


@pytest.mark.parametrize("slope", [0.0, 1.0, 2.5])
def test_the_term_is_the_squared_distance_in_sd(inputs, monkeypatch, slope):
    vae = model(replace(TINY, model="glsr", slope=slope))
    vae.standard.variance.copy_(torch.tensor([0.04, 4.0]))  # sd 0.2 and 2
    linear(monkeypatch, {"rhythm": 0.5, "note": -2.0})
    terms = vae.further_terms(inputs, codes(vae, inputs), 0.2)
    assert terms["rhythm_slope"].value.item() == pytest.approx((2.5 - slope) ** 2, abs=1e-3)
    assert terms["note_slope"].value.item() == pytest.approx((-1.0 - slope) ** 2, abs=1e-3)


def test_slopes_are_taken_of_some_segments_only(inputs, monkeypatch):
    measured_tokens = []
    slope = glsr.GLSRVAE.slope

    def watched(self, batch, codes, name):
        measured_tokens.append(batch.tokens)
        return slope(self, batch, codes, name)

    monkeypatch.setattr(glsr.GLSRVAE, "slope", watched)
    vae = of("glsr")
    vae.further_terms(inputs, codes(vae, inputs), 0.2)
    assert [tokens.tolist() for tokens in measured_tokens] == [inputs.tokens[[0, 4]].tolist()] * 2


def test_the_decoder_is_what_is_taught(inputs):
    vae = of("glsr").train()
    with torch.no_grad():
        values = codes(vae, inputs)
    terms = vae.further_terms(inputs, values, 0.2)
    sum(term.value for term in terms.values()).backward()
    assert all(p.grad is not None for p in vae.decoder.parameters())
    assert any(p.grad.any() for p in vae.decoder.parameters())
    assert all(p.grad is None for p in vae.label_decoders.parameters())


@pytest.mark.training
def test_asking_for_a_slope_brings_it(inputs):
    vae = of("glsr").train()
    values = {n: code.detach() for n, code in codes(vae, inputs).items()}
    part = glsr.SLOPE_STRIDE
    optimiser = torch.optim.Adam(vae.decoder.parameters(), lr=1e-2)
    errors = []
    for _ in range(25):
        terms = vae.further_terms(inputs, values, 0.2)
        error = sum(term.value for term in terms.values())
        optimiser.zero_grad()
        error.backward()
        optimiser.step()
        errors.append(error.item())
    assert errors[-1] < 0.5 * errors[0]
    for name in NAMES:
        assert (vae.slope(inputs, values, name)[::part] > 0).all()


def test_codes_are_not_ordered(inputs):
    terms = of("glsr").losses(inputs, 0.2)
    assert not [name for name in terms if name.endswith("_order")]
    assert {"rhythm_slope", "note_slope"} < set(terms)
