"""What designs find: tables and sentences of systems' means, or of preferences between them.

p values are Holm's, over all tests of a kind: all pairs of systems, and all questions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

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
from survey.designs import preferences, systems
from survey.designs.design import Chart, Findings, Resampling
from survey.designs.preferences import COLUMNS
from survey.designs.questions import Question
from survey.statistics import twoway
from survey.statistics.crossed_design import crossed
from survey.statistics.estimate import CONSTANT, LEVEL, Estimate, two_sided
from survey.statistics.families import corrected

NAIVE = ("low", "high")
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
            "means": as_table("means", map(_mean, means)),
            "differences": as_table("differences", map(_difference, differences)),
            **_counts(table, questions, ["system"]),
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
    rows = {
        "preferences": _by_question(compared, _preference),
        "strengths": _by_question(strengths, _strength),
        "order": _by_question({name: [order] for name, order in orders.items()}, _order),
    }
    made = {name: as_table(name, of_table) for name, of_table in rows.items()}
    return Findings(made | _counts(table, questions, list(COLUMNS)), sentences, charts)


def of_discrimination(
    table: pd.DataFrame, questions: Sequence[Question], resampling: Resampling
) -> Findings:
    """How often people knew which of two systems came again; chance is one half."""
    first, second, third = (table[name] for name in ("system_first", "system_second", LAST))
    pair = [" / ".join(sorted(names)) for names in zip(first, second, strict=True)]
    told = {}
    for question in questions:
        if question.kind != "choice" or len(question.choices) != 2:
            continue
        said = table[question.name]
        named = first.where(said == question.choices[0], second)
        right = (named == third).astype(float).where(said.notna())
        told[question.name] = [_told_apart(table, right, pair, name) for name in sorted(set(pair))]
    told = corrected(told, _ToldApart)
    every = [one for of_question in told.values() for one in of_question]
    sentences = [
        f"{one.pair}: {one.right} of {counted(one.share.n, 'answer')} "
        f"{'is' if one.right == 1 else 'are'} right, {percent(one.share.value)}, where 50 % is "
        f"chance; {interval(one.share, percent)}{_corrected(one.holm)}."
        for one in every
    ]
    rows = _by_question(told, _discrimination)
    tables = {"discrimination": as_table("discrimination", rows)}
    means = {one.pair: one.share for one in every}
    chart = Chart("discrimination", means, 0, 1, "share of right answers")
    return Findings(tables | _counts(table, questions, [*COLUMNS, LAST]), sentences, [chart])


@dataclass(frozen=True)
class _ToldApart:
    """Answers about one pair: how many are right, and their share; p that it is chance's."""

    pair: str
    right: int
    share: Estimate
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


def _told_apart(
    table: pd.DataFrame, right: pd.Series, pairs: Sequence[str], name: str
) -> _ToldApart:
    of_pair = right.where(pd.Series(pairs, index=right.index) == name)
    answers = crossed(table, of_pair)
    p = two_sided(twoway.mean(answers), CHANCE)
    return _ToldApart(name, int(answers.values.sum()), twoway.share(answers), p)


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


def _counts(
    table: pd.DataFrame, questions: Sequence[Question], by: list[str]
) -> dict[str, pd.DataFrame]:
    """How often everything but free text was said, by systems; none if there is only text."""
    found: list[dict[str, object]] = []
    for question in questions:
        if question.kind in ("scale", "choice"):
            said = table[table[question.name].notna()]
            counts = said.groupby([*by, question.name], observed=True).size()
            for keys, count in counts.items():
                row = dict(zip([*by, "reply"], keys, strict=True))
                found.append({"question": question.name, **row, "count": int(count)})
    return {"counts": as_table("counts", found)} if found else {}


def _mean(one: systems.SystemMean) -> dict[str, object]:
    return {
        "question": one.question,
        "system": one.system,
        "n": one.mean.n,
        **of_estimate(one.mean),
        **_naive(one.naive),
        "median": one.median,
        "people": one.participants,
        "pieces": one.pieces,
        "missing": one.missing,
    }


def _naive(estimate: Estimate) -> dict[str, object]:
    return {f"naive_{end}": getattr(estimate, end) for end in NAIVE}


def _difference(one: systems.Difference) -> dict[str, object]:
    return {
        "question": one.question,
        "first": one.first,
        "second": one.second,
        "n": one.difference.n,
        **of_estimate(one.difference),
        "p": one.p,
        "holm": one.holm,
    }


def _preference(one: preferences.Preference) -> dict[str, object]:
    return {
        "first": one.first,
        "second": one.second,
        "for_first": one.for_first,
        "neither": one.neither,
        "for_second": one.for_second,
        **of_estimate(one.strength),
        **_naive(one.naive),
        "p": one.p,
        "holm": one.holm,
        "share_for_second": one.share.value,
        "share_low": one.share.low,
        "share_high": one.share.high,
    }


def _strength(one: preferences.Strength) -> dict[str, object]:
    return {
        "system": one.system,
        **of_estimate(one.strength),
        "bootstrap_low": one.bootstrap.low,
        "bootstrap_high": one.bootstrap.high,
        "draws": one.bootstrap.draws,
    }


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


Found = TypeVar("Found")


def _by_question(
    found: Mapping[str, Sequence[Found]], row: Callable[[Found], dict[str, object]]
) -> list[dict[str, object]]:
    return [{"question": name, **row(one)} for name, of in found.items() for one in of]


def _corrected(holm: float | None) -> str:
    return "" if holm is None else f", {probability(holm)} by Holm's correction"


def _titled(name: str) -> str:
    return name.replace("_", " ").capitalize()
