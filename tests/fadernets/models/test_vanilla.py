import pytest
import torch
from torch.distributions import Normal, kl_divergence
from torch.nn import functional as F

from fadernets.models import losses
from fadernets.music import events
from tests.fadernets.models.test_seven import of
from tests.fadernets.tiny import TINY, bars, batch, model


def test_every_term_of_the_objective():
    vanilla, inputs = of("vanilla"), batch(bars(4, seed=11))
    torch.manual_seed(3)
    terms = vanilla.losses(inputs, 0.2)
    posteriors = vanilla.posteriors(inputs.tokens, inputs.lengths)
    torch.manual_seed(3)
    drawn = {name: losses.sample(*posterior) for name, posterior in posteriors.items()}
    logits = vanilla.event_logits(inputs, drawn).transpose(1, 2)
    expected = {"events": F.cross_entropy(logits, inputs.tokens, ignore_index=events.PAD)}
    for name, (mean, log_variance) in posteriors.items():
        label_logits = vanilla.label_decoders[name](drawn[name], inputs.labels[name]).transpose(
            1, 2
        )
        expected[name] = F.cross_entropy(label_logits, inputs.labels[name])
        z, y = drawn[name][:, 0], inputs.densities[name]
        pairs = [
            (torch.tanh(z[i] - z[j]) - torch.sign(y[i] - y[j])) ** 2
            for i in range(4)
            for j in range(4)
        ]
        expected[f"{name}_order"] = torch.stack(pairs).mean()
        kl = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0))
        expected[f"{name}_kl"] = kl.mean(1).mean()
    for name, term in expected.items():
        torch.testing.assert_close(terms[name], term)
    assert terms.keys() == {*expected, "total"}


@pytest.mark.slow
def test_it_is_the_gmvae_without_its_mixtures():
    """Same weights, same events and labels; only the prior differs (paper 3.2)."""
    gmvae, vanilla, inputs = model(), of("vanilla"), batch(bars(4, seed=11))
    weights = gmvae.state_dict()
    mixtures = {n for n in weights if n.startswith(("means.", "poles_"))}
    vanilla.load_state_dict({n: v for n, v in weights.items() if n not in mixtures})
    assert len(mixtures) == 2 * len(TINY.attributes)
    terms = []
    for vae in (gmvae, vanilla):
        torch.manual_seed(0)
        terms.append(vae.losses(inputs, 0.2))
    for name in ("events", "rhythm", "note", "rhythm_order", "note_order"):
        assert terms[0][name] == terms[1][name]
