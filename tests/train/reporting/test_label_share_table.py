"""The table of label shares: a row a share, with the lowest and highest over the seeds."""

from tests.train.reporting.share_runs import results, run
from train.reporting import label_share_table


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
