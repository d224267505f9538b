"""How many participants a study of a design needs, by simulation.

Simulated listeners (`survey.planning.listeners`) answer; their answers go through the very
statistics that a real study's do, and the first system is compared with the last: by the paired
difference of their means, by the mean preference, or by the share of right answers. p values are
Holm's, for all comparisons that the study makes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from survey.comparisons import preferences, systems
from survey.designs.design import Resampling
from survey.designs.discrimination_findings import of_discrimination
from survey.planning.listeners import CHOICE, PREFERENCE, Form, Listening
from survey.planning.power import Tick, smallest
from survey.planning.simulated_table import lean
from survey.statistics.estimate import LEVEL
from survey.statistics.families import corrected

SIGNIFICANT = 1 - LEVEL


@dataclass(frozen=True)
class SystemsCompared:
    """What one study says of the first system and the last."""

    value: float | None
    low: float | None
    high: float | None
    holm: float | None


UNHEARD = SystemsCompared(None, None, None, None)  # nobody was asked to compare them


@dataclass(frozen=True)
class DesignExpectation:
    """What a study with so many participants is expected to give.

    Attributes
    ----------
    participants : int
    value, width : float or None
        Of the comparison and of its two-way 95 % interval: medians over the runs.
    power : float
        Share of the runs in which it is found, the right way round: Holm's p below 0.05.
    covered : float
        Share of the intervals that hold what is asked for; of a numbered scale with ends it may be
        less than 95 %, for answers at the ends are cut off.
    """

    participants: int
    value: float | None
    width: float | None
    power: float
    covered: float


def expected(
    study: Listening,
    participants: int,
    careless: float,
    runs: int,
    seed: int,
    tick: Tick = lambda: None,
) -> DesignExpectation:
    """What a study with so many participants gives, a share of them answering at random."""
    detections, width, value, covered = 0, [], [], 0
    for run in range(runs):
        random = np.random.default_rng([seed, run])
        is_careless = random.random(participants) < careless
        kinds = np.where(is_careless, "random", "realistic").tolist()
        one = compared(study.form, lean(study, study.drawn(kinds, random)))
        truth = study.difference + (0.5 if study.form.kind == CHOICE else 0.0)
        chance = 0.5 if study.form.kind == CHOICE else 0.0
        if one.value is not None:
            value.append(one.value)
            is_found = one.holm is not None and one.holm < SIGNIFICANT
            detections += is_found and one.value > chance
        if one.low is not None and one.high is not None:
            width.append(one.high - one.low)
            covered += one.low <= truth <= one.high
        tick()
    return DesignExpectation(
        participants,
        float(np.median(value)) if value else None,
        float(np.median(width)) if width else None,
        detections / runs,
        covered / runs,
    )


def needed(
    study: Listening,
    enough: Callable[[DesignExpectation], bool],
    careless: float,
    runs: int,
    seed: int,
    tick: Tick = lambda: None,
) -> DesignExpectation | None:
    """The smallest sufficient study; None if not even the most participants are enough."""
    return smallest(
        lambda participants: expected(study, participants, careless, runs, seed, tick), enough
    )


def compared(form: Form, table: pd.DataFrame) -> SystemsCompared:
    """The first system and the last, as the analysis of the design compares them."""
    names = [name for name in form.names if name.startswith("system")]
    first, last = names[0], names[-1]
    question = form.question.name
    if form.kind == CHOICE:
        findings = of_discrimination(table, [form.question], Resampling(0, 1))
        rows = findings.tables["discrimination"]
        for _, row in rows[rows["pair"] == f"{first} / {last}"].iterrows():
            return SystemsCompared(row["value"], row["low"], row["high"], row["holm"])
        return UNHEARD
    if form.kind == PREFERENCE:
        centred = table.assign(**{question: table[question] - form.question.middle})
        all_pairs = preferences.preferences(centred, question)
        for one in corrected(all_pairs, preferences.Preference):
            if (one.first, one.second) == (first, last):
                strength = one.strength
                return SystemsCompared(strength.value, strength.low, strength.high, one.holm)
        return UNHEARD
    for pair in systems.differences(table, [question]):
        if (pair.first, pair.second) == (first, last):
            less = pair.difference  # of the first less the last; asked is the other way round
            return SystemsCompared(
                _turned(less.value), _turned(less.high), _turned(less.low), pair.holm
            )
    return UNHEARD


def _turned(value: float | None) -> float | None:
    return None if value is None else -value
