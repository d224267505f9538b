"""People who answer studies of all designs, by how good each system is to them."""

from __future__ import annotations

import random
from typing import Any

from sqlalchemy import select

from db.database import Database
from db.models import Study, Trial
from survey.designs import registry

GOOD = {"alder": 0.0, "birch": 1.0, "cedar": 2.0, "reference": 3.0}  # anchors: -1


def heard(database: Database, token: str) -> list[str]:
    """The systems of a trial in the order heard, which nobody but a test may know."""
    with database.read() as session:
        trial = session.scalars(select(Trial).where(Trial.token == token)).one()
        order = trial.arrangement or range(trial.stimulus.size)
        return [trial.stimulus.systems[clip] for clip in order]


def replies(
    database: Database, study: Study, trial: dict[str, Any], dice: random.Random
) -> dict[str, Any]:
    """What somebody says who hears how good a system is, more or less."""
    systems = heard(database, trial["id"])
    good = [GOOD.get(system, -1.0) + dice.gauss(0, 0.8) for system in systems]
    if study.design == "abx":
        is_first = abs(GOOD[systems[2]] - GOOD[systems[0]] + dice.gauss(0, 0.8)) < 0.5
        return {"same_as": "A" if is_first else "B"}
    reply_of: dict[str, Any] = {}
    for question in study.questions:
        middle, half = (
            (question["most"] + question["least"]) / 2,
            (question["most"] - question["least"]) / 2,
        )

        def on_scale(value: float, middle: float = middle, half: float = half) -> int:
            return round(middle + half * max(-1.0, min(1.0, value / 2.5)))

        if question["each"]:
            compared = registry.find(study.design).compared(len(systems))
            reply_of[question["name"]] = [on_scale(good[place] - 1) for place in compared]
        elif len(systems) == 2:
            reply_of[question["name"]] = on_scale(good[1] - good[0])
        else:
            reply_of[question["name"]] = on_scale(good[0] - 1)
    return reply_of
