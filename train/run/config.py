"""How a model is trained: the settings of a run."""

from __future__ import annotations

from dataclasses import dataclass

PRECISIONS = ("float32", "tf32", "bfloat16")
WITHOUT_EFFECT = ("log_every", "save_every")  # on what is trained


@dataclass(frozen=True)
class TrainConfig:
    """How a model is trained. Defaults are the paper's (section 4.1) where it says.

    Attributes
    ----------
    steps, batch : int
        The batch is that of all processes together.
    learning_rate : float
        Of Adam.
    decay_steps : int
        Over this many last steps the learning rate falls linearly to a twentieth; 0 keeps it
        constant, as the paper does. A short run gains from it.
    clip : float
        Largest norm of the gradients.
    labelled_repeats : int
        Times an arousal-labelled segment comes in an epoch.
    precision : {"float32", "tf32", "bfloat16"}
        Of the matrix products and recurrences; losses and weights are always float32. "tf32" is
        float32 on a CPU and faster on a card, whose "bfloat16" makes recurrences float16.
    seed : int
    log_every, validate_every, save_every : int
        Steps.
    validation_segments : int
        Unseen segments that every validation measures.
    """

    steps: int = 20_000
    batch: int = 128
    learning_rate: float = 1e-3
    decay_steps: int = 0
    clip: float = 1.0
    labelled_repeats: int = 2
    precision: str = "bfloat16"
    seed: int = 0
    log_every: int = 20
    validate_every: int = 500
    save_every: int = 200
    validation_segments: int = 1_024

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision {self.precision!r} is not one of {PRECISIONS}")
        for name in ("steps", "batch", "labelled_repeats", "log_every", "validate_every",
                     "save_every", "validation_segments"):  # fmt: skip
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")

    def rate_at(self, step: int) -> float:
        """Learning rate of a step."""
        if not self.decay_steps:
            return self.learning_rate
        share = min(1.0, (self.steps - step) / self.decay_steps)
        return self.learning_rate * (0.05 + 0.95 * share)
