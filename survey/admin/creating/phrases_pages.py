"""The admin's page that makes a study of phrases, changed by several models, of any design."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from survey.admin.authentication import AdminError
from survey.admin.creating.design_fields import DesignFields
from survey.admin.creating.sound_archive import LARGEST_BYTES, unpack_music
from survey.admin.creating.taking_in import take_in
from survey.admin.forms import AdminForm, WholeNumber, strengths
from survey.admin.request import AdminDep, AdminRequest, UploadRoute, csrf
from survey.building.study_spec import MOST_PAIRS
from survey.core import texts
from survey.core.http_guard import UPLOADS
from survey.designs import registry
from survey.phrases.child_process import PhrasesJob
from survey.phrases.plan import LEAST_SECONDS, MOST_SECONDS, TABLE, PhrasesPlan
from survey.phrases.way import WAYS

PAGE = "/phrases"
PATH = f"/admin/new{PAGE}"
UPLOADS[PATH] = LARGEST_BYTES
SEVERAL = ("ways", "models")  # fields of which several values are sent
router = APIRouter(route_class=UploadRoute)


class PhrasesFields(DesignFields):
    """The fields of the page, as they were filled in."""

    ways: list[str] = []
    models: list[str] = []
    strengths: str = "1"
    phrases: str = "6"
    practice: str = "1"
    shortest: str = "8"
    longest: str = "20"

    def plan(self, midi: Path | None) -> PhrasesPlan:
        """What phrases are to be made of a folder of music, or of music21's scores.

        Raises
        ------
        AdminError, BuildError
            If a value is not possible.
        """
        from fadernets import checkpoint  # PyTorch takes seconds to import

        form = PhrasesForm.model_validate(self.filled(PhrasesForm))
        if not set(self.models) <= set(checkpoint.available()):  # and no path of this machine
            raise AdminError(422, "There is no shipped model of this name.")
        return PhrasesPlan(
            midi=midi,
            ways=tuple(self.ways),
            checkpoints=tuple(self.models),
            strengths=strengths(form.strengths),
            phrases=form.phrases,
            practice=form.practice,
            seconds=(_seconds(form.shortest), _seconds(form.longest)),
            seed=int(form.seed),
        )


class PhrasesForm(AdminForm):
    """What those fields of `PhrasesFields` mean that `DesignForm` has not."""

    strengths: str = Field(min_length=1, max_length=200)
    phrases: WholeNumber = Field(ge=1, le=MOST_PAIRS)
    practice: WholeNumber = Field(0, ge=0, le=MOST_PAIRS)
    shortest: str = Field(min_length=1, max_length=10)
    longest: str = Field(min_length=1, max_length=10)
    seed: WholeNumber = Field(1, ge=0)


async def _sent(request: Request) -> dict[str, Any]:
    form = await request.form()
    return dict(form) | {name: form.getlist(name) for name in SEVERAL}


@router.get(PATH)
def form(admin: AdminDep) -> Response:
    """What the phrases and the study are to be like."""
    from fadernets import checkpoint

    fields = PhrasesFields(ways=["low", "high"], models=checkpoint.available())
    return _page(admin, fields, None)


@router.post(PATH, dependencies=[csrf("phrases")])
def make(admin: AdminDep, form: Annotated[dict[str, Any], Depends(_sent)]) -> Response:
    """Take music in, if some is sent, and begin to make phrases and a study of them."""
    single = {key: value for key, value in form.items() if isinstance(value, str)}
    several = {name: [v for v in form[name] if isinstance(v, str)] for name in SEVERAL}
    fields = PhrasesFields.model_validate(single | several)

    def job_of(folder: Path) -> PhrasesJob:
        file, music = form.get("music"), None
        admin.services.builder.refuse_two()
        if isinstance(file, UploadFile) and file.filename:
            music = folder / "music"
            unpack_music(file.file, music)
        spec = fields.spec(folder / "phrases" / TABLE)
        plan = fields.plan(music)
        plan.check_design(spec.design)
        return PhrasesJob(spec, check_only=form.get("only") == "check", plan=plan)

    return take_in(admin, PAGE, "music", job_of, lambda why: _page(admin, fields, why))


def _seconds(text: str) -> float:
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        raise AdminError(
            422, f"A phrase lasts {LEAST_SECONDS:g} to {MOST_SECONDS:g} s, written such as 7.5."
        )
    return float(text)


def _page(admin: AdminRequest, fields: PhrasesFields, problem: str | None) -> Response:
    from fadernets import checkpoint

    return admin.render(
        "phrases",
        status=422 if problem else 200,
        values=fields,
        problem=problem,
        ways=WAYS,
        checkpoints=checkpoint.available(),
        designs=registry.DESIGNS,
        languages=texts.languages(),
        megabytes=LARGEST_BYTES // 1024**2,
        building=admin.services.builder.running,
    )
