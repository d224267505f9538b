"""Equivalence within a margin that was named beforehand."""

from __future__ import annotations

import numpy as np
import pytest

from survey.comparisons import equivalence, systems
from survey.comparisons.equivalence import Equivalence
from survey.designs.design import Resampling
from survey.designs.discrimination_findings import of_discrimination
from survey.designs.preference_findings import of_preferences
from survey.designs.questions import Question, QuestionError, parsed
from survey.designs.system_findings import of_systems
from survey.statistics.estimate import CONSTANT, Estimate, t_interval
from survey.statistics.families import corrected
from tests.survey.comparisons.test_mixed_model import balanced

ONCE = Resampling(0, 1)


@pytest.mark.slow
@pytest.mark.parametrize("margin", [0.2, 0.5, 1.5])
def test_as_statsmodels(margin: float) -> None:
    from statsmodels.stats.weightstats import DescrStatsW  # takes seconds

    values = np.random.default_rng(0).normal(0.2, 1, 24)
    p, _, _ = DescrStatsW(values).ttost_mean(-margin, margin)
    one = equivalence.tested("q", "a", "b", margin, t_interval(values))
    assert one.p == pytest.approx(p, rel=1e-9)
    low, high = DescrStatsW(values).tconfint_mean(alpha=0.1)
    assert (one.low, one.high) == pytest.approx((low, high))


@pytest.mark.parametrize("value", [-0.4, 0.0, 0.3])
@pytest.mark.parametrize("margin", [0.1, 0.45, 0.5, 0.7])
def test_it_is_shown_where_the_interval_lies_within_the_margin(value: float, margin: float) -> None:
    difference = Estimate(value, None, None, 0.08, 11, 96)
    tested = equivalence.tested("q", "a", "b", margin, difference)
    (one,) = corrected([tested], Equivalence)
    assert one.low is not None and one.high is not None
    assert one.is_shown == (-margin < one.low and one.high < margin)
    (sentence,) = equivalence.sentences([one])
    assert ("they are equivalent within it" in sentence) == one.is_shown
    assert ("not to say that they differ" in sentence) != one.is_shown


def test_without_a_standard_error_nothing_is_tested() -> None:
    for difference in (Estimate(None), Estimate(0.0, 0, 0, 0.0, 3, 8, CONSTANT), Estimate(0.1)):
        one = equivalence.tested("q", "a", "b", 0.5, difference)
        assert one.p is None and not one.is_shown
        assert "cannot be tested" in equivalence.sentences([one])[0]


def test_all_comparisons_are_corrected_together() -> None:
    tested = [
        equivalence.tested("q", "a", name, 0.5, Estimate(0.1, None, None, error, 11, 96))
        for name, error in (("b", 0.1), ("c", 0.2), ("d", None))
    ]
    equivalences = corrected(tested, Equivalence)
    assert equivalences[0].holm == pytest.approx(2 * tested[0].p) and equivalences[2].holm is None


def test_designs_test_it_if_the_question_names_a_margin() -> None:
    table = balanced(8, 6, 2, 0).assign(stimulus="x", position=0)
    for margin in (None, 2.0):
        question = Question(name="quality", text="?", margin=margin)
        findings = of_systems(table, [question], ONCE)
        assert ("equivalence" in findings.tables) == (margin is not None)
    (row,) = findings.tables["equivalence"].to_dict("records")
    assert (row["first"], row["second"], row["margin"]) == ("a", "b", 2.0) and row["holm"] < 0.05
    assert any("±2.00" in sentence for sentence in findings.sentences)

    pairs = table[table["system"] == "a"].assign(
        system_first="a", system_second="b", preference=np.round(table["quality"]).clip(-3, 3)
    )
    question = Question(name="preference", text="?", least=-3, most=3, margin=2.5)
    (row,) = of_preferences(pairs, [question], ONCE).tables["equivalence"].to_dict("records")
    assert (row["first"], row["second"]) == ("b", "a") and row["holm"] < 0.05

    heard = pairs.assign(
        system_third=np.where(pairs.index % 4 < 2, "a", "b"),
        same_as=np.where(np.random.default_rng(0).random(len(pairs)) < 0.5, "A", "B"),
    )
    question = Question(name="same_as", kind="choice", text="?", choices=("A", "B"), margin=0.3)
    findings = of_discrimination(heard, [question], ONCE)
    (row,) = findings.tables["equivalence"].to_dict("records")
    (share,) = findings.tables["discrimination"].to_dict("records")
    assert row["value"] == pytest.approx(share["value"] - 0.5) and row["margin"] == 0.3


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ({"name": "q", "text": "?", "margin": 0}, "a number above 0"),
        ({"name": "q", "text": "?", "margin": 4}, "is not below 4"),
        ({"name": "q", "text": "?", "margin": "NaN"}, "a number above 0"),
        ({"name": "q", "text": "?", "kind": "text", "margin": 1}, "choices of two"),
        ({"name": "q", "text": "?", "kind": "choice", "choices": ["a", "b", "c"], "margin": 0.1},
         "choices of two"),
        ({"name": "q", "text": "?", "kind": "choice", "choices": ["a", "b"], "margin": 0.5},
         "is not below 0.5"),
    ],
)  # fmt: skip
def test_margins_that_cannot_be(question: dict[str, object], words: str) -> None:
    with pytest.raises(QuestionError, match=words):
        parsed([question])


@pytest.mark.slow
def test_who_differs_by_the_margin_is_seldom_called_equivalent() -> None:
    question = Question(name="quality", text="?", margin=1 / 3)  # the systems' true difference
    count = 0
    for seed in range(100):
        table = balanced(10, 10, 2, seed)
        (difference,) = systems.differences(table, ["quality"])
        one = equivalence.tested("quality", "a", "b", question.margin, difference.difference)
        count += one.p < 0.05
    assert count <= 11
