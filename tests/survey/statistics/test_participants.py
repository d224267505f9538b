"""Each participant at a glance where answers, catch trials and times are missing."""

from dataclasses import astuple

import pytest

from survey.ratings import exclusion
from survey.statistics.participants import ParticipantSummary, people
from tests.survey.statistics.by_hand import HAND, table
from tests.survey.statistics.unbalanced import ratings


def test_everybody_has_a_row_and_what_is_not_known_is_none() -> None:
    expected = [
        ("a", 5, 3 / 5, 3 / 5, 1 / 5, 1 / 5, 1 / 2, 1 / 5, 8.0, None, "", True, ""),
        ("b", 2, 1 / 2, 0.0, 0.0, 1.0, None, 1 / 3, 3.5, None, "", False, ""),
        (
            "c",
            1,
            1.0,
            1.0,
            0.0,
            0.0,
            None,
            1.0,
            25.0,
            None,
            "",
            None,
            "",
        ),  # the catch trial has no answer
        ("d", 0, None, None, None, None, None, 1.0, 12.0, None, "", True, ""),
    ]
    for row, values in zip(people(ratings(), []), expected, strict=True):
        for value, known_value in zip(astuple(row), values, strict=True):
            assert value == (
                pytest.approx(known_value) if isinstance(known_value, float) else known_value
            ), row


def test_answers_faster_than_clips_are_those_known_to_be() -> None:
    """Of a's seven rows three are known, one of them too fast; of b's four all, two too fast."""
    table = ratings()
    table.loc[table["participant"] == "a", "time_to_hear"] = [True, False, True] + [None] * 4
    table.loc[table["participant"] == "b", "time_to_hear"] = [False, False, True, True]
    assert [row.faster_than_clips for row in people(table, [])] == [
        pytest.approx(1 / 3),
        0.5,
        None,
        None,
    ]


def test_the_most_frequent_answers_are_all_five_together() -> None:
    table = ratings()
    table.loc[table["participant"] == "a", ["rhythm", "melody"]] = [3, 3]
    # lower, lower, lower are a's three of five with the same five answers
    assert people(table, [])[0].most_frequent_answers == pytest.approx(3 / 5)


def test_all_rules_that_somebody_fell_under_are_named() -> None:
    rules = {"identical_wrong": 0.4, "median_seconds": 8.5}
    _, excluded = exclusion.apply_rules(ratings(), rules)
    a, b, c, d = people(ratings(), excluded)
    assert set(a.excluded_by.split()) == set(rules)
    assert (b.excluded_by, c.excluded_by, d.excluded_by) == ("median_seconds", "", "")
    assert isinstance(a, ParticipantSummary)


def test_who_answered_catch_trials_only_is_there_with_no_answers() -> None:
    table = ratings()
    table = table[(table["participant"] != "c") | (table["kind"] != "transfer")]
    c = people(table, [])[2]
    assert (c.participant, c.answers, c.agreement, c.median_seconds) == ("c", 0, None, 20.0)
    assert c.most_frequent_answers is None


def test_people_at_a_glance() -> None:
    answers = table(HAND + "a,i1,same,lower,,\n")
    _, excluded = exclusion.apply_rules(answers, {"identical_wrong": 0.5})
    first, second = people(answers, excluded)
    assert (first.participant, second.participant) == ("a", "b")
    assert first.agreement == pytest.approx(2 / 3)
    assert (first.identical_wrong, first.excluded_by) == (1, "identical_wrong")
    assert (second.identical_wrong, second.excluded_by) == (None, "")
    assert second.lower == 0.75
