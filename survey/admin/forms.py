"""What the forms of the admin's pages may hold, and how a wrong value is refused in a sentence."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    field_validator,
    model_validator,
)

from db.models import HeadphoneCheck
from survey.admin import invitations
from survey.admin.authentication import AdminError
from survey.building.study_spec import (
    LONGEST_INFORMATION,
    LONGEST_LEASE_MINUTES,
    LONGEST_NOTE,
    LONGEST_STATEMENT,
    LONGEST_TEXT,
    MOST_PAIRS,
    StudySpec,
)
from survey.core import panels, texts

LONGEST_CODES = 90_000  # characters of a list of completion codes
LARGEST_SEED = 2**32 - 1
MOST_PEOPLE = 100_000  # participants wanted, or trials of one of them


def _plain_digits(value: Any) -> Any:
    # int() reads 1_0, 10.0 and digits of other scripts, too, which nobody means to type.
    if isinstance(value, str) and not re.fullmatch("[0-9]{1,20}", value.strip()):
        raise ValueError("not a whole number")
    return value


WholeNumber = Annotated[int, BeforeValidator(_plain_digits)]
OptionalWholeNumber = Annotated[int | None, BeforeValidator(_plain_digits)]


class AdminForm(BaseModel):
    """A form's fields, stripped of blanks at their ends; an empty field counts as missing."""

    model_config = ConfigDict(str_strip_whitespace=True)

    @field_validator("*")
    @classmethod
    def _is_storable(cls, value: Any) -> Any:
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and "\0" in text for text in texts):
            raise ValueError("PostgreSQL takes no NUL")
        return value

    @model_validator(mode="wrap")
    @classmethod
    def _in_a_sentence(cls, values: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        """Raise `AdminError` for the first field that is wrong."""
        try:
            return validate(values)
        except ValidationError as error:
            name = str(error.errors()[0]["loc"][0])
            raise AdminError(422, f"{name} {_rule(cls, name, values)}.") from error


class InvitationForm(AdminForm):
    """How many invitations to make, and the researcher's own word for all, or one a line."""

    count: WholeNumber = Field(ge=1, le=invitations.MOST_AT_ONCE)
    label: str = Field("", max_length=invitations.MOST_AT_ONCE * invitations.LONGEST_LABEL)

    @property
    def labels(self) -> list[str]:
        """One for each invitation to be made."""
        lines = [line.strip() for line in self.label.splitlines() if line.strip()]
        return lines if len(lines) > 1 else (lines or [""]) * self.count


class CodesForm(AdminForm):
    """Completion codes, in any text."""

    codes: str = Field(min_length=1, max_length=LONGEST_CODES)


class PaidForm(AdminForm):
    """Codes of people who have been paid, or have not; `also` has those that were ticked."""

    codes: str = Field("", max_length=LONGEST_CODES)
    also: list[str] = Field(default=[], max_length=MOST_PEOPLE)
    paid: Literal["yes", "no"]


class PanelForm(AdminForm):
    """A study's panel; no kind: none."""

    kind: Literal["", "prolific", "sona", "mturk", "generic"] = ""
    name: str = Field("", max_length=60)
    parameter: str = Field("", max_length=40)
    finished: str = Field("", max_length=panels.LONGEST_ADDRESS)
    declined: str = Field("", max_length=panels.LONGEST_ADDRESS)
    failed: str = Field("", max_length=panels.LONGEST_ADDRESS)
    fails_by_rules: str = ""  # "yes" if the box is ticked

    def panel(self, key: str) -> panels.Panel | None:
        """What is asked for; a key is made where there is none."""
        if not self.kind:
            return None
        only_others = ("name", "parameter") if self.kind != panels.GENERIC else ()
        return panels.Panel(
            **self.model_dump(exclude={"fails_by_rules", *only_others}),
            fails_by_rules=self.fails_by_rules == "yes",
            key=key or panels.new_key(),
        )


class SettingsForm(AdminForm):
    """What can be changed of a study; language and lease until somebody has begun."""

    title: str = Field(min_length=1, max_length=LONGEST_TEXT)
    contact: str = Field("", max_length=LONGEST_TEXT)
    retention: str = Field("", max_length=LONGEST_NOTE)
    information: str = Field("", max_length=LONGEST_INFORMATION)  # as `texts.information` gives it
    statement: str = Field("", max_length=LONGEST_STATEMENT)
    invited_only: str = ""  # "yes" if the box is ticked
    stops_at_wanted: str = ""  # likewise
    once: str = ""  # likewise
    participants: WholeNumber = Field(ge=1, le=MOST_PEOPLE)
    lease: OptionalWholeNumber = Field(None, ge=1, le=LONGEST_LEASE_MINUTES)
    language: str | None = None
    headphones: HeadphoneCheck | None = None
    confirmed: str = ""  # hash of the text that was shown, and is to be agreed to from now on

    @field_validator("language")
    @classmethod
    def _is_known(cls, language: str | None) -> str | None:
        if language is not None and language not in texts.languages():
            raise ValueError("no texts in this language")
        return language


class StudyFields(BaseModel):
    """The fields of the page that makes a study, as they were filled in."""

    name: str = ""
    title: str = ""
    language: str = ""
    contact: str = ""
    pairs: str = ""
    strengths: str = ""
    seed: str = ""
    trials: str = ""
    checkpoint: str = ""

    def spec(self) -> StudySpec:
        """The study to be built.

        Raises
        ------
        AdminError, BuildError
            If a value is not possible.
        """
        from fadernets import checkpoint  # PyTorch takes seconds to import

        if self.checkpoint not in checkpoint.available():  # and no path of this machine
            raise AdminError(422, "There is no shipped model of this name.")
        filled = {name: value for name, value in self if value.strip()}
        form = StudyForm.model_validate(filled)
        return StudySpec(
            **form.model_dump(exclude={"strengths", "trials"}),
            checkpoint=self.checkpoint,
            strengths=strengths(form.strengths),
            trials_each=form.trials,
        )


def strengths(text: str) -> tuple[float, ...]:
    """Strengths of transfers, with commas or blanks between.

    Raises
    ------
    AdminError
        If one is no number.
    """
    entries = re.findall(r"[^,;\s]+", text)
    if not all(re.fullmatch(r"[0-9]+(\.[0-9]+)?", strength) for strength in entries):
        raise AdminError(422, "Strengths are numbers with commas between, such as 0.5, 1.")
    return tuple(map(float, entries))


class StudyForm(AdminForm):
    """What the fields of `StudyFields` mean; but for two they are named as those of `StudySpec`."""

    name: str = Field(min_length=1, max_length=64)
    title: str | None = Field(None, max_length=LONGEST_TEXT)
    language: str = texts.DEFAULT
    contact: str = Field("", max_length=LONGEST_TEXT)
    pairs: WholeNumber = Field(ge=1, le=MOST_PAIRS)
    strengths: str = Field(min_length=1, max_length=200)
    seed: WholeNumber = Field(ge=0, le=LARGEST_SEED)
    trials: OptionalWholeNumber = Field(None, ge=1, le=MOST_PEOPLE)


def _rule(form: type[AdminForm], name: str, values: Any) -> str:
    """What a value of a field must be like."""
    field = form.model_fields[name]
    limits = {  # Field(ge=1, le=9) leaves one object a limit, with an attribute of the same name
        limit: getattr(constraint, limit)
        for constraint in field.metadata
        for limit in ("ge", "le", "max_length")
        if hasattr(constraint, limit)
    }
    if name == "language":
        return f"must be one of: {', '.join(texts.languages())}"
    if "ge" in limits:
        return f"must be a whole number from {limits['ge']} to {limits['le']}"
    if not isinstance(values.get(name, ""), str):  # a file
        return "must be text"
    if "\0" in str(values.get(name, "")):
        return "must not hold the character NUL"
    if not str(values.get(name, "")).strip():
        return "must not be empty"
    if "max_length" in limits:
        return f"must have at most {limits['max_length']} characters"
    return "cannot be read"
