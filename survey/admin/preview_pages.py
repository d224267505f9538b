"""Where the admin starts a preview, and where it is: see `survey.admin.preview`."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from survey.admin.authentication import AdminError
from survey.admin.preview import Passed
from survey.admin.request import AdminDep, refusal, router, study_of
from survey.core.templates import mount_path

METHODS = ["GET", "HEAD", "POST"]
ENDED = "This preview has ended. Start a new one on the study's page."


def create_router() -> APIRouter:
    """The route that starts a preview."""
    found = router()
    found.add_api_route("/studies/{name}/preview", start, methods=["POST"])
    return found


def create_public_router() -> APIRouter:
    """The routes of all previews; their addresses are secret, so that nobody need sign in.

    The pages there send the participant's token where an admin's would be.
    """
    found = APIRouter()
    found.add_api_route("/preview/{key}", serve, methods=METHODS)
    found.add_api_route("/preview/{key}/{rest:path}", serve, methods=METHODS)
    return found


def start(at: AdminDep, name: str) -> Response:
    """Make a preview and go there; it is no change of state, so the log says nothing."""
    at.check_csrf("preview", name)
    with at.database.read() as session:
        study = study_of(session, name)
        if not study.stimuli:
            raise AdminError(409, "The study has no stimuli to show.")
        key = at.office.previews.start(session, study, at.settings)
    return at.leave(f"/preview/{key}/")


def serve(request: Request, key: str) -> Response:
    """What the survey behind a preview answers."""
    app = request.app.state.office.previews.find(key)
    if app is None:
        return refusal(request, AdminError(404, ENDED))
    return Passed(app, f"{mount_path(request)}/preview/{key}")
