"""The listening test as an application of its own, to be mounted at ``/survey``.

A mounted application gets no start and stop events: `create_app` does the work of the start and
`close` that of the end. `close` takes 4 seconds at most, less than hosts wait for a server to stop.
Where answers are copied to a dataset, a last upload comes on top, see `survey.journal.journal`.
"""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from db import private
from db.database import Database, DatabaseError
from db.migrate import upgrade
from db.models import ConsentText
from db.presence import SUFFIXES
from survey import health
from survey.admin import routes
from survey.admin.request import AdminServices
from survey.building import child_process
from survey.core import http_errors
from survey.core.http_guard import HEADERS, Guard
from survey.core.settings import Settings
from survey.journal import journal
from survey.participant import api, audio, pages
from survey.participant.join_rate import JoinLimiter
from survey.participant.newcomers import Newcomers
from survey.participant.study_language import study_language
from survey.records import consent_texts
from survey.records.traces import Traces
from survey.server_ending import RETRY_AFTER, LastAnswers

STATIC = Path(__file__).parent / "static"
CLOSING_WAIT_SECONDS = 2.0  # that closing waits for a writer
log = logging.getLogger(__name__)


class Static(StaticFiles):
    """Files that browsers keep, and ask about before they use them again."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """As the base class."""
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = "no-cache"
        return response


def create_app(settings: Settings) -> FastAPI:
    """The survey's pages and API, with its database brought to the newest schema.

    Parameters
    ----------
    settings : Settings

    Raises
    ------
    DatabaseError
        If the database cannot be used.
    """
    try:
        database = Database(settings.database_url)
    except OSError as error:
        raise DatabaseError(f"The data folder cannot be used: {error.strerror}.") from error
    _tighten(settings, database)
    try:
        upgrade(database)
    except BaseException as error:
        database.close()
        if isinstance(error, SQLAlchemyError):
            raise DatabaseError(
                f"The database cannot be used ({http_errors.kind(error)}); is DATABASE_URL "
                "right, and does it run?"
            ) from error
        raise
    app = FastAPI(title="Listening test", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.settings = settings
    app.state.database = database
    app.state.journal = _journal(settings, database)
    _recover_texts(database)
    app.state.traces = Traces(database)
    app.state.traces.recover()
    app.state.admin_services = AdminServices(create_app)
    app.state.join_limiter = JoinLimiter()
    app.state.newcomers = Newcomers()
    app.state.health_monitor = health.HealthMonitor()
    add_routes(app)
    return app


def add_routes(app: FastAPI) -> None:
    """Put all that the survey answers into an application."""
    app.add_middleware(LastAnswers, answer=ending)
    app.add_middleware(Guard)
    http_errors.install(app, study_language)
    app.router.routes.extend(_routes())


def ending(scope: Scope) -> Response:
    """What is said of a request that the server, which ends, does not finish."""
    # The study's language is in the database, for which the request may have waited.
    return http_errors.answer(Request(scope), 503, "busy", "ending", {**HEADERS, **RETRY_AFTER})


@cache
def _routes() -> list[BaseRoute]:
    """What the survey answers. All applications share it: each preview is one, begun at a click."""
    router = APIRouter()
    for module in (health, api, audio, pages, routes):
        router.include_router(module.router)
    router.mount("/static", Static(directory=STATIC), name="static")
    return router.routes


def close(app: FastAPI) -> None:
    """Upload what is not yet uploaded, and hand back what `create_app` took."""
    app.state.admin_services.previews.close()
    child_process.stop(app.state.database)
    app.state.traces.close()
    if app.state.journal is not None:
        app.state.journal.close()
    try:
        log_is_cut = app.state.database.scrub(CLOSING_WAIT_SECONDS)
    except SQLAlchemyError:
        log_is_cut = False
    if not log_is_cut:
        log.warning("the database is busy, so its log was not cut")
    app.state.database.close()


def _tighten(settings: Settings, database: Database) -> None:
    """Close an SQLite file to other users that an earlier version made for all to read."""
    if database.is_sqlite:
        path = Path(str(database.url.database)).absolute()
        if path.parent.resolve().is_relative_to(settings.data.resolve()):
            for suffix in SUFFIXES:
                private.tighten(path.with_name(path.name + suffix))


def _recover_texts(database: Database) -> None:
    """Keep what people agreed to while the words are still those that they read."""
    lacking = select(ConsentText.id).where(ConsentText.text.is_(None)).limit(1)
    with database.read() as session:
        are_lacking = session.scalar(lacking) is not None
    if are_lacking:
        with database.write() as session:
            consent_texts.recover(session)


def _journal(settings: Settings, database: Database) -> journal.Journal | None:
    """The journal, agreeing with the database; without it studies on such a host stay shut."""
    try:
        connected = journal.connect(settings)
    except (journal.JournalError, OSError) as error:
        log.error("answers are not copied off the disk: %s", error)
        return None
    if connected is not None:
        connected.restore(database)
    return connected
