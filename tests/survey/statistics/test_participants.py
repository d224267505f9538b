"""The table of participants where answers, catch trials and times are missing."""

import numpy as np
import pandas as pd
import pytest

from survey.ratings import exclusion
from survey.statistics.participants import COLUMNS, people
from tests.survey.statistics.unbalanced import ratings

NOBODY = pd.DataFrame(columns=["participant", "rule", "found", "limit"])


def test_everybody_has_a_row_and_what_is_not_known_is_none() -> None:
    found = people(ratings(), NOBODY)
    assert tuple(found.columns) == COLUMNS
    rows = {row["participant"]: row for row in found.to_dict("records")}
    assert list(rows) == ["a", "b", "c", "d"]
    expected = {
        "a": (5, 3 / 5, 3 / 5, 1 / 5, 1 / 5, 1 / 2, 1 / 5, 8.0, True),
        "b": (2, 1 / 2, 0.0, 0.0, 1.0, None, 1 / 3, 3.5, False),
        "c": (1, 1.0, 1.0, 0.0, 0.0, None, 1.0, 25.0, None),
        "d": (0, None, None, None, None, None, 1.0, 12.0, True),
    }
    for name, values in expected.items():
        for column, value in zip(COLUMNS[1:-1], values, strict=True):
            shown = rows[name][column]
            if value is None:
                assert shown is None or pd.isna(shown), (name, column)
            else:
                assert shown == pytest.approx(value), (name, column)
        assert rows[name]["excluded_by"] == ""


def test_the_most_frequent_answers_are_all_five_together() -> None:
    table = ratings()
    table.loc[table["participant"] == "a", ["rhythm", "melody"]] = [3, 3]
    found = people(table, NOBODY).set_index("participant")
    # lower, lower, lower are a's three of five with the same five answers
    assert found.loc["a", "most_frequent_answers"] == pytest.approx(3 / 5)


def test_all_rules_that_somebody_fell_under_are_named() -> None:
    rules = {"identical_wrong": 0.4, "median_seconds": 8.5}
    _, excluded = exclusion.kept(ratings(), rules)
    found = people(ratings(), excluded).set_index("participant")["excluded_by"]
    assert set(found["a"].split()) == set(rules)
    assert found["b"] == "median_seconds"
    assert found["c"] == "" and found["d"] == ""  # c's only catch trial has no answer


def test_values_that_are_missing_are_no_numpy_nan() -> None:
    for column in ("agreement", "identical_wrong"):
        for value in people(ratings(), NOBODY)[column]:
            assert value is None or not np.isnan(value)
