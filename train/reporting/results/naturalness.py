"""Results of `train.naturalness`: how well changed music can be told from real music."""

from __future__ import annotations

from typing import Literal

from train.reporting.results.part import Part, Share


class WayTold(Part):
    """One way of changing music: AUCs by classifier, and the features that tell most alone.

    `spreads` are standard deviations of the AUCs over drawings of the real windows; older results
    are of one drawing.
    """

    pairs: int
    aucs: dict[str, Share]
    spreads: dict[str, float] = {}
    tells: dict[str, Share]


class ToldApart(Part):
    """Everything that was changed by one model or rule, by way."""

    name: str
    ways: dict[str, WayTold]


class Naturalness(Part):
    """Real music, and what models and rules make of it, on one collection of pieces.

    `floor` is real music against other real music of the same densities.
    """

    kind: Literal["naturalness"]
    music: str
    split: str
    pieces: int
    windows: int
    floor: WayTold
    changed: list[ToldApart]
    seed: int
    commit: str | None
    data_sha256: str | None  # None: no model was trained on any of these pieces
    seconds: float
