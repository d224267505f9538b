"""The model's configuration: one frozen dataclass, saved as JSON beside the weights."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from fadernets.music.attributes import PAPER

KL_REDUCTIONS = ("mean", "sum")


@dataclass(frozen=True)
class ModelConfig:
    """What the weights mean. Defaults are the paper's (section 4.1), scales the authors' code's.

    Attributes
    ----------
    model : str
        A name of `fadernets.models.MODELS`.
    attributes : tuple of str
        Names of `fadernets.music.attributes.ATTRIBUTES`, one code each.
    hidden, latent, embedding : int
        Sizes of the GRU states, of each code and of the token embeddings.
    width, layers, heads : int
        Of the reviser's transformer; other models have none.
    codes : str
        The model whose codes the reviser goes with: a shipped one's name, or a folder.
    components : int
        Gaussian components of each code's prior: 0 is low arousal, 1 is high.
    prior_log_variance : float
        Fixed for every component and dimension.
    beta : float
        Final weight of the KL terms of equation (1).
    beta_free_steps, beta_anneal_steps : int
        Steps with weight 0, then steps of linear growth up to `beta`.
    kl_reduction : {"mean", "sum"}
        Over the dimensions of a code. "mean" is what the authors' code does, and the scale on
        which the paper's beta of 0.2 works; "sum" is the evidence lower bound as written.
    event_weight, label_weight : float
        Weights of the cross-entropies per token and per label step; 5 and 1 in the authors' code,
        equal in equation (2).
    regularisation_weight : float
        Weight of the latent regularisation, 1 in equation (2).
    component_weight : float
        Weight of a cross-entropy on the inferred component of labelled segments, which the
        authors' code adds to equation (1); 0 leaves it out.
    adversary_weight : float
        Of what the adversary of Fader Networks finds; it grows as the weight of the KL does.
    slope : float
        What GLSR asks for, in standard deviations of the density per unit of z^d.
    """

    model: str = "gmvae"
    attributes: tuple[str, ...] = PAPER
    hidden: int = 512
    latent: int = 128
    embedding: int = 128
    width: int = 256
    layers: int = 6
    heads: int = 8
    codes: str = "gmvae"
    components: int = 2
    prior_log_variance: float = -2.0
    beta: float = 0.2
    beta_free_steps: int = 1_000
    beta_anneal_steps: int = 10_000
    kl_reduction: str = "mean"
    event_weight: float = 5.0
    label_weight: float = 1.0
    regularisation_weight: float = 1.0
    component_weight: float = 1.0
    adversary_weight: float = 1.0
    slope: float = 1.0

    def __post_init__(self) -> None:
        if self.kl_reduction not in KL_REDUCTIONS:
            raise ValueError(f"kl_reduction {self.kl_reduction!r} is not one of {KL_REDUCTIONS}")
        for name in ("hidden", "latent", "embedding", "width", "layers", "heads", "components"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")

    def beta_at(self, step: int) -> float:
        """KL weight at a training step: 0, then growing linearly, then `beta`."""
        if step < self.beta_free_steps:
            return 0.0
        if not self.beta_anneal_steps:
            return self.beta
        return self.beta * min(1.0, (step - self.beta_free_steps) / self.beta_anneal_steps)


def to_json(config: ModelConfig) -> str:
    """The configuration as indented JSON."""
    return json.dumps(dataclasses.asdict(config), indent=2) + "\n"


def from_json(text: str) -> ModelConfig:
    """The configuration of `to_json`.

    Raises
    ------
    ValueError
        If a field is unknown, so that a newer file is not misread.
    """
    values = json.loads(text)
    known = {f.name for f in dataclasses.fields(ModelConfig)}
    if unknown := set(values) - known:
        raise ValueError(f"unknown configuration field {sorted(unknown)[0]!r}")
    if "attributes" in values:
        values["attributes"] = tuple(values["attributes"])
    return ModelConfig(**values)


def load(path: Path) -> ModelConfig:
    """The configuration saved in a file."""
    return from_json(path.read_text())
