"""How much music answers are about where one piece has several segments."""

from dataclasses import asdict

import pytest

from survey.statistics import twoway
from survey.statistics.agreement import agreement, by_direction, intervals
from survey.statistics.crossed_design import Crossed, crossed
from survey.statistics.dose_response import changes
from survey.statistics.pieces import MusicAmount, music
from tests.survey.statistics.by_hand import STRENGTHS, table
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


def test_one_segment_at_two_strengths_is_one_piece_of_music() -> None:
    """Items l1-1 and l1-2 are the same music; h2-1 does not tell, and counts by itself."""
    read = table(STRENGTHS)
    overall = by_direction(read)["overall"]
    assert overall.item_count == 3
    assert crossed(read, read["rhythm"], "item").item_count == 4
    answers = overall.values.tolist()
    assert sorted(answers) == [0, 0, 1, 1, 1, 1, 1]
    for estimate in changes(read).correlations["rhythm"].values():
        assert estimate.note  # of so few pieces there is none


def test_segments_without_a_source_are_not_the_same_music() -> None:
    text = "participant,item,segment,intended,heard\na,x,0,lower,lower\na,y,0,higher,same\n"
    read = table(text)
    assert by_direction(read)["overall"].item_count == 2
    assert music(read) == MusicAmount(items=2, segments=2, pieces=None, by_segment=None)


def test_how_much_music_there_is() -> None:
    read = table(STRENGTHS)
    with_source = read[read["source"] != ""]
    assert music(read).pieces is None  # h2-1 does not tell
    counts = music(with_source)
    assert (counts.items, counts.segments, counts.pieces) == (3, 2, 2)
    assert counts.by_segment is None  # as many pieces as segments: nothing new
    single_piece = music(with_source.assign(source="x.mid"))
    assert (single_piece.segments, single_piece.pieces) == (1, 1)
    several = with_source.assign(source="x.mid", segment=[1, 2, 3, 1, 2, 3])
    counts = music(several)
    assert (counts.segments, counts.pieces) == (3, 1)
    assert counts.by_segment.value == pytest.approx(4 / 6) and counts.by_segment.low is not None
    assert intervals(several)["overall"].twoway.low is None  # one piece tells nothing of others
