"""Single-encoder GM-VAE: arousal without low-level features (paper 5.1, figure 4 right)."""

from __future__ import annotations

from fadernets.models.config import ModelConfig
from fadernets.models.mixture import MixtureVAE
from fadernets.models.segmentvae import WHOLE


class SingleGMVAE(MixtureVAE):
    """One encoder, one code with a mixture prior, no label decoder and no fader."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config, widths={WHOLE: config.latent}, handles={})
        self.add_mixtures()
