"""Vanilla VAE of the paper: a code per attribute, taught it by a label decoder (3.2, figure 1)."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from fadernets.models import losses
from fadernets.models.batch import Batch
from fadernets.models.config import ModelConfig
from fadernets.models.layers import LabelDecoder
from fadernets.models.segmentvae import Handle, SegmentVAE, Term
from fadernets.music.attributes import attribute

DIMENSION = 0  # the regularised dimension of every code


class VanillaVAE(SegmentVAE):
    """An encoder and a label decoder per attribute; the prior of every code is standard normal."""

    def __init__(self, config: ModelConfig) -> None:
        names = config.attributes
        super().__init__(
            config,
            widths=dict.fromkeys(names, config.latent),
            handles={n: Handle(n, DIMENSION) for n in names},
        )
        self.label_decoders = nn.ModuleDict(
            {n: LabelDecoder(attribute(n).classes, config.hidden, config.latent) for n in names}
        )

    def code_terms(self, batch: Batch, codes: Mapping[str, Tensor]) -> dict[str, Term]:
        """Cross-entropy of each label in nats a step, and the order of each z^d."""
        config = self.config
        terms = {}
        for name in config.attributes:
            label = batch.labels[name]
            logits = self.label_decoders[name](codes[name], label).float()
            cross_entropy = losses.sequence_cross_entropy(logits, label)
            terms[name] = Term(config.label_weight, cross_entropy)
            terms |= self.fader_terms(name, codes[name], batch)
        return terms

    def fader_terms(self, name: str, code: Tensor, batch: Batch) -> dict[str, Term]:
        """Latent regularisation of a code's z^d, for a code (b, latent)."""
        order = losses.latent_regularisation(code[:, DIMENSION], batch.densities[name])
        return {f"{name}_order": Term(self.config.regularisation_weight, order)}
