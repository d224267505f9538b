"""Each participant of a study whose questions are data: how much they answered, and how."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from survey.comparisons.repeats import DISTANCE
from survey.core.headphones import PASSED
from survey.ratings.exclusion import Excluded, faster


@dataclass(frozen=True)
class PersonRow:
    """One participant; None where the ratings do not tell.

    Attributes
    ----------
    participant : str
    trials : int
        Answered.
    median_seconds : float or None
    faster_than_clips : float or None
        Share of answers that came before their clips could be heard, of those whose time is known.
    repeats : int
        Trials answered twice; they are not among `trials`.
    repeats_apart : float or None
        How far the two answers are apart on average, from 0 to 1 (`survey.comparisons.repeats`).
    passed_headphones : bool or None
    finished : bool or None
    excluded_by : str
        Rules, with blanks between them.
    """

    participant: str
    trials: int
    median_seconds: float | None
    faster_than_clips: float | None
    repeats: int
    repeats_apart: float | None
    passed_headphones: bool | None
    finished: bool | None
    excluded_by: str


def people(
    answers: pd.DataFrame, excluded: Iterable[Excluded], twice: pd.DataFrame
) -> list[PersonRow]:
    """All participants by name.

    Parameters
    ----------
    answers : DataFrame
        Ratings with one row a trial.
    excluded : iterable of Excluded
    twice : DataFrame
        As of `survey.comparisons.repeats.by_participant`.
    """
    rules: dict[str, list[str]] = {}
    for row in excluded:
        rules.setdefault(row.participant, []).append(row.rule)
    haste = faster(answers)
    persons = []
    for name, of_person in answers.groupby("participant", sort=True):
        seconds = of_person["seconds"].dropna()
        score, finished = (
            of_person[column].dropna() for column in ("headphones_right", "finished")
        )
        persons.append(
            PersonRow(
                participant=str(name),
                trials=len(of_person),
                median_seconds=float(np.median(seconds)) if len(seconds) else None,
                faster_than_clips=float(haste[name]) if name in haste.index else None,
                repeats=int(twice["repeats"].get(name, 0)),
                repeats_apart=float(twice[DISTANCE][name]) if name in twice.index else None,
                passed_headphones=bool(score.iloc[0] >= PASSED) if len(score) else None,
                finished=bool(finished.iloc[0]) if len(finished) else None,
                excluded_by=" ".join(rules.get(str(name), [])),
            )
        )
    return persons
