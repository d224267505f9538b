"""A small study that is built once, and what of it can be compared."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from db.database import Database
from db.models import Study

Build = Callable[..., Study]  # the fixture `rated`
PAIRS = 2  # segments in each direction


def stored(database: Database, name: str) -> Study:
    with database.read() as session:
        study = session.scalars(select(Study).where(Study.name == name)).one()
        assert all(stimulus.first and stimulus.second for stimulus in study.stimuli)
    return study


def contents(study: Study) -> list[tuple]:
    return [
        (s.name, s.kind, s.intended, s.strength, s.source, s.segment, s.measured, s.checkpoint)
        + (s.first.sha256, s.second.sha256)
        for s in study.stimuli
    ]
