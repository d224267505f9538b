"""Questions are data: what may be asked, and what may be replied."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from survey.designs.questions import (
    FIELDS,
    MOST_QUESTIONS,
    Question,
    QuestionError,
    checked,
    parsed,
)

SCALE = {"name": "quality", "text": "How good?"}
CHOICE = {"name": "kind", "kind": "choice", "text": "Which?", "choices": ["waltz", "march"]}
SLIDER = {"name": "likeness", "kind": "slider", "text": "How alike?", "least": 0, "most": 100}
TEXT = {"name": "why", "kind": "text", "text": "Why?"}


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (SCALE | {"name": "Quality"}, "name"),
        (SCALE | {"name": "seconds"}, "the name is taken"),
        (SCALE | {"text": ""}, "text"),
        (SCALE | {"text": "x" * 301}, "text"),
        (SCALE | {"least": 5, "most": 5}, "not below its most"),
        (SCALE | {"least": 0, "most": 11}, "take a slider"),
        (SCALE | {"ends": ["bad"]}, "ends"),
        (SCALE | {"kind": "guess"}, "kind"),
        (SCALE | {"color": "red"}, "color"),
        (CHOICE | {"choices": ["waltz"]}, "two different choices"),
        (CHOICE | {"choices": ["waltz", "waltz", "march"]}, "two different choices"),
        (CHOICE | {"each": True}, "only scales and sliders"),
        (SLIDER | {"least": -2000}, "least"),
        (SCALE | {"page": 0}, "page"),
        (SCALE | {"page": MOST_QUESTIONS + 1}, "page"),
        ({"text": "How good?"}, "name"),
        ([], "it"),
    ],
)
def test_what_cannot_be_asked_is_told(question: dict[str, object], reason: str) -> None:
    with pytest.raises(QuestionError, match="Question 2 cannot be") as error:
        parsed([TEXT, question], ["seconds"])
    assert reason in str(error.value)
    assert not re.search("pattern|tuple|should|Input|literal", str(error.value))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"ends": ["a", "b", "c"]}, "ends is a list of two texts, 1 to 60 characters each"),
        ({"ends": ["", "b"]}, "ends is a list of two texts, 1 to 60 characters each"),
        (
            {"name": "Größe"},
            "name is 1 to 32 small letters, digits and _, of which the first is a ",
        ),
        ({"kind": "likert"}, "kind is one of scale, slider, choice, text"),
        ({"least": "low"}, "least is a whole number from -1000 to 1000"),
        ({"margin": -1}, "margin is a number above 0, 2000 at most"),
        ({"colour": 1}, "'colour' is no field of a question"),
        ({"text": None}, "text is 1 to 300 characters"),
    ],
)
def test_a_question_that_cannot_be_is_told_in_words_of_our_own(
    fields: dict[str, object], sentence: str
) -> None:
    with pytest.raises(QuestionError) as error:
        parsed([SCALE | fields])
    assert str(error.value).startswith(f"Question 1 cannot be: {sentence}")
    assert set(FIELDS) == set(Question.model_fields)


def test_names_are_different_and_questions_are_few() -> None:
    with pytest.raises(QuestionError, match="the name is taken"):
        parsed([SCALE, SCALE])
    scales = [SCALE | {"name": f"q{number}"} for number in range(MOST_QUESTIONS + 1)]
    with pytest.raises(QuestionError, match="can be asked"):
        parsed(scales)
    assert len(parsed(scales[1:])) == MOST_QUESTIONS


def test_what_may_be_passed_over() -> None:
    questions = parsed([SCALE, CHOICE | {"optional": True}, TEXT])
    assert checked({"quality": 1}, questions, 1) == {"quality": 1}
    assert checked({"quality": 1, "why": None}, questions, 1) == {"quality": 1}
    whole = {"quality": 5, "kind": "march", "why": "It marches."}
    assert checked(whole, questions, 1) == whole


@pytest.mark.parametrize("cell", ["0", "6", "3.5", "x", "nan", "inf", "1e400"])
def test_a_cell_that_is_no_reply(cell: str) -> None:
    (question,) = parsed([SCALE])
    with pytest.raises(ValueError, match=f"is '{cell}'"):
        question.value(cell)


def test_a_cell_is_a_reply() -> None:
    scale, choice, text = parsed([SCALE, CHOICE, TEXT])
    assert (scale.value("3"), scale.value("3.0")) == (3, 3)
    assert (choice.value("waltz"), text.value("3")) == ("waltz", "3")


@pytest.mark.parametrize("value", [True, 1.0, "1", None, 0, 6])
def test_numbers_are_whole_and_strict(value: object) -> None:
    with pytest.raises(ValidationError):
        checked({"quality": value}, parsed([SCALE]), 1)


def test_a_page_is_kept_and_the_first_goes_without_saying() -> None:
    one, two = parsed([SCALE, TEXT | {"page": 2}])
    assert "page" not in one.model_dump(mode="json")  # as studies of before pages have it
    assert two.model_dump(mode="json")["page"] == 2
    assert parsed([one.model_dump(mode="json"), two.model_dump(mode="json")]) == [one, two]
