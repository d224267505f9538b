"""Terms of the training objective (paper, equations 1 and 2)."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def gaussian_kl(mean: Tensor, log_variance: Tensor, prior_mean: Tensor, prior: float) -> Tensor:
    """KL(q ‖ p) of diagonal Gaussians in every dimension, in nats.

    Parameters
    ----------
    mean, log_variance : float tensors, shape (..., latent)
        Of q.
    prior_mean : float tensor, broadcastable to (..., latent)
    prior : float
        Log-variance of p.
    """
    ratio = (log_variance - prior).exp()
    distance = (mean - prior_mean).square() / math.exp(prior)
    return 0.5 * (ratio + distance - 1 - log_variance + prior)


def component_logits(code: Tensor, means: Tensor, log_variance: float) -> Tensor:
    """Unnormalised log p(c|z) under a uniform p(c), shape (b, k).

    Parameters
    ----------
    code : float tensor, shape (b, latent)
    means : float tensor, shape (k, latent)
    log_variance : float
        Of every component and dimension.
    """
    return -0.5 * (code[:, None] - means).square().sum(-1) / math.exp(log_variance)


def categorical_kl(logits: Tensor) -> Tensor:
    """KL(q(c|X) ‖ uniform) in nats, shape (b,), for logits (b, k)."""
    log_q = logits.log_softmax(-1)
    return (log_q.exp() * log_q).sum(-1) + math.log(logits.shape[-1])


def latent_regularisation(dimension: Tensor, density: Tensor) -> Tensor:
    """MSE(tanh(D_z), sign(D_y)) over all pairs of a batch (Pati and Lerch 2019; paper 3.2).

    Parameters
    ----------
    dimension, density : float tensors, shape (b,)
        The regularised dimension of each code, and the attribute it shall follow.
    """
    z = dimension[:, None] - dimension[None]
    y = density[:, None] - density[None]
    return F.mse_loss(z.tanh(), y.sign())


def sequence_cross_entropy(logits: Tensor, target: Tensor, ignore: int = -100) -> Tensor:
    """Mean cross-entropy in nats of logits (b, t, n) on targets (b, t), leaving out `ignore`."""
    return F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=ignore)


def sample(mean: Tensor, log_variance: Tensor) -> Tensor:
    """A reparametrised draw from a diagonal Gaussian, of the shape of `mean`."""
    return mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
