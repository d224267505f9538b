"""Lines of the journal made of the database's rows."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Participant, Study, Trial
from survey.journal.lines import BegunLine, Line, ParticipantLine, StudyLine, now
from survey.journal.state import JournalState, content, is_idle
from survey.ratings import rating_table
from survey.records.to_json import of_participant, of_people, of_study, of_trials, people


def study_line(session: Session, study: int) -> StudyLine:
    """A study as the transaction sees it."""
    session.flush()
    fresh = session.get_one(Study, study, populate_existing=True)
    return StudyLine(type="study", at=now(), study=of_study(fresh, private=True))


def person_line(session: Session, participant: int, trial: int | None = None) -> ParticipantLine:
    """A participant with all trials, or with one of them, as the transaction sees them."""
    session.flush()
    fresh = {"populate_existing": True}
    person = Participant.id == participant
    if trial is None:
        participant_row = session.scalars(of_people().where(person), execution_options=fresh).one()
        trials = participant_row.trials
    else:
        participant_row = session.scalars(select(Participant).where(person)).one()
        trials = session.scalars(
            of_trials().where(Trial.id == trial), execution_options=fresh
        ).all()
    record = of_participant(participant_row, private=True, trials=trials)
    return ParticipantLine(
        type="participant", at=now(), study=participant_row.study.name, participant=record
    )


def lacking_lines(session: Session, state: JournalState) -> Iterator[Line]:
    """Lines of what the database has and the journal has not."""
    for study in session.scalars(select(Study).order_by(Study.id)):
        persons = people(session, study)
        if study.state == "draft" and not persons:
            continue
        record = of_study(study, private=True)
        if record != state.studies.get(study.name):
            yield StudyLine(type="study", at=now(), study=record)
        journalled = {
            public_id for public_id, (name, _) in state.people.items() if name == study.name
        }
        for person in persons:
            participant = of_participant(person, private=True)
            if is_idle(participant):
                continue  # counted, that is all
            journalled.add(person.public_id)
            _, known = state.people.get(person.public_id, (None, None))
            if known is None or content(known) != content(participant):
                yield ParticipantLine(
                    type="participant", at=now(), study=study.name, participant=participant
                )
        consented = rating_table.flow(session, study).consented
        if consented > max(state.begun.get(study.name, 0), len(journalled) + study.withdrawn):
            yield BegunLine(type="begun", at=now(), study=study.name, count=consented)
