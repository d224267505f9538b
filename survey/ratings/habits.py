"""Participants whose answers follow a habit, whatever they hear.

Somebody answers the same direction to all pairs, though both directions were meant; or by turns, in
the order of the trials; or rates one scale alike throughout. People who listen do so too, where
they hear no change: it is shown, and nobody is left out for it. Somebody who answers by turns and
is right all the same, since the trials came by turns, hears: only who agrees no more often than by
guessing between two counts. Somebody who rates a scale 1 or 5 throughout may well mean it, so that
counts of all scales at once only. With fewer trials than `FEWEST` all this is too often chance.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy  # whose parts are loaded when they are first used

from db.models import BEST, DIRECTIONS, SCALES, WORST

MEANT = ("lower", "higher")
NEARLY_ALL = 0.95  # of the answers; one mistaken key in twenty hides no habit
FEWEST = 12  # answers that make a habit
FEWEST_EACH = 3  # of them, to items of either direction
GUESSED = 0.05  # how likely as many agree by guessing, above which they may
TURNS = (2, 3)  # answers until they begin again
THROUGHOUT = " throughout"
BY_TURNS = "directions by turns"


@dataclass(frozen=True)
class Habit:
    """A habit, and how many participants have it.

    Attributes
    ----------
    habit : str
        A direction or a scale that is "throughout" the same, or `BY_TURNS`.
    participants, analysed : int
        Of all, and of those whom no rule leaves out.
    """

    habit: str
    participants: int
    analysed: int


def of_everybody(table: pd.DataFrame) -> dict[str, list[str]]:
    """The habits of each participant who has any: "NAME throughout", or `BY_TURNS`."""
    transfers = table[table["kind"] == "transfer"]
    person, names = pd.factorize(transfers["participant"], sort=True)
    heard, intended = (
        pd.Categorical(transfers[name], categories=DIRECTIONS).codes
        for name in ("heard", "intended")
    )
    rated = transfers[list(SCALES)].to_numpy(dtype=float, na_value=np.nan)
    position = transfers["position"].to_numpy(dtype=float, na_value=np.nan)
    habits_by_person = {}
    for at, name in enumerate(names):
        rows = np.flatnonzero(person == at)
        habits = _of(heard[rows], intended[rows], rated[rows], position[rows])
        if habits:
            habits_by_person[str(name)] = habits
    return habits_by_person


def counted(habits_by_person: dict[str, list[str]], stay: Collection[str]) -> list[Habit]:
    """How many have which habit, and how many of them stay in the analysis."""
    names = dict.fromkeys(habit for habits in habits_by_person.values() for habit in habits)
    return [
        Habit(
            name,
            sum(name in habits for habits in habits_by_person.values()),
            sum(name in habits and person in stay for person, habits in habits_by_person.items()),
        )
        for name in sorted(names)
    ]


def _of(
    heard: np.ndarray, intended: np.ndarray, rated: np.ndarray, position: np.ndarray
) -> list[str]:
    """One person's habits. Places in `DIRECTIONS`, -1 for none; ratings, (n, scales)."""
    ratings = [column[~np.isnan(column)] for column in rated.T]
    alike = [at for at, column in enumerate(ratings) if is_alike(column)]
    habits = [
        SCALES[at] + THROUGHOUT
        for at in alike
        if len(alike) == len(SCALES) or np.median(ratings[at]) not in (WORST, BEST)
    ]
    answered = heard >= 0
    heard, intended, position = heard[answered], intended[answered], position[answered]
    if is_alike(heard):
        usual = np.bincount(heard).argmax()
        is_usual = [heard[intended == DIRECTIONS.index(word)] == usual for word in MEANT]
        both = all(len(of_one) >= FEWEST_EACH and of_one.mean() > 0.5 for of_one in is_usual)
        return [DIRECTIONS[usual] + THROUGHOUT, *habits] if both else habits
    if np.isnan(position).any():
        return habits
    order = np.argsort(position)
    return [BY_TURNS, *habits] if _by_turns(heard[order], intended[order]) else habits


def is_alike(values: np.ndarray) -> bool:
    """Whether nearly all of enough answers are the same."""
    if len(values) < FEWEST:
        return False
    return bool(np.unique(values, return_counts=True)[1].max() > NEARLY_ALL * len(values))


def _by_turns(heard: np.ndarray, intended: np.ndarray) -> bool:
    n = len(heard)
    if n < FEWEST or not any((heard[turn:] == heard[:-turn]).mean() > NEARLY_ALL for turn in TURNS):
        return False
    by_guessing = scipy.special.bdtrc(int((heard == intended).sum()) - 1, n, 0.5)
    return bool(by_guessing > GUESSED)
