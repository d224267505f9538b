"""The models, by name. A new one is a file beside these and a row here."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from fadernets.config import ModelConfig
from fadernets.models.gmvae import GMVAE

MODELS: dict[str, Callable[[ModelConfig], nn.Module]] = {
    "gmvae": GMVAE,
}


def build(config: ModelConfig) -> nn.Module:
    """A fresh model for a configuration.

    Raises
    ------
    ValueError
        If the configuration names no registered model.
    """
    if config.model not in MODELS:
        raise ValueError(f"unknown model {config.model!r}; there are: {', '.join(MODELS)}")
    return MODELS[config.model](config)
