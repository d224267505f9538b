from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db.database import Database, DatabaseError
from db.migrate import SCRIPTS, VERSIONS, upgrade
from db.models import LONGEST_SECONDS, Base, PanelPlace, Study
from tests.db.rows import ANSWERS, fill

FIRST, UNBOUND, UNCOUNTED, TEXTLESS, PANELLESS = "0001", "0002", "0003", "0004", "0005"
UNHEARD, PAIRS_ONLY = "0006", "0007"
# Tables that came later, and are empty.
NEW = {"stimulus_clips": 0, "trial_clips": 0}
SINCE = NEW | {"panel_places": 0}


@pytest.mark.slow
def test_the_migrated_schema_is_the_models(database: Database) -> None:
    upgrade(database)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_versions_are_alembics_in_their_order() -> None:
    newest_first = ScriptDirectory(str(SCRIPTS)).walk_revisions()
    assert [script.revision for script in newest_first] == VERSIONS[::-1]


def test_the_migrated_checks_are_the_models(database: Database, url: str) -> None:
    Base.metadata.create_all(database.engine)
    expected = checks(database)
    assert len(expected["answers"]) == 8
    Base.metadata.drop_all(database.engine)
    upgrade(database)
    assert checks(database) == expected


@pytest.mark.slow
def test_an_upgrade_keeps_every_answer(database: Database) -> None:
    upgrade(database, FIRST)
    with database.engine.begin() as connection:
        before = fill(connection)
        assert "seconds" not in {column["name"] for column in columns(connection)}
        counts = count(connection)
    assert len(before) == ANSWERS
    upgrade(database)
    with database.engine.connect() as connection:
        rows = connection.execute(Base.metadata.tables["answers"].select().order_by(text("id")))
        after = [dict(row) for row in rows.mappings()]
        assert count(connection) == counts | SINCE | {"consent_texts": 1}
    assert after == [answer | {"seconds": None, "replies": None} for answer in before]


def test_an_upgrade_bounds_seconds_and_keeps_the_rest(database: Database) -> None:
    """From the previous migration, whose answers could have taken any time."""
    took = {1: None, 2: 0.0, 3: 12.5, 4: 1e6, 5: 1e6 + 1, 6: 1e308, 7: float("inf")}
    upgrade(database, UNBOUND)
    with database.engine.begin() as connection:
        before = fill(connection)
        for number, seconds in took.items():
            change = text("UPDATE answers SET seconds = :seconds WHERE id = :id")
            connection.execute(change, {"seconds": seconds, "id": number})
        counts = count(connection)
    upgrade(database)
    bounded = {
        number: seconds and min(seconds, LONGEST_SECONDS) for number, seconds in took.items()
    }
    with database.engine.connect() as connection:
        rows = connection.execute(Base.metadata.tables["answers"].select().order_by(text("id")))
        after = [dict(row) for row in rows.mappings()]
        assert count(connection) == counts | SINCE | {"consent_texts": 1}
    assert after == [
        answer | {"seconds": bounded.get(answer["id"]), "replies": None} for answer in before
    ]


@pytest.mark.slow
def test_an_upgrade_counts_nobody_as_lapsed(database: Database) -> None:
    """From the previous migration; studies as they were, and the new count is checked."""
    upgrade(database, UNCOUNTED)
    with database.engine.begin() as connection:
        fill(connection)
        before = dict(connection.execute(text("SELECT * FROM studies")).mappings().one())
    assert "lapsed" not in before
    upgrade(database)
    with database.engine.connect() as connection:
        after = dict(connection.execute(text("SELECT * FROM studies")).mappings().one())
        later = {name: after.pop(name) for name in ("panel", "headphones", "stops_at_wanted")}
    assert later["panel"] in ({}, "{}") and later["headphones"] == "none"
    assert not later["stops_at_wanted"]
    texts = {"information": "", "statement": ""}
    questions = {"sqlite": "[]", "postgresql": []}[database.engine.dialect.name]
    assert after == before | texts | {"lapsed": 0, "design": "transfer", "questions": questions}
    with pytest.raises(IntegrityError), database.engine.begin() as connection:
        connection.execute(text("UPDATE studies SET lapsed = -1"))


@pytest.mark.slow
def test_an_upgrade_gives_every_hash_a_text_to_come(database: Database) -> None:
    """From the previous migration: participants stay, and point at what they agreed to."""
    upgrade(database, TEXTLESS)
    with database.engine.begin() as connection:
        fill(connection)
        person = dict(connection.execute(text("SELECT * FROM participants")).mappings().one())
        columns, values = ", ".join(person), ", ".join(f":{column}" for column in person)
        for number, consent in ((2, "c" * 64), (3, "d" * 64)):
            other = {"id": number, "public_id": f"p{number}", "token_hash": f"h{number}"}
            sql = text(f"INSERT INTO participants ({columns}) VALUES ({values})")
            connection.execute(sql, person | other | {"consent": consent})
        query = text("SELECT * FROM participants ORDER BY id")
        before = [dict(row) for row in connection.execute(query).mappings()]
        counts = count(connection)
    upgrade(database)
    with database.engine.connect() as connection:
        after = [dict(row) for row in connection.execute(query).mappings()]
        later = {"paid_at": None, "headphones_right": None}
        assert after == [row | later for row in before]
        assert count(connection) == counts | SINCE | {"consent_texts": 2}
        rows = connection.execute(text("SELECT study_id, sha256, text FROM consent_texts"))
        assert sorted(map(tuple, rows)) == [(1, "c" * 64, None), (1, "d" * 64, None)]
    refused = (
        f"UPDATE participants SET consent = '{'e' * 64}'",
        "UPDATE participants SET public_id = 'p1'",
        "UPDATE participants SET stage = 'finished'",
        "UPDATE participants SET age_band = 'old'",
        "UPDATE consent_texts SET sha256 = 'c'",
        f"UPDATE consent_texts SET sha256 = '{'c' * 64}'",
        "DELETE FROM consent_texts",
    )
    for change in refused:
        with pytest.raises(IntegrityError), database.engine.begin() as connection:
            connection.execute(text(change))
    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM participants WHERE id = 1"))
        assert connection.scalar(text("SELECT count(*) FROM answers")) == 0


@pytest.mark.slow
def test_an_upgrade_gives_no_study_a_panel(database: Database) -> None:
    """From the previous migration: people stay, and a panel's number can be theirs alone."""
    upgrade(database, PANELLESS)
    with database.engine.begin() as connection:
        fill(connection)
        before = dict(connection.execute(text("SELECT * FROM studies")).mappings().one())
        person = dict(connection.execute(text("SELECT * FROM participants")).mappings().one())
        counts = count(connection)
    upgrade(database)
    with Session(database.engine) as session:
        study = session.scalars(select(Study)).one()
        assert (study.panel, study.headphones, study.stops_at_wanted) == ({}, "none", False)
        after = dict(session.execute(text("SELECT * FROM studies")).mappings().one())
        assert before.items() <= after.items()
        now = dict(session.execute(text("SELECT * FROM participants")).mappings().one())
        assert now == person | {"headphones_right": None}
        assert count(session.connection()) == counts | SINCE
        session.add(PanelPlace(study_id=1, participant_id=1, panel_id="7"))
        session.commit()
    refused = (
        "UPDATE panel_places SET panel_id = ''",
        "UPDATE panel_places SET outcome = 'paid'",
        "UPDATE panel_places SET outcome = 'finished'",
        "UPDATE panel_places SET participant_id = 2",
        "INSERT INTO panel_places SELECT 2, study_id, participant_id, '8', ids, outcome, ended_at "
        "FROM panel_places",
    )
    for change in refused:
        with pytest.raises(IntegrityError), database.engine.begin() as connection:
            connection.execute(text(change))
    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM participants"))
        assert connection.scalar(text("SELECT count(*) FROM panel_places")) == 0


@pytest.mark.slow
def test_an_upgrade_checks_nobody_s_headphones(database: Database) -> None:
    """From the previous migration: with a panel's place, all as it was."""
    upgrade(database, UNHEARD)
    with database.engine.begin() as connection:
        fill(connection)
        place = "INSERT INTO panel_places VALUES (1, 1, 1, '7', '{}', 'begun', NULL)"
        connection.execute(text(place))
        queries = [text(f"SELECT * FROM {table}") for table in ("studies", "participants")]
        before = [dict(connection.execute(query).mappings().one()) for query in queries]
        counts = count(connection)
    upgrade(database)
    with database.engine.connect() as connection:
        after = [dict(connection.execute(query).mappings().one()) for query in queries]
        assert count(connection) == counts | NEW
    new = {"headphones": "none"}, {"headphones_right": None}
    for row, column, now in zip(before, new, after, strict=True):
        assert (row | column).items() <= now.items()
    for change in (
        "UPDATE studies SET headphones = 'yes'",
        "UPDATE participants SET headphones_right = 7",
    ):
        with pytest.raises(IntegrityError), database.engine.begin() as connection:
            connection.execute(text(change))


@pytest.mark.slow
def test_an_upgrade_lets_stimuli_have_other_clips_and_answers_be_replies(
    database: Database,
) -> None:
    """From the previous migration: all rows stay, of the design `transfer`."""
    upgrade(database, PAIRS_ONLY)
    tables = ("stimuli", "trials", "plays")
    with database.engine.begin() as connection:
        fill(connection)
        before = [rows(connection, table) for table in tables]
    upgrade(database)
    with database.engine.connect() as connection:
        after = [rows(connection, table) for table in tables]
    for old, new in zip(before, after, strict=True):
        assert old and all(
            row.items() <= other.items() for row, other in zip(old, new, strict=True)
        )
    replies = "replies = '{}', direction = NULL, rhythm = NULL, melody = NULL, harmony = NULL"
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE stimuli SET kind = 'rated', intended = NULL WHERE id = 1"))
        connection.execute(text(f"UPDATE answers SET {replies}, naturalness = NULL WHERE id = 1"))
        connection.execute(text("UPDATE plays SET side = 'twelfth' WHERE id = 1"))
    refused = (
        "UPDATE stimuli SET kind = 'swapped' WHERE id = 1",
        "UPDATE stimuli SET intended = NULL WHERE id = 2",
        "UPDATE stimuli SET first_id = 99 WHERE id = 2",
        f"UPDATE answers SET {replies} WHERE id = 2",
        "UPDATE answers SET direction = NULL WHERE id = 2",
        "UPDATE answers SET replies = '{}' WHERE id = 2",
        "UPDATE plays SET side = 'zeroth' WHERE id = 1",
        "INSERT INTO stimulus_clips (stimulus_id, place, clip_id) VALUES (1, 1, 1)",
        "INSERT INTO stimulus_clips (stimulus_id, place, clip_id) VALUES (1, 2, 99)",
    )
    for change in refused:
        with pytest.raises(IntegrityError), database.engine.begin() as connection:
            connection.execute(text(change))


@pytest.mark.slow
def test_upgraded_tables_still_refuse_what_they_must(database: Database) -> None:
    upgrade(database, FIRST)
    with database.engine.begin() as connection:
        fill(connection)
    upgrade(database)
    changes = ("rhythm = 6", "direction = 'up'", "trial_id = 1", "trial_id = 99")
    changes += ("seconds = -1", "seconds = 1000001", "seconds = 1e308")
    for change in changes:
        with pytest.raises(IntegrityError), database.engine.begin() as connection:
            connection.execute(text(f"UPDATE answers SET {change} WHERE id = 2"))
    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM participants"))
        assert connection.scalar(text("SELECT count(*) FROM answers")) == 0


def test_upgrading_again_does_nothing(database: Database) -> None:
    upgrade(database, FIRST)
    with database.engine.begin() as connection:
        fill(connection)
    upgrade(database)
    with database.engine.connect() as connection:
        counts = count(connection)
    upgrade(database)
    with database.engine.connect() as connection:
        assert count(connection) == counts


@pytest.mark.slow
def test_processes_that_start_at_once(database: Database, url: str, root: Path) -> None:
    upgrade(database, FIRST)
    with database.engine.begin() as connection:
        fill(connection)
    command = [sys.executable, "-m", "db.migrate", url]
    started = [
        subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE, text=True) for _ in range(3)
    ]
    for process in started:
        errors = process.communicate(timeout=60)[1]
        assert process.returncode == 0, errors
    with database.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM answers")) == ANSWERS
        assert connection.scalar(text("SELECT count(*) FROM alembic_version")) == 1


def test_a_newer_database_is_left_alone(database: Database) -> None:
    upgrade(database)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseError, match="version 9999, newer than this software"):
        upgrade(database)


def test_tables_of_others_are_left_alone(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE studies (id INTEGER)"))
    with pytest.raises(DatabaseError, match="tables but no version"):
        upgrade(database)


@pytest.mark.slow
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_failed_upgrade_changes_nothing(database: Database) -> None:
    upgrade(database, FIRST)
    with database.engine.begin() as connection:
        fill(connection)
    raw = database.engine.raw_connection()
    raw.driver_connection.execute("PRAGMA foreign_keys = OFF")
    raw.driver_connection.execute("DELETE FROM trials WHERE id = 1")
    raw.driver_connection.execute("PRAGMA foreign_keys = ON")
    raw.close()
    with pytest.raises(DatabaseError, match="point at missing"):
        upgrade(database)
    with database.engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == FIRST
        assert "seconds" not in {column["name"] for column in columns(connection)}
        assert connection.scalar(text("SELECT count(*) FROM answers")) == ANSWERS
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1


def checks(database: Database) -> dict[str, dict[str, str]]:
    """Every table's CHECK constraints, by name."""
    inspector = inspect(database.engine)
    return {
        table: {check["name"]: check["sqltext"] for check in inspector.get_check_constraints(table)}
        for table in Base.metadata.tables
    }


def columns(connection: Any) -> list[Any]:
    return inspect(connection).get_columns("answers")


def count(connection: Any) -> dict[str, int]:
    """How many rows each table has, of those that are there."""
    return {
        table: connection.scalar(text(f"SELECT count(*) FROM {table}"))
        for table in Base.metadata.tables
        if inspect(connection).has_table(table)
    }


def rows(connection: Connection, table: str) -> list[dict[str, Any]]:
    result = connection.execute(text(f"SELECT * FROM {table} ORDER BY id"))
    return [dict(row) for row in result.mappings()]
