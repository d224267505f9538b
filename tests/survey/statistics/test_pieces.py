"""How much music answers are about where one piece has several segments."""

from dataclasses import asdict

import pytest

from survey.statistics import twoway
from survey.statistics.agreement import agreement, intervals
from survey.statistics.crossed_design import Crossed
from survey.statistics.pieces import music
from tests.survey.statistics.unbalanced import transfers


def by(table, column: str) -> twoway.Estimate:
    """Agreement with what a column names for items."""
    agrees = agreement(table)
    answered = agrees == agrees
    codes = [
        table.loc[answered, name].astype("category").cat.codes.to_numpy()
        for name in ("participant", column)
    ]
    return twoway.share(Crossed(agrees[answered], *codes))


def test_agreement_is_for_other_pieces_and_beside_it_by_segment() -> None:
    table = transfers()
    table["source"] = table["item"].map(
        {"h1": "x.mid", "h2": "y.mid", "l1": "x.mid", "l2": "y.mid", "l3": "z.mid"}
    )
    table["segment"] = table["item"].map({"h1": 0, "h2": 0, "l1": 1, "l2": 0, "l3": 0})
    counts = music(table)
    # h2 and l2 are one segment, under two names
    assert (counts.items, counts.segments, counts.pieces) == (5, 4, 3)
    table["music"] = table["source"] + table["segment"].astype(str)
    assert asdict(counts.by_segment) == pytest.approx(asdict(by(table, "music")))
    headline = intervals(table)["overall"].twoway
    assert headline.error >= by(table, "source").error
    # pieces of 2, 1 and 1 segments: (2 + 1 + 1)² / (4 + 1 + 1) = 8/3 equal ones
    assert headline.freedom == pytest.approx(8 / 3 - 1)


def test_one_row_that_does_not_tell_its_piece_leaves_the_number_open() -> None:
    table = transfers()
    table["source"], table["segment"] = "x.mid", range(len(table))
    assert music(table).pieces == 1
    table.loc[table.index[-1], "source"] = None
    assert music(table).pieces is None
    assert music(table.iloc[:0]).pieces is None
