"""The admin's page that makes a study of sounds of one's own, of any design."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from survey.admin.authentication import AdminError
from survey.admin.creating.design_fields import DesignFields
from survey.admin.creating.sound_archive import LARGEST_BYTES, unpack
from survey.admin.request import AdminDep, AdminRequest, UploadRoute, csrf
from survey.building.background import SOUNDS_PREFIX
from survey.building.child_process import Job
from survey.building.study_spec import BuildError
from survey.core import own_folder, texts
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
def make(admin: AdminDep, sent: Annotated[dict[str, Any], Depends(_sent)]) -> Response:
    """Take the sounds in, and begin to make a study of them, or to check them."""
    fields = DesignFields(**{key: value for key, value in sent.items() if isinstance(value, str)})
    folder = own_folder.make(Path(tempfile.gettempdir()), SOUNDS_PREFIX)
    try:
        file = sent.get("sounds")
        if not isinstance(file, UploadFile) or not file.size:
            raise AdminError(422, "Choose a ZIP file with the table and its sounds.")
        admin.services.builder.refuse_two()
        spec = fields.spec(unpack(file.file, folder))
        job = Job(spec, check_only=sent.get("only") == "check")
        admin.services.builder.start(admin.database, admin.settings, job, folder, PAGE)
    except (BuildError, AdminError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        return _page(admin, fields, str(error))
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        return _page(admin, fields, f"The sounds cannot be kept: {error.strerror}.")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return admin.redirect("/build")


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
