"""A study cloned, edited and deleted on the admin's pages."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from db.database import Database
from db.models import Study
from survey.building import study_life
from survey.core.settings import Settings
from tests.postgres import KINDS, ONE, wait_for_waiting
from tests.survey.manager import Manager, contents
from tests.survey.person import Person

_, PG = KINDS
SETTINGS = "/studies/again/settings"


def clone(manager: Manager) -> None:
    path = "/studies/small/settings"
    answer = manager.send(path, "/studies/small/clone", new_name="again")
    assert answer.status_code == 303 and answer.headers["location"].endswith("/studies/again")


def study_named(database: Database, name: str) -> Study | None:
    with database.read() as session:
        return session.scalar(select(Study).where(Study.name == name))


@pytest.mark.slow
def test_clone_edit_delete(
    manager: Manager, client: TestClient, database: Database, settings: Settings, study: Study
) -> None:
    clone(manager)
    plan = {"new_name": "pilot", "trials": "3", "rule_median_seconds": "2.5"}
    answer = manager.send(SETTINGS, "/studies/again/plan", **plan)
    assert answer.headers["location"].endswith("/studies/pilot/settings"), answer.text
    clone_study = study_named(database, "pilot")
    assert clone_study is not None and (
        clone_study.trials_each,
        clone_study.rules["median_seconds"],
    ) == (3, 2.5)
    page = manager.get("/studies/pilot/settings").text
    assert "took less than 2.5 seconds for the median trial" in page
    assert "edited" in manager.get("/studies/pilot/log").text
    assert "cloned" in manager.get("/studies/pilot/log").text
    assert "Delete this study?" in manager.get("/studies/pilot/delete").text
    deletion = manager.send("/studies/pilot/delete", "/studies/pilot/delete")
    assert deletion.status_code == 303 and study_named(database, "pilot") is None
    assert manager.get("/studies/pilot").status_code == 404
    assert re.search(r"<li>[^<]+ <small>pilot</small>", manager.get("").text)
    Person.ready(client).finish()  # the clips are the other study's, too


@ONE
def test_emptied_and_ticked_rules(manager: Manager, database: Database, study: Study) -> None:
    clone(manager)
    manager.send(SETTINGS, "/studies/again/plan", rule_finished="yes", rule_same_answers="")
    clone_study = study_named(database, "again")
    assert clone_study is not None
    assert clone_study.rules["finished"] is True and clone_study.rules["same_answers"] is None
    assert clone_study.name == "again" and clone_study.trials_each == study.trials_each


@pytest.mark.slow
@ONE
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"new_name": "small"}, "There is a study named small already"),
        ({"new_name": "../x"}, "cannot name a study"),
        ({"trials": "9"}, "cannot have 9 of 8 trials"),
        ({"trials": "many"}, "trials must be a whole number"),
        ({"rule_median_seconds": "soon"}, "The limit of the rule median_seconds is no number."),
        ({"rule_median_seconds": "inf"}, "cannot be inf"),  # which JSON does not have
        ({"rule_same_answers": "7"}, "cannot be 7"),
        ({"rule_same_answers": "nan"}, "cannot be nan"),
    ],
)
def test_what_cannot_be_changes_nothing(
    manager: Manager, database: Database, change: dict[str, str], words: str
) -> None:
    clone(manager)
    before = contents(database)
    answer = manager.send(SETTINGS, "/studies/again/plan", **change)
    assert answer.status_code == 422 and words in answer.text.replace("&#39;", "'")
    assert contents(database) == before


@pytest.mark.slow
@ONE
def test_what_is_open_or_has_people_is_neither_edited_nor_deleted(
    manager: Manager, client: TestClient, database: Database, study: Study
) -> None:
    assert "Plan of this draft" not in manager.get("/studies/small/settings").text
    assert "close it before it is deleted" in manager.get("/studies/small/delete").text
    clone(manager)
    form = manager.form(SETTINGS, "/studies/again/plan")
    deletion = manager.form("/studies/again/delete", "/studies/again/delete")
    manager.send("/studies/again", "/studies/again/open")
    assert manager.post("/studies/again/plan", {**form, "trials": "2"}).status_code == 422
    assert manager.post("/studies/again/delete", deletion).status_code == 409
    Person.ready(client, "again").finish()
    manager.send("/studies/again", "/studies/again/close")
    refused = manager.post("/studies/again/delete", deletion)
    assert refused.status_code == 409 and "1 participant has taken part" in refused.text
    assert "1 participant has taken part" in manager.get("/studies/again/delete").text
    clone_study = study_named(database, "again")
    assert clone_study is not None and clone_study.trials_each == study.trials_each


@pytest.mark.postgres
@pytest.mark.parametrize("database", [PG], indirect=True)
@pytest.mark.parametrize("way", ["clone", "plan"])
def test_a_name_that_is_given_in_the_same_moment(
    manager: Manager, database: Database, study: Study, way: str
) -> None:
    """By another server: it is taken, and the database has not failed."""
    clone(manager)
    of = {"clone": "small", "plan": "again"}[way]
    form = manager.form(f"/studies/{of}/settings", f"/studies/{of}/{way}") | {"new_name": "new"}
    with ThreadPoolExecutor() as threads:
        with database.write() as session:
            session.add(Study(name="new", title="", trials_each=1))
            session.flush()
            answer = threads.submit(manager.post, f"/studies/{of}/{way}", form)
            wait_for_waiting(database)
        assert answer.result().status_code == 409
    assert "There is a study named new already" in answer.result().text


@pytest.mark.postgres
@pytest.mark.parametrize("database", [PG], indirect=True)
def test_a_study_that_is_deleted_in_the_same_moment_is_not_cloned(
    manager: Manager, database: Database, study: Study
) -> None:
    """By another server: nothing of it is left."""
    clone(manager)
    form = manager.form("/studies/again/settings", "/studies/again/clone") | {"new_name": "new"}
    with ThreadPoolExecutor() as threads:
        with database.write() as session:
            row = session.scalar(select(Study).where(Study.name == "again"))
            study_life.delete(session, row)
            answer = threads.submit(manager.post, "/studies/again/clone", form)
            wait_for_waiting(database)
        assert answer.result().status_code == 422
    assert "The study was deleted meanwhile." in answer.result().text
    assert study_named(database, "new") is None


@pytest.mark.postgres
@pytest.mark.parametrize("database", [PG], indirect=True)
def test_a_study_that_is_cloned_in_the_same_moment_is_deleted_alone(
    manager: Manager, database: Database, settings: Settings, study: Study
) -> None:
    """By another server: the clone has all its stimuli, and their clips."""
    manager.send("/studies/small", "/studies/small/close")
    form = manager.form("/studies/small/delete", "/studies/small/delete")
    with ThreadPoolExecutor() as threads:
        with database.write() as session:
            row = session.scalar(select(Study).where(Study.name == "small"))
            study_life.clone(session, row, "again")
            answer = threads.submit(manager.post, "/studies/small/delete", form)
            wait_for_waiting(database)
        assert answer.result().status_code == 303, answer.result().text
    assert study_named(database, "small") is None
    with database.read() as session:
        again = session.scalars(select(Study)).one()
        clips = {one.sha256 for each in again.stimuli for one in (each.first, each.second)}
    assert clips and all((settings.audio / f"{clip}.mp3").is_file() for clip in clips)
