import math

import pytest
import torch
from torch.distributions import (
    Categorical,
    Independent,
    MixtureSameFamily,
    Normal,
    kl_divergence,
)
from torch.nn import functional as F

from fadernets.models import losses


@pytest.fixture
def rng():
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize("prior", [-2.0, 0.0, 1.5])
def test_gaussian_kl_is_that_of_torch(rng, prior):
    mean, log_variance = torch.randn(2, 5, 1, 7, generator=rng, dtype=torch.double)
    prior_mean = torch.randn(3, 7, generator=rng, dtype=torch.double)
    expected = kl_divergence(
        Normal(mean, (log_variance / 2).exp()),
        Normal(prior_mean, torch.full((), math.exp(prior / 2), dtype=torch.double)),
    )
    kl = losses.gaussian_kl(mean, log_variance, prior_mean, prior)
    assert kl.shape == (5, 3, 7)
    torch.testing.assert_close(kl, expected)


def test_gaussian_kl_by_hand():
    zero, one = torch.zeros(1), torch.ones(1)
    assert losses.gaussian_kl(zero, zero, zero, 0.0).item() == 0
    assert losses.gaussian_kl(one, zero, zero, 0.0).item() == pytest.approx(0.5)
    # variance 1 against e^-2: (e^2 - 1 - 2) / 2
    expected = (math.exp(2) - 3) / 2
    assert losses.gaussian_kl(zero, zero, zero, -2.0).item() == pytest.approx(expected)


@pytest.mark.parametrize("components", [1, 2, 4])
def test_component_logits_are_the_posterior_of_a_uniform_mixture(rng, components):
    code = torch.randn(6, 5, generator=rng, dtype=torch.double)
    means = torch.randn(components, 5, generator=rng, dtype=torch.double)
    parts = Independent(Normal(means, torch.full_like(means, math.exp(-1))), 1)
    uniform = Categorical(torch.ones(components, dtype=torch.double))
    mixture = MixtureSameFamily(uniform, parts)
    joint = uniform.logits + parts.log_prob(code[:, None])
    expected = joint - mixture.log_prob(code)[:, None]
    logits = losses.component_logits(code, means, -2.0).log_softmax(1)
    torch.testing.assert_close(logits, expected)


def test_component_logits_by_hand():
    means = torch.tensor([[0.0, 0.0], [2.0, 0.0]])
    logits = losses.component_logits(torch.tensor([[1.0, 9.0], [2.0, 0.0]]), means, 0.0)
    odds = logits[:, 1] - logits[:, 0]
    assert odds.tolist() == pytest.approx([0.0, 2.0])  # halfway; then 2² / 2


def test_categorical_kl_is_that_of_torch(rng):
    logits = torch.randn(9, 3, generator=rng, dtype=torch.double)
    expected = kl_divergence(Categorical(logits=logits), Categorical(torch.ones(9, 3).double()))
    torch.testing.assert_close(losses.categorical_kl(logits), expected)


def test_categorical_kl_by_hand():
    logits = torch.tensor([[0.0, 0.0], [100.0, 0.0], [math.log(3), 0.0]])
    three_to_one = 0.75 * math.log(0.75) + 0.25 * math.log(0.25) + math.log(2)
    expected = [0, math.log(2), three_to_one]
    assert losses.categorical_kl(logits).tolist() == pytest.approx(expected, abs=1e-6)


def test_latent_regularisation_by_hand():
    def loss(dimension, density):
        value = losses.latent_regularisation(torch.tensor(dimension), torch.tensor(density))
        return value.item()

    off = (1 - math.tanh(1)) ** 2  # of each of two pairs among four
    assert loss([0.0, 1.0], [0.2, 0.7]) == pytest.approx(off / 2)
    assert loss([1.0, 0.0], [0.2, 0.7]) == pytest.approx((1 + math.tanh(1)) ** 2 / 2)
    assert loss([0.0, 20.0, 50.0], [0.1, 0.2, 0.9]) == pytest.approx(0)
    assert loss([50.0, 20.0, 0.0], [0.1, 0.2, 0.9]) == pytest.approx(6 * 4 / 9)
    assert loss([3.0, 3.0], [0.5, 0.5]) == 0
    assert loss([0.0, 1.0], [0.5, 0.5]) == pytest.approx(math.tanh(1) ** 2 / 2)


def test_latent_regularisation_is_over_all_pairs(rng):
    dimension, density = torch.randn(2, 12, generator=rng)
    density = density.round(decimals=0)  # some alike
    pairs = [
        (math.tanh(dimension[i] - dimension[j]) - torch.sign(density[i] - density[j]).item()) ** 2
        for i in range(12)
        for j in range(12)
    ]
    value = losses.latent_regularisation(dimension, density)
    assert value.item() == pytest.approx(sum(pairs) / 144, rel=1e-5)
    moved = losses.latent_regularisation(dimension + 7, density * 3 - 1)
    assert moved.item() == pytest.approx(value.item(), rel=1e-4)


def test_latent_regularisation_pulls_codes_into_the_order_of_the_densities():
    dimension = torch.tensor([0.3, -0.2, 0.1], requires_grad=True)
    losses.latent_regularisation(dimension, torch.tensor([0.1, 0.5, 0.9])).backward()
    assert dimension.grad[0] > 0 > dimension.grad[2]  # down goes the first, up the last


def test_sequence_cross_entropy_is_the_mean_over_what_is_told(rng):
    logits = torch.randn(3, 4, 6, generator=rng)
    target = torch.randint(1, 6, (3, 4), generator=rng)
    target[0, 2:] = 0
    log_p = F.log_softmax(logits, -1)
    places = [(b, t) for b in range(3) for t in range(4) if target[b, t]]
    expected = -sum(log_p[b, t, target[b, t]] for b, t in places) / 10
    torch.testing.assert_close(losses.sequence_cross_entropy(logits, target, 0), expected)
    everything = losses.sequence_cross_entropy(logits, target)
    torch.testing.assert_close(everything, F.cross_entropy(logits.transpose(1, 2), target))


def test_sample_has_the_mean_and_the_variance_of_its_gaussian():
    torch.manual_seed(0)
    mean = torch.tensor([1.0, -3.0]).expand(40_000, 2)
    log_variance = torch.tensor([-2.0, 1.0]).expand(40_000, 2)
    drawn = losses.sample(mean, log_variance)
    torch.testing.assert_close(drawn.mean(0), mean[0], atol=0.04, rtol=0)
    torch.testing.assert_close(drawn.var(0), log_variance[0].exp(), atol=0, rtol=0.04)


def test_sample_lets_gradients_through():
    mean = torch.zeros(5, requires_grad=True)
    log_variance = torch.full((5,), -1.0, requires_grad=True)
    drawn = losses.sample(mean, log_variance)
    drawn.sum().backward()
    assert mean.grad.tolist() == [1] * 5
    torch.testing.assert_close(log_variance.grad, 0.5 * drawn.detach())
