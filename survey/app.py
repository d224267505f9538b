"""The listening test as an application of its own, to be mounted at ``/survey``.

A mounted application gets no start and stop events: `create_app` does what is to be done at the
start, `close` what is to be done at the end.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from db.database import Database
from db.migrate import upgrade
from survey import admin, api, audio, errors, journal, pages
from survey.admin_page import Office
from survey.security import Guard
from survey.settings import Settings

STATIC = Path(__file__).parent / "static"
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
    database = Database(settings.database_url)
    try:
        upgrade(database)
    except BaseException:
        database.close()
        raise
    app = FastAPI(title="Listening test", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.settings = settings
    app.state.database = database
    app.state.journal = _journal(settings, database)
    app.state.office = Office()
    app.add_middleware(Guard)
    errors.install(app)
    app.include_router(api.create_router())
    app.include_router(audio.create_router())
    app.include_router(pages.create_router())
    app.include_router(admin.create_router())
    app.mount("/static", Static(directory=STATIC), name="static")
    return app


def close(app: FastAPI) -> None:
    """Upload what is not yet uploaded, and hand back what `create_app` took."""
    app.state.office.previews.close()
    if app.state.journal is not None:
        app.state.journal.close()
    app.state.database.scrub()
    app.state.database.close()


def _journal(settings: Settings, database: Database) -> journal.Journal | None:
    """The journal, agreeing with the database; without it studies on such a host stay shut."""
    try:
        found = journal.connect(settings)
    except (journal.JournalError, OSError) as error:
        log.error("answers are not copied off the disk: %s", error)
        return None
    if found is not None:
        found.restore(database)
    return found
