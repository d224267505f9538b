from dataclasses import replace

import pytest
import torch

from tests.fadernets.models.test_seven import of
from tests.fadernets.tiny import TINY, bars, batch


def encoded(cvae, inputs):
    return cvae.encode(inputs.tokens, inputs.lengths, inputs.densities)


@pytest.mark.parametrize("name", ["cvae", "fadernetworks"])
def test_the_decoder_is_told_code_densities_and_key(name):
    cvae, inputs = of(name), batch(bars(3, seed=11))
    codes = encoded(cvae, inputs)
    condition = cvae.condition(codes, inputs.key)
    assert condition[:, : TINY.latent].equal(codes["segment"])
    assert condition[:, TINY.latent].equal(inputs.densities["rhythm"])
    assert condition[:, TINY.latent + 1].equal(inputs.densities["note"])
    assert condition[:, TINY.latent + 2 :].argmax(1).equal(inputs.key)


@pytest.mark.parametrize(("name", "sees_densities"), [("cvae", True), ("fadernetworks", False)])
def test_which_encoder_sees_densities(name, sees_densities):
    cvae, inputs = of(name), batch(bars(3, seed=11))
    other_inputs = replace(inputs, densities={n: d + 1 for n, d in inputs.densities.items()})
    is_same = encoded(cvae, inputs)["segment"].equal(encoded(cvae, other_inputs)["segment"])
    assert is_same is not sees_densities


def test_an_encoder_that_must_be_told_says_so():
    cvae, inputs = of("cvae"), batch(bars(2, seed=11))
    with pytest.raises(ValueError, match="needs the densities, not None"):
        cvae.posteriors(inputs.tokens, inputs.lengths)


def test_a_fader_is_the_density_itself():
    cvae, inputs = of("cvae"), batch(bars(2, seed=11))
    codes = encoded(cvae, inputs)
    for name, (code, place) in cvae.handles.items():
        assert codes[code][:, place].equal(inputs.densities[name])


def test_densities_are_no_part_of_the_prior():
    cvae, inputs = of("cvae").train(), batch(bars(4, seed=11))
    terms = cvae.losses(inputs, 0.2)
    assert set(terms) == {"events", "segment_kl", "total"}
    torch.testing.assert_close(terms["total"], 5 * terms["events"] + 0.2 * terms["segment_kl"])
