from dataclasses import replace

import torch

from tests.fadernets.models.test_seven import of
from tests.fadernets.tiny import TINY, bars, batch


def test_one_code_one_mixture_nothing_of_attributes():
    single, inputs = of("singlegmvae"), batch(bars(4, seed=11), [-1, 0, 1, -1])
    terms = single.losses(inputs, 0.2)
    assert set(terms) == {"events", "segment_kl", "segment_component", "total"}
    (poles,) = single.poles.values()
    assert poles.shape == (TINY.components, TINY.latent)
    changed = replace(inputs, densities={n: d.flip(0) + 1 for n, d in inputs.densities.items()})
    changed = replace(changed, labels={n: label.flip(0) for n, label in inputs.labels.items()})
    torch.manual_seed(0)
    first = single.losses(inputs, 0.2)["total"]
    torch.manual_seed(0)
    assert first == single.losses(changed, 0.2)["total"]


def test_labels_choose_the_component():
    single, inputs = of("singlegmvae"), batch(bars(2, seed=11), [1, 0])
    posterior = single.posteriors(inputs.tokens, inputs.lengths)["segment"]
    logits = single.component_logits({"segment": posterior[0]})["segment"]
    terms = single.prior_terms("segment", posterior, posterior[0], inputs.arousal, 0.2)
    expected = -logits.log_softmax(1)[torch.arange(2), inputs.arousal].mean()
    torch.testing.assert_close(terms["segment_component"].value, expected)
