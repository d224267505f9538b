"""What designs find: tables and sentences of systems' means, or of preferences between them.

p values are Holm's, over all tests of a kind: all pairs of systems, and all questions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import pandas as pd

from survey.analysis.number_format import (
    between,
    counted,
    interval,
    number,
    percent,
    probability,
)
from survey.analysis.tables import as_table, of_estimate
from survey.comparisons import (
    equivalence,
    headphone_groups,
    mixed_model,
    preferences,
    systems,
    trial_order,
)
from survey.comparisons.anchors import are_tested
from survey.comparisons.equivalence import Equivalence
from survey.comparisons.headphone_groups import GroupDifference
from survey.comparisons.preferences import COLUMNS
from survey.comparisons.trial_order import PLACE, POSITION, Trend
from survey.designs import finding_rows, missing
from survey.designs.design import Chart, Findings, Resampling
from survey.designs.questions import Question
from survey.statistics import twoway
from survey.statistics.crossed_design import crossed
from survey.statistics.estimate import CONSTANT, LEVEL, NONE, Estimate, two_sided
from survey.statistics.families import corrected

LAST = "system_third"  # the column of what is heard once more
CHANCE = 0.5


def of_systems(
    table: pd.DataFrame, questions: Sequence[Question], resampling: Resampling
) -> Findings:
    """Means of every system and paired differences, of all questions that have numbers."""
    asked = {question.name: question for question in questions if question.is_number}
    means = systems.means(table, list(asked))
    differences = systems.differences(table, list(asked))
    sentences = [
        f"{_titled(one.question)} of {one.system}: {number(one.mean.value)} from "
        f"{asked[one.question].least} to {asked[one.question].most}, "
        f"{interval(one.mean, number)}.{_past(one.mean, asked[one.question])}"
        for one in means
    ]
    sentences += [
        f"{_titled(one.question)} of {one.first} less that of {one.second}: "
        f"{number(one.difference.value)} points, {interval(one.difference, number)}"
        f"{_corrected(one.holm)}."
        for one in differences
        if one.difference.value is not None
    ]
    models = [mixed_model.of_question(table, name, differences) for name in asked]
    alike = [
        equivalence.tested(one.question, one.first, one.second, margin, one.difference)
        for one in differences
        if (margin := asked[one.question].margin) is not None and are_tested(one.first, one.second)
    ]
    alike = corrected(alike, Equivalence)
    trends = _told(
        trial_order.trend(table, preferences.numbers(table, name), name, by, ["system"])
        for name in asked
        for by in (POSITION, PLACE)
    )
    by_system = {
        name: {
            system: np.where(table["system"] == system, preferences.numbers(table, name), np.nan)
            for system in sorted(set(table["system"]))
        }
        for name in asked
    }
    groups = _groups(table, by_system)
    sentences += [
        *equivalence.sentences(alike),
        *headphone_groups.sentences(groups),
        *_model_sentences(models, asked),
        *_trend_sentences(trends, {name: name.replace("_", " ") for name in asked}),
        *missing.sentences(table, questions),
    ]
    charts = [
        Chart(
            f"means_{name}",
            {one.system: one.mean for one in means if one.question == name},
            question.least,
            question.most,
            f"mean of {name}",
        )
        for name, question in asked.items()
    ]
    return Findings(
        {
            "means": as_table("means", map(finding_rows.of_mean, means)),
            "differences": as_table("differences", map(finding_rows.of_difference, differences)),
            **finding_rows.equivalences(alike),
            "mixed_model": as_table("mixed_model", finding_rows.of_models(models)),
            **finding_rows.trends(trends),
            **finding_rows.headphone_groups(groups),
            **finding_rows.counts(table, questions, ["system"]),
            "missing": as_table("missing", missing.rows(table, questions, ["system"])),
        },
        sentences,
        charts,
    )


def of_preferences(
    table: pd.DataFrame, questions: Sequence[Question], resampling: Resampling
) -> Findings:
    """Preferences between systems, their strengths, and what the order did."""
    asked = {question.name: question for question in questions if question.is_number}
    centred = {
        name: table.assign(**{name: preferences.numbers(table, name) - question.middle})
        for name, question in asked.items()
    }
    compared = corrected(
        {name: preferences.preferences(of, name) for name, of in centred.items()},
        preferences.Preference,
    )
    orders = corrected(
        {name: _Order.of(preferences.order_effect(of, name)) for name, of in centred.items()},
        _Order,
    )
    strengths = {
        name: preferences.strengths(of, name, resampling.draws, resampling.seed)
        for name, of in centred.items()
    }
    sentences, charts = [], []
    for name, question in asked.items():
        sentences += [_preferred(question, one) for one in compared[name]]
        sentences += [_ordered(orders[name]), *_strengths(strengths[name])]
        charts.append(
            Chart(
                f"preferences_{name}",
                {f"{one.second} over {one.first}": one.strength for one in compared[name]},
                question.least - question.middle,
                question.most - question.middle,
                f"mean preference ({name})",
            )
        )
    alike = [
        equivalence.tested(name, one.second, one.first, margin, one.strength)
        for name, question in asked.items()
        for one in compared[name]
        if (margin := question.margin) is not None and are_tested(one.first, one.second)
    ]
    alike = corrected(alike, Equivalence)
    trends = _told(
        trial_order.trend(of, abs(preferences.numbers(of, name)), name, POSITION, COLUMNS)
        for name, of in centred.items()
    )
    groups = _groups(table, {name: preferences.by_pair(of, name) for name, of in centred.items()})
    sentences += [
        *equivalence.sentences(alike),
        *headphone_groups.sentences(groups),
        *_trend_sentences(trends, {name: f"the size of preferences ({name})" for name in asked}),
        *missing.sentences(table, questions),
    ]
    rows = {
        "preferences": _by_question(compared, finding_rows.of_preference),
        "strengths": _by_question(strengths, finding_rows.of_strength),
        "order": _by_question({name: [order] for name, order in orders.items()}, _order),
    }
    made = {name: as_table(name, of_table) for name, of_table in rows.items()}
    made |= {**finding_rows.equivalences(alike), **finding_rows.trends(trends)}
    made |= finding_rows.headphone_groups(groups)
    made |= finding_rows.counts(table, questions, list(COLUMNS))
    made["missing"] = as_table("missing", missing.rows(table, questions, COLUMNS))
    return Findings(made, sentences, charts)


def of_discrimination(
    table: pd.DataFrame, questions: Sequence[Question], resampling: Resampling
) -> Findings:
    """How often people knew which of two systems came again; chance is one half."""
    first, second, third = (table[name] for name in ("system_first", "system_second", LAST))
    pair = [" / ".join(sorted(names)) for names in zip(first, second, strict=True)]
    heard = [*COLUMNS, LAST]
    told, habits, changes, by_pair = {}, {}, [], {}
    margins = {question.name: question.margin for question in questions}
    for question in questions:
        if question.kind != "choice" or len(question.choices) != 2:
            continue
        said = table[question.name]
        named = first.where(said == question.choices[0], second)
        right = (named == third).astype(float).where(said.notna())
        told[question.name] = [_told_apart(table, right, pair, name) for name in sorted(set(pair))]
        by_pair[question.name] = {
            name: right.where(pd.Series(pair, index=right.index) == name).to_numpy()
            for name in sorted(set(pair))
        }
        habits[question.name] = _Habit.of(table, said, question.choices[0])
        changes.append(trial_order.trend(table, right.to_numpy(), question.name, POSITION, heard))
    told, habits = corrected(told, _ToldApart), corrected(habits, _Habit)
    trends = _told(changes)
    alike = [
        equivalence.tested(name, *_ends(one.pair), margin, _less(one.mean, CHANCE))
        for name, of_question in told.items()
        for one in of_question
        if (margin := margins[name]) is not None and are_tested(*_ends(one.pair))
    ]
    alike = corrected(alike, Equivalence)
    groups = _groups(table, by_pair)
    every = [one for of_question in told.values() for one in of_question]
    sentences = [
        f"{one.pair}: {one.right} of {counted(one.share.n, 'answer')} "
        f"{'is' if one.right == 1 else 'are'} right, {percent(one.share.value)}, where 50 % is "
        f"chance; {interval(one.share, percent)}{_corrected(one.holm)}."
        for one in every
    ]
    sentences += [
        *(one.sentence for one in habits.values()),
        *equivalence.sentences(alike),
        *headphone_groups.sentences(groups),
        *_trend_sentences(trends, dict.fromkeys(told, "the share of right answers")),
        *missing.sentences(table, questions),
    ]
    tables = {
        "discrimination": as_table("discrimination", _by_question(told, _discrimination)),
        **finding_rows.equivalences(alike),
        "order": as_table(
            "order", _by_question({name: [one] for name, one in habits.items()}, _habit)
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
class _Order:
    """How much the clip heard second is preferred; p that it is not."""

    estimate: Estimate
    p: float | None
    holm: float | None = None

    @classmethod
    def of(cls, estimate: Estimate) -> _Order:
        return cls(estimate, two_sided(estimate, 0))


@dataclass(frozen=True)
class _Habit:
    """How often the first choice is made, whatever is right; p that it is one half."""

    choice: str
    estimate: Estimate
    p: float | None
    holm: float | None = None

    @classmethod
    def of(cls, table: pd.DataFrame, said: pd.Series, choice: str) -> _Habit:
        is_first = (said == choice).astype(float).where(said.notna())
        estimate = twoway.mean(crossed(table, is_first))
        return cls(choice, estimate, two_sided(estimate, CHANCE))

    @property
    def sentence(self) -> str:
        """How often, and whether that is a habit."""
        ends = f"{percent(self.estimate.value)} of the answers are “{self.choice}”, "
        ends += f"{interval(self.estimate, percent)}{_corrected(self.holm)}"
        if _is_clear(self.holm):
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
    p = two_sided(mean, CHANCE) if are_tested(*_ends(name)) else None
    return _ToldApart(name, int(answers.values.sum()), share, mean, p)


def _preferred(question: Question, one: preferences.Preference) -> str:
    """Which of two systems is preferred, or that none can be told to be; the one ahead first."""
    ahead, answers = (one.second, one.first), (one.for_second, one.for_first)
    strength = one.strength
    if (strength.value or 0) < 0:
        ahead, answers, strength = ahead[::-1], answers[::-1], _turned(strength)
    most = number(question.most - question.middle, 1).removesuffix(".0")
    ends = (
        f"{number(strength.value)} on average, {most} being most, "
        f"{interval(strength, number)}{_corrected(one.holm)}; "
        f"{counted(answers[0], 'answer')} for {ahead[0]}, {one.neither} for neither, "
        f"{answers[1]} for {ahead[1]}."
    )
    if not are_tested(*ahead):
        anchored = f"{ahead[0]} is ahead of {ahead[1]}, one of which is an anchor, by {ends}"
        return f"{_titled(question.name)}: {anchored}"
    if _is_clear(one.holm):
        return f"{_titled(question.name)}: {ahead[0]} is preferred to {ahead[1]} by {ends}"
    return (
        f"{_titled(question.name)}: that people prefer {ahead[0]} to {ahead[1]}, or the other way, "
        f"cannot be told. {ahead[0]} is ahead by {ends}"
    )


def _ordered(order: _Order) -> str:
    """Whether the clip heard first or second is preferred, whichever it is."""
    estimate, words = order.estimate, ("second", "first")
    if (estimate.value or 0) < 0:
        estimate, words = _turned(estimate), words[::-1]
    ends = (
        f"{number(estimate.value)} on average, {interval(estimate, number)}"
        f"{_corrected(order.holm)}."
    )
    if _is_clear(order.holm):
        return f"Whichever it was, the clip heard {words[0]} was preferred by {ends}"
    return (
        "That people prefer the clip heard first, or second, whichever it is, cannot be told: the "
        f"{words[0]} is ahead by {ends}"
    )


def _strengths(strengths: Sequence[preferences.Strength]) -> list[str]:
    """Bradley and Terry's strengths, the greatest first, and what they are."""
    known = [one for one in strengths if one.strength.value is not None]
    if not known:
        return [f"Bradley and Terry’s model: {strengths[0].strength.note}."] if strengths else []
    ordered = sorted(known, key=lambda one: -(one.strength.value or 0))
    listed = "; ".join(
        f"{one.system} {number(one.strength.value)}"
        + ("" if one.strength.low is None else f" ({between(one.strength, number)})")
        for one in ordered
    )
    between_ends = ", with 95 % intervals" if known[0].strength.low is not None else ""
    return [
        f"Strengths after Bradley and Terry{between_ends}: {listed}. They are logarithms "
        "with mean 0: of two systems whose strengths differ by 1, the stronger is preferred 2.7 "
        "times as often as the other."
    ]


def _turned(estimate: Estimate) -> Estimate:
    """The same of the opposite."""
    value, low, high = (
        None if end is None else -end for end in (estimate.value, estimate.high, estimate.low)
    )
    return replace(estimate, value=value, low=low, high=high)


def _is_clear(p: float | None) -> bool:
    return p is not None and p < 1 - LEVEL


def _past(mean: Estimate, question: Question) -> str:
    """That an interval reaches past the scale."""
    if mean.low is None or mean.high is None or mean.note == CONSTANT:
        return ""
    if mean.low >= question.least and mean.high <= question.most:
        return ""
    return " The interval reaches past the scale; it is not clipped."


def _order(one: _Order) -> dict[str, object]:
    return {
        "n": one.estimate.n,
        **of_estimate(one.estimate),
        "p": one.p,
        "holm": one.holm,
    }


def _discrimination(one: _ToldApart) -> dict[str, object]:
    return {
        "pair": one.pair,
        "right": one.right,
        "n": one.share.n,
        **of_estimate(one.share),
        "p": one.p,
        "holm": one.holm,
    }


def _habit(one: _Habit) -> dict[str, object]:
    named = {"answer": one.choice, "n": one.estimate.n}
    return {**named, **of_estimate(one.estimate), "p": one.p, "holm": one.holm}


def _groups(
    table: pd.DataFrame, values: Mapping[str, Mapping[str, np.ndarray]]
) -> list[GroupDifference]:
    """By question: who passed the headphone check and who did not, corrected together."""
    found = [
        one
        for name, of_question in values.items()
        for one in headphone_groups.compared(table, name, of_question)
    ]
    return corrected(found, GroupDifference)


def _told(trends: Iterable[Trend | None]) -> list[Trend]:
    """Those that the table tells of, corrected together."""
    return corrected([one for one in trends if one is not None], Trend)


def _trend_sentences(found: Sequence[Trend], names: Mapping[str, str]) -> list[str]:
    """What the order of trials, or of clips on a page, did to what is called so by question."""
    said = []
    for one in found:
        name, order = names[one.question], trial_order.FROM[one.by]
        if one.change.value is None:
            continue
        within = f"within participants and what was heard, {interval(one.change, number)}"
        ends = f"{number(one.change.value)}, {within}{_corrected(one.holm)}."
        if _is_clear(one.holm):
            said.append(f"{name[0].upper()}{name[1:]} changes {order} by {ends}")
        else:
            said.append(f"Whether {name} changes {order} cannot be told: the change is {ends}")
    return said


def _model_sentences(
    models: Sequence[mixed_model.Model], asked: Mapping[str, Question]
) -> list[str]:
    """How far the mixed model says the same as the two-way intervals."""
    said = []
    for model in models:
        name = f"mixed model of {model.question.replace('_', ' ')}"
        if model.variances is None:
            note = (model.note or "").removeprefix(NONE)
            said.append(f"There is no {name}: {note}.")
            continue
        pairs = [
            (one.model, one.twoway)
            for one in model.differences
            if one.model.value is not None and one.twoway.value is not None
        ]
        ratios = [ours.error / two.error for ours, two in pairs if ours.error and two.error]
        if not ratios:
            continue
        apart = max(abs(ours.value - two.value) for ours, two in pairs)  # type: ignore[operator]
        said.append(
            f"A linear {name}, with participants and pieces, and both by system, as random terms, "
            f"gives differences up to {number(apart)} points from these, with standard errors "
            f"{number(min(ratios))} to {number(max(ratios))} times as large."
        )
        if asked[model.question].kind == "scale":
            said.append(
                "It takes the steps of the scale for equal, as means do; an ordinal model with "
                "such terms is not among what this software computes."
            )
    return said


Found = TypeVar("Found")


def _by_question(
    found: Mapping[str, Sequence[Found]], row: Callable[[Found], dict[str, object]]
) -> list[dict[str, object]]:
    return [{"question": name, **row(one)} for name, of in found.items() for one in of]


def _corrected(holm: float | None) -> str:
    return "" if holm is None else f", {probability(holm)} by Holm's correction"


def _titled(name: str) -> str:
    return name.replace("_", " ").capitalize()
