"""What all admin's pages share: being signed in, tokens of forms, templates, refusals as pages."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import Depends, FastAPI, params
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from python_multipart.multipart import parse_options_header
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from db.database import Database, DatabaseError
from db.models import Audit, Study
from survey.admin.authentication import (
    AGAIN,
    FOREIGN,
    AdminError,
    Authenticator,
    Credentials,
    check_post,
    form_token,
)
from survey.admin.live_results import LiveResults
from survey.admin.preview import Previews
from survey.building.background import SOUNDS_PREFIX, Builder
from survey.core import own_folder
from survey.core.http_guard import POLICY
from survey.core.settings import Settings
from survey.core.templates import mount_path, templates
from survey.journal.durability import Durability, durability
from survey.journal.journal import Journal
from survey.records.traces import Traces

LARGEST_FORM_BYTES = 96 * 1024  # a consent text in any script, percent-encoded
# No other page may lay itself over the buttons (clickjacking).
FRAMED = "frame-ancestors"
HEADERS = {"content-security-policy": f"{POLICY.partition(FRAMED)[0]}{FRAMED} 'none'"}
UNREADABLE = "The form cannot be read."
CHARSETS = (b"utf-8", b"utf8", b"us-ascii")
HEADINGS = {  # of refusals, by status
    401: "Sign in",
    403: "Not allowed",
    404: "Not found",
    409: "Not now",
    413: "Too much",
    422: "Not understood",
    429: "Too many tries",
    503: "Not now",
}
log = logging.getLogger(__name__)


class AdminRoute(APIRoute):
    """A route that only the admin may use; a refusal is a page of its own.

    The token is checked first, and nothing of a stranger's form is read.
    """

    @staticmethod
    async def check_body(request: Request) -> None:
        """Refuse a form that is too large, or that would be read with other characters than sent.

        Raises
        ------
        AdminError
            413 or 422.
        """
        _refuse_charset(request)
        body = await request.body()
        if len(body) > LARGEST_FORM_BYTES:
            raise AdminError(413, f"A form may have {LARGEST_FORM_BYTES // 1024} kB at most.")
        try:
            unquote(body.decode(), errors="strict")
        except UnicodeDecodeError as error:
            raise AdminError(422, "The form is not readable text.") from error

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                request.state.credentials = _admit(request)
                if request.method == "POST":
                    await self.check_body(request)
                response = await handler(request)
            except AdminError as refused:
                response = refusal(request, refused)
            except RequestValidationError:
                response = refusal(request, AdminError(422, UNREADABLE))
            except HTTPException as error:
                if error.status_code != 400:  # of a body in parts that do not fit its boundary
                    raise
                response = refusal(request, AdminError(422, UNREADABLE))
            except (OSError, DatabaseError) as error:  # of uploads, previews, pairs: a full disk
                reason = getattr(error, "strerror", None) or "it cannot be used"
                log.error("the admin's pages cannot use the disk: %s", reason)
                response = refusal(request, AdminError(503, f"The disk fails: {reason}."))
            response.headers.update(HEADERS)
            return response

        return handle


class UploadRoute(AdminRoute):
    """A route whose form has a file, which goes to the disk and not into memory."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await handler(request)
            finally:
                await request.close()

        return handle

    @staticmethod
    async def check_body(request: Request) -> None:
        """Refuse what other sites sent before it is read; its size `http_guard` knows.

        Raises
        ------
        AdminError
            403 or 422.
        """
        site = request.headers.get("sec-fetch-site", "none")
        if request.state.credentials.ambient and site not in ("same-origin", "none"):
            raise AdminError(403, FOREIGN)
        if not request.headers.get("content-type", "").startswith("multipart/form-data"):
            raise AdminError(422, UNREADABLE)
        _refuse_charset(request)


class AdminServices:
    """What the admin's pages keep between requests, in memory alone."""

    def __init__(self, create_app: Callable[[Settings], FastAPI]) -> None:
        self.authenticator = Authenticator()
        own_folder.remove_orphans(Path(tempfile.gettempdir()), SOUNDS_PREFIX)
        self.builder = Builder()
        self.live = LiveResults()
        self.previews = Previews(create_app)


class AdminRequest:
    """A request of the admin's, and what its routes work with."""

    def __init__(self, request: Request) -> None:
        self.request = request

    @property
    def services(self) -> AdminServices:
        """What the admin's pages keep between requests."""
        services: AdminServices = self.request.app.state.admin_services
        return services

    @property
    def database(self) -> Database:
        """The survey's."""
        database: Database = self.request.app.state.database
        return database

    @property
    def settings(self) -> Settings:
        """The survey's."""
        settings: Settings = self.request.app.state.settings
        return settings

    @property
    def journal(self) -> Journal | None:
        """The survey's; None where answers are not copied off the disk."""
        journal: Journal | None = self.request.app.state.journal
        return journal

    @property
    def durable(self) -> Durability:
        """Whether answers outlive a restart of the host."""
        return durability(self.settings, self.database, self.journal)

    def journal_study(self, session: Session, study: Study) -> None:
        """Let the journal know of a study that was changed, if there is one."""
        if self.journal is not None:
            self.journal.opened(session, study)

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

    def erased(self, path: str) -> RedirectResponse:
        """The same after somebody was erased, once the copies of what was theirs are gone."""
        traces: Traces = self.request.app.state.traces
        traces.clear()
        return self.redirect(path)

    def leave(self, path: str) -> RedirectResponse:
        """Send the browser on to any page of the survey after a post."""
        return RedirectResponse(mount_path(self.request) + path, 303)


async def _admin_request(request: Request) -> AdminRequest:
    return AdminRequest(request)


AdminDep = Annotated[AdminRequest, Depends(_admin_request)]


def csrf(action: str) -> params.Depends:
    """A dependency that refuses posts which no page of this site made for this action.

    Parameters
    ----------
    action : str
        May name parameters of the path, as in "erase {public_id}". The study is the parameter
        "name".

    Raises
    ------
    AdminError
        403, by the dependency.
    """

    async def check(request: Request, admin: AdminDep) -> None:
        carried = (await request.form()).get("form", "")
        check_post(
            request,
            request.state.credentials,
            carried if isinstance(carried, str) else "",
            admin.form_token(
                action.format_map(request.path_params), request.path_params.get("name", "")
            ),
            admin.settings.public_url,
        )

    dependency: params.Depends = Depends(check)
    return dependency


def _refuse_charset(request: Request) -> None:
    """Refuse a form in another coding than UTF-8: Python knows some that make no text, or fail.

    Raises
    ------
    AdminError
        422.
    """
    _, options = parse_options_header(request.headers.get("content-type"))
    if options.get(b"charset", CHARSETS[0]).lower() not in CHARSETS:
        raise AdminError(422, UNREADABLE)


def _admit(request: Request) -> Credentials:
    """Credentials of a request that has the right token.

    Raises
    ------
    AdminError
        401, 404 or 429, as `Authenticator.admit` says.
    """
    state = request.app.state
    authenticator: Authenticator = state.admin_services.authenticator
    header, again = request.headers.get("authorization"), AGAIN in request.query_params
    return authenticator.admit(header, state.settings.admin_token, again=again)


def refusal(request: Request, error: AdminError) -> HTMLResponse:
    """The page that says why something is not done."""
    values = {
        "heading": HEADINGS[error.status],
        "message": error.message,
        "home": error.status not in (401, 429) and request.app.state.settings.admin_token,
        "again": AGAIN if error.status == 429 else None,
    }
    return templates.TemplateResponse(
        request, "admin/refused.html", values, error.status, error.headers
    )


def study_of(session: Session, name: str, *, lock: bool = False) -> Study:
    """The study of that name; with `lock` nobody joins it or changes it meanwhile.

    Raises
    ------
    AdminError
        404.
    """
    query = select(Study).where(Study.name == name)
    study = session.scalar(query.with_for_update(key_share=True) if lock else query)
    if study is None:
        raise AdminError(404, "There is no study of this name.")
    return study


def audit(session: Session, study: Study | None, action: str, **detail: Any) -> None:
    """Write what the admin did into the log."""
    study_id = None if study is None else study.id
    session.add(Audit(actor="admin", action=action, study_id=study_id, detail=detail))
