"""What a study asks in each trial, as data: scales, sliders, choices and text; and the replies.

A question is a JSON object of `Study.questions`. `Question` says what may be in it, `checked` what
may be replied. In the database a reply is a number or a word, or a list of them by place where the
question is asked of every clip.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    create_model,
    model_serializer,
    model_validator,
)

from db.models import LONGEST_COMMENT
from survey.ratings.judgement import storable

MOST_QUESTIONS = 12
MOST_STEPS = 11  # of a scale, so that it fits a phone
LEAST, MOST = -1000, 1000
LONGEST_QUESTION = 300  # characters
LONGEST_WORD = 60  # of an end of a scale or of a choice
KINDS = ("scale", "slider", "choice", "text")
NUMBERS = ("scale", "slider")  # kinds whose replies are whole numbers

_WORDS = f"1 to {LONGEST_WORD} characters each"
# What a field of a question is, for who wrote something else.
FIELDS = {
    "name": "1 to 32 small letters, digits and _, of which the first is a letter",
    "kind": f"one of {', '.join(KINDS)}",
    "text": f"1 to {LONGEST_QUESTION} characters",
    "least": f"a whole number from {LEAST} to {MOST}",
    "most": f"a whole number from {LEAST} to {MOST}",
    "ends": f"a list of two texts, {_WORDS}",
    "choices": f"a list of {MOST_STEPS} texts at most, {_WORDS}",
    "each": "true or false",
    "optional": "true or false",
    "margin": f"a number above 0, {MOST - LEAST} at most",
    "page": f"a whole number from 1 to {MOST_QUESTIONS}",
}

Words = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_WORD)]


class QuestionError(ValueError):
    """There is no such question; the message is one sentence for a person."""


class Question(BaseModel):
    """One question.

    Attributes
    ----------
    name : str
        Column of the ratings and field of the replies.
    kind : str
        scale: a whole number by a button each; slider: a whole number on a line; choice: one of
        `choices`; text: own words.
    text : str
        What participants read.
    least, most : int
        Ends of a scale or a slider.
    ends : (str, str)
        Words at the two ends; () for none.
    choices : tuple of str
        Of a choice.
    each : bool
        Whether it is asked of every clip that is compared, rather than once a trial.
    optional : bool
        Whether it may be passed over; text always may.
    margin : float or None
        The largest difference that does not matter, named before the first answer: in points, or
        of two choices in shares. With it the analysis tests equivalence.
    page : int
        Of the trial, where not all is asked at once: pages come by their numbers, and those that
        no question has are passed over.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    kind: Literal["scale", "slider", "choice", "text"] = "scale"
    text: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_QUESTION)]
    least: Annotated[int, Field(ge=LEAST, le=MOST)] = 1
    most: Annotated[int, Field(ge=LEAST, le=MOST)] = 5
    ends: tuple[()] | tuple[Words, Words] = ()
    choices: Annotated[tuple[Words, ...], Field(max_length=MOST_STEPS)] = ()
    each: bool = False
    optional: bool = False
    margin: Annotated[float, Field(gt=0, le=MOST - LEAST, allow_inf_nan=False)] | None = None
    page: Annotated[int, Field(ge=1, le=MOST_QUESTIONS)] = 1

    @model_serializer(mode="wrap")
    def _written(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """As studies keep it: those that were made before there were pages are as they were."""
        fields: dict[str, Any] = write(self)
        if self.page == 1:
            del fields["page"]
        return fields

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.least >= self.most:
            raise ValueError(f"its least, {self.least}, is not below its most, {self.most}")
        if self.kind == "scale" and self.most - self.least >= MOST_STEPS:
            raise ValueError(f"a scale has {MOST_STEPS} steps at most; take a slider")
        if self.kind == "choice" and len(set(self.choices)) < max(2, len(self.choices)):
            raise ValueError("a choice needs two different choices or more")
        if self.each and self.kind not in NUMBERS:
            raise ValueError("only scales and sliders can be asked of each clip")
        if self.margin is not None:
            self._check_margin(self.margin)
        return self

    def _check_margin(self, margin: float) -> None:
        if self.is_number:
            most: float = self.most - self.least
        elif self.kind == "choice" and len(self.choices) == 2:
            most = 0.5
        else:
            raise ValueError("only numbers and choices of two have a margin of equivalence")
        if margin >= most:
            raise ValueError(f"its margin of equivalence, {margin:g}, is not below {most:g}")

    @property
    def needed(self) -> bool:
        """Whether a trial is not answered without it."""
        return not self.optional and self.kind != "text"

    @property
    def is_number(self) -> bool:
        """Whether replies are numbers, which have a mean."""
        return self.kind in NUMBERS

    @property
    def middle(self) -> float:
        """The middle of the scale."""
        return (self.least + self.most) / 2

    def reply(self) -> Any:
        """The type of a reply, for pydantic: strict, a number in quotes is no number."""
        if self.is_number:
            return Annotated[int, Field(strict=True, ge=self.least, le=self.most)]
        if self.kind == "choice":
            return Literal[self.choices]
        return Annotated[
            str, StringConstraints(max_length=LONGEST_COMMENT), AfterValidator(storable)
        ]

    def value(self, cell: str) -> int | str:
        """The reply that a cell of a table stands for.

        Raises
        ------
        ValueError
            If it stands for none.
        """
        try:
            number = float(cell) if self.is_number else None
        except ValueError:
            number = None
        value = cell if number is None else int(number) if number.is_integer() else number
        try:
            reply: int | str = TypeAdapter(self.reply()).validate_python(value)
        except ValidationError as error:
            among = f"from {self.least} to {self.most}" if self.is_number else list(self.choices)
            raise ValueError(f"is {cell!r}, not {among}") from error
        return reply


def parsed(objects: Sequence[Mapping[str, Any]], reserved: Sequence[str] = ()) -> list[Question]:
    """Questions from JSON.

    Parameters
    ----------
    objects : sequence of mappings
    reserved : sequence of str
        Names that no question may have.

    Raises
    ------
    QuestionError
        If one is none, two have one name, or there are too many.
    """
    if len(objects) > MOST_QUESTIONS:
        raise QuestionError(f"There are {len(objects)} questions; {MOST_QUESTIONS} can be asked.")
    questions: list[Question] = []
    for number, one in enumerate(objects, 1):
        try:
            question = Question.model_validate(one)
        except ValidationError as error:
            raise QuestionError(f"Question {number} cannot be: {_reason(error)}.") from None
        if question.name in {*reserved, *(other.name for other in questions)}:
            raise QuestionError(
                f"Question {number} cannot be called {question.name!r}: the name is taken."
            )
        questions.append(question)
    return questions


def _reason(error: ValidationError) -> str:
    """Why something is no question, by the first fault, in words of our own."""
    first = error.errors(include_url=False, include_context=False)[0]
    if not first["loc"]:
        own = first["type"] == "value_error"
        return first["msg"].removeprefix("Value error, ") if own else "it is no object"
    field = str(first["loc"][0])
    if field not in FIELDS:
        return f"{field[:LONGEST_WORD]!r} is no field of a question"
    return f"{field} is missing" if first["type"] == "missing" else f"{field} is {FIELDS[field]}"


def checked(
    replies: Mapping[str, Any], questions: Sequence[Question], compared: int
) -> dict[str, Any]:
    """Replies to questions, without those that were passed over.

    Parameters
    ----------
    replies : mapping
    questions : sequence of Question
    compared : int
        How many clips of the trial are compared: those that `each` questions are asked of.

    Raises
    ------
    pydantic.ValidationError
        If one is missing, is not one that may be given, or answers no question.
    """
    model = _model(tuple(questions), compared)
    by_question: dict[str, Any] = model.model_validate(dict(replies)).model_dump(exclude_none=True)
    return by_question


@lru_cache(maxsize=256)
def _model(questions: tuple[Question, ...], compared: int) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for question in questions:
        reply = question.reply()
        if question.each:
            size = Field(min_length=compared, max_length=compared)
            reply = Annotated[list.__class_getitem__(reply), size]
        fields[question.name] = (reply, ...) if question.needed else (reply | None, None)
    return create_model("Replies", __config__=ConfigDict(extra="forbid", strict=True), **fields)
