"""Rows of the tables of what designs find: figures as the columns of `survey.analysis.tables`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from survey.analysis.tables import as_table, of_estimate
from survey.comparisons import mixed_model, preferences, systems
from survey.comparisons.equivalence import Equivalence
from survey.comparisons.headphone_groups import GroupDifference
from survey.comparisons.trial_order import Trend
from survey.designs.questions import Question
from survey.statistics.estimate import Estimate

NAIVE = ("low", "high")


def counts(
    table: pd.DataFrame, questions: Sequence[Question], by: list[str]
) -> dict[str, pd.DataFrame]:
    """How often everything but free text was said, by systems; none if there is only text."""
    table_rows: list[dict[str, object]] = []
    for question in questions:
        if question.kind in ("scale", "choice"):
            replies = table[table[question.name].notna()]
            counts = replies.groupby([*by, question.name], observed=True).size()
            for keys, count in counts.items():
                row = dict(zip([*by, "reply"], keys, strict=True))
                table_rows.append({"question": question.name, **row, "count": int(count)})
    return {"counts": as_table("counts", table_rows)} if table_rows else {}


def of_mean(one: systems.SystemMean) -> dict[str, object]:
    """A system's mean."""
    return {
        "question": one.question,
        "system": one.system,
        "n": one.mean.n,
        **of_estimate(one.mean),
        **of_naive(one.naive),
        "median": one.median,
        "people": one.participants,
        "pieces": one.pieces,
        "missing": one.missing,
    }


def of_naive(estimate: Estimate) -> dict[str, object]:
    """An interval that takes all answers for independent."""
    return {f"naive_{end}": getattr(estimate, end) for end in NAIVE}


def of_difference(one: systems.Difference) -> dict[str, object]:
    """Two systems by the means of one question."""
    return {
        "question": one.question,
        "first": one.first,
        "second": one.second,
        "n": one.difference.n,
        **of_estimate(one.difference),
        "p": one.p,
        "holm": one.holm,
    }


def of_preference(one: preferences.Preference) -> dict[str, object]:
    """How often, and how strongly, one of two systems is preferred."""
    return {
        "first": one.first,
        "second": one.second,
        "for_first": one.for_first,
        "neither": one.neither,
        "for_second": one.for_second,
        **of_estimate(one.strength),
        **of_naive(one.naive),
        "p": one.p,
        "holm": one.holm,
        "share_for_second": one.share.value,
        "share_low": one.share.low,
        "share_high": one.share.high,
    }


def of_strength(one: preferences.Strength) -> dict[str, object]:
    """A system's strength among all."""
    return {
        "system": one.system,
        **of_estimate(one.strength),
        "bootstrap_low": one.bootstrap.low,
        "bootstrap_high": one.bootstrap.high,
        "draws": one.bootstrap.draws,
    }


def equivalences(tests: Sequence[Equivalence]) -> dict[str, pd.DataFrame]:
    """None if the study named no margin."""
    return {"equivalence": as_table("equivalence", map(asdict, tests))} if tests else {}


def trends(question_trends: Sequence[Trend]) -> dict[str, pd.DataFrame]:
    """What the order did; none where nothing is told."""
    rows = (
        {"question": one.question, "by": one.by, "n": one.change.n, **of_estimate(one.change)}
        | {"p": one.p, "holm": one.holm}
        for one in question_trends
    )
    return {"trend": as_table("trend", rows)} if question_trends else {}


def headphone_groups(differences: Sequence[GroupDifference]) -> dict[str, pd.DataFrame]:
    """Who passed the headphone check and who did not; none where there are not both."""
    rows = (
        {
            "question": one.question,
            "heard": one.heard,
            "passed": one.passed,
            "failed": one.failed,
            "passed_people": one.passed_people,
            "failed_people": one.failed_people,
            "n": one.difference.n,
            **of_estimate(one.difference),
            "p": one.p,
            "holm": one.holm,
        }
        for one in differences
    )
    return {"headphones": as_table("headphones", rows)} if differences else {}


def ordinal_models(models: Sequence[mixed_model.MixedModel]) -> dict[str, pd.DataFrame]:
    """The ordinal models of questions with a scale, as rows; no table where there is none."""
    return {"ordinal_model": as_table("ordinal_model", of_models(models))} if models else {}


def of_models(models: Sequence[mixed_model.MixedModel]) -> list[dict[str, object]]:
    """Differences and variances of mixed models, or why there are none."""
    rows: list[dict[str, object]] = []
    for model in models:
        if model.variances is None:
            rows.append({"question": model.question, "measure": "none", "note": model.note})
            continue
        for one in model.differences:
            measure = f"{one.first} less {one.second}"
            rows.append({"question": model.question, "measure": measure, **of_estimate(one.model)})
        for name, variance in model.variances.items():
            measure = f"standard deviation: {name.replace('_', ' by ')}"
            rows.append(
                {
                    "question": model.question,
                    "measure": measure,
                    "value": mixed_model.rounded(float(np.sqrt(variance))),
                }
            )
    return rows
