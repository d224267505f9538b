"""A study in the database: whole or not at all, under a name of its own."""

from __future__ import annotations

import shutil
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from db.database import Database
from db.models import Audit, Clip, Stimulus, Study
from survey.building import insert, study_life
from survey.building.clips import store
from survey.building.study_spec import BuildError, StudySpec
from survey.core import texts
from survey.core.study_clips import of_study
from tests.survey.built import PAIRS, contents, stored

pytestmark = pytest.mark.slow


def test_studies_share_clips(two, database, spec, recorded):
    insert.register(
        database, recorded[0].audio, replace(spec, name="twin", is_open=True), recorded[1]
    )
    twin = stored(database, "twin")
    assert contents(twin) == contents(two) and twin.id != two.id
    assert twin.state == "open" and twin.opened_at is not None
    with database.read() as session:
        assert session.scalar(select(func.count(Clip.id))) == 2 * (2 * PAIRS + 2)
        actions = session.scalars(select(Audit.action).order_by(Audit.id)).all()
    assert actions == ["built", "built", "opened"]


@pytest.fixture
def clips_folder(recorded, tmp_path):
    """The study's clips, in a folder of this test's own."""
    return shutil.copytree(recorded[0].audio, tmp_path / "clips")


def lacking(database: Database, clips_folder: Path) -> set[str]:
    """Hashes of clips that a study has and the folder does not."""
    with database.read() as session:
        hashes = set(session.scalars(select(Clip.sha256)))
    return hashes - {path.stem for path in clips_folder.glob("*.mp3")}


def delete(database: Database, name: str = "two") -> list[str]:
    """Delete a study's rows; gives what may go of its clips."""
    with database.write() as session:
        study = session.scalars(select(Study).where(Study.name == name)).one()
        return study_life.delete(session, study)


def test_clips_that_another_study_has_by_now_stay(two, database, spec, recorded, clips_folder):
    hashes = delete(database)
    insert.register(database, clips_folder, replace(spec, name="twin"), recorded[1])
    insert.discard(database, clips_folder, hashes)
    assert hashes and lacking(database, clips_folder) == set()
    insert.discard(database, clips_folder, delete(database, "twin"))
    assert not list(clips_folder.iterdir())


def test_no_study_is_made_of_clips_that_went_with_another(
    two, database, spec, recorded, clips_folder
):
    """One process found them when it recorded, and another deleted the study that had them."""
    insert.discard(database, clips_folder, delete(database))
    with pytest.raises(BuildError, match="was deleted meanwhile; please try again"):
        insert.register(database, clips_folder, replace(spec, name="twin"), recorded[1])
    with database.read() as session:
        for table in (Study, Stimulus, Clip):
            assert session.scalar(select(func.count(table.id))) == 0


def test_every_study_has_its_clips_while_others_are_deleted(database, spec, recorded, clips_folder):
    """Studies are made and deleted at once, each by a connection of its own, as by processes."""
    start, outcomes = threading.Barrier(6), Counter[str]()

    def make_and_delete(name: str) -> None:
        own = Database(database.url.render_as_string(hide_password=False))
        start.wait()
        for _ in range(4):
            try:
                insert.register(own, clips_folder, replace(spec, name=name), recorded[1])
            except BuildError as error:
                outcomes[str(error)] += 1
            else:
                outcomes["made"] += 1
                with own.write() as session:
                    study = session.scalars(select(Study).where(Study.name == name)).one()
                    clips = set(session.scalars(of_study(study.id)))
                    study_hashes = session.scalars(select(Clip.sha256).where(Clip.id.in_(clips)))
                    lost = {
                        one for one in study_hashes if not (clips_folder / f"{one}.mp3").is_file()
                    }
                    outcomes["lost"] += len(lost)
                    hashes = study_life.delete(session, study)
                insert.discard(own, clips_folder, hashes)
            for path in recorded[0].audio.iterdir():  # it is recorded again
                data = path.read_bytes()
                store(data, len(data), clips_folder)
        own.close()

    threads = [threading.Thread(target=make_and_delete, args=(f"s{i}",)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes["lost"] == 0 and outcomes["made"] > 0
    assert outcomes.keys() <= {"lost", "made", insert.CLIP_GONE}
    assert outcomes["made"] + outcomes[insert.CLIP_GONE] == 24


def test_a_name_is_taken_once(database, spec, recorded):
    """By eight at once: one has it, the others are told, and nothing is there twice."""
    outcomes: list[str] = []
    start = threading.Barrier(8)

    def attempt() -> None:
        start.wait()
        try:
            insert.register(database, recorded[0].audio, spec, recorded[1])
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
        insert.register(database, recorded[0].audio, spec, recorded[1])
    with database.read() as session:
        for table in (Study, Stimulus, Clip):
            assert session.scalar(select(func.count(table.id))) == 0


def test_a_study_has_rules_and_a_lease_of_its_own(database, spec, recorded):
    own = replace(spec, name="own", rules={"swapped_wrong": 0.5}, lease=90)
    insert.register(database, recorded[0].audio, own, recorded[1])
    study = stored(database, "own")
    assert (study.rules, study.lease_minutes) == ({"swapped_wrong": 0.5}, 90)


def test_a_study_has_texts_of_its_own(database, spec, recorded):
    own = replace(spec, name="own", information="Hear.\r\n\r\n\r\n# Why\r\nScience.\r\n")
    insert.register(database, recorded[0].audio, replace(own, statement="I will."), recorded[1])
    study = stored(database, "own")
    assert texts.sections(study) == [("", "Hear."), ("Why", "Science.")]
    assert texts.consent(study).endswith("\n\nHear.\n\nWhy\nScience.\n\nI will.")


def test_a_study_speaks_its_language(database, spec, recorded):
    german = replace(spec, name="german", language="de", title=None)
    insert.register(database, recorded[0].audio, german, recorded[1])
    study = stored(database, "german")
    assert (study.language, study.title) == ("de", "Wie wirkt diese Musik?")
    assert texts.load("de")("consent.agree") in texts.consent(study)
    assert StudySpec().title == "How does this music feel?"
