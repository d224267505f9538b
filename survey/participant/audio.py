"""The clips, at addresses that tell nothing: every participant's clip has a random one."""

from __future__ import annotations

import os

from fastapi import APIRouter
from fastapi.responses import FileResponse
from sqlalchemy import case, or_, select
from sqlalchemy.orm import Session

from db.models import Clip, Stimulus, Study, Trial, TrialClip
from survey.core import tokens
from survey.core.http_errors import Refused
from survey.participant.dependencies import DatabaseDep, SettingsDep

# A file's true time would tell which clips were made together.
FIXED = {
    "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT",
    "cache-control": "private, max-age=86400, immutable",
}


router = APIRouter()


@router.api_route("/audio/{token}", methods=["GET", "HEAD"], response_class=FileResponse)
def clip(token: str, database: DatabaseDep, settings: SettingsDep) -> FileResponse:
    """A clip, whole or the range that the request asks for.

    Raises
    ------
    Refused
        404 if the address is nobody's, or the file is gone.
    """
    if not tokens.shaped(token):
        raise Refused(404, "unknown", "address")
    with database.read() as session:
        row = _of_pair(session, token) or _of_more(session, token)
    if row is None:
        raise Refused(404, "unknown", "address")
    sha256, language = row
    path = settings.audio / f"{sha256}.mp3"
    try:
        file = os.stat(path)
    except FileNotFoundError as error:
        raise Refused(404, "unknown", "address", language) from error
    headers = FIXED | {"etag": f'"{token}"'}
    return FileResponse(path, headers=headers, media_type="audio/mpeg", stat_result=file)


def _of_pair(session: Session, token: str) -> tuple[str, str] | None:
    """Hash of the clip and language of the study, of a trial's first or second address."""
    is_first = Trial.first_token == token
    query = (
        select(Clip.sha256, Study.language, Trial.id, Trial.arrangement, is_first)
        .select_from(Trial)
        .join(Stimulus, Stimulus.id == Trial.stimulus_id)
        .join(Study, Study.id == Stimulus.study_id)
        .join(Clip, Clip.id == case((is_first, Stimulus.first_id), else_=Stimulus.second_id))
        .where(or_(is_first, Trial.second_token == token))
    )
    row = session.execute(query).first()
    if row is None:
        return None
    sha256, language, trial, arrangement, first = row
    if arrangement is None:
        return sha256, language
    return _at_place(session, trial, 0 if first else 1)


def _of_more(session: Session, token: str) -> tuple[str, str] | None:
    """The same of a further address."""
    query = select(TrialClip.trial_id, TrialClip.place).where(TrialClip.token == token)
    row = session.execute(query).first()
    return None if row is None else _at_place(session, *row)


def _at_place(session: Session, trial_id: int, place: int) -> tuple[str, str]:
    """The same of a place of a trial."""
    trial = session.get_one(Trial, trial_id)
    stimulus = trial.stimulus
    clip = stimulus.clips[place if trial.arrangement is None else trial.arrangement[place]]
    return clip.sha256, stimulus.study.language
