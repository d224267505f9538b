"""What all admin's pages share: being signed in, forms, templates, refusals as pages."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from db.database import Database
from db.models import Audit, Study
from survey.admin.authentication import (
    AGAIN,
    AdminError,
    Authenticator,
    Credentials,
    check_post,
    form_token,
)
from survey.admin.live_results import Live
from survey.admin.preview import Previews
from survey.building.background import Builder
from survey.core.http_guard import POLICY
from survey.core.settings import Settings
from survey.core.templates import mount_path, templates
from survey.journal.durability import Durability, durability

LARGEST_FORM = 16 * 1024  # bytes
# No other page may lay itself over the buttons.
FRAMED = "frame-ancestors"
HEADERS = {"content-security-policy": f"{POLICY.partition(FRAMED)[0]}{FRAMED} 'none'"}
NAMES = {
    401: "Sign in",
    403: "Not allowed",
    404: "Not found",
    409: "Not now",
    413: "Too much",
    422: "Not understood",
    429: "Too many tries",
}


class AdminRoute(APIRoute):
    """A route that shows a refusal as a page of its own."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                response = await handler(request)
            except AdminError as refused:
                response = refusal(request, refused)
            response.headers.update(HEADERS)
            return response

        return handle


class AdminServices:
    """What the admin's pages keep between requests, in memory alone."""

    def __init__(self, create_app: Callable[[Settings], FastAPI]) -> None:
        self.door = Authenticator()
        self.builder = Builder()
        self.live = Live()
        self.previews = Previews(create_app)


class AdminRequest:
    """An admin's request: who sends it, the form it carries, the database it works on.

    Attributes
    ----------
    request : Request
    form : dict of str to str
        Of a post; empty for a page that is only read.
    """

    def __init__(self, request: Request, given: Credentials, form: dict[str, str]) -> None:
        self.request, self.form, self._given = request, form, given

    @property
    def office(self) -> AdminServices:
        """The survey's."""
        return self.request.app.state.office

    @property
    def database(self) -> Database:
        """The survey's."""
        return self.request.app.state.database

    @property
    def settings(self) -> Settings:
        """The survey's."""
        return self.request.app.state.settings

    def check_csrf(self, action: str, study: str = "") -> None:
        """Go on only if the form was made by this site for this action.

        Raises
        ------
        AdminError
            403.
        """
        expected = self.form_token(action, study)
        carried = self.form.get("form", "")
        check_post(self.request, self._given, carried, expected, self.settings.public_url)

    @property
    def durable(self) -> Durability:
        """Whether answers outlive a restart of the host."""
        return durability(self.settings, self.database, self.request.app.state.journal)

    def journal_study(self, session: Session, study: Study) -> None:
        """Let the journal know of a study that was changed, if there is one."""
        journal = self.request.app.state.journal
        if journal is not None:
            journal.opened(session, study)

    def form_token(self, action: str, study: str = "") -> str:
        """What a form for this action must carry."""
        return form_token(self.settings.admin_token or "", study, action)

    def render(self, name: str, status: int = 200, **values: Any) -> HTMLResponse:
        """The page that a template in ``templates/admin`` makes."""
        values |= {"form_token": self.form_token}
        return templates.TemplateResponse(self.request, f"admin/{name}.html", values, status)

    def redirect(self, path: str) -> RedirectResponse:
        """Send the browser on to an admin's page after a post, e.g. "/studies/demo"."""
        return self.leave(f"/admin{path}")

    def leave(self, path: str) -> RedirectResponse:
        """Send the browser on to any page of the survey after a post."""
        return RedirectResponse(mount_path(self.request) + path, 303)

    def number(self, name: str, least: float, most: float, kind: type = int) -> Any:
        """A number that the form must have.

        Raises
        ------
        AdminError
            422 if it is missing, no number, or out of range.
        """
        text = self.form.get(name, "").strip()
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not least <= value <= most:
            what = "a whole number" if kind is int else "a number"
            raise AdminError(422, f"{name} must be {what} from {least} to {most}.")
        return value

    def text(self, name: str, longest: int, *, needed: bool = False) -> str:
        """A text of the form, stripped.

        Raises
        ------
        AdminError
            422 if it is too long, or missing though needed.
        """
        text = self.form.get(name, "").strip()
        if "\0" in text or len(text) > longest:
            raise AdminError(422, f"{name} must have at most {longest} characters.")
        if needed and not text:
            raise AdminError(422, f"{name} must not be empty.")
        return text


def router() -> APIRouter:
    """A router for admin's pages."""
    return APIRouter(route_class=AdminRoute)


async def desk(request: Request) -> AdminRequest:
    """The desk of a request that may come in.

    Raises
    ------
    AdminError
        401, 404 or 429 as `Authenticator.admit` says, 413 or 422 for a form that cannot be read.
    """
    token = request.app.state.settings.admin_token
    header, again = request.headers.get("authorization"), AGAIN in request.query_params
    given = request.app.state.office.door.admit(header, token, again=again)
    return AdminRequest(request, given, await _form(request) if request.method == "POST" else {})


AdminDep = Annotated[AdminRequest, Depends(desk)]


def refusal(request: Request, error: AdminError) -> HTMLResponse:
    """The page that says why something is not done."""
    values = {
        "heading": NAMES[error.status],
        "message": error.message,
        "home": error.status not in (401, 429) and request.app.state.settings.admin_token,
        "again": AGAIN if error.status == 429 else None,
    }
    return templates.TemplateResponse(
        request, "admin/refused.html", values, error.status, error.headers
    )


def study_of(session: Session, name: str) -> Study:
    """The study of that name.

    Raises
    ------
    AdminError
        404.
    """
    study = session.scalar(select(Study).where(Study.name == name))
    if study is None:
        raise AdminError(404, "There is no study of this name.")
    return study


def audit(session: Session, study: Study | None, action: str, **detail: Any) -> None:
    """Write what the admin did into the log."""
    found = None if study is None else study.id
    session.add(Audit(actor="admin", action=action, study_id=found, detail=detail))


async def _form(request: Request) -> dict[str, str]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            raise AdminError(413, f"A form may have {LARGEST_FORM // 1024} kB at most.")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, errors="strict"))
    except (UnicodeDecodeError, ValueError) as error:
        raise AdminError(422, "The form is not readable text.") from error
