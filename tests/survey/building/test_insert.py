"""A study in the database: whole or not at all, under a name of its own."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from db.models import Audit, Clip, Stimulus, Study
from survey.building import insert
from survey.building.study_spec import BuildError, StudySpec
from survey.core import texts
from tests.survey.built import PAIRS, contents, stored

pytestmark = pytest.mark.slow


def test_studies_share_clips(two, database, spec, recorded):
    insert.register(database, replace(spec, name="twin", is_open=True), recorded[1])
    twin = stored(database, "twin")
    assert contents(twin) == contents(two) and twin.id != two.id
    assert twin.state == "open" and twin.opened_at is not None
    with database.read() as session:
        assert session.scalar(select(func.count(Clip.id))) == 2 * (2 * PAIRS + 2)
        actions = session.scalars(select(Audit.action).order_by(Audit.id)).all()
    assert actions == ["built", "built", "opened"]


def test_a_name_is_taken_once(database, spec, recorded):
    """By eight at once: one has it, the others are told, and nothing is there twice."""
    outcomes: list[str] = []
    start = threading.Barrier(8)

    def attempt() -> None:
        start.wait()
        try:
            insert.register(database, spec, recorded[1])
            outcomes.append("there")
        except BuildError as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sentence = "There is a study named two already; choose another name with --name."
    assert sorted(outcomes) == sorted(["there", *[sentence] * 7])
    with database.read() as session:
        assert session.scalar(select(func.count(Stimulus.id))) == len(recorded[1].pairs)


def test_a_failure_at_the_end_leaves_nothing(database, spec, recorded, monkeypatch):
    def fail(**_):
        raise RuntimeError("power cut")

    monkeypatch.setattr(insert, "Audit", fail)
    with pytest.raises(RuntimeError, match="power cut"):
        insert.register(database, spec, recorded[1])
    with database.read() as session:
        for table in (Study, Stimulus, Clip):
            assert session.scalar(select(func.count(table.id))) == 0


def test_a_study_has_rules_and_a_lease_of_its_own(database, spec, recorded):
    own = replace(spec, name="own", rules={"swapped_wrong": 0.5}, lease=90)
    insert.register(database, own, recorded[1])
    study = stored(database, "own")
    assert (study.rules, study.lease_minutes) == ({"swapped_wrong": 0.5}, 90)


def test_a_study_has_texts_of_its_own(database, spec, recorded):
    own = replace(spec, name="own", information="Hear.\r\n\r\n\r\n# Why\r\nScience.\r\n")
    insert.register(database, replace(own, statement="I will."), recorded[1])
    study = stored(database, "own")
    assert texts.sections(study) == [("", "Hear."), ("Why", "Science.")]
    assert texts.consent(study).endswith("\n\nHear.\n\nWhy\nScience.\n\nI will.")


def test_a_study_speaks_its_language(database, spec, recorded):
    german = replace(spec, name="german", language="de", title=None)
    insert.register(database, german, recorded[1])
    study = stored(database, "german")
    assert (study.language, study.title) == ("de", "Wie wirkt diese Musik?")
    assert texts.load("de")("consent.agree") in texts.consent(study)
    assert StudySpec().title == "How does this music feel?"
