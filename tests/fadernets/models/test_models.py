import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal, kl_divergence
from torch.nn import functional as F

from fadernets.models import MODELS, build, losses
from fadernets.models.config import ModelConfig
from fadernets.models.layers import reverse
from fadernets.music import events
from fadernets.music.attributes import ATTRIBUTES
from tests.fadernets.tiny import TINY, bars, batch, model

AROUSAL = [-1, 0, 1, -1, 1, 0]


@pytest.fixture
def segments():
    return bars(6)


def test_models_go_by_name():
    for name in MODELS:
        assert build(replace(TINY, model=name)).config.model == name
    with pytest.raises(ValueError, match="'transformer'.*gmvae"):
        build(replace(TINY, model="transformer"))


@pytest.mark.parametrize(
    ("step", "beta"),
    [(0, 0), (999, 0), (1_000, 0), (6_000, 0.1), (11_000, 0.2), (50_000, 0.2)],
)
def test_beta_is_annealed_as_in_the_paper(step, beta):
    assert ModelConfig().beta_at(step) == pytest.approx(beta)


def test_beta_without_annealing():
    config = ModelConfig(beta=0.7, beta_free_steps=3, beta_anneal_steps=0)
    assert [config.beta_at(step) for step in (2, 3)] == [0, 0.7]


def test_reverse_by_hand():
    tokens = torch.tensor([[5, 6, 7, 1], [8, 1, 0, 0], [1, 0, 0, 0]])
    turned = reverse(tokens, torch.tensor([4, 2, 1]))
    assert turned.tolist() == [[1, 7, 6, 5], [1, 8, 0, 0], [1, 0, 0, 0]]


@given(st.lists(st.lists(st.integers(2, 341), min_size=1, max_size=9), min_size=1, max_size=5))
def test_reverse_turns_each_sequence_and_nothing_else(rows):
    lengths = torch.tensor([len(row) for row in rows])
    width = int(lengths.max()) + 2
    tokens = torch.tensor([row + [0] * (width - len(row)) for row in rows])
    turned = reverse(tokens, lengths)
    assert turned.tolist() == [row[::-1] + [0] * (width - len(row)) for row in rows]
    assert reverse(turned, lengths).equal(tokens)


def test_codes_have_their_shapes(segments):
    gmvae, inputs = model(), batch(segments)
    for mean, log_variance in gmvae.posteriors(inputs.tokens, inputs.lengths).values():
        assert mean.shape == log_variance.shape == (6, TINY.latent)
    assert gmvae.event_logits(inputs, codes(gmvae, inputs)).shape == (
        *inputs.tokens.shape,
        events.VOCABULARY,
    )


def codes(gmvae, inputs):
    """Posterior means."""
    return {n: mean for n, (mean, _) in gmvae.posteriors(inputs.tokens, inputs.lengths).items()}


def test_a_code_depends_on_neither_padding_nor_batch(segments):
    gmvae, together = model(), batch(segments)
    assert len(set(together.lengths.tolist())) > 2
    padded = F.pad(together.tokens, (0, 40))
    scrawled = padded.clone()
    outside = torch.arange(padded.shape[1]) >= together.lengths[:, None]
    scrawled[outside] = torch.randint(0, events.VOCABULARY, (int(outside.sum()),))
    expected = gmvae.posteriors(together.tokens, together.lengths)
    for tokens in (padded, scrawled):
        posteriors = gmvae.posteriors(tokens, together.lengths)
        for name in TINY.attributes:
            torch.testing.assert_close(posteriors[name], expected[name], atol=1e-6, rtol=0)
    for row, segment in enumerate(segments):
        alone = batch([segment])
        posteriors = gmvae.posteriors(alone.tokens, alone.lengths)
        for name in TINY.attributes:
            for single, batched in zip(posteriors[name], expected[name], strict=True):
                torch.testing.assert_close(single[0], batched[row], atol=1e-6, rtol=0)


@pytest.mark.parametrize("place", [0, 10, -1])
def test_a_code_hears_every_token(segments, place):
    gmvae, inputs = model(), batch(segments[:1])
    changed_tokens = inputs.tokens.clone()
    changed_tokens[0, place] = (changed_tokens[0, place] + 1) % events.VOCABULARY
    for name, code in codes(gmvae, inputs).items():
        assert not torch.equal(code, codes(gmvae, replace(inputs, tokens=changed_tokens))[name])


def test_the_variance_of_a_code_stays_finite():
    gmvae, inputs = model(), batch(bars(2))
    for bias, bound in ((1e4, 6.0), (-1e4, -12.0)):
        for encoder in gmvae.encoders.values():
            torch.nn.init.constant_(encoder.log_variance.bias, bias)
        for _, log_variance in gmvae.posteriors(inputs.tokens, inputs.lengths).values():
            assert (log_variance == bound).all()


def test_the_decoder_is_told_codes_and_key():
    gmvae, inputs = model(), batch(bars(3))
    values = codes(gmvae, inputs)
    condition = gmvae.condition(values, inputs.key)
    assert condition[:, :8].equal(values["rhythm"]) and condition[:, 8:16].equal(values["note"])
    assert condition[:, 16:].argmax(1).equal(inputs.key)
    assert condition[:, 16:].sum(1).tolist() == [1, 1, 1]


def test_the_decoder_sees_only_tokens_before(segments):
    gmvae, inputs = model(), batch(segments)
    place = 7
    changed_tokens = inputs.tokens.clone()
    changed_tokens[:, place] = events.VELOCITY + 9
    values = codes(gmvae, inputs)
    before, after = (
        gmvae.event_logits(replace(inputs, tokens=t), values)
        for t in (inputs.tokens, changed_tokens)
    )
    assert before[:, : place + 1].equal(after[:, : place + 1])
    assert not torch.isclose(before[:, place + 1], after[:, place + 1]).all()


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_a_label_decoder_sees_only_steps_before(segments, name):
    gmvae, inputs = model(), batch(segments)
    decoder, code = gmvae.label_decoders[name], codes(gmvae, inputs)[name]
    label = inputs.labels[name]
    changed_label = label.clone()
    changed_label[:, 5] = (changed_label[:, 5] + 1) % ATTRIBUTES[name].classes
    before, after = decoder(code, label), decoder(code, changed_label)
    assert before.shape == (6, 16, ATTRIBUTES[name].classes)
    assert before[:, :6].equal(after[:, :6])
    assert not before[:, 6].equal(after[:, 6])


def mixture(gmvae, name, posterior, code):
    """KL to each component in every dimension, (b, k, latent), and q(c|z), (b, k); by torch."""
    mean, log_variance = posterior
    spread = math.exp(gmvae.config.prior_log_variance / 2)
    prior = Normal(gmvae.means[name], torch.full_like(gmvae.means[name], spread))
    kl_by_component = kl_divergence(Normal(mean[:, None], (log_variance[:, None] / 2).exp()), prior)
    uniform = Categorical(torch.ones(gmvae.config.components))
    parts = Independent(prior, 1)
    log_q = uniform.logits + parts.log_prob(code[:, None])
    return kl_by_component, (
        log_q - MixtureSameFamily(uniform, parts).log_prob(code)[:, None]
    ).exp()


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_every_term_of_the_objective(segments, reduction):
    config = replace(
        TINY,
        kl_reduction=reduction,
        event_weight=5.0,
        label_weight=1.5,
        regularisation_weight=0.7,
        component_weight=0.3,
    )
    gmvae, inputs, beta = model(config), batch(segments, AROUSAL), 0.2
    torch.manual_seed(3)
    loss_terms = gmvae.losses(inputs, beta)

    posteriors = gmvae.posteriors(inputs.tokens, inputs.lengths)
    torch.manual_seed(3)
    drawn = {name: losses.sample(*posterior) for name, posterior in posteriors.items()}
    logits = gmvae.event_logits(inputs, drawn).transpose(1, 2)
    expected = {"events": F.cross_entropy(logits, inputs.tokens, ignore_index=events.PAD)}
    for name in config.attributes:
        label = inputs.labels[name]
        label_logits = gmvae.label_decoders[name](drawn[name], label).transpose(1, 2)
        expected[name] = F.cross_entropy(label_logits, label)
        expected[f"{name}_order"] = losses.latent_regularisation(
            drawn[name][:, 0], inputs.densities[name]
        )
        kl_by_component, q = mixture(gmvae, name, posteriors[name], drawn[name])
        kl_by_component = getattr(kl_by_component, reduction)(-1)
        rows = []
        for row, arousal in enumerate(AROUSAL):  # equation (1)
            if arousal == -1:
                uniform = Categorical(torch.ones(2))
                rows.append(
                    q[row] @ kl_by_component[row] + kl_divergence(Categorical(q[row]), uniform)
                )
            else:
                rows.append(kl_by_component[row, arousal])
        expected[f"{name}_kl"] = torch.stack(rows).mean()
        cross_entropies = [
            -q[row, arousal].log() for row, arousal in enumerate(AROUSAL) if arousal >= 0
        ]
        expected[f"{name}_component"] = torch.stack(cross_entropies).mean()
    expected["total"] = 5 * expected["events"] + sum(
        1.5 * expected[name]
        + 0.7 * expected[f"{name}_order"]
        + beta * expected[f"{name}_kl"]
        + 0.3 * expected[f"{name}_component"]
        for name in config.attributes
    )
    assert loss_terms.keys() == expected.keys()
    for name, term in expected.items():
        torch.testing.assert_close(loss_terms[name], term, msg=f"{name}: {loss_terms[name]} {term}")


def test_without_a_label_no_component_is_taught(segments):
    terms = model().losses(batch(segments), 0.2)
    assert terms["rhythm_component"] == terms["note_component"] == 0


@pytest.mark.parametrize("arousal", [None, AROUSAL, [1] * 6])
def test_every_parameter_is_reached(segments, arousal):
    gmvae = model().train()
    gmvae.losses(batch(segments, arousal), 0.2)["total"].backward()
    unreached = [name for name, p in gmvae.named_parameters() if p.grad is None or not p.grad.any()]
    assert unreached == []


def test_a_codes_attribute_reaches_no_other_code(segments):
    gmvae = model().train()
    terms = gmvae.losses(batch(segments, AROUSAL), 0.2)
    own = sum(terms[f"rhythm{part}"] for part in ("", "_order", "_kl", "_component"))
    own.backward()
    for part in (gmvae.encoders, gmvae.label_decoders):
        assert all(p.grad is None for p in part["note"].parameters())
        assert any(p.grad.any() for p in part["rhythm"].parameters())


def test_a_label_chooses_the_component_a_code_is_held_to():
    gmvae, inputs = model(), batch(bars(1), [1])
    for name, (mean, log_variance) in gmvae.posteriors(inputs.tokens, inputs.lengths).items():
        kl_by_component = losses.gaussian_kl(mean, log_variance, gmvae.means[name], -2.0).mean(1)
        high = gmvae.losses(inputs, 0.2)[f"{name}_kl"]
        low = gmvae.losses(replace(inputs, arousal=torch.tensor([0])), 0.2)[f"{name}_kl"]
        torch.testing.assert_close(torch.stack([low, high]), kl_by_component)


def test_in_half_precision_losses_are_counted_in_full(segments):
    gmvae, inputs = model().train(), batch(segments, AROUSAL)
    torch.manual_seed(0)
    full = gmvae.losses(inputs, 0.2)
    torch.manual_seed(0)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = gmvae.losses(inputs, 0.2)
    for name, term in half.items():
        assert term.dtype == torch.float32
        torch.testing.assert_close(term, full[name], atol=0.02, rtol=0.02)


@pytest.mark.parametrize("attributes", [("rhythm",), ("note", "rhythm")])
def test_a_model_has_the_codes_it_is_configured_with(segments, attributes):
    gmvae = model(replace(TINY, attributes=attributes))
    terms = gmvae.losses(batch(segments, AROUSAL), 0.2)
    assert {name for name in ATTRIBUTES if name in terms} == set(attributes)
    assert torch.isfinite(terms["total"])


def test_an_unknown_model_is_named_with_those_that_there_are():
    with pytest.raises(ValueError, match="unknown model 'gmvea'; there are: ") as error:
        build(ModelConfig(model="gmvea"))
    assert str(error.value).partition("there are: ")[2].split(", ") == list(MODELS)
