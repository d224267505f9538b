"""A database made complete from what the lines of a journal say.

Replaying is adding what is missing: done twice, or with lines twice, it is the same as done once.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db.models import SIDES, Participant, Study
from survey.journal.state import JournalState, is_idle, pseudonym
from survey.ratings.rating_table import flow
from survey.records import consent_texts
from survey.records.erasure import erase
from survey.records.from_json import (
    add_invitation,
    add_invitations,
    add_participant,
    add_study,
    add_trial,
    complete,
    put_panel_place,
)
from survey.records.record_types import ParticipantRecord, StudyRecord
from survey.records.to_json import RecordError, member, members, of_study, values


@dataclass
class Restored:
    """What a replay did, counted; `problems` are sentences for the researcher."""

    studies: int = 0
    participants: int = 0
    answers: int = 0
    erased: int = 0
    journalled: int = 0
    problems: list[str] = field(default_factory=list)


def replay(session: Session, state: JournalState) -> Restored:
    """Add to a database what it lacks, and erase from it who withdrew.

    What cannot be added is named in `problems`; the rest is added.

    Parameters
    ----------
    session : Session
        Of a transaction that may write.
    state : JournalState
    """
    restored = Restored()
    _erase(session, state, restored)
    studies = {}
    for name, record in state.studies.items():
        try:
            with session.begin_nested():
                studies[name] = _study(session, record, restored)
        except (RecordError, IntegrityError) as error:
            restored.problems.append(f"Study {name!r} could not be restored: {_short(error)}.")
    _use(session, state, studies)
    unplaced = 0
    for name, person in state.people.values():
        if is_idle(person):
            continue
        if name not in studies:
            unplaced += 1
            continue
        try:
            with session.begin_nested():
                _person(session, studies[name], person, restored)
        except (RecordError, IntegrityError) as error:
            restored.problems.append(f"A participant could not be restored: {_short(error)}.")
    if unplaced:
        restored.problems.append(
            f"{unplaced} participants are of studies that could not be restored."
        )
    for name, study in studies.items():
        _count(session, study, state.consented(name))
    return restored


def _count(session: Session, study: Study, consented: int) -> None:
    """Whoever joined and is not here did nothing more, and is counted as removed."""
    session.flush()
    study.lapsed += max(0, consented - flow(session, study).consented)


def _erase(session: Session, state: JournalState, restored: Restored) -> None:
    for person in session.scalars(select(Participant)).all():
        if pseudonym(person.public_id) in state.withdrawn:
            erase(session, person, actor="system")
            restored.erased += 1


def _use(session: Session, state: JournalState, studies: dict[str, Study]) -> None:
    """Invitations of people who withdrew stay used."""
    for line in state.withdrawn.values():
        invitation, study = line.get("invitation"), line.get("study")
        if invitation and study in studies:
            add_invitation(session, studies[study], invitation)


def _study(session: Session, record: StudyRecord, restored: Restored) -> Study:
    study = session.scalar(select(Study).where(Study.name == member(record, "name")))
    if study is None:
        study = add_study(session, record, private=True)
        restored.studies += 1
        return study
    if sounds(of_study(study)) != sounds(record):
        raise RecordError("the study of this name here has other clips")
    add_invitations(session, study, record, private=True)
    consent_texts.add(session, study, record)
    return study


def sounds(record: StudyRecord) -> dict[str, tuple[str | None, ...]]:
    """What answers hang on: of every stimulus what it is, and the hashes of its clips."""
    return {
        member(stimulus, "name"): (
            member(stimulus, "kind"),
            member(stimulus, "intended"),
            *(member(member(stimulus, side), "sha256") for side in SIDES),
            *(member(clip, "sha256") for clip in stimulus.get("more", [])),
            *stimulus.get("systems", []),
        )
        for stimulus in members(record, "stimuli")
    }


def _person(session: Session, study: Study, record: ParticipantRecord, restored: Restored) -> None:
    person = session.scalar(
        select(Participant).where(Participant.public_id == member(record, "public_id"))
    )
    if person is None:
        person = add_participant(session, study, record, private=True)
        restored.participants += 1
        restored.answers += sum(trial.answer is not None for trial in person.trials)
        return
    if person.study_id != study.id:
        raise RecordError("a participant is of another study here")
    newer = values(Participant, record, private=True)
    person.paid_at = person.paid_at or newer["paid_at"]
    if (newer["finished_at"] is not None, newer["seen_at"]) > (
        person.finished_at is not None,
        person.seen_at,
    ):
        for name, value in (newer | {"paid_at": person.paid_at}).items():
            setattr(person, name, value)
    put_panel_place(person, record)
    trials = {trial.stimulus.name: trial for trial in person.trials}
    stimuli = {stimulus.name: stimulus for stimulus in study.stimuli}
    for trial_record in members(record, "trials"):
        trial = trials.get(member(trial_record, "stimulus"))
        if trial is None:
            restored.answers += add_trial(person, stimuli, trial_record).answer is not None
        else:
            restored.answers += complete(trial, trial_record, trial.stimulus)
    session.flush()


def _short(error: RecordError | IntegrityError) -> str:
    """Why, without the values of any row: it is logged, and shown to the admin."""
    if isinstance(error, RecordError):
        return error.plain
    return str(error.orig).partition("\n")[0]  # further lines of PostgreSQL's hold them
