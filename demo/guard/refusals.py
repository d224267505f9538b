"""What the server says of requests that it refuses, in the form that Gradio's page shows."""

from __future__ import annotations

from contextvars import ContextVar

from starlette.responses import JSONResponse, Response

from demo.guard.routes import CALL, EVENT, KEYWORDS, UPLOAD

BUSY = "The server takes in too many files just now. Please try again in a minute."
QUEUED = "Too many calls wait already. Please try again in a minute."
STARTING = "The server is starting. Please try again in a few seconds."
INTERNAL_ERROR = "Something went wrong here. Please try it again."
UNREADABLE = "This is not an event of the page."
NO_FILE = "This is not an upload of a file."
NO_HOST = "The request's Host is too long."
# HTTP statuses of refusals within the event under way: Gradio answers every error with 500.
_refusals: ContextVar[list[int] | None] = ContextVar("refusals", default=None)


def statuses_of_event() -> list[int]:
    """The statuses that `note_status` notes from now on in this task and those that it starts."""
    statuses: list[int] = []
    _refusals.set(statuses)
    return statuses


def note_status(status: int) -> None:
    """Give the response to the event under way this status, if the event is refused."""
    statuses = _refusals.get()
    if statuses is not None:
        statuses.append(status)


def refusal(kind: str, error: Exception) -> Response:
    """What to say of a request that Gradio failed at."""
    if kind in (EVENT, CALL, KEYWORDS):
        return sentence(UNREADABLE, 422)
    if kind == UPLOAD and not isinstance(error, OSError):  # of the disk: not the sender's fault
        return sentence(NO_FILE, 400)
    return sentence(INTERNAL_ERROR, 500)


def sentence(text: str, status: int, headers: dict[str, str] | None = None) -> Response:
    """A refusal as Gradio's page and its client show it."""
    return JSONResponse({"error": text, "detail": text}, status, headers)
