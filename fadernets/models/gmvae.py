"""GM-VAE of the paper: a code per attribute, each with a mixture prior (paper 3.2, figure 1)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fadernets import events
from fadernets.attributes import ATTRIBUTES
from fadernets.config import ModelConfig
from fadernets.key import KEYS
from fadernets.models import losses
from fadernets.models.batch import UNLABELLED, Batch
from fadernets.models.layers import EventDecoder, EventEncoder, LabelDecoder

LOG_VARIANCE_RANGE = (-12.0, 6.0)  # keeps exp() finite in half precision
DIMENSION = 0  # the regularised dimension of every code


class GMVAE(nn.Module):
    """Two encoders, two label decoders, a global event decoder, and mixtures over the codes."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        names, hidden, latent = config.attributes, config.hidden, config.latent
        self.encoders = nn.ModuleDict(
            {n: EventEncoder(hidden, latent, config.embedding) for n in names}
        )
        self.label_decoders = nn.ModuleDict(
            {n: LabelDecoder(ATTRIBUTES[n].classes, hidden, latent) for n in names}
        )
        self.decoder = EventDecoder(hidden, latent * len(names), config.embedding)
        self.means = nn.ParameterDict(
            {n: nn.Parameter(torch.empty(config.components, latent)) for n in names}
        )
        for name, means in self.means.items():
            nn.init.xavier_uniform_(means)
            self.register_buffer(f"poles_{name}", means.detach().clone())

    @property
    def poles(self) -> dict[str, Tensor]:
        """Ends of each code's way from low to high arousal, (components, latent).

        What arousal transfer shifts by. The paper takes the component means themselves; on the
        authors' scale of the KL terms these hardly leave their first values, and although their
        difference points the same way it spans a small part of the way between the codes.
        Measured by `train.export` once a model is trained.
        """
        return {name: getattr(self, f"poles_{name}") for name in self.config.attributes}

    def posteriors(self, tokens: Tensor, lengths: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
        """Mean and log-variance of every code, each (b, latent), for tokens (b, t)."""
        found = {}
        for name, encoder in self.encoders.items():
            mean, log_variance = encoder(tokens, lengths)
            found[name] = mean.float(), log_variance.float().clamp(*LOG_VARIANCE_RANGE)
        return found

    def condition(self, codes: dict[str, Tensor], key: Tensor) -> Tensor:
        """What the event decoder is told: all codes and the key, (b, codes + 24)."""
        ordered = [codes[name] for name in self.config.attributes]
        return torch.cat([*ordered, F.one_hot(key, KEYS).to(ordered[0])], dim=1)

    def component_logits(self, codes: dict[str, Tensor]) -> dict[str, Tensor]:
        """Unnormalised log p(c|z) of every code, (b, components)."""
        prior = self.config.prior_log_variance
        return {
            n: losses.component_logits(codes[n], self.means[n], prior)
            for n in self.config.attributes
        }

    def losses(self, batch: Batch, beta: float) -> dict[str, Tensor]:
        """Every term of the objective as a scalar, and their weighted sum as "total".

        Equation (2) with the scales of `ModelConfig`; `beta` weighs the terms of equation (1).
        """
        config = self.config
        posteriors = self.posteriors(batch.tokens, batch.lengths)
        codes = {n: losses.sample(*posterior) for n, posterior in posteriors.items()}
        logits = self.event_logits(batch, codes).float()
        terms = {"events": losses.sequence_cross_entropy(logits, batch.tokens, events.PAD)}
        total = config.event_weight * terms["events"]
        for name, (mean, log_variance) in posteriors.items():
            label = batch.labels[name]
            label_logits = self.label_decoders[name](codes[name], label).float()
            cross_entropy = losses.sequence_cross_entropy(label_logits, label)
            order = losses.latent_regularisation(codes[name][:, DIMENSION], batch.densities[name])
            kl, inferred = self._mixture_terms(name, mean, log_variance, codes[name], batch.arousal)
            terms |= {name: cross_entropy, f"{name}_order": order, f"{name}_kl": kl}
            terms[f"{name}_component"] = inferred
            total = total + config.label_weight * cross_entropy + beta * kl
            total = total + config.regularisation_weight * order
            total = total + config.component_weight * inferred
        return terms | {"total": total}

    def event_logits(self, batch: Batch, codes: dict[str, Tensor]) -> Tensor:
        """Teacher-forced logits, (b, t, 342)."""
        condition = self.condition(codes, batch.key)
        before = torch.full_like(batch.tokens[:, :1], events.PAD)
        previous = torch.cat([before, batch.tokens[:, :-1]], dim=1)
        logits, _ = self.decoder(previous, condition, self.decoder.start(condition))
        return logits

    def _mixture_terms(
        self, name: str, mean: Tensor, log_variance: Tensor, code: Tensor, arousal: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Equation (1), and the cross-entropy of the inferred component where it is known."""
        means, prior = self.means[name], self.config.prior_log_variance
        each = losses.gaussian_kl(mean[:, None], log_variance[:, None], means, prior)
        each = each.mean(-1) if self.config.kl_reduction == "mean" else each.sum(-1)  # (b, k)
        logits = losses.component_logits(code, means, prior)
        unsupervised = (logits.softmax(-1) * each).sum(-1) + losses.categorical_kl(logits)
        known = arousal != UNLABELLED
        component = arousal.clamp(min=0)
        supervised = each.gather(1, component[:, None]).squeeze(1)
        kl = torch.where(known, supervised, unsupervised).mean()
        wrong = F.cross_entropy(logits, component, reduction="none") * known
        return kl, wrong.sum() / known.sum().clamp(min=1)
