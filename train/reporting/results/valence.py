"""Results of `train.valence`: how well moods are told apart, and how presets move them."""

from __future__ import annotations

from typing import Literal

from pydantic import AliasChoices, ConfigDict, Field, FiniteFloat, model_validator

from train.reporting.results.evaluation import Identity
from train.reporting.results.part import MeanSd, ResultsPart, Share, present

FORMER_NAMES = {"judge": "classifier", "judge without key": "classifier without key"}


class PieceSeparation(ResultsPart):
    """AUC of scores with 95 % intervals over pieces, and of its distance from a baseline's."""

    auc: Share
    interval: MeanSd
    above_baseline: MeanSd


class Separations(ResultsPart):
    """Labelled segments and pieces, and beside these counts the AUC of every score by its name.

    A piece may have segments of both kinds.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, PieceSeparation]

    segments: int
    segments_low: int
    pieces: int
    pieces_with_low: int

    @model_validator(mode="before")
    @classmethod
    def _renamed(cls, stored: object) -> object:
        """Scores by the names of today: results of the first versions call a classifier a judge."""
        if not isinstance(stored, dict):
            return stored
        return {FORMER_NAMES.get(name, name): value for name, value in stored.items()}

    @property
    def scores(self) -> dict[str, PieceSeparation]:
        """AUCs by the name of the score, the baseline first."""
        return self.__pydantic_extra__


class MoodSeparations(ResultsPart):
    """A mood told apart on the test pieces, and on all pieces by cross-validation."""

    held_out: Separations
    cross_validated: Separations


class SideMoved(ResultsPart):
    """Share of transfers that moved towards a side, of all and of n that were not there yet."""

    moved_of_all: Share
    n: int
    moved: Share | None


class MoodEffect(ResultsPart):
    """Effect of transfers on one classifier: mean change of its log-odds, and sides asked for."""

    mean_change: FiniteFloat
    low: SideMoved | None = None
    high: SideMoved | None = None

    def side(self, name: str) -> SideMoved:
        """Shares of a side, "low" or "high", that the transfer asked for."""
        return present({"low": self.low, "high": self.high}[name])


class PresetMoves(ResultsPart):
    """What one transfer did to moods, keys and densities; an empty segment has no key."""

    asked: dict[str, Literal["low", "high"]]
    # By classifier, which results of the first versions call a judge.
    effects: dict[str, MoodEffect] = Field(validation_alias=AliasChoices("effects", "judges"))
    identity: Identity
    tonic_kept: Share
    major_before: Share
    major: Share
    densities: dict[str, FiniteFloat]
    empty: int


class ModelMoves(ResultsPart):
    """Checksums of a model's files, and beside them its transfers by name."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, PresetMoves]

    sha256: dict[str, str]

    @property
    def transfers(self) -> dict[str, PresetMoves]:
        """The moves of presets, of single moods ("valence low"), and of "nothing", the control."""
        return self.__pydantic_extra__


class Valence(ResultsPart):
    """What `train.valence` measured."""

    data_sha256: str
    commit: str | None
    seed: int
    labels: dict[str, MoodSeparations]
    segments: int
    performances: int
    models: dict[str, ModelMoves]
    seconds: FiniteFloat
