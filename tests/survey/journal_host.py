"""A server with a journal, without pages: answers until it is killed. See `test_killed.py`.

``python -m tests.survey.journal_host FOLDER HUB STUDY UPLOAD``: prints a line for every answer that
was acknowledged, and one for every upload that succeeded.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

from sqlalchemy import select

from db.database import Database
from db.models import Participant, Study
from survey.core.settings import Settings
from survey.journal.journal import connect
from tests.survey.crowd import answer, join
from tests.survey.hub import Hub


def main(folder: str, hub: str, study: str, upload_every: str) -> None:
    """Answer without end; upload after so many answers."""
    settings = Settings(
        data=Path(folder), dataset="lab/answers", hf_token="hf_not_a_real_token", ephemeral=True
    )
    database = Database(settings.database_url)
    journal = connect(settings, Hub(Path(hub)), minutes=60)
    assert journal is not None
    journal.restore(database)
    dice = random.Random()
    for number in range(1, 10_000):
        with database.write() as session:
            person = session.scalars(
                select(Participant).where(Participant.stage == "active")
            ).first()
            if person is None:
                row = session.scalars(select(Study).where(Study.name == study)).one()
                person, _ = join(session, row)
                journal.joined(session, person)
            token = answer(session, person, dice)
            trial = next(candidate for candidate in person.trials if candidate.token == token)
            journal.answered(session, trial)
        name = trial.stimulus.name
        print("answered", person.public_id, name, trial.answer.submission, flush=True)
        if number % int(upload_every) == 0 and journal.flush():
            print("uploaded", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
