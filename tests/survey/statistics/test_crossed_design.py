"""The arrays behind all intervals: what is left out, what counts as one piece of music."""

import numpy as np
import pandas as pd
import pytest

from survey.statistics.crossed_design import (
    Crossed,
    crossed,
    joined,
    of_matrix,
    pieces,
    segments,
    units,
)


def table() -> pd.DataFrame:
    """Two segments of one file, one of them at two strengths; one file is not told, one segment."""
    return pd.DataFrame(
        {
            "participant": ["b", "a", "a", "b", "b", "a"],
            "item": ["i1", "i1", "i2", "i3", "i4", "i5"],
            "source": ["x.mid", "x.mid", "x.mid", "x.mid", "", "y.mid"],
            "segment": [0, 0, 0, 1, 1, None],
            "rhythm": [1, 2, None, 4, 5, 3],
        },
        index=[3, 5, 7, 9, 11, 13],
    )


def test_a_piece_is_told_by_its_source() -> None:
    assert pieces(table()).tolist() == ["x.mid"] * 4 + [None, "y.mid"]
    assert pieces(table().drop(columns="source")).tolist() == [None] * 6


def test_one_segment_is_one_piece_of_music_under_all_its_names() -> None:
    names = segments(table()).tolist()
    assert names[0] == names[1] == names[2] != names[3]
    assert names[4:] == ["i4", "i5"]  # where the ratings do not tell, every item by itself
    assert len(set(names)) == 4
    for missing in ("segment", "source"):
        assert segments(table().drop(columns=missing)).tolist() == table()["item"].tolist()


def test_missing_values_are_left_out_and_codes_begin_at_0_in_the_order_of_names() -> None:
    answers = crossed(table(), table()["rhythm"], "item")
    assert answers.values.tolist() == [1, 2, 4, 5, 3]
    assert answers.participants.tolist() == [1, 0, 1, 1, 0]
    assert answers.items.tolist() == [0, 0, 1, 2, 3]  # i2 was given no value
    assert (answers.participant_count, answers.item_count, answers.mean) == (2, 4, 3.0)
    assert crossed(table(), table()["rhythm"], "segment").item_count == 4
    by_piece = crossed(table(), table()["rhythm"])
    assert by_piece.items.tolist() == [1, 1, 1, 0, 2]  # i4, which tells no piece, is its own
    assert by_piece.segments.tolist() == [2, 2, 3, 0, 1]


def test_what_is_music_of_its_own() -> None:
    assert units(table()).tolist() == ["x.mid"] * 4 + ["i4", "y.mid"]
    untold = table().drop(columns="source")
    assert units(untold).tolist() == segments(untold).tolist()


def test_joined_answers_keep_their_segments_if_all_have_them() -> None:
    answers = crossed(table(), table()["rhythm"])
    first, second = answers.only(answers.values > 2), answers.only(answers.values <= 2)
    both = joined([first, second])
    assert (both.values.tolist(), both.segments.tolist()) == ([4, 5, 3, 1, 2], [3, 0, 1, 2, 2])
    assert joined([first, of_matrix(np.ones((2, 2)))]).segments is None


def test_values_of_one_cell_are_averaged_or_summed() -> None:
    answers = Crossed(
        np.array([1.0, 3.0, 10.0, 7.0, 2.0]), np.array([0, 0, 1, 1, 0]), np.array([2, 2, 0, 1, 2])
    )
    cells = answers.by_cell()
    assert list(zip(cells.participants, cells.items, cells.values, strict=True)) == [
        (0, 2, 2.0),
        (1, 0, 10.0),
        (1, 1, 7.0),
    ]
    assert answers.sums(answers.cells()).tolist() == [6, 10, 7]
    assert answers.sums(answers.items).tolist() == [10, 7, 6]
    selected = answers.only(answers.values > 2)
    assert (selected.values.tolist(), selected.items.tolist()) == ([3, 10, 7], [2, 0, 1])
    assert selected.participants.tolist() == [0, 1, 1]


def test_a_matrix_has_participants_for_rows() -> None:
    answers = of_matrix(np.array([[1, np.nan, 3], [np.nan, 5, 0]]))
    assert list(zip(answers.participants, answers.items, answers.values, strict=True)) == [
        (0, 0, 1),
        (0, 2, 3),
        (1, 1, 5),
        (1, 2, 0),
    ]
    nothing = of_matrix(np.full((2, 2), np.nan))
    assert (len(nothing.by_cell().values), nothing.item_count) == (0, 0)
    assert nothing.sums(nothing.cells()).tolist() == pytest.approx([])
