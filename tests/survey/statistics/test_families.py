"""Tests of one kind in one report, corrected together."""

from dataclasses import dataclass, field

import pytest

from survey.statistics.chance_tests import holm
from survey.statistics.families import corrected


@dataclass(frozen=True)
class Test:
    __test__ = False  # for pytest: it is none

    p: float | None
    holm: float | None = None


@dataclass(frozen=True)
class Other(Test):
    __test__ = False


@dataclass
class Report:
    one: Test
    more: dict[str, list[Test | None]] = field(default_factory=dict)
    words: str = ""


def test_all_tests_of_a_kind_are_one_family_wherever_they_stand() -> None:
    tests = [Test(0.01), Test(None), Test(0.04), Test(0.03), Test(float("nan"))]
    reports = [Report(tests[0], {"a": [tests[1], None]}, "w"), Report(tests[2], {"b": tests[3:]})]
    first, second = corrected(reports, Test)
    expected = holm([0.01, 0.04, 0.03])
    assert (first.one.holm, second.one.holm) == pytest.approx(expected[:2])
    assert second.more["b"][0].holm == pytest.approx(expected[2])
    assert first.more["a"][0].holm is None and second.more["b"][1].holm is None
    assert first.words == "w" and reports[0].one.holm is None


def test_other_kinds_are_left_as_they_are() -> None:
    results = corrected({"a": Test(0.02), "b": Other(0.03)}, Other)
    assert (results["a"].holm, results["b"].holm) == (None, 0.03)
