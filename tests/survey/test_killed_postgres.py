"""Kills of ``python -m benchmarks.survey_kills`` with the answers on a PostgreSQL server."""

from __future__ import annotations

import asyncio
from contextlib import closing

import pytest
from sqlalchemy import text

from benchmarks.survey.crowd import harm
from benchmarks.survey.survey_study import REPLIES
from benchmarks.survey.survivors import OnPostgres
from benchmarks.survey_kills import run
from db.database import Database
from db.models import Study
from survey.core.settings import Settings
from tests import postgres
from tests.survey.built import Build

KILLS = 3  # that meet a write

pytestmark = [
    pytest.mark.parametrize("database", [postgres.KINDS[1]], indirect=True),
    pytest.mark.server,
]


def url_of(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")


def test_nothing_acknowledged_is_lost_with_three_designs_beside(
    database: Database, settings: Settings, study: Study, rated: Build
) -> None:
    studies = {study.name: None}
    for design in ("ab", "mushra"):
        rated_study = rated(design)
        with database.write() as session:
            session.get_one(Study, rated_study.id).name = design
        studies[design] = REPLIES[design]
    arguments = settings.data, studies, KILLS, 6, 0, None, url_of(database)
    report = asyncio.run(run(*arguments))
    assert harm(report) == {}
    assert report["kills"] >= KILLS and report["answers_acknowledged"] >= KILLS
    assert min(report[f"answers_of_{name}"] for name in studies) > 0
    assert report["answers_unacknowledged"] == 0


def test_a_transaction_that_writes_is_seen(database: Database, study: Study) -> None:
    """And one that reads is none."""
    with closing(OnPostgres(url_of(database))) as store:
        with database.read() as session:
            session.execute(text("SELECT 1"))
            assert not store.has_writer()
        with database.write() as session:
            session.get_one(Study, study.id).title = "Another"
            session.flush()
            assert store.has_writer()
        assert not store.has_writer()
        assert store.survivors(with_ends=True) == (True, set(), set())
