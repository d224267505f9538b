"""Results of `train.label_shares`: the GM-VAE with more or fewer labels of arousal."""

from __future__ import annotations

from pydantic import FiniteFloat, JsonValue

from train.reporting.results.part import ResultsPart, Share


class ShareMeasures(ResultsPart):
    """What a training came to.

    `auc` is that of q(high) on rated segments of unseen pieces, `auc_of_classifier` that on unseen
    performances, of which a classifier says what is high; `silhouette` is that of the ratings among
    the codes. `belong` is the share of unseen performances with q beyond .9 in every code.
    `heard` are the shares of transfers to either side that are heard, `heard_unmoved` those of
    playing back.
    """

    auc: Share
    auc_of_classifier: Share
    silhouette: FiniteFloat
    belong: Share
    heard: dict[str, Share]
    heard_unmoved: dict[str, Share]
    token_accuracy: Share


class ShareRun(ShareMeasures):
    """One training: of which share of the labels, how many that are, and its seconds."""

    share: Share
    seed: int
    labelled: int
    seconds: FiniteFloat


class LabelShares(ResultsPart):
    """All runs, with what is needed to train them again."""

    data_sha256: str
    commit: str | None
    segments: int
    model_settings: dict[str, JsonValue]
    train_settings: dict[str, JsonValue]
    classifier_auc: Share
    judge_auc: Share
    rated_segments: int
    rated_pieces: int
    classified_segments: int
    transferred: int
    runs: list[ShareRun]
