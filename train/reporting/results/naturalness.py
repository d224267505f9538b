"""Results of `train.naturalness`: how well changed music can be told from real music."""

from __future__ import annotations

from typing import Literal

from pydantic import FiniteFloat

from train.reporting.results.part import Estimate, ResultsPart, Share


class Beside(ResultsPart):
    """The mean of a musical measure: of changed windows, and of the real ones of their pairs."""

    changed: FiniteFloat
    real: FiniteFloat


class WaySeparability(ResultsPart):
    """One way of changing music: AUCs by classifier, and the features that tell most alone.

    `deaf_aucs` are of classifiers that do not know how loud notes are; older results lack them.
    `spreads` are standard deviations of the AUCs over drawings of the real windows; older results
    are of one drawing. `measures` are of `train.metrics.music`, `changes` what became of notes
    (`train.metrics.changes`), with intervals over pieces; older results have neither.
    """

    pairs: int
    aucs: dict[str, Share]
    deaf_aucs: dict[str, Share] = {}
    spreads: dict[str, float] = {}
    tells: dict[str, Share]
    measures: dict[str, Beside] = {}
    changes: dict[str, Estimate] = {}


class SeparabilityByWay(ResultsPart):
    """Everything that was changed by one model or rule, by way."""

    name: str
    ways: dict[str, WaySeparability]


class Naturalness(ResultsPart):
    """Real music, and what models and rules make of it, on one collection of pieces.

    `floor` is real music against other real music of the same densities. `in_place` is real music
    in the place of what the first model that changes whole pieces made, as dense as that, and as
    loud and as high as the music was before; older results lack it.
    """

    kind: Literal["naturalness"]
    music: str
    split: str
    pieces: int
    windows: int
    floor: WaySeparability
    in_place: SeparabilityByWay | None = None
    changed: list[SeparabilityByWay]
    seed: int
    commit: str | None
    data_sha256: str | None  # None: no model was trained on any of these pieces
    seconds: float


class NaturalnessTry(ResultsPart):
    """An idea of how an arranger chooses notes, and one way of changing music with it.

    `aucs` are of one drawing of real windows, of the last ideas of five. Of strikes, the shares
    whose highest and lowest note stay, and of these highest ones those that no higher note sounds
    over (`melody_kept`); `new` is the share of the result's notes that the music did not have.
    `beats_alike` is how many onsets successive beats share, beside that of the real windows.
    """

    idea: str
    music: str
    way: str
    pairs: int
    aucs: dict[str, Share]
    melody_kept: Share | None = None
    top_kept: Share | None = None
    bottom_kept: Share | None = None
    new: Share | None = None
    beats_alike: Share
    beats_alike_real: Share


class NaturalnessTries(ResultsPart):
    """Ideas that were tried in copies of the code of a commit."""

    kind: Literal["naturalness_tries"]
    split: str
    tries: list[NaturalnessTry]
    seed: int
    commit: str
    data_sha256: str
