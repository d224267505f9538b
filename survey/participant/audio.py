"""The clips, at addresses that tell nothing: every participant's clip has a random one."""

from __future__ import annotations

import os

from fastapi import APIRouter
from fastapi.responses import FileResponse
from sqlalchemy import case, or_, select

from db.models import Clip, Stimulus, Study, Trial
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
    is_first = Trial.first_token == token
    query = (
        select(Clip.sha256, Study.language)
        .select_from(Trial)
        .join(Stimulus, Stimulus.id == Trial.stimulus_id)
        .join(Study, Study.id == Stimulus.study_id)
        .join(Clip, Clip.id == case((is_first, Stimulus.first_id), else_=Stimulus.second_id))
        .where(or_(is_first, Trial.second_token == token))
    )
    with database.read() as session:
        found = session.execute(query).first()
    if found is None:
        raise Refused(404, "unknown", "address")
    sha256, language = found
    path = settings.audio / f"{sha256}.mp3"
    try:
        file = os.stat(path)
    except FileNotFoundError as error:
        raise Refused(404, "unknown", "address", language) from error
    headers = FIXED | {"etag": f'"{token}"'}
    return FileResponse(path, headers=headers, media_type="audio/mpeg", stat_result=file)
