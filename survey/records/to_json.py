"""Rows of the database as plain dictionaries and back: one way for export, import and journal.

A record holds text, numbers, truth values, None, lists and dictionaries only, so that it is JSON.
Rows name each other by what lasts (a study's name, a stimulus's name, a participant's public id),
never by a number of one database. The tokens that browsers hold are in no record; their hashes and
completion codes only in a *private* one, which the journal needs and an export must not have.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Enum, Float, Integer, Select, String, inspect, select
from sqlalchemy.orm import Session, joinedload, object_session, selectinload
from sqlalchemy.types import TypeEngine

from db.models import (
    LONGEST_SECONDS,
    SCALES,
    Answer,
    Base,
    Clip,
    Instant,
    Invitation,
    Participant,
    Play,
    Stimulus,
    Study,
    Trial,
)

STUDY = (
    *("name", "title", "state", "invited_only", "trials_each", "lease_minutes", "language"),
    *("contact", "retention", "rules", "build", "withdrawn", "lapsed", "created_at"),
    *("opened_at", "closed_at"),
)
CLIP = ("sha256", "bytes", "seconds")
STIMULUS = (
    *("name", "kind", "intended", "strength", "checkpoint", "source", "segment", "measured"),
)
INVITATION = ("created_at", "used_at")
PARTICIPANT = (
    *("public_id", "stage", "consented_at", "consent", "seen_at", "finished_at", "asked_at"),
    *("age_band", "training", "device", "checked_at", "sound_ok"),
)
TRIAL = ("position", "assigned_at")
PLAY = ("submission", "side", "event", "at")
ANSWER = ("submission", "direction", *SCALES, "comment", "seconds", "at")
PRIVATE: Mapping[type[Base], tuple[str, ...]] = {
    Invitation: ("token_hash", "label"),
    Participant: ("token_hash", "completion_code"),
}
ADDED: Mapping[type[Base], Mapping[str, Any]] = {  # what records of earlier versions lack
    Study: {"lapsed": 0},
}
FIELDS: Mapping[type[Base], tuple[str, ...]] = {
    Study: STUDY,
    Clip: CLIP,
    Stimulus: STIMULUS,
    Invitation: INVITATION,
    Participant: PARTICIPANT,
    Trial: TRIAL,
    Play: PLAY,
    Answer: ANSWER,
}


class RecordError(ValueError):
    """A record is not what it should be; the message names the field and its value.

    Parameters
    ----------
    message : str
    value : tuple
        What the message ends with, if anything.

    Attributes
    ----------
    plain : str
        The message without the value, which may be what somebody answered: for the log.
    """

    def __init__(self, message: str, *value: Any) -> None:
        super().__init__(f"{message} {value[0]!r:.80}" if value else message)
        self.plain = f"{message} what it is" if value else message


def dump(record: Mapping[str, Any], indent: int | None = None) -> str:
    """A record as JSON text, in ASCII, so that no character of a comment can break a line."""
    return json.dumps(record, indent=indent, allow_nan=False)


def of_study(study: Study, private: bool = False) -> dict[str, Any]:
    """A study with its stimuli, their clips' hashes and its invitations."""
    invitations = select(Invitation).where(Invitation.study_id == study.id)
    session = _session(study)
    return {
        **_plain(study),
        "stimuli": [
            {**_plain(one), "first": _plain(one.first), "second": _plain(one.second)}
            for one in study.stimuli
        ],
        "invitations": [
            _plain(one, private)
            for one in session.scalars(invitations.order_by(Invitation.created_at, Invitation.id))
        ],
    }


def of_people() -> Select[Any]:
    """The query for participants with all that belongs to them, in few statements."""
    trials = selectinload(Participant.trials).options(
        joinedload(Trial.stimulus), selectinload(Trial.answer), selectinload(Trial.plays)
    )
    return select(Participant).options(trials).order_by(Participant.public_id)


def of_trials() -> Select[Any]:
    """The query for trials with all that belongs to them, in few statements."""
    return select(Trial).options(
        joinedload(Trial.stimulus), selectinload(Trial.answer), selectinload(Trial.plays)
    )


def people(session: Session, study: Study) -> list[Participant]:
    """All participants of a study, by public id."""
    return list(session.scalars(of_people().where(Participant.study_id == study.id)))


def of_participant(
    person: Participant, private: bool = False, trials: Iterable[Trial] | None = None
) -> dict[str, Any]:
    """A participant with their trials, or with some of them.

    A private record also has the invitation that was used, None if none was.
    """
    record = _plain(person, private)
    if private:
        used = _session(person).get(Invitation, person.invitation_id or 0)
        record["invitation"] = None if used is None else _plain(used, private=True)
    record["trials"] = [of_trial(one) for one in (person.trials if trials is None else trials)]
    return record


def of_trial(trial: Trial) -> dict[str, Any]:
    """A trial with what was played in it and its answer, None where there is none."""
    return {
        "stimulus": trial.stimulus.name,
        **_plain(trial),
        "plays": [_plain(one) for one in sorted(trial.plays, key=lambda one: one.id)],
        "answer": None if trial.answer is None else _plain(trial.answer),
    }


def values(model: type[Base], record: Any, private: bool = False) -> dict[str, Any]:
    """What a row's fields are set to, from a record of it; every value is checked.

    Raises
    ------
    RecordError
        If a field is missing or its value is not one the column takes.
    """
    found: dict[str, Any] = {}
    columns = inspect(model).columns
    if isinstance(record, Mapping):
        record = {**ADDED.get(model, {}), **record}
    for name in _fields(model, private):
        column = columns[name]
        what = f"{model.__name__.lower()}.{name}"
        value = member(record, name, what)
        if value is None and column.nullable:
            found[name] = None
        else:
            found[name] = _typed(column.type, value, what)
    return bounded(found) if model is Answer else found


def bounded(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer with no more seconds than may be stored; none is lost for having more.

    There was no bound once, and journals and exports of that time are still read.
    """
    seconds = answer["seconds"]
    return {**answer, "seconds": None if seconds is None else min(seconds, LONGEST_SECONDS)}


def member(record: Any, name: str, what: str | None = None) -> Any:
    """A field of a record.

    Raises
    ------
    RecordError
        If the record has none of that name, or is no record at all.
    """
    if not isinstance(record, Mapping):
        raise RecordError(f"{what or name}: expected an object around it, not", record)
    if name not in record:
        raise RecordError(f"{what or name} is missing")
    return record[name]


def members(record: Any, name: str) -> list[Any]:
    """A field of a record that is a list.

    Raises
    ------
    RecordError
        If there is none, or it is no list.
    """
    found = member(record, name)
    if not isinstance(found, list):
        raise RecordError(f"{name}: expected a list, not", found)
    return found


def _session(row: Base) -> Session:
    session = object_session(row)
    if session is None:
        raise ValueError(f"{row!r} belongs to no session")
    return session


def _fields(model: type[Base], private: bool) -> tuple[str, ...]:
    return FIELDS[model] + (PRIVATE.get(model, ()) if private else ())


def _plain(row: Base, private: bool = False) -> dict[str, Any]:
    found = {name: getattr(row, name) for name in _fields(type(row), private)}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in found.items()
    }


def _typed(kind: TypeEngine[Any], value: Any, what: str) -> Any:
    """The value as the column takes it; databases themselves would let some of these pass."""
    wrong = RecordError(f"{what} cannot be", value)
    if isinstance(kind, Instant):
        return _moment(value, wrong)
    if isinstance(kind, Enum):
        good = isinstance(value, str) and value in kind.enums
    elif isinstance(kind, String):
        longest = kind.length or len(str(value))
        good = isinstance(value, str) and len(value) <= longest and "\0" not in value
    elif isinstance(kind, Boolean):
        good = isinstance(value, bool)
    elif isinstance(kind, Integer):
        good = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31
    elif isinstance(kind, Float):
        good = isinstance(value, int | float) and not isinstance(value, bool)
        good = good and abs(value) <= sys.float_info.max
    elif isinstance(kind, JSON):
        good = isinstance(value, dict) and _finite(value)
    else:
        raise TypeError(f"{what}: no rule for columns of type {kind!r}")
    if not good:
        raise wrong
    return value


def _finite(value: dict[str, Any]) -> bool:
    """Whether all numbers are: 1e999 in a file is read as infinite, and could not be written."""
    try:
        dump(value)
    except ValueError:
        return False
    return True


def _moment(value: Any, wrong: RecordError) -> datetime:
    if not isinstance(value, str):
        raise wrong
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise wrong from error
    if moment.tzinfo is None:
        raise wrong
    return moment
