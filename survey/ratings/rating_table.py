"""The ratings of a study as one tidy table: one row per answered trial, practice left out.

From the database, or from a CSV file of answers gathered elsewhere; `survey.ratings.columns` says
what the columns mean. Rows are sorted, so that the same answers are always the same table.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from sqlalchemy import Subquery, func, or_, select
from sqlalchemy.orm import Session, aliased

from db.models import (
    SCALES,
    Answer,
    Clip,
    Invitation,
    Participant,
    Play,
    Stimulus,
    StimulusClip,
    Study,
    Trial,
)
from survey.core.headphones import PASSED
from survey.ratings.columns import ANALYSED, CHANGE, COLUMNS, ordered, table_of
from survey.ratings.csv_file import plain_csv, read_column, read_csv, write_csv

__all__ = [
    "COLUMNS",
    "choose",
    "empty",
    "flow",
    "frame",
    "read_column",
    "read_csv",
    "sha256",
    "write_csv",
]

PERSONAL = ("device", "age_band", "training", "sound_ok", "headphones_right")


def choose(session: Session, name: str | None = None) -> Study:
    """The study of that name, or the only one there is.

    Raises
    ------
    ValueError
        If there is none, none of that name, or several and no name; the message says which.
    """
    studies = session.scalars(select(Study).order_by(Study.name)).all()
    names = ", ".join(study.name for study in studies)
    if not studies:
        raise ValueError("the database has no study")
    if name is None and len(studies) > 1:
        raise ValueError(f"the database has several studies, name one of them: {names}")
    for study in studies:
        if name in (None, study.name):
            return study
    raise ValueError(f"there is no study {name!r}; there are: {names}")


def frame(session: Session, study: Study, participant: Participant | None = None) -> pd.DataFrame:
    """The ratings of a study, or of one participant of it.

    Returns
    -------
    DataFrame
        One row per answer to a trial that is not practice, sorted by participant and position,
        columns as in `survey.ratings.columns`; missing values are None, NaN or NA.
    """
    stimuli = {
        stimulus.id: stimulus
        for stimulus in session.scalars(select(Stimulus).where(Stimulus.study_id == study.id))
        if stimulus.kind in ANALYSED
    }
    measured = sorted({name for stimulus in stimuli.values() for name in stimulus.measured})
    known = {at: _of_stimulus(stimulus, measured) for at, stimulus in stimuli.items()}
    chosen = Participant.study_id == study.id
    if participant is not None:
        chosen &= Participant.id == participant.id
    people = {
        person.id: of_participant(person)
        for person in session.scalars(select(Participant).where(chosen))
    }
    seconds_of = lengths(session, study)
    begun_at = starts()
    answers = session.execute(
        select(
            Trial.participant_id,
            Trial.stimulus_id,
            Trial.position,
            Answer.direction,
            *(getattr(Answer, scale) for scale in SCALES),
            Answer.seconds,
            Answer.comment,
            Answer.at,
            begun_at.c.at,
        )
        .join(Trial, Answer.trial_id == Trial.id)
        .outerjoin(begun_at, begun_at.c.trial_id == Trial.id)
        .join(Participant, Trial.participant_id == Participant.id)
        .where(chosen)
    )
    rows = [
        {
            **people[person],
            **known[item],
            "position": position,
            "heard": direction,
            **dict(zip(SCALES, scores, strict=True)),
            "seconds": seconds,
            "time_to_hear": time_to_hear(begun, at, seconds_of[item]),
            "comment": comment,
            "answered_at": at.isoformat(),
        }
        for person, item, position, direction, *scores, seconds, comment, at, begun in answers
        if item in known
    ]
    return table_of(({"study": study.name, **row} for row in rows), ordered(measured))


def lengths(session: Session, study: Study) -> dict[int, float]:
    """How many seconds all clips of each stimulus last together."""
    first, second = aliased(Clip), aliased(Clip)
    query = (
        select(Stimulus.id, Stimulus.systems, first.seconds, second.seconds)
        .join(first, Stimulus.first_id == first.id)
        .join(second, Stimulus.second_id == second.id)
        .where(Stimulus.study_id == study.id)
    )
    seconds_by_stimulus = {
        key: before if len(systems) == 1 else before + after
        for key, systems, before, after in session.execute(query)
    }
    further = (
        select(StimulusClip.stimulus_id, func.sum(Clip.seconds))
        .join(Clip, StimulusClip.clip_id == Clip.id)
        .join(Stimulus, StimulusClip.stimulus_id == Stimulus.id)
        .where(Stimulus.study_id == study.id)
        .group_by(StimulusClip.stimulus_id)
    )
    for key, seconds in session.execute(further):
        seconds_by_stimulus[key] += seconds
    return seconds_by_stimulus


def starts() -> Subquery:
    """When, by the server's clock, a clip of a trial began to play for the first time."""
    query = select(Play.trial_id, func.min(Play.at).label("at")).where(Play.event == "started")
    return query.group_by(Play.trial_id).subquery()


def time_to_hear(begun: datetime | None, answered: datetime, length: float) -> bool | None:
    """Whether so many seconds lay between the first start and the answer; None if none is known."""
    return None if begun is None else (answered - begun).total_seconds() >= length


def _of_stimulus(stimulus: Stimulus, measured: list[str]) -> dict[str, object]:
    cells: dict[str, object] = {
        "item": stimulus.name,
        **{
            name: getattr(stimulus, name)
            for name in ("kind", "intended", "strength", "checkpoint", "source", "segment")
        },
    }
    for name in measured:
        values = stimulus.measured.get(name)
        cells[CHANGE + name] = None if values is None else values["after"] - values["before"]
    return cells


def of_participant(person: Participant) -> dict[str, object]:
    """What the ratings' columns say of a participant."""
    return {
        "participant": person.public_id,
        "finished": person.stage == "finished",
        **{name: getattr(person, name) for name in PERSONAL},
    }


@dataclass(frozen=True)
class ParticipantCounts:
    """How many people came how far.

    Attributes
    ----------
    invited : int or None
        Invitations made; None for a study open to all.
    consented : int
        All who ever agreed, those included who withdrew, or did nothing more and were removed.
    began : int
        Did something after that, such as to answer or pass the optional questions, or withdrew.
    finished : int
    withdrawn : int
        Asked for their answers to be erased.
    turned_away : int
        Failed a headphone check without which nobody takes part.
    """

    invited: int | None
    consented: int
    began: int
    finished: int
    withdrawn: int
    turned_away: int = 0


def flow(session: Session, study: Study) -> ParticipantCounts:
    """How many people of a study came how far."""
    invitation_count = (
        select(func.count()).select_from(Invitation).where(Invitation.study_id == study.id)
    )
    people = select(func.count()).select_from(Participant).where(Participant.study_id == study.id)
    invited = session.scalar(invitation_count) or 0
    answered = select(Trial.participant_id).join(Answer, Answer.trial_id == Trial.id)
    did_something = or_(
        Participant.stage == "finished",
        Participant.asked_at.is_not(None),
        Participant.checked_at.is_not(None),
        Participant.id.in_(answered),
    )
    return ParticipantCounts(
        invited=invited if invited or study.invited_only else None,
        consented=(session.scalar(people) or 0) + study.withdrawn + study.lapsed,
        began=(session.scalar(people.where(did_something)) or 0) + study.withdrawn,
        finished=session.scalar(people.where(Participant.stage == "finished")) or 0,
        withdrawn=study.withdrawn,
        turned_away=session.scalar(people.where(Participant.headphones_right < PASSED)) or 0
        if study.headphones == "gate"
        else 0,
    )


def empty(measured: Iterable[str] = ()) -> pd.DataFrame:
    """A table of no ratings, with all its columns."""
    return table_of([], ordered(list(measured)))


def sha256(table: pd.DataFrame) -> str:
    """The hash of a table's contents, 64 hexadecimal digits; the same for the same answers."""
    return hashlib.sha256(plain_csv(table).encode()).hexdigest()
