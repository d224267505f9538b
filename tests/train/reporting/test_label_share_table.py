"""The table of label shares: a row a share, with the lowest and highest over the seeds."""

from train.reporting import label_share_table
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


def test_means_lie_between_the_lowest_and_the_highest_of_the_seeds():
    cells, head = label_share_table.rows(results(run(0.01, 0, 0.7), run(0.01, 1, 0.8)))
    row = dict(zip(head, cells[0], strict=True))
    assert (row["share"], row["labels"], row["seeds"]) == ("1 %", "100", "2")
    assert row["AUC, rated pieces"] == "0.75 [0.70, 0.80]"
    assert row["high heard"] == "0.55 [0.50, 0.60], alone 0.25 [0.25, 0.25]"


def test_shares_are_in_order_and_one_seed_has_no_spread():
    runs = run(1.0, 0, 0.9, labelled=20_000), run(0.0, 0, 0.6, labelled=0)
    cells, _ = label_share_table.rows(results(*runs))
    assert [row[:4] for row in cells] == [
        ("0 %", "0", "1", "0.60"),
        ("100 %", "20,000", "1", "0.90"),
    ]


def test_seeds_that_draw_other_numbers_of_labels_say_from_and_to():
    runs = run(0.05, 0, 0.7, labelled=990), run(0.05, 1, 0.7, labelled=1_000)
    assert label_share_table.rows(results(*runs))[0][0][1] == "990 to 1,000"
