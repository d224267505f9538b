"""Mixture priors: each code is drawn from one of a few Gaussians, its arousal (paper 3.1)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fadernets.models import losses
from fadernets.models.batch import UNLABELLED
from fadernets.models.segmentvae import Posterior, SegmentVAE, Term


class MixtureVAE(SegmentVAE):
    """Gives a `SegmentVAE` a mixture over each of its codes, taught by arousal where it is known.

    To be inherited beside a model with a standard normal prior, which calls `add_mixtures` once
    its encoders are there.
    """

    def add_mixtures(self) -> None:
        """Means of the components, drawn anew: the paper's Xavier initialisation (4.1)."""
        components = self.config.components
        self.means = nn.ParameterDict(
            {n: nn.Parameter(torch.empty(components, self.sizes[n])) for n in self.encoders}
        )
        for name, means in self.means.items():
            nn.init.xavier_uniform_(means)
            self.register_buffer(f"poles_{name}", means.detach().clone())
            # Not among the weights: a checkpoint keeps it in a file of its own, if it has it.
            unknown = torch.zeros_like(means)
            self.register_buffer(f"valence_{name}", unknown, persistent=False)

    @property
    def poles(self) -> dict[str, Tensor]:
        """Ends of each code's way from low to high arousal, (components, width).

        What arousal transfer shifts by. The paper takes the component means themselves; on the
        authors' scale of the KL terms these hardly leave their first values, and although their
        difference points the same way it spans a small part of the way between the codes.
        Measured by `train.export` once a model is trained.
        """
        return {name: getattr(self, f"poles_{name}") for name in self.encoders}

    @property
    def valence(self) -> dict[str, Tensor]:
        """Ends of each code's way from low to high valence, (2, width); none until measured.

        No component stands for valence: it is a direction among codes that learnt arousal alone.
        """
        poles = {name: getattr(self, f"valence_{name}") for name in self.encoders}
        return poles if all(ends.any() for ends in poles.values()) else {}

    def learn_valence(self, poles: Mapping[str, Tensor]) -> None:
        """Set the poles of valence, (2, width) for every code.

        Raises
        ------
        ValueError
            If they are those of another model.
        """
        for name in self.encoders:
            own = getattr(self, f"valence_{name}")
            if name not in poles or poles[name].shape != own.shape:
                raise ValueError(f"no poles of valence for code {name!r} of shape {(*own.shape,)}")
            own.copy_(poles[name])

    def component_logits(self, codes: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Unnormalised log p(c|z) of every code, (b, components)."""
        prior = self.config.prior_log_variance
        return {n: losses.component_logits(codes[n], self.means[n], prior) for n in self.encoders}

    def prior_terms(
        self, name: str, posterior: Posterior, code: Tensor, arousal: Tensor, beta: float
    ) -> dict[str, Term]:
        """Equation (1), and the cross-entropy of the inferred component where it is known."""
        mean, log_variance = posterior
        means, prior = self.means[name], self.config.prior_log_variance
        each = losses.gaussian_kl(mean[:, None], log_variance[:, None], means, prior)
        each = self.reduced(each)  # (b, k)
        logits = losses.component_logits(code, means, prior)
        unsupervised = (logits.softmax(-1) * each).sum(-1) + losses.categorical_kl(logits)
        known = arousal != UNLABELLED
        component = arousal.clamp(min=0)
        supervised = each.gather(1, component[:, None]).squeeze(1)
        kl = torch.where(known, supervised, unsupervised).mean()
        wrong = F.cross_entropy(logits, component, reduction="none") * known
        inferred = wrong.sum() / known.sum().clamp(min=1)
        return {
            f"{name}_kl": Term(beta, kl),
            f"{name}_component": Term(self.config.component_weight, inferred),
        }
