"""What is missing: answers without a reply, and people who answered fewer trials than others."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from survey.analysis.number_format import counted, percent
from survey.designs.questions import Question


def rows(
    table: pd.DataFrame, questions: Sequence[Question], by: Sequence[str]
) -> list[dict[str, object]]:
    """Answers, those without a reply, and their share, by question and by what was heard."""
    table_rows: list[dict[str, object]] = []
    for question in questions:
        if question.kind == "text":
            continue
        for keys, some in table.groupby(list(by), sort=True, observed=True):
            absent = int(some[question.name].isna().sum())
            places = dict(zip(by, keys, strict=True))
            share = absent / len(some)
            table_rows.append(
                {"question": question.name, **places, "answers": len(some), "missing": absent}
                | {"share": share}
            )
    return table_rows


def sentences(table: pd.DataFrame, questions: Sequence[Question]) -> list[str]:
    """What is missing, and that nothing is put in its place."""
    once = table.drop_duplicates(["participant", "stimulus"]) if "stimulus" in table else table
    of_people = once.groupby("participant").size()
    most = int(of_people.max())
    fewer = int((of_people < most).sum())
    unanswered = int((most - of_people).sum())
    lines = []
    if fewer:
        verb = "has" if fewer == 1 else "have"
        share = percent(unanswered / (most * len(of_people)))
        lines.append(
            f"{fewer} of {counted(len(of_people), 'participant')} {verb} answered fewer trials "
            f"than the {most} that somebody has: {share} of as many for everybody are "
            "missing."
        )
    for question in questions:
        if question.kind == "text":
            continue
        absent = int(table[question.name].isna().sum())
        if absent:
            lines.append(
                f"{absent} of {len(table)} answers say nothing on {question.name.replace('_', ' ')}"
                f" ({percent(absent / len(table))})."
            )
    if not lines:
        return ["No answer is missing."]
    return [
        *lines,
        "Nothing is put in their place: all results are of the answers that there are. They hold "
        "for all if what is missing has nothing to do with what would have been answered.",
    ]
