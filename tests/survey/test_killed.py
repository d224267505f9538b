"""A few of the kills that ``python -m benchmarks.survey_kills`` does by the hundred."""

import asyncio
import random
import sqlite3
import subprocess
import sys

import pytest
from sqlalchemy import delete, select, update

from benchmarks.survey.crowd import AnswerBook, harm
from benchmarks.survey.survey_study import REPLIES
from benchmarks.survey.survivors import checked, copied, ended, writing
from benchmarks.survey_kills import run
from db.database import Database
from db.models import SCALES, Answer, PanelPlace, Participant, Play, Study, now
from survey.core.panels import Panel
from survey.core.settings import Settings
from tests.postgres import ONE
from tests.survey.built import Build
from tests.survey.crowd import answer, join

KILLS = 4  # that meet a write; two or three times as many in all
HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""

pytestmark = [ONE, pytest.mark.server]


def test_nothing_acknowledged_is_lost_or_doubled(
    database: Database, settings: Settings, study: Study
) -> None:
    database.close()
    report = asyncio.run(run(settings.data, {study.name: None}, KILLS, clients=8))
    assert harm(report) == {}
    assert report["in_write"] == KILLS and report["kills"] >= KILLS
    assert report["answers_acknowledged"] >= KILLS and report["joins_acknowledged"] >= 8
    # Everybody tries again until it is acknowledged, so nothing is left over either.
    assert report["answers_unacknowledged"] == 0
    assert report["requests_without_response"] > 0


@pytest.mark.parametrize("design", ["ab", "mushra"])
def test_nor_is_anything_of_another_design_beside(
    database: Database, settings: Settings, study: Study, rated: Build, design: str
) -> None:
    studies = {study.name: None, rated(design).name: REPLIES[design]}
    database.close()
    report = asyncio.run(run(settings.data, studies, KILLS, clients=4))
    assert harm(report) == {}
    counts = [report[f"answers_of_{name}"] for name in studies]
    assert min(counts) > 0 and sum(counts) == report["answers_acknowledged"]
    assert report["in_write"] == KILLS and report["answers_acknowledged"] >= KILLS
    assert report["answers_unacknowledged"] == 0


def test_nobody_goes_back_to_a_panel_before_all_is_stored(
    database: Database, settings: Settings, study: Study
) -> None:
    panel = Panel("generic", "Sounds", "who", "https://sounds.example/end?who={who}", key="k" * 43)
    with database.write() as session:
        session.get_one(Study, study.id).panel = panel.stored()
    database.close()
    # One after the other, so that somebody has all eight answers stored when as many are.
    report = asyncio.run(run(settings.data, {study.name: None}, 2 * KILLS, clients=1, panel="who"))
    assert harm(report) == {}
    assert report["in_write"] == 2 * KILLS and report["answers_acknowledged"] >= 8


def test_who_goes_back_too_early_is_found(
    database: Database, settings: Settings, study: Study, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with database.write() as session:
        person, _ = join(session, study)
        place = PanelPlace(study_id=study.id, panel_id="7", outcome="finished", ended_at=now())
        person.panel_place = place
        while any(trial.answer is None for trial in person.trials):
            answer(session, person, random.Random(0))
        submissions = {trial.answer.submission for trial in person.trials}
    path, folder = settings.data / "survey.sqlite", tmp_path_factory.mktemp("copy")
    assert ended(copied(path, folder)) == submissions
    with database.write() as session:
        session.execute(delete(Answer).where(Answer.submission == min(submissions)))
    assert ended(copied(path, folder)) == set()


@pytest.fixture
def book(database: Database, study: Study) -> AnswerBook:
    """What a participant knows who has given four answers."""
    book, dice = AnswerBook(), random.Random(0)
    with database.write() as session:
        person, token = join(session, study)
        for _ in range(4):
            answer(session, person, dice, "ü")
        book.joined.append(token)
        for trial in person.trials[:4]:
            stored = trial.answer
            ratings = [getattr(stored, scale) for scale in SCALES]
            row = (trial.token, stored.direction, *ratings, stored.comment, stored.seconds)
            book.submissions[stored.submission] = book.acknowledged[stored.submission] = row
            book.plays |= {(trial.token, play.submission) for play in trial.plays}
    return book


def test_the_comparison_finds_nothing_where_all_is_right(
    database: Database, study: Study, book: AnswerBook
) -> None:
    report = book.compared(database, study.name)
    assert harm(report) == {}
    counts = ("answers_acknowledged", "plays_acknowledged", "joins_acknowledged")
    assert [report[name] for name in counts] == [4, 16, 1]


def test_the_comparison_finds_what_is_wrong(
    database: Database, study: Study, book: AnswerBook
) -> None:
    lost, changed, doubled, resubmitted = book.acknowledged
    with database.write() as session:
        session.execute(delete(Answer).where(Answer.submission == lost))
        session.execute(update(Answer).where(Answer.submission == changed).values(seconds=1))
        session.execute(
            update(Answer).where(Answer.submission == resubmitted).values(submission=doubled)
        )
        session.execute(delete(Play).where(Play.id == session.scalar(select(Play.id).limit(1))))
        session.execute(update(Participant).values(token_hash="0" * 64))
    harms = harm(book.compared(database, study.name))
    # What was renamed is lost, and stands under the other's name with other values.
    assert harms["answers_lost"] == 2 and harms["answers_doubled"] == 1
    assert harms["answers_changed"] == harms["answers_unknown"] == 2
    assert harms["plays_lost"] == 1 and harms["joins_lost"] == 1


def test_a_damaged_copy_is_seen(
    database: Database,
    settings: Settings,
    book: AnswerBook,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    database.scrub()
    path = settings.data / "survey.sqlite"
    copy = copied(path, tmp_path_factory.mktemp("copy"))
    assert checked(copy) == (True, set(book.acknowledged))
    connection = sqlite3.connect(copy)
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("DELETE FROM participants")
    connection.commit()
    connection.close()
    assert not checked(copy)[0]


def test_the_write_lock_of_another_process_is_seen(
    database: Database, settings: Settings, study: Study
) -> None:
    database.close()
    path = settings.data / "survey.sqlite"
    assert not writing(path)
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert writing(path)
        process.stdin.close()
        process.wait(timeout=20)
    assert not writing(path)
