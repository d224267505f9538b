"""Participants who give the same answer in nearly all trials, whatever they hear.

People who listen and hear no difference answer so, too: it is said, and nobody is left out for it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd

from survey.analysis.number_format import people
from survey.analysis.participant_sentences import analysed
from survey.designs.questions import Question
from survey.ratings.habits import Habit, is_alike


def of_everybody(
    table: pd.DataFrame, questions: Sequence[Question], stay: Collection[str]
) -> list[Habit]:
    """How many answer a question alike throughout, and how many of them stay in the analysis."""
    habits = []
    for question in questions:
        if question.kind == "text":
            continue
        replies = table[table[question.name].notna()].groupby("participant")[question.name]
        names = [str(name) for name, values in replies if is_alike(values.to_numpy(dtype=object))]
        if names:
            habits.append(Habit(question.name, len(names), len(set(names) & set(stay))))
    return habits


def sentences(habits: Sequence[Habit]) -> list[str]:
    """Who answers alike throughout; [] if nobody does."""
    if not habits:
        return []
    who = ", ".join(
        f"{one.habit} by {people(one.participants)} ({analysed(one)})" for one in habits
    )
    return [
        f"Answered alike in nearly all trials: {who}. People who do not listen answer so, and "
        "people who hear no difference; the answers do not tell which."
    ]
