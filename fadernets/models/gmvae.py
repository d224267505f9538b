"""GM-VAE of the paper: a code per attribute, each with a mixture prior (paper 3.2, figure 1)."""

from __future__ import annotations

from fadernets.models.config import ModelConfig
from fadernets.models.mixture import MixtureVAE
from fadernets.models.vanilla import VanillaVAE


class GMVAE(MixtureVAE, VanillaVAE):
    """Two encoders, two label decoders, a global event decoder, and mixtures over the codes."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.add_mixtures()
