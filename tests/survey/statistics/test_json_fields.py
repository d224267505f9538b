"""Dataclasses as JSON has them; what it cannot hold is left empty, and named by where it was."""

import math
from dataclasses import dataclass

from survey.statistics.json_fields import finite, json_name, optional, plain


@dataclass(frozen=True)
class Inner:
    plain: float | None
    spoken: float | None = json_name("in words")
    rare: float | None = optional()


def test_names_in_json_and_fields_that_are_there_only_with_a_value() -> None:
    assert plain(Inner(1.0, 2.0)) == {"plain": 1.0, "in words": 2.0}
    assert list(plain(Inner(1.0, None, 3.0))) == ["plain", "in words", "rare"]
    assert plain({5: [Inner(None, None)], "a": ("b", None)}) == {
        "5": [{"plain": None, "in words": None}],
        "a": ["b", None],
    }


def test_numbers_that_are_not_finite_are_none_and_named() -> None:
    results = {
        "a": [1.5, math.inf, {"b": math.nan, "c": 2}],
        "d": Inner(0.0, -math.inf, math.nan),
        5: {"e": math.nan},
        "word": "nan",
        "none": None,
    }
    lost: list[str] = []
    assert finite(results, lost) == {
        "a": [1.5, None, {"b": None, "c": 2}],
        "d": Inner(0.0, None, None),
        5: {"e": None},
        "word": "nan",
        "none": None,
    }
    assert lost == ["a.1", "a.2.b", "d.in words", "d.rare", "5.e"]


def test_names_begin_where_the_value_is() -> None:
    lost: list[str] = []
    assert finite([[math.nan]], lost, "rows") == [[None]]
    assert finite(math.inf, lost, "top") is None
    assert lost == ["rows.0.0", "top"]
