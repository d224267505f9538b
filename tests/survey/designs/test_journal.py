"""A study of another design comes back from the journal's lines, with all that was replied."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from db.database import Database
from db.migrate import upgrade
from db.models import Participant, Study
from survey.journal.replay import replay
from survey.journal.row_lines import lacking_lines, person_line, study_line
from survey.journal.state import merge_lines
from survey.records.to_json import of_participant, of_study
from tests.postgres import ONE
from tests.survey.built import Build
from tests.survey.designs.answering import replies
from tests.survey.person import Person


@pytest.mark.slow
@ONE
@pytest.mark.parametrize("design", ["ab", "mushra"])
def test_lines_make_a_database_whole(
    rated: Build, served: TestClient, database: Database, tmp_path: Path, design: str
) -> None:
    study, dice = rated(design), random.Random(0)
    person = Person.ready(served, "rated")
    person.reply(lambda trial: replies(database, study, trial, dice))
    with database.read() as session:
        (key,) = session.scalars(select(Participant.id))
        lines = [study_line(session, study.id), person_line(session, key)]
    read = merge_lines(json.loads(json.dumps(lines)))
    other = Database(f"sqlite:///{tmp_path}/other.sqlite")
    upgrade(other)
    with other.write() as session:
        restored = replay(session, read)
    assert (restored.studies, restored.participants, restored.answers) == (1, 1, 1)
    assert restored.problems == []
    with database.read() as one, other.read() as two:
        studies = [s.scalars(select(Study)).one() for s in (one, two)]
        people = [s.scalars(select(Participant)).one() for s in (one, two)]
        assert of_study(studies[0], private=True) == of_study(studies[1], private=True)
        assert of_participant(people[0], private=True) == of_participant(people[1], private=True)
        assert list(lacking_lines(two, read)) == []
    with other.write() as session:  # again: nothing new
        again = replay(session, read)
    assert (again.studies, again.participants, again.answers) == (0, 0, 0)
    # Lines of another order of the clips are of another study.
    study_record = json.loads(json.dumps(lines[0]))
    systems = study_record["study"]["stimuli"][0]["systems"]
    systems[-1], systems[-2] = "nobody", systems[-1]
    with other.write() as session:
        changed = replay(session, merge_lines([study_record]))
    assert "other clips" in changed.problems[0]
    other.close()
