"""What the paper's models share: segments to codes, and codes with the key back to segments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fadernets.models import losses
from fadernets.models.batch import Batch
from fadernets.models.config import ModelConfig
from fadernets.models.layers import EventDecoder, EventEncoder, encoded
from fadernets.music import events
from fadernets.music.key import KEYS

LOG_VARIANCE_RANGE = (-12.0, 6.0)  # keeps exp() finite in half precision
WHOLE = "segment"  # the code of a model that has one only


class Handle(NamedTuple):
    """Where a fader takes hold: a dimension of a code, z^d of the paper."""

    code: str
    dimension: int


class Term(NamedTuple):
    """A scalar of the objective and its weight in it."""

    weight: float
    value: Tensor


Posterior = tuple[Tensor, Tensor]  # mean and log-variance, each (b, width)


class SegmentVAE(nn.Module):
    """Encoders of codes, and one decoder that sees all codes and the key.

    As it stands it is a VAE with a standard normal prior. A model says which codes it has, where
    its faders take hold of them, and which terms it adds to the objective.

    Parameters
    ----------
    config : ModelConfig
    widths : name -> int
        Size of each code.
    handles : name -> Handle
        Where the fader of each attribute takes hold.
    conditions : name -> int, optional
        Sizes of further input of the decoder beside codes and key; see `conditions`.
    condition_size : int
        Size of further input of the encoders beside every token.

    Attributes
    ----------
    handles : name -> Handle
    sizes : name -> int
        Sizes of the codes and of the conditions beside them, in the decoder's order.
    """

    def __init__(
        self,
        config: ModelConfig,
        widths: Mapping[str, int],
        handles: Mapping[str, Handle],
        conditions: Mapping[str, int] | None = None,
        condition_size: int = 0,
    ) -> None:
        super().__init__()
        self.config = config
        self.handles = dict(handles)
        self.sizes = {**widths, **(conditions or {})}
        hidden, embedding = config.hidden, config.embedding
        self.encoders = nn.ModuleDict(
            {
                n: EventEncoder(hidden, width, embedding, condition_size)
                for n, width in widths.items()
            }
        )
        self.decoder = EventDecoder(hidden, sum(self.sizes.values()), embedding)

    @property
    def poles(self) -> dict[str, Tensor]:
        """Ends of each code's way from low to high arousal, (2, width): none without mixtures."""
        return {}

    @property
    def valence(self) -> dict[str, Tensor]:
        """The same from low to high valence: none without mixtures, or before it is measured."""
        return {}

    def posteriors(
        self, tokens: Tensor, lengths: Tensor, densities: Mapping[str, Tensor] | None = None
    ) -> dict[str, Posterior]:
        """Mean and log-variance of every code, each (b, width).

        Parameters
        ----------
        tokens : int64 tensor, shape (b, t)
        lengths : int64 tensor, shape (b,)
        densities : name -> float tensor, shape (b,), optional
            For models whose encoder sees them.
        """
        return self._read(tokens, lengths)

    def _read(
        self, tokens: Tensor, lengths: Tensor, condition: Tensor | None = None
    ) -> dict[str, Posterior]:
        """`posteriors`, where the encoders see `condition`, (b, size), beside every token."""
        posteriors = self._encoded(tokens, lengths, condition)
        return {
            name: (mean.float(), log_variance.float().clamp(*LOG_VARIANCE_RANGE))
            for name, (mean, log_variance) in zip(self.encoders, posteriors, strict=True)
        }

    def _encoded(
        self, tokens: Tensor, lengths: Tensor, condition: Tensor | None
    ) -> list[Posterior]:
        """What each encoder makes of the same tokens."""
        encoders = [cast(EventEncoder, encoder) for encoder in self.encoders.values()]
        return encoded(encoders, tokens, lengths, condition)

    def conditions(self, densities: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Further input of the decoder beside codes and key, for densities of shape (b,)."""
        return {}

    def encode(
        self, tokens: Tensor, lengths: Tensor, densities: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Posterior means and conditions: all input of the decoder but the key.

        Parameters
        ----------
        tokens : int64 tensor, shape (b, t)
        lengths : int64 tensor, shape (b,)
        densities : name -> float tensor, shape (b,)

        Returns
        -------
        name -> float tensor, shape (b, width)
        """
        posteriors = self.posteriors(tokens, lengths, densities)
        return {n: mean for n, (mean, _) in posteriors.items()} | self.conditions(densities)

    def condition(self, codes: Mapping[str, Tensor], key: Tensor) -> Tensor:
        """Input of the event decoder beside the tokens: all codes and the key, (b, codes + 24)."""
        ordered = [codes[name] for name in self.sizes]
        return torch.cat([*ordered, F.one_hot(key, KEYS).to(ordered[0])], dim=1)

    def component_logits(self, codes: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Unnormalised log p(c|z), (b, components), of every code with a mixture: none."""
        return {}

    def losses(self, batch: Batch, beta: float) -> dict[str, Tensor]:
        """Every term of the objective as a scalar, and their weighted sum as "total".

        Equation (2) with the scales of `ModelConfig`; `beta` weighs the terms of equation (1).
        """
        posteriors = self.posteriors(batch.tokens, batch.lengths, batch.densities)
        codes = {n: losses.sample(*posterior) for n, posterior in posteriors.items()}
        codes |= self.conditions(batch.densities)
        logits = self.event_logits(batch, codes).float()
        cross_entropy = losses.sequence_cross_entropy(logits, batch.tokens, events.PAD)
        terms = {"events": Term(self.config.event_weight, cross_entropy)}
        terms |= self.code_terms(batch, codes)
        for name, posterior in posteriors.items():
            terms |= self.prior_terms(name, posterior, codes[name], batch.arousal, beta)
        terms |= self.further_terms(batch, codes, beta)
        total = sum(
            (weight * value for weight, value in terms.values()), cross_entropy.new_zeros(())
        )
        return {name: term.value for name, term in terms.items()} | {"total": total}

    def code_terms(self, batch: Batch, codes: Mapping[str, Tensor]) -> dict[str, Term]:
        """Terms that teach the codes their attributes: none."""
        return {}

    def prior_terms(
        self, name: str, posterior: Posterior, code: Tensor, arousal: Tensor, beta: float
    ) -> dict[str, Term]:
        """KL of a posterior to the prior, here the standard normal; nats, (b,) averaged."""
        mean, log_variance = posterior
        each = self.reduced(losses.gaussian_kl(mean, log_variance, torch.zeros_like(mean), 0.0))
        return {f"{name}_kl": Term(beta, each.mean())}

    def further_terms(
        self, batch: Batch, codes: Mapping[str, Tensor], beta: float
    ) -> dict[str, Term]:
        """Terms that concern the decoder or an opponent: none."""
        return {}

    def reduced(self, each: Tensor) -> Tensor:
        """KL terms (..., width) over the dimensions as the configuration says: (...)."""
        return each.mean(-1) if self.config.kl_reduction == "mean" else each.sum(-1)

    def event_logits(self, batch: Batch, codes: Mapping[str, Tensor]) -> Tensor:
        """Teacher-forced logits, (b, t, 342)."""
        condition = self.condition(codes, batch.key)
        before = torch.full_like(batch.tokens[:, :1], events.PAD)
        previous = torch.cat([before, batch.tokens[:, :-1]], dim=1)
        logits, _ = self.decoder(previous, condition, self.decoder.start(condition))
        return logits
