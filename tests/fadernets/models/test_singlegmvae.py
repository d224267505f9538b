from dataclasses import replace

import torch

from tests.fadernets.models.test_seven import of
from tests.fadernets.tiny import TINY, bars, batch


def test_one_code_one_mixture_nothing_of_attributes():
    single, given = of("singlegmvae"), batch(bars(4, seed=11), [-1, 0, 1, -1])
    terms = single.losses(given, 0.2)
    assert set(terms) == {"events", "segment_kl", "segment_component", "total"}
    (poles,) = single.poles.values()
    assert poles.shape == (TINY.components, TINY.latent)
    other = replace(given, densities={n: d.flip(0) + 1 for n, d in given.densities.items()})
    other = replace(other, labels={n: label.flip(0) for n, label in given.labels.items()})
    torch.manual_seed(0)
    first = single.losses(given, 0.2)["total"]
    torch.manual_seed(0)
    assert first == single.losses(other, 0.2)["total"]


def test_labels_choose_the_component():
    single, given = of("singlegmvae"), batch(bars(2, seed=11), [1, 0])
    posterior = single.posteriors(given.tokens, given.lengths)["segment"]
    logits = single.component_logits({"segment": posterior[0]})["segment"]
    terms = single.prior_terms("segment", posterior, posterior[0], given.arousal, 0.2)
    expected = -logits.log_softmax(1)[torch.arange(2), given.arousal].mean()
    torch.testing.assert_close(terms["segment_component"].value, expected)
