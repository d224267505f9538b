"""What designs find of systems' means: tables and sentences.

p values are Holm's, over all tests of a kind: all pairs of systems, and all questions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from survey.analysis import scale_ends
from survey.analysis.number_format import counted, interval, number
from survey.analysis.tables import as_table
from survey.comparisons import (
    equivalence,
    headphone_groups,
    mixed_model,
    ordinal_model,
    preferences,
    systems,
    trial_order,
)
from survey.comparisons.anchors import are_tested
from survey.comparisons.equivalence import Equivalence
from survey.comparisons.trial_order import PLACE, POSITION
from survey.designs import finding_rows, missing
from survey.designs.design import Chart, Findings, Resampling
from survey.designs.finding_parts import (
    after_holm,
    headphone_differences,
    known_trends,
    titled,
    trend_sentences,
)
from survey.designs.questions import Question
from survey.statistics.estimate import CONSTANT, NONE, Estimate
from survey.statistics.families import corrected

SAME_TOLD = "its intervals leave out 0 in the same as those of the means."


def of_systems(
    table: pd.DataFrame, questions: Sequence[Question], resampling: Resampling
) -> Findings:
    """Means of every system and paired differences, of all questions that have numbers."""
    numeric_questions = {question.name: question for question in questions if question.is_number}
    means = systems.means(table, list(numeric_questions))
    differences = systems.differences(table, list(numeric_questions))
    sentences = [
        f"{titled(one.question)} of {one.system}: {number(one.mean.value)} from "
        f"{numeric_questions[one.question].least} to {numeric_questions[one.question].most}, "
        f"{interval(one.mean, number)}.{_past(one.mean, numeric_questions[one.question])}"
        for one in means
    ]
    sentences += scale_ends.sentences(
        scale_ends.Placed(
            f"{one.question.replace('_', ' ')} of {one.system}",
            one.mean,
            one.participants,
            numeric_questions[one.question].least,
            numeric_questions[one.question].most,
        )
        for one in means
    )
    sentences += [
        f"{titled(one.question)} of {one.first} less that of {one.second}: "
        f"{number(one.difference.value)} points, {interval(one.difference, number)}"
        f"{after_holm(one.holm)}."
        for one in differences
        if one.difference.value is not None
    ]
    models = [mixed_model.of_question(table, name, differences) for name in numeric_questions]
    ordinals = [
        ordinal_model.of_question(table, name, differences)
        for name, question in numeric_questions.items()
        if question.kind == "scale"
    ]
    alike = [
        equivalence.tested(one.question, one.first, one.second, margin, one.difference)
        for one in differences
        if (margin := numeric_questions[one.question].margin) is not None
        and are_tested(one.first, one.second)
    ]
    alike = corrected(alike, Equivalence)
    trends = known_trends(
        trial_order.trend(table, preferences.numbers(table, name), name, by, ["system"])
        for name in numeric_questions
        for by in (POSITION, PLACE)
    )
    by_system = {
        name: {
            system: np.where(table["system"] == system, preferences.numbers(table, name), np.nan)
            for system in sorted(set(table["system"]))
        }
        for name in numeric_questions
    }
    groups = headphone_differences(table, by_system)
    sentences += [
        *equivalence.sentences(alike),
        *headphone_groups.sentences(groups),
        *mixed_model.sentences(models),
        *_ordinal_sentences(ordinals),
        *trend_sentences(trends, {name: name.replace("_", " ") for name in numeric_questions}),
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
        for name, question in numeric_questions.items()
    ]
    return Findings(
        {
            "means": as_table("means", map(finding_rows.of_mean, means)),
            "differences": as_table("differences", map(finding_rows.of_difference, differences)),
            **finding_rows.equivalences(alike),
            "mixed_model": as_table("mixed_model", finding_rows.of_models(models)),
            **finding_rows.ordinal_models(ordinals),
            **finding_rows.trends(trends),
            **finding_rows.headphone_groups(groups),
            **finding_rows.counts(table, questions, ["system"]),
            "missing": as_table("missing", missing.rows(table, questions, ["system"])),
        },
        sentences,
        charts,
    )


def _past(mean: Estimate, question: Question) -> str:
    """That an interval reaches past the scale."""
    if mean.low is None or mean.high is None or mean.note == CONSTANT:
        return ""
    if mean.low >= question.least and mean.high <= question.most:
        return ""
    return " The interval reaches past the scale; it is not clipped."


def _ordinal_sentences(models: Sequence[mixed_model.MixedModel]) -> list[str]:
    """Whether a model that takes no steps for equal tells the same systems apart."""
    lines = []
    for model in models:
        name = f"ordinal mixed model of {model.question.replace('_', ' ')}"
        if model.variances is None:
            lines.append(f"There is no {name}: {(model.note or '').removeprefix(NONE)}.")
            continue
        compared = [one for one in model.differences if one.model.low is not None]
        other = [one for one in compared if _leaves_out_0(one.model) != _leaves_out_0(one.twoway)]
        if not compared:
            continue
        pairs = "; ".join(f"{one.first} and {one.second}" for one in other)
        lines.append(
            f"An {name}, which does not take its steps for equal, has the same random terms on "
            f"the logits of a higher answer. Of {counted(len(compared), 'comparison')} "
            + (f"it tells these otherwise than the means do: {pairs}." if other else SAME_TOLD)
        )
    return lines


def _leaves_out_0(estimate: Estimate) -> bool:
    return (
        estimate.low is not None
        and estimate.high is not None
        and (estimate.low > 0 or estimate.high < 0)
    )
