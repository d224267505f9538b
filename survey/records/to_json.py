"""Rows of the database as plain dictionaries and back: one way for export, import and journal.

A record holds text, numbers, truth values, None, lists and dictionaries only, so that it is JSON.
Rows name each other by what lasts (a study's name, a stimulus's name, a participant's public id),
never by a number of one database. The tokens that browsers hold are in no record; their hashes and
completion codes only in a *private* one, which the journal needs and an export must not have.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

from pydantic import ValidationError
from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, object_session, selectinload

from db.models import Base, ConsentText, Invitation, Participant, Study, Trial
from survey.records.record_types import ParticipantRecord, StudyRecord, TrialRecord
from survey.records.rows import row_type


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


def of_study(study: Study, private: bool = False) -> StudyRecord:
    """A study with its stimuli, their clips' hashes, its invitations and what people agreed to."""
    invitations = select(Invitation).where(Invitation.study_id == study.id)
    session = _session(study)
    record = {
        **_plain(study, private),
        "stimuli": [
            {
                **_plain(stimulus),
                "first": _plain(stimulus.first),
                "second": _plain(stimulus.second),
                "more": [_plain(further.clip) for further in stimulus.more],
            }
            for stimulus in study.stimuli
        ],
        "invitations": [
            _plain(invitation, private) | ({} if private else _without_time(invitation))
            for invitation in session.scalars(
                invitations.order_by(Invitation.created_at, Invitation.id)
            )
        ],
        "consent_texts": [_plain(text) for text in session.scalars(of_consent_texts(study))],
    }
    return cast(StudyRecord, record)


def _without_time(invitation: Invitation) -> dict[str, Any]:
    """That an invitation was used, and not when, which is when a participant agreed.

    Labels go by the invitations' numbers, which is their order here: with the moment, whoever has
    the list of payments could tell whose answers are whose.
    """
    return {} if invitation.used_at is None else {"used_at": invitation.created_at.isoformat()}


def of_consent_texts(study: Study) -> Select[Any]:
    """The query for the texts that people agreed to, in the order of the first who did."""
    query = select(ConsentText).where(ConsentText.study_id == study.id)
    return query.order_by(ConsentText.created_at, ConsentText.id)


def of_people() -> Select[Any]:
    """The query for participants with all that belongs to them, in few statements."""
    trials = selectinload(Participant.trials).options(
        joinedload(Trial.stimulus), selectinload(Trial.answer), selectinload(Trial.plays)
    )
    place = selectinload(Participant.panel_place)
    return select(Participant).options(trials, place).order_by(Participant.public_id)


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
) -> ParticipantRecord:
    """A participant with their trials, or with some of them.

    A private record also has the invitation that was used, and a panel's numbers; None if there is
    none.
    """
    record = _plain(person, private)
    if private:
        invitation = _session(person).get(Invitation, person.invitation_id or 0)
        record["invitation"] = None if invitation is None else _plain(invitation, private=True)
        record["panel"] = None if person.panel_place is None else _plain(person.panel_place)
    record["trials"] = [of_trial(trial) for trial in (person.trials if trials is None else trials)]
    return cast(ParticipantRecord, record)


def of_trial(trial: Trial) -> TrialRecord:
    """A trial with what was played in it and its answer, None where there is none."""
    record = {
        "stimulus": trial.stimulus.name,
        **_plain(trial),
        "plays": [_plain(play) for play in sorted(trial.plays, key=lambda play: play.id)],
        "answer": None if trial.answer is None else _plain(trial.answer),
    }
    return cast(TrialRecord, record)


def values(model: type[Base], record: Any, private: bool = False) -> dict[str, Any]:
    """What a row's fields are set to, from a record of it; every value is checked.

    Raises
    ------
    RecordError
        If a field is missing or its value is not one the column takes.
    """
    name = model.__name__.lower()
    if not isinstance(record, Mapping):
        raise RecordError(f"{name}: expected an object, not", record)
    try:
        row = row_type(model, record.get("replies"), private).model_validate(dict(record))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        field = first["loc"][0]
        if first["type"] == "missing":
            raise RecordError(f"{name}.{field} is missing") from None
        raise RecordError(f"{name}.{field} cannot be", record[field]) from None
    return {field: getattr(row, field) for field in type(row).model_fields}


def member(record: Any, name: str, path: str | None = None) -> Any:
    """A field of a record.

    Raises
    ------
    RecordError
        If the record has none of that name, or is no record at all.
    """
    if not isinstance(record, Mapping):
        raise RecordError(f"{path or name}: expected an object around it, not", record)
    if name not in record:
        raise RecordError(f"{path or name} is missing")
    return record[name]


def members(record: Any, name: str) -> list[Any]:
    """A field of a record that is a list.

    Raises
    ------
    RecordError
        If there is none, or it is no list.
    """
    items = member(record, name)
    if not isinstance(items, list):
        raise RecordError(f"{name}: expected a list, not", items)
    return items


def _session(row: Base) -> Session:
    session = object_session(row)
    if session is None:
        raise ValueError(f"{row!r} belongs to no session")
    return session


def _plain(row: Base, private: bool = False) -> dict[str, Any]:
    rows = row_type(type(row), getattr(row, "replies", None), private)
    return rows.model_construct(
        **{name: getattr(row, name) for name in rows.model_fields}
    ).model_dump(warnings=False)
