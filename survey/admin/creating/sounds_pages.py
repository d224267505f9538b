"""The admin's page that makes a study of sounds of one's own, of any design."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from survey.admin.authentication import AdminError
from survey.admin.creating.design_fields import DesignFields
from survey.admin.creating.sound_archive import LARGEST_BYTES, unpack
from survey.admin.creating.taking_in import take_in
from survey.admin.request import AdminDep, AdminRequest, UploadRoute, csrf
from survey.building.child_process import BuildJob
from survey.core import texts
from survey.core.http_guard import UPLOADS
from survey.designs import registry

PAGE = "/sounds"
PATH = f"/admin/new{PAGE}"
UPLOADS[PATH] = LARGEST_BYTES
router = APIRouter(route_class=UploadRoute)


async def _sent(request: Request) -> dict[str, Any]:
    return dict(await request.form())


@router.get(PATH)
def form(admin: AdminDep) -> Response:
    """What the study is to be like, and its sounds."""
    return _page(admin, DesignFields(), None)


@router.post(PATH, dependencies=[csrf("sounds")])
def make(admin: AdminDep, form: Annotated[dict[str, Any], Depends(_sent)]) -> Response:
    """Take the sounds in, and begin to make a study of them, or to check them."""
    fields = DesignFields(**{key: value for key, value in form.items() if isinstance(value, str)})

    def job_of(folder: Path) -> BuildJob:
        file = form.get("sounds")
        if not isinstance(file, UploadFile) or not file.size:
            raise AdminError(422, "Choose a ZIP file with the table and its sounds.")
        admin.services.builder.refuse_two()
        spec = fields.spec(unpack(file.file, folder))
        return BuildJob(spec, check_only=form.get("only") == "check")

    return take_in(admin, PAGE, "sounds", job_of, lambda why: _page(admin, fields, why))


def _page(admin: AdminRequest, fields: DesignFields, problem: str | None) -> Response:
    return admin.render(
        "sounds",
        status=422 if problem else 200,
        values=fields,
        problem=problem,
        designs=registry.DESIGNS,
        languages=texts.languages(),
        megabytes=LARGEST_BYTES // 1024**2,
        building=admin.services.builder.running,
    )
