"""The admin's page that makes a study of sounds of one's own, of any design."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from survey.admin.authentication import AdminError
from survey.admin.forms import (
    LARGEST_SEED,
    MOST_PEOPLE,
    AdminForm,
    OptionalWholeNumber,
    WholeNumber,
)
from survey.admin.request import AdminDep, AdminRequest, UploadRoute, csrf
from survey.admin.sound_archive import LARGEST_BYTES, unpack
from survey.building.background import SOUNDS_PREFIX
from survey.building.study_spec import LONGEST_TEXT, BuildError, StudySpec
from survey.core import own_folder, texts
from survey.core.http_guard import UPLOADS
from survey.designs import registry
from survey.designs.questions import Question, QuestionError, parsed

PATH = "/admin/new/sounds"
UPLOADS[PATH] = LARGEST_BYTES
LONGEST_QUESTIONS = 20_000  # characters
router = APIRouter(route_class=UploadRoute)


class SoundsFields(BaseModel):
    """The fields of the page, as they were filled in."""

    name: str = ""
    title: str = ""
    language: str = texts.DEFAULT
    contact: str = ""
    design: str = "ab"
    questions: str = ""
    loudness: str = "align"
    anchors: str = ""
    seed: str = "1"
    trials: str = ""
    repeats: str = "0"

    def spec(self, table: Path) -> StudySpec:
        """The study to be made of a table.

        Raises
        ------
        AdminError, BuildError
            If a value is not possible.
        """
        form = SoundsForm.model_validate({name: value for name, value in self if value.strip()})
        if form.loudness not in ("align", "keep"):
            raise AdminError(422, "Loudness is aligned or kept.")
        return StudySpec(
            **form.model_dump(exclude={"trials", "questions", "anchors"}),
            trials_each=form.trials,
            questions=_questions(form.questions),
            anchors=_anchors(form.anchors),
            stimuli=table,
        )


class SoundsForm(AdminForm):
    """What the fields of `SoundsFields` mean."""

    name: str = Field(min_length=1, max_length=64)
    title: str | None = Field(None, max_length=LONGEST_TEXT)
    language: str = texts.DEFAULT
    contact: str = Field("", max_length=LONGEST_TEXT)
    design: str = Field(max_length=32)
    questions: str = Field("", max_length=LONGEST_QUESTIONS)
    loudness: str = Field("align", max_length=5)
    anchors: str = Field("", max_length=100)
    seed: WholeNumber = Field(1, ge=0, le=LARGEST_SEED)
    trials: OptionalWholeNumber = Field(None, ge=1, le=MOST_PEOPLE)
    repeats: WholeNumber = Field(0, ge=0, le=MOST_PEOPLE)


async def _sent(request: Request) -> dict[str, Any]:
    return dict(await request.form())


@router.get(PATH)
def form(admin: AdminDep) -> Response:
    """What the study is to be like, and its sounds."""
    return _page(admin, SoundsFields(), None)


@router.post(PATH, dependencies=[csrf("sounds")])
def make(admin: AdminDep, sent: Annotated[dict[str, Any], Depends(_sent)]) -> Response:
    """Take the sounds in, and begin to make a study of them, or to check them."""
    fields = SoundsFields(**{key: value for key, value in sent.items() if isinstance(value, str)})
    folder = own_folder.make(Path(tempfile.gettempdir()), SOUNDS_PREFIX)
    try:
        file = sent.get("sounds")
        if not isinstance(file, UploadFile) or not file.size:
            raise AdminError(422, "Choose a ZIP file with the table and its sounds.")
        admin.services.builder.refuse_two()
        spec = fields.spec(unpack(file.file, folder))
        check_only = sent.get("only") == "check"
        admin.services.builder.start(admin.database, admin.settings, spec, folder, check_only)
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


def _questions(text: str) -> tuple[Question, ...] | None:
    """What is asked, as JSON; None where the field is empty."""
    if not text.strip():
        return None
    try:
        objects = json.loads(text)
    except ValueError as error:
        raise AdminError(422, f"The questions are not JSON: {error}.") from error
    except RecursionError as error:
        raise AdminError(422, "The questions are JSON that is nested too deep.") from error
    if not isinstance(objects, list):
        raise AdminError(422, "The questions are a JSON list of objects.")
    try:
        return tuple(parsed(objects))
    except QuestionError as error:
        raise AdminError(422, str(error)) from error


def _anchors(text: str) -> tuple[float, ...] | None:
    """Kilohertz; None where the field is empty: those of the design."""
    if not text.strip():
        return None
    if text.strip().lower() == "none":
        return ()
    limits = re.findall(r"[^,;\s]+", text)
    if not all(re.fullmatch(r"[0-9]+(\.[0-9]+)?", limit) for limit in limits):
        raise AdminError(422, "Anchors are kilohertz with blanks between, such as 3.5 7, or none.")
    return tuple(map(float, limits))


def _page(admin: AdminRequest, fields: SoundsFields, problem: str | None) -> Response:
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
