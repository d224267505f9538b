"""Results of `train.score`: what any system made of pieces, before and after."""

from __future__ import annotations

from typing import Literal

from pydantic import FiniteFloat

from train.reporting.results.naturalness import WaySeparability
from train.reporting.results.part import Estimate, ResultsPart


class BeforeAfter(ResultsPart):
    """One measure before and after; None where there is nothing to measure."""

    before: Estimate | None = None
    after: Estimate | None = None


class DensityMoved(ResultsPart):
    """Mean densities of segments, and their change; `sd` is that of the segments before."""

    before: Estimate
    after: Estimate
    change: Estimate
    absolute_change: Estimate
    sd: FiniteFloat


class Reached(ResultsPart):
    """Asked densities of one attribute and those that were reached.

    `consistency` is over what was asked alike, `restrictiveness` and `linearity_each` over what was
    asked for several densities; consistency and restrictiveness are on densities divided by the sd
    of the segments before. None where nothing was asked so.
    """

    error: Estimate
    largest_error: FiniteFloat
    before_error: Estimate
    consistency: FiniteFloat | None = None
    restrictiveness: dict[str, FiniteFloat] | None = None
    linearity_each: FiniteFloat | None = None
    linearity_pooled: FiniteFloat | None = None


class Natural(ResultsPart):
    """How well changed windows can be told from real ones, and, as a floor, the same before."""

    after: WaySeparability
    floor: WaySeparability | None = None
    windows: int
    real_windows: int
    real: Literal["before", "other music"]


class Crossing(ResultsPart):
    """At places of one kind: notes that cross them, those cut there, and jumps of the texture."""

    crossing: int
    cut: Estimate | None = None
    jumps: dict[str, FiniteFloat]


class Borders(ResultsPart):
    """At borders of changed segments, and at the middles of changed segments."""

    border: Crossing
    middle: Crossing


class Score(ResultsPart):
    """All scores of the pairs of two folders.

    `identity` and `densities` are of "all segments" and of "changed segments", if any changed.
    Everything else is of the changed ones, or of all where none changed.
    """

    kind: Literal["score"]
    pairs: int
    segments: int
    changed_segments: int
    by: Literal["keys", "sound"]
    clock: Literal["beats", "seconds"]
    only_before: list[str]
    only_after: list[str]
    unreadable: list[str]
    empty: list[str]
    other_tempo: list[str]
    densities: dict[str, dict[str, DensityMoved]]
    asked: dict[str, Reached] | None = None
    asked_left_out: list[str] = []
    identity: dict[str, dict[str, Estimate]]
    naturalness: Natural | None = None
    naturalness_left_out: str | None = None
    borders_before: Borders
    borders_after: Borders
    music: dict[str, BeforeAfter]
    seed: int
    commit: str | None
    data_sha256: str
    seconds: FiniteFloat
