"""What was done to the music: by which model, how strongly. Each is a condition of its own.

An average over conditions is one over what somebody happened to choose; a condition by itself can
be compared with another study. Differences between two conditions are of the same participants'
answers, with two-way intervals, their p values adjusted after Holm (1979).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from db.models import SCALES
from survey.statistics import twoway
from survey.statistics.agreement import agreement
from survey.statistics.crossed_design import Crossed, crossed
from survey.statistics.estimate import Estimate
from survey.statistics.families import corrected

AGREEMENT = "agreement"


@dataclass(frozen=True)
class Condition:
    """A model and a strength; None where the ratings do not tell, or all have the same.

    `name` says what tells it from the others: "strength 0.5", "model glsr, strength 1".
    """

    name: str
    checkpoint: str | None
    strength: float | None


@dataclass(frozen=True)
class Contrast:
    """How much higher a measure is in the first condition than in the second.

    Attributes
    ----------
    measure : str
        "agreement", or a scale.
    first, second : str
        Names of conditions.
    difference : Estimate
        Of shares, or of points.
    p, holm : float
        Two-sided; corrected for all contrasts of agreement, or for all of all scales.
    """

    measure: str
    first: str
    second: str
    difference: Estimate
    p: float | None
    holm: float | None = None


def conditions(transfers: pd.DataFrame) -> list[tuple[Condition, np.ndarray]]:
    """The conditions of transfers, in order, each with its rows; none unless there are several.

    The rows are a boolean array, shape (rows,). Rows that tell no strength are a condition of their
    own where others have several.
    """
    models, strengths = _models(transfers), transfers["strength"].to_numpy(dtype=float)
    several_models = len(set(models)) > 1
    several_strengths = len(set(strengths[~np.isnan(strengths)])) > 1
    all_conditions = []
    for model in sorted(set(models)) if several_models else [None]:
        of_model = np.ones(len(models), dtype=bool) if model is None else models == model
        steps: Sequence[float | None] = [None]
        if several_strengths:
            steps = np.unique(strengths[of_model]).tolist()  # NaN last, and once
        for step in steps:
            rows = of_model if step is None else of_model & _equal(strengths, step)
            strength = None if step is None or np.isnan(step) else float(step)
            parts = [f"model {model or 'not told'}"] if several_models else []
            if step is not None:
                parts.append("strength not told" if strength is None else f"strength {step:g}")
            all_conditions.append((Condition(", ".join(parts), model or None, strength), rows))
    return all_conditions if len(all_conditions) > 1 else []


def by_model(transfers: pd.DataFrame) -> list[tuple[str | None, pd.DataFrame]]:
    """The transfers of each model; None for its name where the ratings do not tell."""
    models = _models(transfers)
    return [(name or None, transfers[models == name]) for name in sorted(set(models))]


def contrasts(transfers: pd.DataFrame) -> list[Contrast]:
    """All pairs of conditions, compared by agreement and by each scale."""
    rows = conditions(transfers)

    def compared(measure: str, values: np.ndarray) -> list[Contrast]:
        answers, answered = crossed(transfers, values), ~np.isnan(values)
        of_condition = [(one.name, answers.only(which[answered])) for one, which in rows]
        return [_contrast(measure, *pair) for pair in combinations(of_condition, 2)]

    of_scales: list[Contrast] = []
    for scale in SCALES:
        of_scales += compared(scale, transfers[scale].to_numpy(dtype=float, na_value=np.nan))
    of_agreement = compared(AGREEMENT, agreement(transfers))
    return corrected(of_agreement, Contrast) + corrected(of_scales, Contrast)


def _contrast(measure: str, first: tuple[str, Crossed], second: tuple[str, Crossed]) -> Contrast:
    (name, answers), (other_name, others) = first, second
    difference = twoway.difference(answers, others)
    return Contrast(measure, name, other_name, difference, twoway.differ(answers, others))


def _models(transfers: pd.DataFrame) -> np.ndarray:
    if "checkpoint" not in transfers.columns:
        return np.full(len(transfers), "", dtype=object)
    names: np.ndarray = transfers["checkpoint"].astype(object).fillna("").to_numpy(dtype=object)
    return names


def _equal(strengths: np.ndarray, step: float) -> np.ndarray:
    equal: np.ndarray = np.isnan(strengths) if np.isnan(step) else strengths == step
    return equal
