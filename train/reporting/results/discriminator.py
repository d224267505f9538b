"""Results of `python -m train.discriminator fit`."""

from __future__ import annotations

from typing import Literal

from train.reporting.results.part import ResultsPart


class CorpusTold(ResultsPart):
    """How well the discriminator tells arrangements of pieces that it was not trained on.

    AUCs of pairs with real segments of the same densities: of candidates drawn at random, and of
    those that it finds most like music, which it can tell less.
    """

    music: str
    pieces: int
    held_out_pieces: int
    windows: int
    auc_of_any: float
    auc_of_chosen: float


class Discriminating(ResultsPart):
    """What the discriminator was trained on, and what it tells."""

    kind: Literal["discriminator"]
    corpora: list[CorpusTold]
    pairs: int
    epochs: int
    parameters: int
    device: str
    seed: int
    commit: str | None
    data_sha256: dict[str, str]
    seconds: float
