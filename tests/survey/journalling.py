"""What the journal's tests have in common."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.database import Database
from db.models import Participant, Study
from survey.core.settings import Settings
from survey.journal import jsonl
from survey.journal.journal import Journal
from survey.records import export_files
from tests.survey.crowd import answer, join

DATASET = "lab/answers"
ROOT = Path(__file__).resolve().parents[2]
Connect = Callable[[], Journal]


def wipe(host: Settings) -> None:
    """What a restart of the host does to the journal's folder."""
    shutil.rmtree(host.data / "journal")


def participant_row(session: Session, public_id: str) -> Participant:
    return session.scalars(select(Participant).where(Participant.public_id == public_id)).one()


def text_of(database: Database) -> str:
    with database.read() as session:
        study = session.scalars(select(Study)).one()
        return export_files.study_json(session, study)


def local(host: Settings) -> bytes:
    return b"".join(path.read_bytes() for path in sorted((host.data / "journal").iterdir()))


def lines(host: Settings) -> list[jsonl.Line]:
    return list(jsonl.Ledger(host.data / "journal").lines())


def crowd(database: Database, study: Study, journal: Journal, people: int = 3) -> list[str]:
    """People whose answers are journalled as a server does; the last one has not finished."""
    dice, public_ids = random.Random(1), []
    for number in range(people):
        with database.write() as session:
            person, _ = join(session, study)
            journal.joined(session, person)
            count, public_id = len(person.trials), person.public_id
        public_ids.append(public_id)
        for _ in range(count if number + 1 < people else 3):
            with database.write() as session:
                person = participant_row(session, public_id)
                token = answer(session, person, dice, "a remark of " + public_id)
                if person.stage == "finished":
                    journal.finished(session, person)
                else:
                    trial = next(trial for trial in person.trials if trial.token == token)
                    journal.answered(session, trial)
    return public_ids
