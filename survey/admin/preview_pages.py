"""Where the admin starts a preview, and where it is: see `survey.admin.preview`."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from survey.admin import preview
from survey.admin.authentication import AdminError
from survey.admin.preview import ForwardedResponse
from survey.admin.request import AdminDep, AdminRoute, csrf, refusal, study_of
from survey.core.templates import mount_path

METHODS = ["GET", "HEAD", "POST"]
ENDED = "This preview has ended. Start a new one on the study's page."


router = APIRouter(route_class=AdminRoute)
# The addresses of previews are secret, so that nobody need sign in there: their pages send a
# participant's token where the admin's would be.
public_router = APIRouter()


@router.post("/admin/studies/{name}/preview", dependencies=[csrf("preview")])
def start(admin: AdminDep, name: str) -> Response:
    """Make a preview and go there; no state changes, so the log has no entry."""
    with admin.database.read() as session:
        study = study_of(session, name)
        if not study.stimuli:
            raise AdminError(409, "The study has no stimuli to show.")
        key = admin.services.previews.start(session, study, admin.settings)
    return admin.leave(f"/preview/{key}{preview.entry(study)}")


@public_router.api_route("/preview/{key}", methods=METHODS)
@public_router.api_route("/preview/{key}/{rest:path}", methods=METHODS)
def serve(request: Request, key: str) -> Response:
    """What the survey behind a preview answers."""
    app = request.app.state.admin_services.previews.find(key)
    if app is None:
        return refusal(request, AdminError(404, ENDED))
    return ForwardedResponse(app, f"{mount_path(request)}/preview/{key}")
