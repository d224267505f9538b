"""Participants with answers, put into the database without pages."""

from __future__ import annotations

import random
import secrets
from datetime import timedelta
from itertools import product

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.database import Database
from db.models import (
    DIRECTIONS,
    PLAY_EVENTS,
    SCALES,
    SIDES,
    Answer,
    Participant,
    Play,
    Study,
    Trial,
    now,
)
from survey.core import tokens
from survey.participant import joining
from survey.participant.schemas import Join

REMARK = '=1+1; "quoted", ümlaut, \u2028 and\na line'


def join(session: Session, study: Study, invitation: str | None = None) -> tuple[Participant, str]:
    """A participant with trials, and the token of their link."""
    body = Join(study=study.name, consent=True, invitation=invitation)
    person, token = joining.join(session, body)
    person.age_band, person.device, person.asked_at = "25-34", "headphones", now()
    person.sound_ok, person.checked_at = True, now()
    return person, token


def answer(session: Session, person: Participant, dice: random.Random, remark: str = "") -> str:
    """Hear and answer the next trial; gives its token. The last answer finishes."""
    todo = [trial for trial in person.trials if trial.answer is None]
    _answer(todo[0], dice, remark)
    person.seen_at = now()
    if len(todo) == 1:
        _finish(person)
    session.flush()
    return todo[0].token


def fill(session: Session, study: Study, people: int, seed: int = 0) -> list[Participant]:
    """Participants who finished, the last one in the middle of it; every third one remarks."""
    dice = random.Random(seed)
    joined = []
    for number in range(people):
        person, _ = join(session, study)
        last = number + 1 == people
        for place, trial in enumerate(person.trials[: 5 if last else None]):
            _answer(trial, dice, REMARK if place % 3 == 0 else "")
        person.seen_at = now()
        if not last:
            _finish(person)
        session.flush()  # all at once: a database takes many rows much faster than one by one
        joined.append(person)
    return joined


def people_count(database: Database) -> int:
    """How many have joined, in all studies."""
    with database.read() as session:
        return session.scalar(select(func.count(Participant.id))) or 0


def pass_time(database: Database, time: timedelta) -> None:
    """All who have joined did so earlier."""
    with database.write() as session:
        for person in session.scalars(select(Participant)):
            person.consented_at -= time
            person.seen_at -= time


def _answer(trial: Trial, dice: random.Random, remark: str) -> None:
    for side, event in product(SIDES, PLAY_EVENTS):
        trial.plays.append(Play(submission=secrets.token_hex(8), side=side, event=event))
    sure = trial.stimulus.kind != "transfer" or dice.random() < 0.7
    trial.answer = Answer(
        submission=secrets.token_hex(8),
        direction=trial.stimulus.intended if sure else dice.choice(DIRECTIONS),
        comment=remark,
        seconds=round(dice.uniform(4, 40), 3),
        **{scale: dice.randint(1, 5) for scale in SCALES},
    )


def _finish(person: Participant) -> None:
    person.stage, person.finished_at, person.completion_code = "finished", now(), tokens.code()
