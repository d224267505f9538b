"""A study that was deleted, or has another name, does not come back from the journal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from db.database import Database
from db.models import Study
from survey.building import study_life
from survey.core.settings import Settings
from survey.journal.journal import Journal
from survey.journal.state import merge_lines
from tests.survey.journalling import wipe

Start = Callable[[], Journal]


def names(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Study.name).order_by(Study.name)))


@pytest.mark.slow
def test_after_a_wiped_disk(
    start: Start, host: Settings, database: Database, empty: Database, study: Study
) -> None:
    journal = start()
    with database.write() as session:
        stored = session.get_one(Study, study.id)
        stored.state, stored.opened_at = "draft", None
        copy = study_life.clone(session, stored, "gone")
        journal.opened(session, stored)
        journal.opened(session, copy)
    with database.write() as session:
        stored = session.get_one(Study, study.id)
        study_life.edit(session, stored, replace(study_life.plan_of(stored), name="pilot"))
        journal.removed(session, "small")
        journal.opened(session, stored)
    with database.write() as session:
        copy = session.scalars(select(Study).where(Study.name == "gone")).one()
        study_life.delete(session, copy)
        journal.removed(session, "gone")
    assert journal.flush()
    journal.close(10)
    wipe(host)
    start().restore(empty)
    assert names(database) == names(empty) == ["pilot"]


def test_nothing_of_a_removed_study_counts_for_another_of_its_name() -> None:
    withdrawn = {"type": "withdrawn", "mark": "m", "study": "small"}
    lines = [
        {"type": "begun", "study": "small", "count": 7},
        withdrawn,
        {"type": "removed", "study": "small"},
    ]
    state = merge_lines([{**line, "at": str(at)} for at, line in enumerate(lines)])
    assert state.consented("small") == 0
    assert state.withdrawn["m"]["study"] is None
