"""Heard against measured change: bins of items, and correlations of their means."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from survey.analysis.figures import row_name
from survey.statistics.dose_response import (
    HARDLY_VARIES,
    NO_SLOPE,
    changes,
    doses,
    spearman,
)
from survey.statistics.estimate import CONSTANT
from survey.statistics.simulation import simulate
from tests.survey.statistics.by_hand import table as by_hand

ITEMS = {"l1": -0.9, "l2": -0.4, "h1": 0.1, "h5": 0.3, "h2": 0.5, "h3": 0.8, "h4": 1.0}


def table() -> pd.DataFrame:
    """Seven items; h4 is heard by ten people, the others by two; one answer is missing."""
    directions = {
        "l1": ["lower", "lower"],
        "l2": ["lower", "same"],
        "h1": ["same", None],
        "h5": ["higher", "lower"],
        "h2": ["higher", "same"],
        "h3": ["lower", "higher"],
        "h4": ["higher"] * 10,
    }
    rows = [
        {
            "participant": f"p{person}",
            "item": item,
            "kind": "transfer",
            "intended": "lower" if item[0] == "l" else "higher",
            "strength": 1.0 if item[1] in "12" else 2.0,
            "heard": word,
            "change_rhythm": ITEMS[item],
        }
        for item, words in directions.items()
        for person, word in enumerate(words)
    ]
    return pd.DataFrame(rows, index=range(100, 100 + len(rows)))


def test_the_interval_is_bonett_and_wrights() -> None:
    first, second = np.array([1.0, 2, 3, 4, 5, 6]), np.array([2.0, 1, 4, 3, 6, 5])
    estimate = spearman(first, second)
    value = stats.spearmanr(first, second).statistic
    error = math.sqrt((1 + value**2 / 2) / (6 - 3))
    ends = np.tanh(math.atanh(value) + stats.norm.ppf([0.025, 0.975]) * error)
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((value, *ends))
    assert estimate.n == 6
    fewer = spearman(first, second, independent=4)
    error = math.sqrt(1 + value**2 / 2)
    ends = np.tanh(math.atanh(value) + stats.norm.ppf([0.025, 0.975]) * error)
    assert (fewer.low, fewer.high) == pytest.approx(tuple(ends))
    assert spearman(first, second, independent=3).value is None
    assert spearman(first, second, independent=60) == estimate  # no more than there are


def test_a_correlation_is_of_the_means_of_items_of_one_direction() -> None:
    correlations = changes(table()).correlations["rhythm"]
    means = {"h1": 0, "h5": 0, "h2": 0.5, "h3": 0, "h4": 1}
    actual = [ITEMS[item] for item in means]
    expected = stats.spearmanr(actual, list(means.values())).statistic
    assert (correlations["higher"].value, correlations["higher"].n) == (pytest.approx(expected), 5)
    assert (correlations["lower"].value, correlations["lower"].n) == (None, 2)


def test_items_of_one_piece_are_no_independent_points() -> None:
    five_pieces = table().assign(source=lambda rows: rows["item"], segment=0)
    by_item = changes(five_pieces).correlations["rhythm"]["higher"]
    four = five_pieces.assign(source=five_pieces["source"].replace("h5", "h1"))
    by_piece = changes(four).correlations["rhythm"]["higher"]
    assert by_item.value == by_piece.value and by_piece.high > by_item.high
    three = four.assign(source=four["source"].replace("h2", "h1"))
    assert changes(three).correlations["rhythm"]["higher"].value is None


def test_an_item_that_many_heard_does_not_move_the_edges_of_the_bins() -> None:
    bins = changes(table()).measured["rhythm"]
    # l1; l2; h1 and h5; h2 and h3; h4
    assert [row.row for row in bins] == [[-0.9] * 2, [-0.4] * 2, [0.1, 0.3], [0.5, 0.8], [1.0] * 2]
    assert [(row.n, row.missing) for row in bins] == [(2, 0), (2, 0), (3, 1), (4, 0), (10, 0)]


def test_no_bin_has_changes_up_and_down_and_each_is_called_by_what_is_in_it() -> None:
    """All changes down are of one size: they were in a bin from there to the smallest one up."""
    some = table()
    some["change_rhythm"] = some["change_rhythm"].where(some["intended"] == "higher", -0.125)
    some.loc[some["item"] == "h1", "change_rhythm"] = 1e-17
    rows = changes(some).measured["rhythm"]
    assert [row.row for row in rows] == [[-0.125] * 2, [0.0, 0.0], [0.3, 0.5], [0.8] * 2, [1.0] * 2]
    assert rows[0].counts == {"lower": 3, "same": 1, "higher": 0}
    assert [row_name(row) for row in rows[:3]] == ["-0.125", "0", "+0.3 to +0.5"]
    alike = some.assign(change_rhythm=0.25)
    assert changes(alike).measured["rhythm"] == []  # one row would compare nothing


def test_a_change_that_was_not_measured_is_in_no_bin() -> None:
    incomplete = table()
    incomplete.loc[incomplete["item"] == "h1", "change_rhythm"] = np.nan
    rows = changes(incomplete).measured["rhythm"]
    assert sum(row.n + row.missing for row in rows) == len(incomplete) - 2
    assert changes(incomplete).correlations["rhythm"]["higher"].n == 4
    none = table().assign(change_rhythm=np.nan)
    assert changes(none).measured["rhythm"] == []
    assert changes(none).correlations["rhythm"]["higher"].value is None


def test_strengths_are_signed_by_what_was_meant() -> None:
    (dose,) = doses(table())
    assert [(row.row, row.n) for row in dose.strengths] == [(-1, 4), (1, 3), (2, 14)]
    assert [estimate.n for estimate in dose.correlations.values()] == [2, 5]


def test_each_model_has_its_own_dose() -> None:
    rows = pd.concat([table().assign(checkpoint="a"), table().assign(checkpoint="b", strength=1.0)])
    assert [dose.checkpoint for dose in doses(rows)] == ["a"]


@pytest.mark.parametrize(
    ("of_lower", "of_higher", "varies"),
    [
        ([0.0] * 10, [0.0] * 10, False),  # the arranger leaves note density as it is
        ([-0.25] * 10, [0.25] * 10, False),  # and changes rhythm as much in every item
        ([-0.25, -0.26] * 5, [0.25, 0.26] * 5, False),
        ([0.0] * 6 + [-0.4, -0.1, -0.2, -0.3], [0.0] * 6 + [0.4, 0.1, 0.2, 0.3], False),
        ([-0.1, -0.2, -0.3, -0.4, -0.5] * 2, [0.1, 0.2, 0.3, 0.4, 0.5] * 2, True),
    ],
)
def test_a_change_that_hardly_varies_has_no_correlation(
    of_lower: list[float], of_higher: list[float], varies: bool
) -> None:
    answers = simulate({"realistic": 6})
    transfers = answers[answers["kind"] == "transfer"].copy()
    for word, values in (("lower", of_lower), ("higher", of_higher)):
        rows = transfers["intended"] == word
        items = dict(zip(sorted(set(transfers.loc[rows, "item"])), values, strict=True))
        transfers.loc[rows, "change_note"] = transfers.loc[rows, "item"].map(items)
    for estimate in changes(transfers).correlations["note"].values():
        assert (estimate.value is not None) == varies
        assert estimate.n == 10 and (estimate.note == HARDLY_VARIES) == (not varies)


def test_changes_by_strength_and_measure() -> None:
    answers = simulate({"perfect": 6}, items=20, strengths=(0.5, 1.0))
    transfers = answers[answers["kind"] == "transfer"]
    (dose,) = doses(transfers)
    assert [row.row for row in dose.strengths] == [-1, -0.5, 0.5, 1]
    assert [row.counts["higher"] for row in dose.strengths] == [0, 0, 30, 30]
    for rows in changes(transfers).measured.values():
        assert len(rows) == 6
        assert sum(row.n for row in rows) == len(transfers)
    answers = simulate({"perfect": 6})
    transfers = answers[answers["kind"] == "transfer"]
    assert doses(transfers) == []
    assert set(changes(transfers).correlations) == {"note", "rhythm"}


def test_hearing_the_direction_is_no_dose_effect() -> None:
    """Everybody hears every direction, at any strength: nothing more is heard of more."""
    answers = simulate({"perfect": 6}, items=40, strengths=(0.5, 1.0, 2.0))
    transfers = answers[answers["kind"] == "transfer"]
    signed = transfers["strength"] * transfers["intended"].map({"lower": -1, "higher": 1})
    heard = transfers["heard"].map({"lower": -1, "higher": 1})
    assert stats.spearmanr(signed, heard).statistic > 0.8  # what was reported before
    for estimate in doses(transfers)[0].correlations.values():
        assert (estimate.value, estimate.low) == (None, None)


def test_a_dose_effect_by_hand() -> None:
    """Strengths 1 to 5, each item heard by so many of four; ranks agree but for one swap."""
    agreeing = {1: 0, 2: 2, 3: 1, 4: 3, 5: 4}
    rows = "participant,item,source,segment,intended,heard,strength\n" + "".join(
        f"p{person},{word}{step},{word}{step}.mid,0,{word},"
        f"{word if person < most else 'same'},{step}\n"
        for word in ("lower", "higher")
        for step, most in agreeing.items()
        for person in range(4)
    )
    (dose,) = doses(by_hand(rows))
    for estimate in dose.correlations.values():
        assert (estimate.value, estimate.n) == (pytest.approx(1 - 6 * 2 / (5 * 24)), 5)


def test_no_correlation_of_too_little() -> None:
    assert spearman(np.arange(3.0), np.arange(3.0)).value is None
    assert spearman(np.arange(9.0), np.ones(9)).value is None
    perfect = spearman(np.arange(9.0), np.arange(9.0) ** 3)
    assert (perfect.value, perfect.low) == (1, None)


def stronger_is_heard_more(pieces: int = 6, people: int = 12) -> pd.DataFrame:
    """Of every segment more people hear more at each strength; pieces differ much."""
    person, segment, step = np.indices((people, 2 * pieces, 3)).reshape(3, -1)
    piece = segment // 2
    is_heard = person < 2 + piece % 3 * 2 + 3 * step
    intended = np.where(segment % 2, "higher", "lower")
    return pd.DataFrame(
        {
            "participant": person,
            "item": [f"s{one}-{at}" for one, at in zip(segment, step, strict=True)],
            "kind": "transfer",
            "intended": intended,
            "heard": np.where(is_heard, intended, "same"),
            "strength": 0.5 + step / 2,
            "source": [f"piece {one}" for one in piece],
            "segment": segment % 2,
        }
    )


def test_a_segment_is_compared_with_itself_at_other_strengths() -> None:
    """A correlation over items counts on six points, and on how much pieces differ."""
    (dose,) = doses(stronger_is_heard_more())
    for word in ("lower", "higher"):
        slope = dose.slopes[word]
        assert slope.value == pytest.approx(6 / 12)  # three people more at each of two steps
        assert (slope.least, slope.most) == (0.5, 1.5)
        assert slope.p < 0.01 and 0.05 < dose.correlations[word].p


def test_what_all_hear_at_one_strength_and_nobody_at_another_is_told_by_a_sign_test() -> None:
    """Of twelve people and six pieces: six independent answers."""
    rows = stronger_is_heard_more()
    rows["heard"] = rows["intended"].mask(rows["strength"] < 1, "same")
    (dose,) = doses(rows[rows["strength"] != 1])
    for slope in dose.slopes.values():
        assert slope.value == pytest.approx(1) and slope.note == CONSTANT
        assert slope.p == pytest.approx(2 / 2**6)
    rows["heard"] = rows["intended"]
    assert {slope.p for slope in doses(rows)[0].slopes.values()} == {None}


def test_strength_that_varies_from_piece_to_piece_alone_has_no_slope() -> None:
    """Of twenty pieces, each at one of three strengths, one report in nine claimed what is not."""
    rows = stronger_is_heard_more()
    at_one = rows["strength"] == 0.5 + rows["source"].str[-1].astype(int) % 3 / 2
    (dose,) = doses(rows[at_one])
    assert {slope.note for slope in dose.slopes.values()} == {NO_SLOPE}
    two_pieces = rows["source"].isin(["piece 0", "piece 1"])
    (dose,) = doses(rows[at_one | two_pieces])
    assert {slope.freedom for slope in dose.slopes.values()} == {1}  # of these two
    only_lower = rows[(rows["intended"] == "lower") | (rows["strength"] == 1)]
    (dose,) = doses(only_lower)
    assert dose.slopes["higher"].note == NO_SLOPE and dose.slopes["higher"].value is None
    assert dose.slopes["lower"].value == pytest.approx(0.5)
