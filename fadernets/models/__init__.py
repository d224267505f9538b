"""The models, by name. A new one is a file beside these and a row here.

To be trained, a model needs `config` and what `fadernets.models.adversarial_turns` names; to be
exported and played with faders, what `fadernets.models.segmentvae.SegmentVAE` has.
"""

from __future__ import annotations

from collections.abc import Callable

from fadernets.models.config import ModelConfig
from fadernets.models.cvae import CVAE
from fadernets.models.fadernetworks import FaderNetworks
from fadernets.models.glsr import GLSRVAE
from fadernets.models.gmvae import GMVAE
from fadernets.models.pati import PatiVAE
from fadernets.models.reviser import Reviser
from fadernets.models.segmentvae import SegmentVAE
from fadernets.models.singlegmvae import SingleGMVAE
from fadernets.models.vanilla import VanillaVAE
from fadernets.music.attributes import attribute

Model = SegmentVAE | Reviser  # what can be trained, written and read

MODELS: dict[str, Callable[[ModelConfig], Model]] = {
    "vanilla": VanillaVAE,
    "gmvae": GMVAE,
    "pati": PatiVAE,
    "cvae": CVAE,
    "fadernetworks": FaderNetworks,
    "glsr": GLSRVAE,
    "singlegmvae": SingleGMVAE,
    "reviser": Reviser,
}


def build(config: ModelConfig) -> Model:
    """A fresh model for a configuration.

    Raises
    ------
    ValueError
        If the configuration names no registered model, or an attribute that is not in the table.
    """
    if config.model not in MODELS:
        raise ValueError(f"unknown model {config.model!r}; there are: {', '.join(MODELS)}")
    for name in config.attributes:
        attribute(name)
    return MODELS[config.model](config)
