"""Results of `train.evaluate`: what one model does to segments that it never saw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, Self

from pydantic import AliasChoices, Field, FiniteFloat, model_validator

from train.reporting.paper import NAMES
from train.reporting.results.part import MeanSd, Numbers, ResultsPart, Share


class Response(ResultsPart):
    """What one fader does at each position: asked and measured densities."""

    asked: Numbers
    measured_mean: Numbers
    measured_sd: Numbers
    measured_10: Numbers | None = None
    measured_90: Numbers | None = None
    others_mean: dict[str, Numbers] | None = None
    spearman_of_mean: FiniteFloat | None = None
    spearman_each: FiniteFloat | None = None
    mean_absolute_error: FiniteFloat
    empty: int | None = None

    @model_validator(mode="after")
    def _columns(self) -> Self:
        return self.alike(
            self.asked, self.measured_mean, self.measured_sd, self.measured_10, self.measured_90
        )


class Identity(ResultsPart):
    """What is left of segments in what was made of them."""

    note_f1: FiniteFloat
    pitch_class_cosine: FiniteFloat
    key_kept: FiniteFloat
    contour: FiniteFloat


class Reconstruction(Identity):
    """Identity of greedy reconstructions, mean errors of their densities, how many are empty."""

    density_error: dict[str, FiniteFloat] | None = None
    empty: int | None = None


class Moved(ResultsPart):
    """Identity of n segments after a fader moved; with n = 0 there is none.

    `distance` is asked and `moved` the mean found, in standard deviations of the density.
    """

    distance: FiniteFloat
    n: int
    moved: FiniteFloat | None = None
    note_f1: FiniteFloat | None = None
    pitch_class_cosine: FiniteFloat | None = None
    key_kept: FiniteFloat | None = None
    contour: FiniteFloat | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        missing = [name for name in type(self).model_fields if getattr(self, name) is None]
        if self.n and missing:
            raise ValueError(f"{missing[0]} is missing")
        return self


class Scores(ResultsPart):
    """Two of Table 1's scores, mean and sd over runs."""

    consistency: MeanSd
    restrictiveness: MeanSd


class Controlled(ResultsPart):
    """Table 1 of one fader."""

    normalised: Scores
    raw: Scores | None = None
    linearity_each: MeanSd
    linearity_pooled: MeanSd | None = None
    spearman_each: MeanSd | None = None
    asked: Numbers | None = None
    measured_mean: Numbers | None = None
    measured_sd: Numbers | None = None
    failures: Share | None = None
    target_error: FiniteFloat | None = None

    def score(self, name: str) -> list[float]:
        """Mean and sd of a score by its name in the paper."""
        return self.linearity_each if name == "linearity" else getattr(self.normalised, name)


class TableProtocol(ResultsPart):
    """How Table 1 was made."""

    runs: int
    segments: int
    values: int
    scale: str
    best_of: int | None = None
    seed: int


class Table1(ResultsPart):
    """Table 1 of one model; `sd` are the units of its normalised scores.

    `sd_as_played` are those of the runs' originals, measured from tokens as results are. They
    differ from `sd` where labels measure something else than tokens hold.
    """

    sd: dict[str, FiniteFloat] | None = None
    sd_as_played: dict[str, FiniteFloat] | None = None
    faders: dict[str, Controlled]
    protocol: TableProtocol
    seconds: FiniteFloat | None = None
    ms_per_decode: FiniteFloat | None = None


class ClassifiedTransfers(ResultsPart):
    """Share of transfers that moved a mood as asked, by its classifier, and their identity.

    Counted are the n segments that were not there yet; `moved_of_all` counts all.
    """

    n: int
    moved: Share | None
    moved_of_all: Share | None = None
    moved_by_reconstruction: Share | None
    note_f1: FiniteFloat | None = None
    pitch_class_cosine: FiniteFloat | None = None
    key_kept: FiniteFloat | None = None
    contour: FiniteFloat | None = None


class Separation(ResultsPart):
    """How well scores tell two labels apart; None without labels of both kinds."""

    auc: Share | None
    accuracy: Share | None


class HeldOut(ResultsPart):
    """A mood classifier on labelled test segments; None without labels of both kinds."""

    segments: int
    auc: Share | None
    accuracy: Share | None


class Transferred(ResultsPart):
    """Transfers to one side, by the model's own probability of high arousal."""

    mean_before: float
    mean_after: float
    moved_or_there: float
    density_change: dict[str, FiniteFloat]


class ArousalScores(ResultsPart):
    """Arousal of labelled segments as the model reads it from its codes, and its transfers."""

    labelled_segments: int
    labelled_pieces: int
    auc: Share | None
    accuracy: Share | None
    codes: dict[str, Separation] | None = None
    low: Transferred | None = None
    high: Transferred | None = None


# `player` of models that arrange notes; the shipped results were written by its earlier name.
ARRANGERS = ("Arranger", "Arranging")


class Evaluation(ResultsPart):
    """One model of `train.evaluate`."""

    checkpoint: str
    model: str
    player: str | None = None
    weights_sha256: str
    data_sha256: str
    commit: str | None
    seed: int
    segments: int
    performances: int
    token_accuracy: Share | None = None
    reconstruction: Reconstruction | None = None
    faders: dict[str, Response] | None = None
    identity: dict[str, list[Moved]] | None = None
    arousal: ArousalScores | None = None
    # Results of the first versions call the classifier a judge.
    classified_transfers: dict[Literal["high", "low"], ClassifiedTransfers] | None = Field(
        default=None, validation_alias=AliasChoices("classified_transfers", "judged")
    )
    classifier: HeldOut | None = Field(
        default=None, validation_alias=AliasChoices("classifier", "judge")
    )
    seconds: FiniteFloat | None = None
    table: Table1 | None = None
    name: str = ""  # the file's, unless it holds several models

    @property
    def of_paper(self) -> str | None:
        """The paper's model that this is trained as, if it also plays as that does."""
        return None if self.player in ARRANGERS else NAMES.get(self.model)

    @property
    def title(self) -> str:
        """What to call it among others."""
        return self.name if self.of_paper is None else f"{self.of_paper} ({self.name})"


def names_in(parts: Iterable[Mapping[str, object] | None]) -> tuple[str, ...]:
    """Names of the faders in parts such as `Evaluation.faders`, as they come first."""
    return tuple(dict.fromkeys(name for part in parts for name in part or {}))
