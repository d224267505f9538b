"""Each participant of a study whose questions are data: how much they answered, and how."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from survey.core.headphones import PASSED
from survey.ratings.exclusion import Excluded, faster


@dataclass(frozen=True)
class Person:
    """One participant; None where the ratings do not tell.

    Attributes
    ----------
    participant : str
    trials : int
        Answered.
    median_seconds : float or None
    faster_than_clips : float or None
        Share of answers that came before their clips could be heard, of those whose time is known.
    passed_headphones : bool or None
    finished : bool or None
    excluded_by : str
        Rules, with blanks between them.
    """

    participant: str
    trials: int
    median_seconds: float | None
    faster_than_clips: float | None
    passed_headphones: bool | None
    finished: bool | None
    excluded_by: str


def people(answers: pd.DataFrame, excluded: Iterable[Excluded]) -> list[Person]:
    """All participants by name.

    Parameters
    ----------
    answers : DataFrame
        Ratings with one row a trial.
    """
    rules: dict[str, list[str]] = {}
    for row in excluded:
        rules.setdefault(row.participant, []).append(row.rule)
    haste = faster(answers)
    found = []
    for name, of_person in answers.groupby("participant", sort=True):
        seconds = of_person["seconds"].dropna()
        score, finished = (
            of_person[column].dropna() for column in ("headphones_right", "finished")
        )
        found.append(
            Person(
                participant=str(name),
                trials=len(of_person),
                median_seconds=float(np.median(seconds)) if len(seconds) else None,
                faster_than_clips=float(haste[name]) if name in haste.index else None,
                passed_headphones=bool(score.iloc[0] >= PASSED) if len(score) else None,
                finished=bool(finished.iloc[0]) if len(finished) else None,
                excluded_by=" ".join(rules.get(str(name), [])),
            )
        )
    return found
