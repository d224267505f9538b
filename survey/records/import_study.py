"""An exported study taken back: into an empty database, or beside other studies.

All or nothing. The analysis of what comes in is the analysis of what went out; participants cannot
go on with it, for an export has nothing they could prove themselves with. A CSV of ratings is no
study, having no clips, no practice and no consent: ``python -m survey.analyze --csv`` reads it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db.models import Participant, Study, now
from survey.records import consent_texts
from survey.records.export_files import FORMAT, VERSION
from survey.records.from_json import add_participant, add_study
from survey.records.to_json import RecordError, member, members

NAME = re.compile(r"[a-z0-9-]{1,64}")  # of a study, for it is part of addresses


def parse(text: str) -> Mapping[str, object]:
    """The record an export's text holds.

    Raises
    ------
    ValueError
        If the text is no export that this version reads.
    """
    try:
        record = json.loads(text, parse_constant=_no_number)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(
            "this is no study.json; ratings in a CSV file are analysed with "
            "python -m survey.analyze --csv FILE"
        ) from error
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise ValueError(f"this is JSON, but not a study: it has no format {FORMAT!r}")
    if record.get("version") != VERSION:
        raise ValueError(f"the study has version {record.get('version')!r}; {VERSION} is read here")
    return record


def import_study(session: Session, text: str, name: str | None = None) -> Study:
    """Add an exported study, its participants and their answers.

    A study that was open comes in closed: its clips and its participants' links are elsewhere.

    Parameters
    ----------
    session : Session
        Of a transaction that may write; after an exception it must be undone.
    text : str
        What `survey.records.export_files.study_json` gave.
    name : str or None
        The study's name here; None: the one it had.

    Raises
    ------
    ValueError
        If the text is no export, a value in it is impossible, the name is taken, or one of its
        participants is here already.
    """
    document = parse(text)
    record = member(document, "study")
    new = member(record, "name") if name is None else name
    if not isinstance(new, str) or not NAME.fullmatch(new):
        raise RecordError(f"study.name cannot be {new!r:.80}: small letters, digits and - only")
    if session.scalar(select(Study.id).where(Study.name == new)) is not None:
        raise ValueError(f"there is a study {new!r} already; choose another with --name")
    people = members(document, "participants")
    _refuse_known(session, people)
    try:
        study = add_study(session, {**record, "name": new})
        for person in people:
            add_participant(session, study, person)
        consent_texts.recover(session)
        if study.state == "open":
            study.state, study.closed_at = "closed", now()
        session.flush()
    except IntegrityError as error:
        raise ValueError(f"the study contradicts itself: {error.orig}") from error
    return study


def _refuse_known(session: Session, people: list[Any]) -> None:
    known = dict(session.execute(select(Participant.public_id, Study.name).join(Study)).all())
    for person in people:
        public_id = member(person, "public_id")
        if isinstance(public_id, str) and public_id in known:
            raise ValueError(
                f"participant {public_id} is here already, in study {known[public_id]!r}; "
                "one person's answers must not count twice"
            )


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"this is no study.json: {word} is not a number of JSON")
