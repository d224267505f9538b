"""What JSON cannot hold is left empty, and is named by where it was."""

import math

from survey.statistics.finite import finite


def test_numbers_that_are_not_finite_are_none_and_named() -> None:
    results = {
        "a": [1.5, math.inf, {"b": math.nan, "c": 2}],
        "d": (0.0, -math.inf),
        5: {"e": math.nan},
        "word": "nan",
        "none": None,
    }
    lost: list[str] = []
    assert finite(results, lost) == {
        "a": [1.5, None, {"b": None, "c": 2}],
        "d": [0.0, None],
        5: {"e": None},
        "word": "nan",
        "none": None,
    }
    assert lost == ["a.1", "a.2.b", "d.1", "5.e"]


def test_names_begin_where_the_value_is() -> None:
    lost: list[str] = []
    assert finite([[math.nan]], lost, "rows") == [[None]]
    assert finite(math.inf, lost, "top") is None
    assert lost == ["rows.0.0", "top"]
