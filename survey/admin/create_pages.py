"""The admin's pages that make a study: the form, and how far the work is."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from survey.admin.authentication import AdminError
from survey.admin.forms import StudyFields
from survey.admin.request import AdminDep, AdminRequest, AdminRoute, csrf
from survey.building.child_process import BuildJob
from survey.building.study_spec import NAME, BuildError
from survey.core import texts

router = APIRouter(route_class=AdminRoute)


@router.get("/admin/new")
def form(admin: AdminDep) -> Response:
    """What a new study is to be like; filled in as the paper's study was."""
    from fadernets import checkpoint  # PyTorch takes seconds to import

    paper = StudyFields(
        name=NAME,
        language=texts.DEFAULT,
        pairs="10",
        strengths="1",
        seed="1",
        checkpoint=checkpoint.find().name,
    )
    return _page(admin, paper, None)


@router.post("/admin/new", dependencies=[csrf("new")])
def make(admin: AdminDep, fields: Annotated[StudyFields, Form()]) -> Response:
    """Begin to make a study."""
    try:
        admin.services.builder.start(admin.database, admin.settings, BuildJob(fields.spec()))
    except (BuildError, AdminError) as error:
        return _page(admin, fields, str(error))
    return admin.redirect("/build")


@router.get("/admin/build")
def progress(admin: AdminDep) -> Response:
    """How far the making of a study is."""
    return _progress(admin, "build")


@router.get("/admin/build/live")
def live(admin: AdminDep) -> Response:
    """The part of `progress` that changes."""
    return _progress(admin, "build_live")


def _progress(admin: AdminRequest, template: str) -> Response:
    run = admin.services.builder.run
    return admin.render(template, run=run, mark="none" if run is None else run.fingerprint)


def _page(admin: AdminRequest, fields: StudyFields, problem: str | None) -> Response:
    from fadernets import checkpoint

    return admin.render(
        "new",
        status=422 if problem else 200,
        values=fields,
        problem=problem,
        checkpoints=checkpoint.available(),
        languages=texts.languages(),
        building=admin.services.builder.running,
    )
