"""Trials that are answered twice: how far apart, and counted once."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from survey.analyze import StudyRatings, from_file
from survey.comparisons import repeats
from survey.comparisons.repeats import Scale
from survey.designs import ratings
from survey.designs.analysis import DesignResults, analyse, tables
from survey.designs.design import Resampling
from survey.ratings.exclusion import apply_rules
from tests.survey.designs.golden import DESIGNS, FOLDER


def test_distances_by_hand() -> None:
    rows = [
        ("p", "a", "rated", 1, "x"),
        ("p", "b", "rated", 5, "y"),
        ("p", "a+again", "repeat", 2, "x"),
        ("p", "b+again", "repeat", 1, "x"),
        ("q", "a+again", "repeat", 3, "x"),  # whose first answer is not there
        ("q", "b", "rated", 3, None),
        ("q", "b+again", "repeat", 3, "x"),
    ]
    table = pd.DataFrame(rows, columns=["participant", "stimulus", "kind", "score", "word"])
    answers = repeats.with_distances(table, [Scale("score", 4), Scale("word", None)])
    known = answers["apart"].dropna()
    assert known.to_dict() == {2: pytest.approx(0.125), 3: 1.0, 6: 0.0}
    people = repeats.by_participant(answers)
    assert people.loc["p"].tolist() == [2, pytest.approx(0.5625)]
    assert people.loc["q"].tolist() == [1, 0]
    whole = repeats.consistency(answers)
    assert whole is not None and (whole.repeats, whole.participants, whole.alike) == (3, 2, 1)
    assert whole.apart == pytest.approx(0.28125)
    assert "3 trials once more: 33.3 % exactly as before" in repeats.sentences(whole)[0]
    names, excluded = apply_rules(answers, {"repeats_apart": 0.5})
    assert names == ["q"] and [one.found for one in excluded] == [pytest.approx(0.5625)]


def test_nothing_is_said_where_nothing_comes_twice() -> None:
    table = pd.DataFrame({"participant": ["p"], "kind": ["rated"]})
    assert repeats.consistency(table) is None and repeats.sentences(None) == []
    assert repeats.without(table).equals(table) and repeats.by_participant(table).empty


def study(design: str) -> StudyRatings:
    """A golden study, without what came once more in it."""
    of = from_file(FOLDER / design / "study" / "ratings.csv", None)
    return replace(of, table=repeats.without(of.table))


def results(of: StudyRatings, table: pd.DataFrame, rules: dict) -> DesignResults:
    return analyse(of.design, table, of.questions, of.counts, rules, Resampling(0, 20))


@pytest.mark.slow
@pytest.mark.parametrize("design", DESIGNS)
def test_second_answers_are_reported_and_counted_in_no_estimate(design: str) -> None:
    of = study(design)
    names = sorted(set(of.table["participant"]))
    again = of.table[of.table["participant"].isin(names[:3])].assign(
        stimulus=lambda table: table["stimulus"] + repeats.SUFFIX, kind="repeat"
    )
    question = of.questions[0]
    other = question.choices[0] if question.choices else question.least
    is_first = again["participant"] == names[0]
    again[question.name] = again[question.name].mask(is_first, other)
    both = pd.concat([of.table, again]).reset_index(drop=True)
    both = repeats.with_distances(both, ratings.scales(of.questions))
    plain, twice = results(of, of.table, {}), results(of, both, {})
    assert twice.repeated is not None and twice.repeated.participants == 3
    for name, table in tables(plain).items():
        if name != "by_participant":
            pd.testing.assert_frame_equal(table, tables(twice)[name])
    people = tables(twice)["by_participant"].set_index("participant")
    assert people.loc[names[1], "repeats_apart"] == 0 and people.loc[names[1], "repeats"] > 0
    assert people.loc[names[0], "repeats_apart"] > 0
    assert people.loc[names[5], "repeats"] == 0 and people.loc[names[5], "repeats_apart"] is None
    assert (people["trials"] == tables(plain)["by_participant"]["trials"].to_numpy()).all()
    strict = results(of, both, {"repeats_apart": 0.0})
    assert [one.participant for one in strict.flow.excluded] == [names[0]]
    (rule,) = strict.flow.exclusions
    assert rule.checked == 3 and "more than 0% of the scale apart" in rule.meaning
    assert strict.repeated == replace(strict.repeated, participants=2, apart=0.0)
