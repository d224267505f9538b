"""Results of `train.latent`: maps of codes."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import FiniteFloat, model_validator

from train.reporting.results.part import MeanSd, Numbers, ResultsPart, Share


class Map(ResultsPart):
    """Two-dimensional places of one code of n segments."""

    x: Numbers
    y: Numbers
    zd: dict[str, Numbers]
    high: Numbers | None

    @model_validator(mode="after")
    def _columns(self) -> Self:
        return self.alike(self.x, self.y, self.high, *self.zd.values())


class Mixed(ResultsPart):
    """Maps of every code of the same unseen segments.

    `piece` tells which segments are of one piece; files of older versions lack it.
    """

    segments: int
    pieces: int
    piece: list[int] | None = None
    density: dict[str, Numbers]
    arousal: list[Literal[-1, 0, 1]]
    codes: dict[str, Map]

    @model_validator(mode="after")
    def _columns(self) -> Self:
        places = (places.x for places in self.codes.values())
        return self.alike(self.arousal, self.piece, *self.density.values(), *places)


class LabelledMap(ResultsPart):
    """One map of all codes of rated segments, and how well they tell arousal apart."""

    segments: int
    pieces: int
    arousal: list[Literal[0, 1]]
    x: Numbers
    y: Numbers
    silhouette: FiniteFloat
    auc: Share | None
    auc_interval: MeanSd | None

    @model_validator(mode="after")
    def _columns(self) -> Self:
        return self.alike(self.arousal, self.x, self.y)


class Latent(ResultsPart):
    """One model of `train.latent`."""

    kind: Literal["latent"]
    name: str
    model: str
    weights_sha256: str
    data_sha256: str
    commit: str | None
    seed: int
    perplexity: FiniteFloat
    mixed: Mixed | None = None
    labelled: LabelledMap | None = None
