"""Participants and their answers, written into a database as they are."""

from __future__ import annotations

from sqlalchemy import select

from db.database import Database
from db.models import SCALES, Answer, Participant, Stimulus, Study, Trial, now
from survey.records import consent_texts


def add_answers(database: Database, study: Study, people: int = 3) -> None:
    """Participants who answer everything; the last of them has not finished."""
    with database.write() as session:
        consent = consent_texts.agreed(session, session.get_one(Study, study.id)).sha256
        stimuli = session.scalars(select(Stimulus).where(Stimulus.study_id == study.id)).all()
        for number in range(people):
            is_finished = number < people - 1
            person = Participant(
                study_id=study.id,
                public_id=f"person{number}",
                token_hash=f"{number:064d}",
                consent=consent,
                stage="finished" if is_finished else "active",
                finished_at=now() if is_finished else None,
                device="headphones",
                sound_ok=number == 0,
            )
            session.add(person)
            session.flush()
            for position, stimulus in enumerate(reversed(stimuli)):
                tokens = (f"{number}-{position}-{name}" for name in "tfs")
                trial = Trial(
                    participant_id=person.id,
                    stimulus_id=stimulus.id,
                    position=position,
                    **dict(zip(("token", "first_token", "second_token"), tokens, strict=True)),
                )
                trial.answer = Answer(
                    submission=f"{number}-{position}",
                    direction=stimulus.intended,
                    **dict(zip(SCALES, (1, 2, 3, 4), strict=True)),
                    seconds=9.5,
                    comment='=HYPERLINK("http://x")' if position == 0 else 'fine, "really"\r\n…',
                )
                session.add(trial)
