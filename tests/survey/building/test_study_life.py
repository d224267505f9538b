"""Studies are cloned, edited while drafts, and deleted while nobody takes part."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, inspect, select

from db.database import Database
from db.models import Audit, Clip, Invitation, Participant, Stimulus, StimulusClip, Study
from survey.admin import invitations
from survey.building import insert, study_life
from survey.building.study_spec import BuildError
from survey.core.settings import Settings
from survey.records import preregistration
from survey.records.to_json import of_study
from survey.study import main
from tests.postgres import ONE
from tests.survey.built import Build
from tests.survey.person import Person

NEW = {"name", "state", "created_at", "opened_at", "closed_at", "withdrawn", "lapsed"}


def record(database: Database, name: str) -> dict[str, Any]:
    with database.read() as session:
        study = session.scalars(select(Study).where(Study.name == name)).one()
        return dict(of_study(study, private=True))


def rows(database: Database) -> dict[str, int]:
    with database.read() as session:
        tables = (Study, Stimulus, StimulusClip, Clip, Invitation, Participant)
        return {
            table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0
            for table in tables
        }


def make_draft(database: Database, study: Study) -> None:
    with database.write() as session:
        stored = session.get_one(Study, study.id)
        stored.state, stored.opened_at = "draft", None


@pytest.mark.slow
def test_a_clone_has_plan_and_settings_and_nobodys_answers(
    rated: Build, served: TestClient, database: Database
) -> None:
    study = rated("mushra", rules={"finished": True})
    Person.ready(served, "rated")
    with database.write() as session:
        stored = session.get_one(Study, study.id)
        stored.headphones, stored.stops_at_wanted, stored.contact = "covariate", True, "Ada"
        stored.withdrawn = 3
        stored.build = stored.build | {preregistration.KEY: {"text": "of the other"}}
        invitations.create(session, stored, 2, "batch")
        study_life.clone(session, stored, "again")
    of, clone = (record(database, name) for name in ("rated", "again"))
    assert (clone["state"], clone["withdrawn"], clone["opened_at"]) == ("draft", 0, None)
    assert clone["invitations"] == clone["consent_texts"] == []
    assert preregistration.KEY not in clone["build"] and "items" in clone["build"]
    same = {**of, "invitations": [], "consent_texts": []}
    same["build"] = {key: one for key, one in of["build"].items() if key != preregistration.KEY}
    assert {key: one for key, one in clone.items() if key not in NEW} == {
        key: one for key, one in same.items() if key not in NEW
    }
    assert len(clone["stimuli"][0]["more"]) == 5
    with database.read() as session:
        entry = session.scalars(select(Audit).where(Audit.action == "cloned")).one()
        assert entry.detail == {"of": "rated"}


@ONE
def test_every_column_of_a_study_is_thought_of(database: Database, study: Study) -> None:
    """A new column is taken over by clones, or stands among those that are not."""
    with database.write() as session:
        clone = study_life.clone(session, session.get_one(Study, study.id), "again")
        session.flush()
        for column in inspect(Study).column_attrs:
            if column.key not in study_life.OF_ITS_OWN:
                assert getattr(clone, column.key) == getattr(study, column.key), column.key


@ONE
def test_a_clone_pays_nobody_of_another_study(database: Database, study: Study) -> None:
    panel = {"kind": "prolific", "key": "secret", "finished": "https://app.prolific.com/x?cc=1"}
    with database.write() as session:
        stored = session.get_one(Study, study.id)
        stored.panel = panel
        clone = study_life.clone(session, stored, "again")
        assert clone.panel["kind"] == "prolific" and clone.panel["finished"] == ""
        assert clone.panel["key"] not in ("", "secret")


@ONE
@pytest.mark.parametrize("name", ["small", "Not Good", "", "a/b", "x" * 65])
def test_a_clone_needs_a_name_of_its_own(database: Database, study: Study, name: str) -> None:
    before = rows(database)
    with pytest.raises(BuildError), database.write() as session:
        study_life.clone(session, session.get_one(Study, study.id), name)
    assert rows(database) == before


def test_a_drafts_plan_is_edited_and_logged(database: Database, study: Study) -> None:
    make_draft(database, study)
    with database.write() as session:
        stored = session.get_one(Study, study.id)
        before = study_life.plan_of(stored)
        new = replace(before, name="pilot", trials_each=2, rules={"median_seconds": 3.0})
        assert study_life.edit(session, stored, new) == ["name", "trials_each", "rules"]
        assert study_life.edit(session, stored, new) == []
    study_record = record(database, "pilot")
    assert (study_record["trials_each"], study_record["rules"]) == (2, {"median_seconds": 3.0})
    with database.read() as session:
        entry = session.scalars(select(Audit).where(Audit.action == "edited")).one()
    assert (entry.detail["name before"], entry.detail["name"]) == ("small", "pilot")
    assert entry.detail["rules"] == "median_seconds 3.0"


@ONE
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "Not Good"}, "cannot name a study"),
        ({"trials_each": 0}, "cannot have 0 of 8 trials"),
        ({"trials_each": 9}, "cannot have 9 of 8 trials"),
        ({"rules": {"identical_wrong": 7}}, "'identical_wrong' cannot be 7"),
        ({"rules": {"manners": 1}}, "no exclusion rule 'manners'"),
    ],
)
def test_a_plan_that_cannot_be(database: Database, study: Study, change: dict, words: str) -> None:
    make_draft(database, study)
    with pytest.raises(BuildError, match=words), database.write() as session:
        stored = session.get_one(Study, study.id)
        study_life.edit(session, stored, replace(study_life.plan_of(stored), **change))


@ONE
def test_what_is_open_has_been_open_or_is_linked_to_is_not_edited(
    database: Database, study: Study
) -> None:
    def edit(**change: object) -> None:
        with database.write() as session:
            stored = session.get_one(Study, study.id)
            study_life.edit(session, stored, replace(study_life.plan_of(stored), **change))

    with pytest.raises(BuildError, match="this study has been opened: clone it"):
        edit(trials_each=2)
    make_draft(database, study)
    with database.write() as session:
        invitations.create(session, session.get_one(Study, study.id), 1, "")
    with pytest.raises(BuildError, match="in the links of invitations"):
        edit(name="other")
    edit(trials_each=2)


@pytest.mark.slow
def test_a_deleted_study_leaves_nothing_but_its_log(
    rated: Build, database: Database, settings: Settings
) -> None:
    study = rated("mushra")
    with database.write() as session:
        stored = session.get_one(Study, study.id)
        stored.state = "draft"
        study_life.clone(session, stored, "again")
        invitations.create(session, stored, 2, "batch")
    before = rows(database)
    with database.write() as session:
        shared = study_life.delete(session, session.get_one(Study, study.id))
    assert shared == []  # its clone has the same clips
    left = rows(database)
    assert left["studies"] == before["studies"] - 1 and left["clips"] == before["clips"]
    assert left["invitations"] == 0
    files = sorted(path.name for path in settings.audio.glob("*.mp3"))
    with database.write() as session:
        clone = session.scalars(select(Study).where(Study.name == "again")).one()
        hashes = study_life.delete(session, clone)
    insert.discard(database, settings.audio, hashes)
    assert files and not {f"{name}.mp3" for name in hashes} - set(files)
    assert not set(files) & {path.name for path in settings.audio.glob("*.mp3")}
    assert not any(rows(database).values())
    with database.read() as session:
        names = [entry.detail["name"] for entry in study_life.deleted(session)]
    assert names == ["again", "rated"]


@pytest.mark.slow
def test_answers_are_not_deleted_with_a_study(
    client: TestClient, database: Database, study: Study
) -> None:
    with pytest.raises(BuildError, match="The study is open"), database.write() as session:
        study_life.delete(session, session.get_one(Study, study.id))
    Person.ready(client).finish()
    with database.write() as session:
        session.get_one(Study, study.id).state = "closed"
    before = rows(database)
    with pytest.raises(BuildError, match="1 participant has taken part"):
        with database.write() as session:
            study_life.delete(session, session.get_one(Study, study.id))
    assert rows(database) == before


@ONE
def test_the_command_line_does_the_same(
    database: Database, study: Study, settings: Settings, capsys, monkeypatch
) -> None:
    monkeypatch.setenv("FADERNETS_DATA", str(settings.data))
    url = ["--database", settings.database_url]
    assert main(["clone", "small", "--as", "again", *url]) == 0
    assert main(["edit", "again", "--rename", "pilot", "--trials", "3", *url]) == 0
    out = capsys.readouterr().out
    assert "again is a draft" in out and "Changed: name, trials each." in out
    assert record(database, "pilot")["trials_each"] == 3
    assert main(["edit", "small", "--trials", "3", *url]) == 2
    assert "this study has been opened" in capsys.readouterr().err
    assert main(["delete", "small", "--yes", *url]) == 2
    assert "The study is open" in capsys.readouterr().err
    assert main(["delete", "pilot", *url]) == 2
    assert "add --yes" in capsys.readouterr().err
    assert main(["delete", "pilot", "--yes", *url]) == 0
    assert main(["delete", "pilot", "--yes", *url]) == 2
    assert "pilot" in capsys.readouterr().err and rows(database)["studies"] == 1
    assert list(settings.audio.glob("*.mp3"))  # the clips are small's, too
