"""Results of `train.half_step`: densities counted in their windows and from half a step later."""

from __future__ import annotations

from typing import Literal

from pydantic import FiniteFloat

from train.reporting.results.part import MeanSd, Numbers, ResultsPart, Share


class BothCounts(ResultsPart):
    """Windows of densities that were asked for, by both counts.

    `windows`, `errors`, the mean distances of the densities from what was asked, and `reached`, the
    shares of windows as near to it as whole numbers of onsets and notes can come, are of each
    density asked; real music has its windows of the nearest density. `consistency` is by the count
    in the windows themselves, `later` by that from half a step later, with its 95 % interval over
    pieces; `later_by` is how much more the second counts, at each density.
    """

    densities: Numbers
    windows: list[int]
    errors: Numbers
    reached: list[Share]
    consistency: FiniteFloat
    later: FiniteFloat
    later_interval: MeanSd | None
    later_by: Numbers


class BothCountsByFader(ResultsPart):
    """What a model makes of excerpts, or real music of the same densities, by fader."""

    name: str
    faders: dict[str, BothCounts]


class HalfStep(ResultsPart):
    """Both counts of one collection of pieces. `sd` is the unit: of real windows, by keys."""

    kind: Literal["half_step"]
    music: str
    split: str
    pieces: int
    excerpts: int
    positions: Numbers
    sd: dict[str, float]
    real: BothCountsByFader
    changed: list[BothCountsByFader]
    seed: int
    commit: str | None
    data_sha256: str | None  # None: no model was trained on any of these pieces
    seconds: float
