"""What the pages that make studies of any design ask alike: name, texts, design, questions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from survey.admin.authentication import AdminError
from survey.admin.forms import (
    LARGEST_SEED,
    MOST_PEOPLE,
    AdminForm,
    OptionalWholeNumber,
    WholeNumber,
)
from survey.building.study_spec import LONGEST_TEXT, StudySpec
from survey.core import text_file, texts
from survey.designs.questions import Question, QuestionError, parsed

LONGEST_QUESTIONS = 20_000  # characters


class DesignFields(BaseModel):
    """The fields of a page, as they were filled in."""

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
        form = DesignForm.model_validate(self.filled(DesignForm))
        if form.loudness not in ("align", "keep"):
            raise AdminError(422, "Loudness is aligned or kept.")
        return StudySpec(
            **form.model_dump(exclude={"trials", "questions", "anchors"}),
            trials_each=form.trials,
            questions=_questions(form.questions),
            anchors=_anchors(form.anchors),
            stimuli=table,
        )

    def filled(self, form: type[AdminForm]) -> dict[str, Any]:
        """The fields of a form that are not empty."""
        return {name: value for name, value in self if name in form.model_fields and _has(value)}


class DesignForm(AdminForm):
    """What the fields of `DesignFields` mean."""

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


def _has(value: str | list[str]) -> bool:
    return bool(value.strip() if isinstance(value, str) else value)


def _questions(text: str) -> tuple[Question, ...] | None:
    """What is asked, as JSON; None where the field is empty."""
    if not text.strip():
        return None
    try:
        objects = text_file.from_json(text)
    except ValueError as error:
        raise AdminError(422, f"The questions are {error}.") from error
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
