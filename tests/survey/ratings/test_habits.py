"""Whose answers follow a habit, and who only hears what comes by turns."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pytest

from survey.ratings import habits
from survey.statistics.simulation import simulate
from tests.survey.statistics.by_hand import table

N = 16
MEANT = ["lower", "lower", "higher", "higher"] * (N // 4)


def person(
    heard: Sequence[str | None],
    intended: Sequence[str] = MEANT,
    name: str = "a",
    rhythm: str = "12345",
) -> pd.DataFrame:
    """One person's answers in the order of trials, ratings but rhythm varied."""
    rows = "participant,item,intended,heard,rhythm,melody,harmony,naturalness,position\n"
    for at, (word, was) in enumerate(zip(heard, intended, strict=False)):
        other = at % 5 + 1
        rated = rhythm[at % len(rhythm)]
        rows += f"{name},i{at},{was},{word or ''},{rated},{other},{other},{other},{N - at}\n"
    return table(rows)


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        (["same"] * N, ["same throughout"]),
        (["lower"] * N, ["lower throughout"]),
        (["lower"] * (N - 1) + ["higher"], []),
        (["same"] * N + [None] * N, ["same throughout"]),
        (["same"] * 11, []),  # too few
        (["lower", "higher"] * 8, ["directions by turns"]),
        (["lower", "same", "higher"] * 5 + ["lower"], ["directions by turns"]),
        (["lower", "higher", "higher", "lower"] * 4, []),
        (["lower", "higher"] * 5, []),
        (MEANT, []),
    ],
)
def test_directions(heard: list[str | None], expected: list[str]) -> None:
    answers = person(heard, MEANT * 2)
    assert habits.of_everybody(answers).get("a", []) == expected


def test_who_hears_trials_that_come_by_turns_has_no_habit() -> None:
    by_turns = ["lower", "higher"] * 8
    assert habits.of_everybody(person(by_turns, by_turns)) == {}
    swapped = by_turns[1:] + by_turns[:1]
    assert habits.of_everybody(person(by_turns, swapped)) == {"a": ["directions by turns"]}
    without_order = person(by_turns, swapped).drop(columns="position").assign(position=pd.NA)
    assert habits.of_everybody(without_order) == {}


@pytest.mark.parametrize(("higher", "is_habit"), [(0, False), (2, False), (3, True)])
def test_one_answer_says_nothing_where_one_direction_was_meant(higher: int, is_habit: bool) -> None:
    intended = ["lower"] * 30 + ["higher"] * higher
    answers = habits.of_everybody(person(["lower"] * len(intended), intended))
    assert bool(answers) == is_habit


def test_who_hears_the_few_that_are_higher_has_no_habit() -> None:
    intended = ["lower"] * 80 + ["higher"] * 3
    assert habits.of_everybody(person(intended, intended)) == {}


@pytest.mark.parametrize(
    ("rhythm", "expected"),
    [("3", ["rhythm throughout"]), ("4", ["rhythm throughout"]), ("5", []), ("34", [])],
)
def test_one_scale(rhythm: str, expected: list[str]) -> None:
    assert habits.of_everybody(person(MEANT, rhythm=rhythm)).get("a", []) == expected


def test_all_scales_at_the_top_are_a_habit() -> None:
    five = dict.fromkeys(("melody", "harmony", "naturalness"), 5)
    answers = person(MEANT, rhythm="5").assign(**five)
    assert len(habits.of_everybody(answers)["a"]) == 4


def test_people_are_counted_by_habit_and_by_who_stays() -> None:
    both = pd.concat([person(["same"] * N), person(["same"] * N, name="b", rhythm="3")])
    by_person = habits.of_everybody(both)
    assert habits.counted(by_person, ["b"]) == [
        habits.Habit("rhythm throughout", 1, 1),
        habits.Habit("same throughout", 2, 1),
    ]


@pytest.mark.parametrize("kind", ["realistic", "perfect", "random"])
def test_listeners_have_none(kind: str) -> None:
    assert habits.of_everybody(simulate({kind: 40}, seed=3)) == {}


def test_lazy_participants_have_all() -> None:
    by_person = habits.of_everybody(simulate({"lazy": 2}))
    assert [len(of_one) for of_one in by_person.values()] == [5, 5]
