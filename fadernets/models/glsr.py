"""GLSR-VAE (Hadjeres et al. 2017; paper's [18]): the slope of a density along z^d is pushed.

Where the other models order the codes, this one asks of the decoder that the density of what it
plays rise by a given amount per unit of z^d. The slope is taken between two points: the exact
derivative would need second derivatives of the recurrences, which the fast kernels do not have.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from fadernets.models.batch import Batch
from fadernets.models.config import ModelConfig
from fadernets.models.segmentvae import Term
from fadernets.models.softdensity import soft_densities
from fadernets.models.standardise import Standardiser
from fadernets.models.vanilla import DIMENSION, VanillaVAE
from fadernets.music.attributes import attribute

SLOPE_STRIDE = 4  # segments for each slope: a slope costs two more passes of the decoder
STEP = 0.5  # of z^d to either side: smaller ones drown in the rounding of half precision


class GLSRVAE(VanillaVAE):
    """The vanilla VAE, its latent regularisation replaced by that of the slope.

    Raises
    ------
    ValueError
        If an attribute's entry has no soft density.
    """

    def __init__(self, config: ModelConfig) -> None:
        for name in config.attributes:
            if attribute(name).soft_density is None:
                raise ValueError(
                    f"GLSR cannot have attribute {name!r}: its entry has no soft density"
                )
        super().__init__(config)
        self.standard = Standardiser(config.attributes)

    def fader_terms(self, name: str, code: Tensor, batch: Batch) -> dict[str, Term]:
        """None: the order of the codes has no term here."""
        return {}

    def further_terms(
        self, batch: Batch, codes: Mapping[str, Tensor], beta: float
    ) -> dict[str, Term]:
        """Squared distance of each slope from the one asked for, in sd of the density per unit."""
        config = self.config
        if self.training:
            self.standard.observe(batch.densities)
        batch = batch[::SLOPE_STRIDE]
        codes = {name: code[::SLOPE_STRIDE] for name, code in codes.items()}
        terms = {}
        for place, name in enumerate(config.attributes):
            slope = self.slope(batch, codes, name) / self.standard.spread[place]
            error = (slope - config.slope).square().mean()
            terms[f"{name}_slope"] = Term(config.regularisation_weight, error)
        return terms

    def slope(self, batch: Batch, codes: Mapping[str, Tensor], name: str) -> Tensor:
        """Rise of the expected density per unit of its z^d, around each code: (b,)."""
        step = torch.zeros_like(codes[name])
        step[:, DIMENSION] = STEP
        played = [
            soft_densities(self.event_logits(batch, {**codes, name: moved}), batch.tokens)[name]
            for moved in (codes[name] - step, codes[name] + step)
        ]
        return (played[1] - played[0]) / (2 * STEP)
