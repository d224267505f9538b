"""What designs find: tables and sentences of systems' means, or of preferences between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from survey.analysis.number_format import interval, number, percent, probability
from survey.analysis.tables import as_table, of_estimate
from survey.designs import preferences, systems
from survey.designs.design import Chart, Findings, Resampling
from survey.designs.preferences import COLUMNS
from survey.designs.questions import Question
from survey.statistics import twoway
from survey.statistics.chance_tests import holm
from survey.statistics.crossed_design import crossed
from survey.statistics.estimate import Estimate, two_sided

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
        f"{interval(one.mean, number)}."
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
    asked = [question for question in questions if question.is_number]
    rows: dict[str, list[dict[str, object]]] = {"preferences": [], "strengths": [], "order": []}
    sentences, charts = [], []
    for question in asked:
        values = preferences.numbers(table, question.name) - question.middle
        centred = table.assign(**{question.name: values})
        name = {"question": question.name}
        compared = preferences.preferences(centred, question.name)
        rows["preferences"] += [name | _preference(one) for one in compared]
        strengths = preferences.strengths(centred, question.name, resampling.draws, resampling.seed)
        rows["strengths"] += [name | _strength(one) for one in strengths]
        order = preferences.order_effect(centred, question.name)
        p = two_sided(order, 0)
        rows["order"].append(name | {"n": order.n, **of_estimate(order), "p": p})
        sentences += [
            f"{_titled(question.name)}: {one.second} is preferred to {one.first} by "
            f"{number(one.strength.value)} on average, on a scale from "
            f"{number(question.least - question.middle, 1)} to "
            f"{number(question.most - question.middle, 1)}, {interval(one.strength, number)}"
            f"{_corrected(one.holm)}; {one.for_second} answers for {one.second}, {one.neither} for "
            f"neither, {one.for_first} for {one.first}."
            for one in compared
        ]
        sentences.append(
            f"Whichever it was, the clip heard second was preferred by {number(order.value)} on "
            f"average, {interval(order, number)}, {probability(p)}."
        )
        charts.append(
            Chart(
                f"preferences_{question.name}",
                {f"{one.second} over {one.first}": one.strength for one in compared},
                question.least - question.middle,
                question.most - question.middle,
                f"mean preference ({question.name})",
            )
        )
    made = {name: as_table(name, of_table) for name, of_table in rows.items()}
    return Findings(made | _counts(table, questions, list(COLUMNS)), sentences, charts)


def of_discrimination(
    table: pd.DataFrame, questions: Sequence[Question], resampling: Resampling
) -> Findings:
    """How often people knew which of two systems came again; chance is one half."""
    rows, sentences = [], []
    means: dict[str, Estimate] = {}
    first, second, third = (table[name] for name in ("system_first", "system_second", LAST))
    pair = [" / ".join(sorted(names)) for names in zip(first, second, strict=True)]
    for question in questions:
        if question.kind != "choice" or len(question.choices) != 2:
            continue
        said = table[question.name]
        named = first.where(said == question.choices[0], second)
        right = (named == third).astype(float).where(said.notna())
        tested = [(name, _told_apart(table, right, pair, name)) for name in sorted(set(pair))]
        p_values = [two_sided(one.mean, CHANCE) for _, one in tested]
        known = iter(holm([p for p in p_values if p is not None]))
        for (name, one), p in zip(tested, p_values, strict=True):
            corrected = None if p is None else next(known)
            rows.append(
                {
                    "question": question.name,
                    "pair": name,
                    "right": one.right,
                    "n": one.share.n,
                    **of_estimate(one.share),
                    "p": p,
                    "holm": corrected,
                }
            )
            sentences.append(
                f"{name}: {one.right} of {one.share.n} answers are right, "
                f"{percent(one.share.value)}, where 50 % is chance; "
                f"{interval(one.share, percent)}{_corrected(corrected)}."
            )
            means[name] = one.share
    tables = {"discrimination": as_table("discrimination", rows)}
    chart = Chart("discrimination", means, 0, 1, "share of right answers")
    return Findings(tables | _counts(table, questions, [*COLUMNS, LAST]), sentences, [chart])


class _ToldApart(NamedTuple):
    """Answers about one pair: how many are right, their share, and their mean with its error."""

    right: int
    share: Estimate
    mean: Estimate


def _told_apart(
    table: pd.DataFrame, right: pd.Series, pairs: Sequence[str], name: str
) -> _ToldApart:
    of_pair = right.where(pd.Series(pairs, index=right.index) == name)
    answers = crossed(table, of_pair)
    return _ToldApart(int(answers.values.sum()), twoway.share(answers), twoway.mean(answers))


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


def _corrected(holm: float | None) -> str:
    return "" if holm is None else f", {probability(holm)} by Holm's correction"


def _titled(name: str) -> str:
    return name.replace("_", " ").capitalize()
