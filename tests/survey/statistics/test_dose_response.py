"""Heard against measured change: bins of items, and correlations of their means."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from survey.statistics.dose_response import changes, spearman

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


def test_a_correlation_is_of_the_means_of_items() -> None:
    change_results = changes(table()).correlations["rhythm"]
    means = {"l1": -1, "l2": -0.5, "h1": 0, "h5": 0, "h2": 0.5, "h3": 0, "h4": 1}
    expected = stats.spearmanr(list(ITEMS.values()), list(means.values())).statistic
    assert (change_results.value, change_results.n) == (pytest.approx(expected), 7)


def test_an_item_that_many_heard_does_not_move_the_edges_of_the_bins() -> None:
    bins = changes(table()).measured["rhythm"]
    edges = np.quantile(list(ITEMS.values()), [0, 0.2, 0.4, 0.6, 0.8, 1])
    assert [row.row for row in bins] == [
        pytest.approx([low, high]) for low, high in zip(edges, edges[1:], strict=False)
    ]
    # l1 and l2; h1; h5; h2; h3, and h4 on the last edge
    assert [(row.n, row.missing) for row in bins] == [(4, 0), (1, 1), (2, 0), (2, 0), (12, 0)]


def test_a_change_that_was_not_measured_is_in_no_bin() -> None:
    incomplete = table()
    incomplete.loc[incomplete["item"] == "l1", "change_rhythm"] = np.nan
    change_results = changes(incomplete)
    assert (
        sum(row.n + row.missing for row in change_results.measured["rhythm"]) == len(incomplete) - 2
    )
    assert change_results.correlations["rhythm"].n == 6
    none = changes(table().assign(change_rhythm=np.nan))
    assert none.measured["rhythm"] == [] and none.correlations["rhythm"].value is None


def test_strengths_are_signed_by_what_was_meant() -> None:
    change_results = changes(table())
    assert [(row.row, row.n) for row in change_results.strengths] == [(-1, 4), (1, 3), (2, 14)]
    assert change_results.strength_correlation.n == 7
