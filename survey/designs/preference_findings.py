"""What designs find of preferences between systems: tables and sentences.

p values are Holm's, over all tests of a kind: all pairs of systems, and all questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from survey.analysis.number_format import between, counted, interval, number, percent
from survey.analysis.tables import as_table, of_estimate
from survey.comparisons import (
    equivalence,
    headphone_groups,
    mixed_model,
    preference_model,
    preferences,
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
    titled,
    trend_sentences,
)
from survey.designs.questions import Question
from survey.statistics.estimate import CONSTANT, Estimate
from survey.statistics.families import corrected


def of_preferences(
    table: pd.DataFrame, questions: Sequence[Question], resampling: Resampling
) -> Findings:
    """Preferences between systems, their strengths, and what the order did."""
    numeric_questions = {question.name: question for question in questions if question.is_number}
    centred = {
        name: table.assign(**{name: preferences.numbers(table, name) - question.middle})
        for name, question in numeric_questions.items()
    }
    compared = corrected(
        {name: preferences.preferences(of, name) for name, of in centred.items()},
        preferences.Preference,
    )
    orders = corrected(
        {name: preferences.order_effect(of, name) for name, of in centred.items()},
        preferences.Order,
    )
    strengths = {
        name: preferences.strengths(of, name, resampling.draws, resampling.seed)
        for name, of in centred.items()
    }
    sentences, charts = [], []
    for name, question in numeric_questions.items():
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
        for name, question in numeric_questions.items()
        for one in compared[name]
        if (margin := question.margin) is not None and are_tested(one.first, one.second)
    ]
    alike = corrected(alike, Equivalence)
    trends = known_trends(
        trial_order.trend(of, abs(preferences.numbers(of, name)), name, POSITION, COLUMNS)
        for name, of in centred.items()
    )
    models = [
        preference_model.of_question(of, name, compared[name]) for name, of in centred.items()
    ]
    groups = headphone_differences(
        table, {name: preferences.by_pair(of, name) for name, of in centred.items()}
    )
    sentences += [
        *equivalence.sentences(alike),
        *headphone_groups.sentences(groups),
        *mixed_model.sentences(models),
        *trend_sentences(
            trends, {name: f"the size of preferences ({name})" for name in numeric_questions}
        ),
        *missing.sentences(table, questions),
    ]
    rows = {
        "preferences": by_question(compared, finding_rows.of_preference),
        "strengths": by_question(strengths, finding_rows.of_strength),
        "order": by_question({name: [order] for name, order in orders.items()}, _order),
    }
    tables = {name: as_table(name, of_table) for name, of_table in rows.items()}
    tables |= finding_rows.equivalences(alike)
    tables["mixed_model"] = as_table("mixed_model", finding_rows.of_models(models))
    tables |= finding_rows.trends(trends)
    tables |= finding_rows.headphone_groups(groups)
    tables |= finding_rows.counts(table, questions, list(COLUMNS))
    tables["missing"] = as_table("missing", missing.rows(table, questions, COLUMNS))
    return Findings(tables, sentences, charts)


def _preferred(question: Question, one: preferences.Preference) -> str:
    """Which of two systems is preferred, or that none can be told to be; the one ahead first."""
    ahead, answers = (one.second, one.first), (one.for_second, one.for_first)
    strength, share = one.strength, one.share
    if (strength.value or 0) < 0:
        ahead, answers, strength = ahead[::-1], answers[::-1], _turned(strength)
        share = _of_the_other(share)
    most = number(question.most - question.middle, 1).removesuffix(".0")
    ends = (
        f"{number(strength.value)} on average, {most} being most, "
        f"{_sure(strength, share)}{after_holm(one.holm)}; "
        f"{counted(answers[0], 'answer')} for {ahead[0]}, {one.neither} for neither, "
        f"{answers[1]} for {ahead[1]}."
    )
    if not are_tested(*ahead):
        anchored = f"{ahead[0]} is ahead of {ahead[1]}, one of which is an anchor, by {ends}"
        return f"{titled(question.name)}: {anchored}"
    if is_clear(one.holm):
        return f"{titled(question.name)}: {ahead[0]} is preferred to {ahead[1]} by {ends}"
    return (
        f"{titled(question.name)}: that people prefer {ahead[0]} to {ahead[1]}, or the other way, "
        f"cannot be told. {ahead[0]} is ahead by {ends}"
    )


def _ordered(order: preferences.Order) -> str:
    """Whether the clip heard first or second is preferred, whichever it is."""
    estimate, share, words = order.estimate, order.share, ("second", "first")
    if (estimate.value or 0) < 0:
        estimate, share, words = _turned(estimate), _of_the_other(share), words[::-1]
    ends = f"{number(estimate.value)} on average, {_sure(estimate, share)}{after_holm(order.holm)}."
    if is_clear(order.holm):
        return f"Whichever it was, the clip heard {words[0]} was preferred by {ends}"
    return (
        "That people prefer the clip heard first, or second, whichever it is, cannot be told: the "
        f"{words[0]} is ahead by {ends}"
    )


def _sure(strength: Estimate, share: Estimate) -> str:
    """A mean preference's interval; where all answers are alike, that of their share, too."""
    ends = interval(strength, number)
    if strength.note != CONSTANT or share.value is None:
        return ends
    return (
        f"{ends}; its share of the answers that prefer one is {percent(share.value)}, "
        f"{interval(share, percent)}"
    )


def _strengths(strengths: Sequence[preferences.Strength]) -> list[str]:
    """Bradley and Terry's strengths, the greatest first, and what they are."""
    known = [one for one in strengths if one.strength.value is not None]
    if not known:
        return [f"Bradley and Terry’s model: {strengths[0].strength.note}."] if strengths else []
    ordered = sorted(known, key=lambda one: -(one.strength.value or 0))
    listed = "; ".join(
        f"{one.system} {number(one.strength.value)}"
        + (f" ({between(one.strength, number)})" if _has_ends(one.strength) else "")
        for one in ordered
    )
    between_ends = ", with 95 % intervals" if any(_has_ends(one.strength) for one in known) else ""
    if not between_ends and known[0].strength.note == CONSTANT:
        between_ends = f", without intervals ({CONSTANT})"
    return [
        f"Strengths after Bradley and Terry{between_ends}: {listed}. They are logarithms "
        "with mean 0: of two systems whose strengths differ by 1, the stronger is preferred 2.7 "
        "times as often as the other."
    ]


def _has_ends(estimate: Estimate) -> bool:
    """Whether it has an interval that says anything: one of no width does not."""
    return estimate.low is not None and estimate.note != CONSTANT


def _turned(estimate: Estimate) -> Estimate:
    """The same of the opposite."""
    value, low, high = (
        None if end is None else -end for end in (estimate.value, estimate.high, estimate.low)
    )
    return replace(estimate, value=value, low=low, high=high)


def _of_the_other(share: Estimate) -> Estimate:
    """The share of the other of two."""
    value, low, high = (
        None if end is None else 1 - end for end in (share.value, share.high, share.low)
    )
    return replace(share, value=value, low=low, high=high)


def _order(one: preferences.Order) -> dict[str, object]:
    return {
        "n": one.estimate.n,
        **of_estimate(one.estimate),
        "p": one.p,
        "holm": one.holm,
    }
