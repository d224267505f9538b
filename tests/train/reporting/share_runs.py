"""Results of trainings with a share of the labels, made up."""

from train.reporting.results.label_shares import LabelShares, ShareRun


def run(share: float, seed: int, auc: float, labelled: int = 100) -> ShareRun:
    heard = {"high": 0.5 + seed / 10, "low": 0.25}
    return ShareRun(
        share=share,
        seed=seed,
        labelled=labelled,
        auc=auc,
        auc_of_classifier=0.5,
        silhouette=-0.01,
        belong=0.0,
        heard=heard,
        heard_unmoved={"high": 0.25, "low": 0.25},
        token_accuracy=0.3,
        seconds=1.0,
    )


def results(*runs: ShareRun) -> LabelShares:
    numbers = dict.fromkeys(("classifier_auc", "judge_auc"), 0.8) | dict.fromkeys(
        ("segments", "rated_segments", "rated_pieces", "classified_segments", "transferred"), 10
    )
    none = {"model_settings": {}, "train_settings": {}, "data_sha256": "", "commit": None}
    return LabelShares(**numbers, **none, runs=list(runs))
