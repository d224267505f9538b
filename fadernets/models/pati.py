"""Pati and Lerch (2019): one code, a regularised dimension per attribute (paper's [19])."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from fadernets.models import losses
from fadernets.models.batch import Batch
from fadernets.models.config import ModelConfig
from fadernets.models.segmentvae import WHOLE, Handle, SegmentVAE, Term


class PatiVAE(SegmentVAE):
    """One encoder, no label decoder. The code is as wide as the others' codes together."""

    def __init__(self, config: ModelConfig) -> None:
        names = config.attributes
        super().__init__(
            config,
            widths={WHOLE: config.latent * len(names)},
            handles={name: Handle(WHOLE, dimension) for dimension, name in enumerate(names)},
        )

    def code_terms(self, batch: Batch, codes: Mapping[str, Tensor]) -> dict[str, Term]:
        """Latent regularisation of every attribute's dimension."""
        return {
            f"{name}_order": Term(
                self.config.regularisation_weight,
                losses.latent_regularisation(codes[code][:, dimension], batch.densities[name]),
            )
            for name, (code, dimension) in self.handles.items()
        }
