"""The language of the study that a request is about, for what is said when it is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fastapi import Request
from sqlalchemy import Select, select
from sqlalchemy.exc import SQLAlchemyError

from db.database import Database
from db.models import Participant, Study
from survey.core import tokens
from survey.participant.dependencies import bearer

PAGE = re.compile(r"/(?:p/(?P<token>[^/]+)(?:/agreed)?|s/(?P<name>[^/]+))$")


def study_language(request: Request, body: object = None) -> str | None:
    """The language of the study of a participant's token, or of the one that is named.

    The token may be the bearer's or be in the address of a page, the name in that or in the body.

    Parameters
    ----------
    request : Request
    body : object
        What was sent, as far as it could be read; need not be what was asked for.

    Returns
    -------
    str or None
        None if neither names a study, or the database does not answer.
    """
    of_page = _page(request)
    name = body.get("study") if isinstance(body, Mapping) else of_page.get("name")
    query = _query(bearer(request) or of_page.get("token", ""), name)
    if query is None:
        return None
    database: Database = request.app.state.database
    try:
        with database.read() as session:
            language: str | None = session.scalar(query)
    except SQLAlchemyError:  # the refusal is more worth saying than its language
        return None
    return language


def _page(request: Request) -> dict[str, str]:
    """The token or the name in the address of a participant's page; empty elsewhere."""
    match = PAGE.search(request.url.path)
    groups = {} if match is None else match.groupdict()
    return {key: value for key, value in groups.items() if value}


def _query(token: str, name: object) -> Select[Any] | None:
    if tokens.shaped(token):
        of_participant = Participant.token_hash == tokens.hashed(token)
        return select(Study.language).join(Participant).where(of_participant)
    if isinstance(name, str) and name.isascii() and "\0" not in name:  # what databases take
        return select(Study.language).where(Study.name == name)
    return None
