from dataclasses import replace

import pytest
import torch

from tests.fadernets.models.test_seven import of
from tests.fadernets.tiny import TINY, bars, batch


def encoded(cvae, given):
    return cvae.encode(given.tokens, given.lengths, given.densities)


@pytest.mark.parametrize("name", ["cvae", "fadernetworks"])
def test_the_decoder_is_told_code_densities_and_key(name):
    cvae, given = of(name), batch(bars(3, seed=11))
    codes = encoded(cvae, given)
    told = cvae.condition(codes, given.key)
    assert told[:, : TINY.latent].equal(codes["segment"])
    assert told[:, TINY.latent].equal(given.densities["rhythm"])
    assert told[:, TINY.latent + 1].equal(given.densities["note"])
    assert told[:, TINY.latent + 2 :].argmax(1).equal(given.key)


@pytest.mark.parametrize(("name", "told"), [("cvae", True), ("fadernetworks", False)])
def test_who_tells_the_encoder(name, told):
    cvae, given = of(name), batch(bars(3, seed=11))
    other = replace(given, densities={n: d + 1 for n, d in given.densities.items()})
    same = encoded(cvae, given)["segment"].equal(encoded(cvae, other)["segment"])
    assert same is not told


def test_an_encoder_that_must_be_told_says_so():
    cvae, given = of("cvae"), batch(bars(2, seed=11))
    with pytest.raises(ValueError, match="needs the densities, not None"):
        cvae.posteriors(given.tokens, given.lengths)


def test_a_fader_is_the_density_itself():
    cvae, given = of("cvae"), batch(bars(2, seed=11))
    codes = encoded(cvae, given)
    for name, (code, place) in cvae.handles.items():
        assert codes[code][:, place].equal(given.densities[name])


def test_densities_are_no_part_of_the_prior():
    cvae, given = of("cvae").train(), batch(bars(4, seed=11))
    terms = cvae.losses(given, 0.2)
    assert set(terms) == {"events", "segment_kl", "total"}
    torch.testing.assert_close(terms["total"], 5 * terms["events"] + 0.2 * terms["segment_kl"])
