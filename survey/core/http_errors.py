"""What is said when something cannot be done: a status, a code, and one sentence for a person."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel
from sqlalchemy.exc import DataError, SQLAlchemyError
from starlette.exceptions import HTTPException

from survey.core.http_guard import HEADERS

RETRY_AFTER_SECONDS = 2
UNKNOWN = "There is nothing at this address."
BUSY = "The server is busy just now and has stored nothing; please try again in a moment."
INTERNAL_ERROR = "Something went wrong on the server; please try again."
MALFORMED = "The request is not in the form that is expected."
REASONS = {  # by Pydantic's names for what is wrong
    "missing": "it is missing",
    "value_error": "{error}",
    "literal_error": "it must be {expected}",
    "greater_than_equal": "it must be {ge} or more",
    "less_than_equal": "it must be {le} or less",
    "finite_number": "it must be a finite number",
    "int_type": "it must be a whole number",
    "float_type": "it must be a number",
    "string_type": "it must be text",
    "string_too_long": "it must have at most {max_length} characters",
    "bool_type": "it must be true or false",
}
CODES = {
    400: ("invalid", MALFORMED),
    404: ("unknown", UNKNOWN),
    405: ("invalid", "This address does not do that."),
    413: ("invalid", "The request is too large."),
}

log = logging.getLogger(__name__)


class Refused(Exception):
    """A request that is not carried out.

    Attributes
    ----------
    status : int
        Of HTTP.
    code : str
        For programs: unknown, closed, consent, invitation, unheard, stale, invalid, crowded or
        busy.
    message : str
        One sentence for a person.
    state : BaseModel or None
        Where the participant really is, if that is news to who asks.
    wait : int or None
        Seconds after which the same request may be tried again.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        state: BaseModel | None = None,
        wait: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.state = status, code, message, state
        self.wait = wait


def install(app: FastAPI) -> None:
    """Answer every error of an application in this way."""
    app.exception_handler(Refused)(_refused)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(HTTPException)(_http)
    app.exception_handler(SQLAlchemyError)(_busy)
    app.exception_handler(Exception)(_internal_error)


def answer(
    request: Request,
    status: int,
    code: str,
    message: str,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """An error as the API gives it, or for who opens an address in a browser the sentence."""
    if request.headers.get("accept", "").startswith("text/html"):
        page = (
            f"<!doctype html><html lang=en><title>{status}</title><p>{escape(message)}</p></html>"
        )
        return HTMLResponse(page, status, headers)
    return JSONResponse({"error": code, "message": message, **more}, status, headers)


def _refused(request: Request, error: Refused) -> Response:
    more = {} if error.state is None else {"state": error.state.model_dump()}
    headers = None if error.wait is None else {"Retry-After": str(error.wait)}
    return answer(request, error.status, error.code, error.message, headers, **more)


def _invalid(request: Request, error: RequestValidationError) -> Response:
    """Name the field and what is wrong with it, and repeat nothing that was sent."""
    first = error.errors()[0]
    known = first["type"] not in ("extra_forbidden", "json_invalid")
    field = first["loc"][1] if known and len(first["loc"]) > 1 else None
    if field is None:
        return answer(request, 422, "invalid", MALFORMED)
    reason = REASONS.get(first["type"], "it is not of the kind that is expected")
    reason = reason.format_map(first.get("ctx", {}))  # limits of ours, nothing that was sent
    return answer(request, 422, "invalid", f"The value of {field} is not possible: {reason}.")


def _http(request: Request, error: HTTPException) -> Response:
    phrase = HTTPStatus(error.status_code).phrase
    code, message = CODES.get(error.status_code, ("invalid", f"{phrase}."))
    # FastAPI says 400 of a body that is no JSON; here all malformed requests are 422.
    status = 422 if error.status_code == 400 else error.status_code
    return answer(request, status, code, message, error.headers)


def _busy(request: Request, error: SQLAlchemyError) -> Response:
    """The database failed; or it was given a value that none of its columns can take."""
    if isinstance(error, DataError):
        return answer(request, 422, "invalid", MALFORMED)
    log.error("the database failed: %s", kind(error))
    return answer(request, 503, "busy", BUSY, {"Retry-After": str(RETRY_AFTER_SECONDS)})


def kind(error: SQLAlchemyError) -> str:
    """What failed, in names and codes: a database's own words may hold a row's values."""
    cause = getattr(error, "orig", None)
    code = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None)
    names = dict.fromkeys([type(error).__name__, type(cause).__name__ if cause else None, code])
    return ", ".join(name for name in names if name)


def _internal_error(request: Request, error: Exception) -> Response:
    # Made outside of all middleware, so that the headers have to be put here.
    return answer(request, 500, "busy", INTERNAL_ERROR, dict(HEADERS))
