"""How much music answers are about where one piece has several segments."""

from dataclasses import asdict

import pytest

from survey.statistics import twoway
from survey.statistics.agreement import agreement
from survey.statistics.crossed_design import Crossed
from survey.statistics.pieces import music
from tests.survey.statistics.unbalanced import transfers


def test_agreement_with_whole_pieces_as_the_unit() -> None:
    table = transfers()
    table["source"] = table["item"].map(
        {"h1": "x.mid", "h2": "y.mid", "l1": "x.mid", "l2": "y.mid", "l3": "z.mid"}
    )
    table["segment"] = table["item"].map({"h1": 0, "h2": 0, "l1": 1, "l2": 0, "l3": 0})
    counts = music(table)
    # h2 and l2 are one segment, under two names
    assert (counts.items, counts.segments, counts.pieces) == (5, 4, 3)
    agrees = agreement(table)
    answered = agrees == agrees
    codes = [
        table.loc[answered, column].astype("category").cat.codes.to_numpy()
        for column in ("participant", "source")
    ]
    expected = twoway.share(Crossed(agrees[answered], *codes))
    assert asdict(counts.by_piece) == pytest.approx(asdict(expected))


def test_one_row_that_does_not_tell_its_piece_leaves_the_number_open() -> None:
    table = transfers()
    table["source"], table["segment"] = "x.mid", range(len(table))
    assert music(table).pieces == 1
    table.loc[table.index[-1], "source"] = None
    counts = music(table)
    assert (counts.pieces, counts.by_piece) == (None, None)
    assert music(table.iloc[:0]).pieces is None
