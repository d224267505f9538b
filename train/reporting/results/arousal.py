"""Results of `train.arousal`: how classifiers hear music that models and rules changed."""

from __future__ import annotations

from typing import Literal

from pydantic import FiniteFloat

from train.reporting.results.part import MeanSd, ResultsPart, Share


class Fitted(ResultsPart):
    """A classifier: on what it was fitted, and its AUC on pieces that its fits left out.

    `weights`, of a regression: log-odds for a standard deviation of each feature.
    """

    name: str
    hears_loudness: bool
    pieces: int
    segments: int
    auc: Share
    interval: MeanSd
    weights: dict[str, FiniteFloat] | None


class Gain(ResultsPart):
    """AUC of ratings by the paper's densities with further means, and its interval over pieces."""

    means: list[str]
    aucs: dict[str, Share]
    intervals: dict[str, MeanSd]


class HeardChange(ResultsPart):
    """How a classifier hears n segments after a change, with intervals over pieces.

    `not_there` are those that it does not put on the asked side before the change.
    """

    lower: Share
    lower_interval: MeanSd
    higher: Share
    higher_interval: MeanSd
    mean_change: FiniteFloat
    not_there: int | None
    moved_not_there: Share | None
    excerpts_lower: Share
    excerpts_higher: Share


class WayChange(ResultsPart):
    """What one way did to n segments of an excerpt a piece.

    Attributes
    ----------
    unchanged : share
        Of segments whose notes are what they were but for loudness.
    before, after : name of a density -> mean
    fewer_onsets, more_sounding : share
        Of segments with less of the first density, and with more of the second.
    contributions : name of a feature -> part of the regression's mean change
    """

    segments: int
    pieces: int
    unchanged: Share
    before: dict[str, FiniteFloat]
    after: dict[str, FiniteFloat]
    fewer_onsets: Share | None
    more_sounding: Share | None
    heard: dict[str, HeardChange]
    contributions: dict[str, FiniteFloat]


class ChangesByWay(ResultsPart):
    """All that a model or the rules changed in a collection of music, by way."""

    name: str
    ways: dict[str, WayChange]


class MusicChanges(ResultsPart):
    """A collection of music."""

    name: str
    pieces: int
    changed: list[ChangesByWay]


class Arousal(ResultsPart):
    """What `train.arousal` measured."""

    kind: Literal["arousal"]
    split: str
    classifiers: list[Fitted]
    gains: list[Gain]
    music: list[MusicChanges]
    seed: int
    commit: str | None
    data_sha256: str
    seconds: float


class Try(ResultsPart):
    """An idea of how an arranger moves arousal.

    `heard` has the share of segments that a classifier hears move as asked, `aucs` how well changed
    segments are told from real ones of the same densities (`train.naturalness`).
    """

    idea: str
    music: str
    way: str
    segments: int
    heard: dict[str, Share]
    aucs: dict[str, Share]


class ArousalTries(ResultsPart):
    """Ideas that were tried in copies of the code of a commit."""

    kind: Literal["arousal_tries"]
    split: str
    tries: list[Try]
    seed: int
    commit: str
    data_sha256: str
