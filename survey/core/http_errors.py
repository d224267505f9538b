"""What is said when something cannot be done: a status, a code, one sentence for a person."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from html import escape
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel
from sqlalchemy.exc import DataError, DBAPIError, SQLAlchemyError
from starlette.exceptions import HTTPException

from db.models import TRANSFER
from survey.core import texts
from survey.core.http_guard import HEADERS
from survey.core.texts import Texts

RETRY_AFTER_SECONDS = 2
CODES = {  # of HTTP's statuses: for programs, and the sentence's key
    400: ("invalid", "malformed"),
    404: ("unknown", "address"),
    405: ("invalid", "method"),
    413: ("invalid", "large"),
}
OR = " or "  # before the last value that Pydantic names

log = logging.getLogger(__name__)


class Refused(Exception):
    """A request that is not carried out.

    Attributes
    ----------
    status : int
        Of HTTP.
    code : str
        For programs: unknown, closed, consent, changed, invitation, unheard, stale, invalid,
        crowded or busy.
    key : str
        Of one sentence for a person, below "refused" in the words of every language.
    language : str or None
        Of the study; None: of the study that the request is about, or what the browser asks for.
    state : BaseModel or None
        Where the participant really is, if that is news to who asks.
    wait : int or None
        Seconds after which the same request may be tried again.
    design : str
        Of the study, whose own words are said.
    """

    def __init__(
        self,
        status: int,
        code: str,
        key: str,
        language: str | None = None,
        *,
        state: BaseModel | None = None,
        wait: int | None = None,
        design: str = TRANSFER,
    ) -> None:
        super().__init__(texts.load(texts.DEFAULT)(f"refused.{key}"))
        self.status, self.code, self.key, self.language = status, code, key, language
        self.state, self.wait, self.design = state, wait, design


def install(app: FastAPI, language_of: Callable[[Request, object], str | None]) -> None:
    """Answer every error of an application in this way.

    Parameters
    ----------
    app : FastAPI
    language_of : callable
        The language of the study that a request, or its body, is about; None if that is unknown.
    """
    app.state.language_of = language_of
    app.exception_handler(Refused)(_refused)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(HTTPException)(_http)
    app.exception_handler(SQLAlchemyError)(_busy)
    app.exception_handler(Exception)(_internal_error)


def answer(
    request: Request,
    status: int,
    code: str,
    key: str,
    headers: Mapping[str, str] | None = None,
    language: str | None = None,
    values: Mapping[str, object] | None = None,
    design: str = TRANSFER,
    **more: Any,
) -> Response:
    """An error as the API gives it, or for who opens an address in a browser the sentence.

    In the study's language where it is known; else in the one that the browser asks for.
    """
    say = texts.for_design(_words(request, language), design)
    message = say(f"refused.{key}", **(values or {}))
    if request.headers.get("accept", "").startswith("text/html"):
        page = (
            f"<!doctype html><html lang={say.language} dir={say.direction}><title>{status}</title>"
            f"<p>{escape(message)}</p></html>"
        )
        return HTMLResponse(page, status, headers)
    return JSONResponse({"error": code, "message": message, **more}, status, headers)


def _words(request: Request, language: str | None) -> Texts:
    if language is not None:
        return texts.load(language)
    return texts.preferred(request.headers.get("accept-language", ""))


def _language(request: Request, body: object = None) -> str | None:
    language: str | None = request.app.state.language_of(request, body)
    return language


def _refused(request: Request, error: Refused) -> Response:
    more = {} if error.state is None else {"state": error.state.model_dump()}
    headers = None if error.wait is None else {"Retry-After": str(error.wait)}
    language = error.language or _language(request)
    design = error.design
    return answer(
        request, error.status, error.code, error.key, headers, language, design=design, **more
    )


def _invalid(request: Request, error: RequestValidationError) -> Response:
    """Name the field and what is wrong with it, and repeat nothing that was sent."""
    first, language = error.errors()[0], _language(request, error.body)
    known = first["type"] not in ("extra_forbidden", "json_invalid")
    field = first["loc"][1] if known and len(first["loc"]) > 1 else None
    if field is None:
        return answer(request, 422, "invalid", "malformed", language=language)
    say = _words(request, language)
    key = f"refused.{first['type']}"
    limits = {  # of ours, nothing that was sent
        name: str(limit).replace(OR, ", ") for name, limit in first.get("ctx", {}).items()
    }
    reason = say(key if key in say.words else "refused.kind").format_map(limits)
    values = {"field": field, "reason": reason}
    return answer(request, 422, "invalid", "value", language=language, values=values)


def _http(request: Request, error: HTTPException) -> Response:
    code, key = CODES.get(error.status_code, ("invalid", "other"))
    # FastAPI says 400 of a body that is no JSON; here all malformed requests are 422.
    status = 422 if error.status_code == 400 else error.status_code
    values = {"status": HTTPStatus(error.status_code).phrase} if key == "other" else None
    return answer(request, status, code, key, error.headers, _language(request), values)


def _busy(request: Request, error: SQLAlchemyError) -> Response:
    """The database failed; or it was given a value that none of its columns can take."""
    if isinstance(error, DataError):
        return answer(request, 422, "invalid", "malformed", language=_language(request))
    log.error("the database failed: %s", kind(error))
    language = _language(request) if _still_reads(error) else None
    wait = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return answer(request, 503, "busy", "busy", wait, language)


def _still_reads(error: SQLAlchemyError) -> bool:
    """Whether it is worth asking the database again: not where it could not be reached."""
    if isinstance(error, DBAPIError):
        return error.statement is not None and not error.connection_invalidated
    return error.code is None  # the pool's own errors have one: no connection was left


def kind(error: SQLAlchemyError) -> str:
    """What failed, in names and codes: a database's own words may hold a row's values."""
    cause = getattr(error, "orig", None)
    code = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None)
    names = dict.fromkeys([type(error).__name__, type(cause).__name__ if cause else None, code])
    return ", ".join(name for name in names if name)


def _internal_error(request: Request, error: Exception) -> Response:
    # Made outside of all middleware, so that the headers have to be put here.
    return answer(request, 500, "busy", "fault", dict(HEADERS), _language(request))
