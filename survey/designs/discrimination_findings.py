"""What a design finds that asks which of two systems came again: who is told apart, and habits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from survey.analysis.number_format import (
    counted,
    interval,
    percent,
)
from survey.analysis.tables import as_table, of_estimate
from survey.comparisons import (
    equivalence,
    headphone_groups,
    trial_order,
)
from survey.comparisons.anchors import are_tested
from survey.comparisons.equivalence import Equivalence
from survey.comparisons.preferences import COLUMNS
from survey.comparisons.trial_order import POSITION
from survey.designs import finding_rows, missing
from survey.designs.design import Chart, Findings, Resampling
from survey.designs.finding_parts import (
    after_holm,
    by_question,
    headphone_differences,
    is_clear,
    known_trends,
    trend_sentences,
)
from survey.designs.questions import Question
from survey.statistics import twoway
from survey.statistics.crossed_design import crossed
from survey.statistics.estimate import CONSTANT, Estimate
from survey.statistics.families import corrected

LAST = "system_third"  # the column of what is heard once more
CHANCE = 0.5


def of_discrimination(
    table: pd.DataFrame, questions: Sequence[Question], resampling: Resampling
) -> Findings:
    """How often people knew which of two systems came again; chance is one half."""
    first, second, third = (table[name] for name in ("system_first", "system_second", LAST))
    pair = [" / ".join(sorted(names)) for names in zip(first, second, strict=True)]
    heard = [*COLUMNS, LAST]
    discrimination, habits, changes, by_pair = {}, {}, [], {}
    margins = {question.name: question.margin for question in questions}
    for question in questions:
        if question.kind != "choice" or len(question.choices) != 2:
            continue
        replies = table[question.name]
        system = first.where(replies == question.choices[0], second)
        right = (system == third).astype(float).where(replies.notna())
        discrimination[question.name] = [
            _told_apart(table, right, pair, name) for name in sorted(set(pair))
        ]
        by_pair[question.name] = {
            name: right.where(pd.Series(pair, index=right.index) == name).to_numpy()
            for name in sorted(set(pair))
        }
        habits[question.name] = _FirstChoice.of(table, replies, question.choices[0])
        changes.append(trial_order.trend(table, right.to_numpy(), question.name, POSITION, heard))
    discrimination, habits = corrected(discrimination, _ToldApart), corrected(habits, _FirstChoice)
    trends = known_trends(changes)
    alike = [
        equivalence.tested(name, *_ends(one.pair), margin, _less(one.mean, CHANCE))
        for name, of_question in discrimination.items()
        for one in of_question
        if (margin := margins[name]) is not None and are_tested(*_ends(one.pair))
    ]
    alike = corrected(alike, Equivalence)
    groups = headphone_differences(table, by_pair)
    every = [one for of_question in discrimination.values() for one in of_question]
    sentences = [
        f"{one.pair}: {one.right} of {counted(one.share.n, 'answer')} "
        f"{'is' if one.right == 1 else 'are'} right, {percent(one.share.value)}, where 50 % is "
        f"chance; {interval(one.share, percent)}{after_holm(one.holm)}."
        for one in every
    ]
    sentences += [
        *(one.sentence for one in habits.values()),
        *equivalence.sentences(alike),
        *headphone_groups.sentences(groups),
        *trend_sentences(trends, dict.fromkeys(discrimination, "the share of right answers")),
        *missing.sentences(table, questions),
    ]
    tables = {
        "discrimination": as_table("discrimination", by_question(discrimination, _discrimination)),
        **finding_rows.equivalences(alike),
        "order": as_table(
            "order", by_question({name: [one] for name, one in habits.items()}, _habit)
        ),
        **finding_rows.trends(trends),
        **finding_rows.headphone_groups(groups),
        **finding_rows.counts(table, questions, heard),
        "missing": as_table("missing", missing.rows(table, questions, heard)),
    }
    means = {one.pair: one.share for one in every}
    chart = Chart("discrimination", means, 0, 1, "share of right answers")
    return Findings(tables, sentences, [chart])


@dataclass(frozen=True)
class _ToldApart:
    """Answers about one pair: how many are right, their share, and their mean with its error; p
    that it is chance's."""

    pair: str
    right: int
    share: Estimate
    mean: Estimate
    p: float | None
    holm: float | None = None


@dataclass(frozen=True)
class _FirstChoice:
    """How often the first choice is made, whatever is right; p that it is one half."""

    choice: str
    estimate: Estimate
    p: float | None
    holm: float | None = None

    @classmethod
    def of(cls, table: pd.DataFrame, replies: pd.Series, choice: str) -> _FirstChoice:
        is_first = (replies == choice).astype(float).where(replies.notna())
        answers = crossed(table, is_first)
        estimate = twoway.mean(answers)
        if estimate.note == CONSTANT:
            estimate = twoway.share(answers)  # which has ends where all answers are alike
        return cls(choice, estimate, twoway.against(answers, CHANCE))

    @property
    def sentence(self) -> str:
        """How often, and whether that is a habit."""
        ends = f"{percent(self.estimate.value)} of the answers are “{self.choice}”, "
        ends += f"{interval(self.estimate, percent)}{after_holm(self.holm)}"
        if is_clear(self.holm):
            return f"{ends}: not one half, which it would be without a habit."
        return f"{ends}; that this is a habit cannot be told, without which it is one half."


def _less(estimate: Estimate, value: float) -> Estimate:
    """An estimate less a known value."""
    known = None if estimate.value is None else estimate.value - value
    return replace(estimate, value=known, low=None, high=None)


def _ends(pair: str) -> tuple[str, str]:
    """The two systems of a pair."""
    names = pair.split(" / ")
    return names[0], names[-1]


def _told_apart(
    table: pd.DataFrame, right: pd.Series, pairs: Sequence[str], name: str
) -> _ToldApart:
    of_pair = right.where(pd.Series(pairs, index=right.index) == name)
    answers = crossed(table, of_pair)
    mean = twoway.mean(answers)
    share = twoway.share(answers)
    p = twoway.against(answers, CHANCE) if are_tested(*_ends(name)) else None
    return _ToldApart(name, int(answers.values.sum()), share, mean, p)


def _discrimination(one: _ToldApart) -> dict[str, object]:
    return {
        "pair": one.pair,
        "right": one.right,
        "n": one.share.n,
        **of_estimate(one.share),
        "p": one.p,
        "holm": one.holm,
    }


def _habit(one: _FirstChoice) -> dict[str, object]:
    keys = {"answer": one.choice, "n": one.estimate.n}
    return {**keys, **of_estimate(one.estimate), "p": one.p, "holm": one.holm}
