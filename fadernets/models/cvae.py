"""CVAE (Sohn et al. 2015; paper's [15]): encoder and decoder see the densities."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from fadernets.models.config import ModelConfig
from fadernets.models.segmentvae import WHOLE, Handle, Posterior, SegmentVAE

DENSITIES = "densities"  # name of the condition


class CVAE(SegmentVAE):
    """One code; the faders set the densities that the decoder sees.

    Parameters
    ----------
    config : ModelConfig
    encoder_sees_densities : bool
        Whether the encoder sees the densities, too.
    """

    def __init__(self, config: ModelConfig, encoder_sees_densities: bool = True) -> None:
        names = config.attributes
        super().__init__(
            config,
            widths={WHOLE: config.latent},
            handles={name: Handle(DENSITIES, place) for place, name in enumerate(names)},
            conditions={DENSITIES: len(names)},
            condition_size=len(names) if encoder_sees_densities else 0,
        )
        self.encoder_sees_densities = encoder_sees_densities

    def conditions(self, densities: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The densities side by side, as they are: (b, attributes)."""
        return {DENSITIES: torch.stack([densities[n] for n in self.config.attributes], dim=1)}

    def posteriors(
        self, tokens: Tensor, lengths: Tensor, densities: Mapping[str, Tensor] | None = None
    ) -> dict[str, Posterior]:
        """Mean and log-variance of the code, each (b, latent); see `SegmentVAE`.

        Raises
        ------
        ValueError
            If the encoder needs the densities and they are None.
        """
        if not self.encoder_sees_densities:
            return self._read(tokens, lengths)
        if densities is None:
            raise ValueError("the encoder of a CVAE needs the densities, not None")
        return self._read(tokens, lengths, self.conditions(densities)[DENSITIES])
