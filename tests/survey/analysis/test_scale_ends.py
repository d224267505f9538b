"""Means near an end of their scale are warned of, with few participants from further away."""

from __future__ import annotations

import pytest

from survey.analysis.scale_ends import FEW, Placed, sentences
from survey.statistics.estimate import CONSTANT, Estimate


def placed(value: float, participants: int, note: str | None = None, most: float = 5) -> Placed:
    mean = Estimate(value, value - 0.2, value + 0.2, 0.1, 10.0, 100, note)
    return Placed("rhythm", mean, participants, 1, most)


@pytest.mark.parametrize(
    ("value", "participants", "is_near"),
    [
        (3.0, 8, False),
        (4.1, FEW - 1, True),
        (4.1, FEW, False),
        (4.6, 200, True),
        (1.4, 200, True),
        (1.9, 8, True),
        (2.1, 8, False),
    ],
)
def test_how_near_is_near(value: float, participants: int, is_near: bool) -> None:
    lines = sentences([placed(value, participants)])
    assert len(lines) == is_near and all("scale: rhythm." in sentence for sentence in lines)


def test_without_an_interval_there_is_none_to_doubt() -> None:
    none = Placed("rhythm", Estimate(5.0, n=3), 8, 1, 5)
    assert sentences([none, placed(5.0, 8, CONSTANT)]) == []


def test_one_sentence_names_all() -> None:
    (sentence,) = sentences([placed(4.9, 48), placed(97, 48, most=100), placed(50, 48, most=100)])
    assert sentence.startswith("Near an end of the scale: rhythm, rhythm. ")
