"""Fader Networks (Lample et al. 2017; paper's [16]): an adversary looks for densities in the code.

The decoder sees the densities as in a CVAE, the encoder does not. An adversary learns to predict
them from the code, and the encoder learns to give it nothing to predict from, so that the decoder
has to follow the densities that it sees.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.func import functional_call

from fadernets.models import losses
from fadernets.models.adversarial_turns import Turn
from fadernets.models.batch import Batch
from fadernets.models.config import ModelConfig
from fadernets.models.cvae import CVAE
from fadernets.models.segmentvae import WHOLE, Term
from fadernets.models.standardise import Standardiser

DROPOUT = 0.3  # of the adversary, as in the original


class Dropout(nn.Module):
    """Dropout by uniform draws: a run that another version began goes on with the same numbers."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        """x, (b, ...); in training with a share of its elements 0 and the others scaled up."""
        return x * (torch.rand_like(x) >= self.share) / (1 - self.share) if self.training else x


class FaderNetworks(CVAE):
    """A CVAE whose code hides the densities from an adversary."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config, encoder_sees_densities=False)
        self.standard = Standardiser(config.attributes)
        self.adversary = nn.Sequential(
            nn.Linear(config.latent, config.hidden),
            nn.LeakyReLU(0.2),
            Dropout(DROPOUT),
            nn.Linear(config.hidden, len(config.attributes)),
        )

    def turns(self) -> dict[str, Turn]:
        """The adversary moves first, then the rest of the model."""
        opponents = list(self.adversary.parameters())
        opponent_ids = {id(p) for p in opponents}
        own = [p for p in self.parameters() if id(p) not in opponent_ids]
        return {
            "adversary": Turn(opponents, self.adversary_losses),
            "model": Turn(own, self.losses),
        }

    def adversary_losses(self, batch: Batch, beta: float) -> dict[str, Tensor]:
        """Squared error of the adversary's reading, in variances of the densities."""
        if self.training:
            self.standard.observe(batch.densities)
        with torch.no_grad():
            posterior = self.posteriors(batch.tokens, batch.lengths)[WHOLE]
            code = losses.sample(*posterior)
        read = self.adversary(code).float()
        error = (read - self.standard(batch.densities)).square().mean()
        return {"adversary": error, "total": error}

    def further_terms(
        self, batch: Batch, codes: Mapping[str, Tensor], beta: float
    ) -> dict[str, Term]:
        """Share of each density's variance that the adversary reads off the code, 0 to 1.

        The original drives the adversary's error up without end; an error of the whole variance
        means that it knows nothing, and is enough. The weight grows with that of the KL.
        """
        frozen = {n: p.detach() for n, p in self.adversary.named_parameters()}
        read = functional_call(self.adversary, frozen, (codes[WHOLE],)).float()
        error = (read - self.standard(batch.densities)).square().mean(0)  # (attributes,)
        shares = (1 - error).clamp(min=0)
        config = self.config
        weight = config.adversary_weight * (beta / config.beta if config.beta else 1.0)
        return {
            f"{name}_found": Term(weight, share)
            for name, share in zip(config.attributes, shares, strict=True)
        }
