"""How a study fills: answers of each stimulus, people by how far they came and when last seen."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from db.models import KINDS, MAIN, Answer, Kind, Participant, Stimulus, Study, Trial, now
from survey.comparisons.repeats import REPEAT
from survey.participant import unused_places
from survey.ratings import rating_table

UNITS = (("day", 86_400), ("hour", 3600), ("minute", 60))  # and their seconds


@dataclass(frozen=True)
class Cell:
    """A stimulus and its answers.

    Attributes
    ----------
    name, kind, intended, source : str
        As in `db.models.Stimulus`; where nothing is intended, the systems that are heard.
    strength : float
    answers : int
        Stored so far.
    waiting : int
        Assigned to people who are taking part just now, and not answered yet.
    target : int
        Answers once all planned participants have finished.
    """

    name: str
    kind: Kind
    intended: str
    source: str
    strength: float
    answers: int
    waiting: int
    target: int


@dataclass(frozen=True, kw_only=True)
class Flow(rating_table.ParticipantCounts):
    """How many people came how far, and whose answers count; None for what cannot be known.

    Attributes
    ----------
    analysed : int
        Of whom the analysis keeps the answers.
    minutes : float or None
        Median from consent to the end, pauses included.
    """

    analysed: int
    minutes: float | None


@dataclass(frozen=True)
class ParticipantEntry:
    """A participant in the admin's list, without anything that identifies a person.

    Attributes
    ----------
    public_id : str
    stage : str
        "active" or "finished".
    answered, trials : int
        Of the trials that count, practice left out.
    last_seen : str
        The last request, in words.
    consent : str
        Hash of the text that they agreed to.
    """

    public_id: str
    stage: str
    answered: int
    trials: int
    last_seen: str
    consent: str


def cells(session: Session, study: Study) -> list[Cell]:
    """Every stimulus of a study with its answers, the one with the fewest answers first."""
    waits = (
        Answer.id.is_(None)
        & Participant.id.is_not(None)
        & (Participant.stage == "active")
        & unused_places.holds_places(study.lease_minutes)
    )
    rows = session.execute(
        select(
            Stimulus, func.count(Answer.id), func.coalesce(func.sum(case((waits, 1), else_=0)), 0)
        )
        .select_from(Stimulus)
        .outerjoin(Trial, Trial.stimulus_id == Stimulus.id)
        .outerjoin(Participant, Participant.id == Trial.participant_id)
        .outerjoin(Answer, Answer.trial_id == Trial.id)
        .where(Stimulus.study_id == study.id)
        .group_by(Stimulus.id)
    ).all()
    main_stimuli = sum(stimulus.kind in MAIN for stimulus, _, _ in rows)
    goal = unused_places.participants_wanted(study)
    target = math.ceil(goal * min(1.0, study.trials_each / max(main_stimuli, 1)))
    again = math.ceil(goal * study.build.get("repeats", 0) / max(main_stimuli, 1))
    cells = [
        Cell(
            stimulus.name,
            cast(Kind, stimulus.kind),
            stimulus.intended or " · ".join(stimulus.systems),
            stimulus.source,
            stimulus.strength,
            answers,
            int(waiting),
            _target(stimulus.kind, target, goal, again),
        )
        for stimulus, answers, waiting in rows
    ]
    return sorted(
        cells,
        key=lambda cell: (cell.kind == "practice", KINDS.index(cell.kind), cell.answers, cell.name),
    )


def _target(kind: str, main: int, catch: int, again: int) -> int:
    """How many answers stimuli of a kind are to have."""
    if kind in MAIN:
        return main
    return again if kind == REPEAT else catch


def flow(session: Session, study: Study, analysed: int) -> Flow:
    """How far participants came; `analysed` as `survey.admin.live_results` counts them."""
    counts = rating_table.flow(session, study)
    times = session.execute(
        select(Participant.consented_at, Participant.finished_at).where(
            Participant.study_id == study.id, Participant.finished_at.is_not(None)
        )
    )
    minutes = [(end - start).total_seconds() / 60 for start, end in times if end is not None]
    return Flow(
        **vars(counts), analysed=analysed, minutes=statistics.median(minutes) if minutes else None
    )


def people(
    session: Session, study: Study, *, skip: int = 0, most: int = 100
) -> list[ParticipantEntry]:
    """The participants of a study, who was seen last first.

    Parameters
    ----------
    skip, most : int
        Leave out so many, then give so many at most.
    """
    rows = session.execute(
        select(Participant, func.count(Trial.id), func.count(Answer.id))
        .select_from(Participant)
        .outerjoin(
            Trial,
            (Trial.participant_id == Participant.id)
            & Trial.stimulus_id.in_(select(Stimulus.id).where(Stimulus.kind != "practice")),
        )
        .outerjoin(Answer, Answer.trial_id == Trial.id)
        .where(Participant.study_id == study.id)
        .group_by(Participant.id)
        .order_by(Participant.seen_at.desc(), Participant.id.desc())
        .offset(skip)
        .limit(most)
    )
    moment = now()
    return [
        ParticipantEntry(
            person.public_id,
            person.stage,
            answered,
            trials,
            ago(person.seen_at, moment),
            person.consent,
        )
        for person, trials, answered in rows
    ]


def answers(session: Session, study: Study) -> int:
    """How many answers of a study are stored, practice left out."""
    return (
        session.scalar(
            select(func.count(Answer.id))
            .join(Trial, Answer.trial_id == Trial.id)
            .join(Stimulus, Trial.stimulus_id == Stimulus.id)
            .where(Stimulus.study_id == study.id, Stimulus.kind != "practice")
        )
        or 0
    )


def ago(moment: datetime, reference: datetime) -> str:
    """How long before a reference a moment was, in words, such as "5 minutes ago"."""
    seconds = max(0.0, (reference - moment).total_seconds())
    if seconds < 60:
        return "just now"
    unit, length = next((name, size) for name, size in UNITS if seconds >= size)
    count = int(seconds // length)
    return f"{count} {unit}{'' if count == 1 else 's'} ago"
