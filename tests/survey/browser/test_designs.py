"""Every design in the browser: the whole way on a phone, seen at a desk, too; by keys, reloaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI
from playwright.sync_api import expect
from sqlalchemy import select

from db.database import Database
from db.models import Answer, Participant, Study, Trial
from survey.app import close, create_app
from survey.core.settings import Settings
from survey.designs import registry
from tests.survey.browser.look import Look
from tests.survey.browser.visitor import LAPTOP, PHONE, SMALL, Visitor
from tests.survey.built import Build

pytestmark = pytest.mark.browser

DESIGNS = ("mos", "ab", "abx", "mushra")
ASKED = {
    "mos": [
        {"name": "quality", "text": "How good does this sound?", "ends": ["bad", "excellent"]},
        {"name": "genre", "kind": "choice", "text": "What is it?", "choices": ["a waltz", "other"]},
        {"name": "why", "kind": "text", "text": "Why do you think so?"},
    ]
}

TOLD = {
    "mushra": "One of the clips is the reference once more",
    "abx": "If you cannot tell, guess.",
}


@pytest.fixture
def make(rated: Build) -> Callable[[str], Study]:
    """Makes a study of a design, with a text and, for one, questions of its own."""
    from survey.designs.questions import parsed

    def of(design: str) -> Study:
        questions = tuple(parsed(ASKED[design])) if design in ASKED else None
        return rated(design, items=2, questions=questions, trials_each=2)

    return of


@pytest.fixture(params=DESIGNS)
def design(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def app(settings: Settings, make: Callable[[str], Study], design: str) -> Iterator[FastAPI]:
    """The survey's application, with a study of the design open."""
    make(design)
    app = create_app(settings)
    yield app
    close(app)


def answer(visitor: Visitor, at: int = -1) -> None:
    """Answer everything: the choice at a place, sliders by a key."""
    for fieldset in visitor.trial.locator("fieldset.asked").all():
        kind = fieldset.get_attribute("data-kind")
        if kind == "slider":
            fieldset.locator("input").focus()
            visitor.page.keyboard.press("ArrowRight")
        elif kind == "text":
            fieldset.locator("textarea").fill("Ein „Grund“ <b>")
        else:
            fieldset.locator("input").nth(at).check()


def test_the_whole_way(visit, database: Database, artefacts, design: str) -> None:
    visitor: Visitor = visit(PHONE, has_touch=True)
    page = visitor.page
    visitor.join("rated")
    visitor.pass_questions()
    visitor.check_sound()
    page.locator("#stage button[type=submit]").click()
    visitor.stage("guide")
    look = Look(visitor, artefacts / "survey" / "designs", design, "light", sizes=(LAPTOP, PHONE))
    look("guide", scrolls=True)
    words = page.locator("#stage").inner_text()
    assert TOLD.get(design, "Answer what is asked") in words
    assert "ractice" not in words  # there is none
    page.locator("#stage button[type=submit]").click()
    visitor.stage("trial")
    for number in (1, 2):
        visitor.on(f"{number} of 2")
        expect(visitor.next).to_have_attribute("aria-disabled", "true")
        visitor.hear()
        answer(visitor)
        visitor.ready()
        if number == 1:
            look("trial", scrolls=True)
        visitor.next.click()
    visitor.stage("finished")
    assert look.problems == []
    with database.read() as session:
        person = session.scalars(select(Participant)).one()
        answers = session.scalars(select(Answer)).all()
    assert person.stage == "finished" and len(answers) == 2
    expected = {
        "mos": {"quality": 5, "genre": "other", "why": "Ein „Grund“ <b>"},
        "ab": {"preference": 3},
        "abx": {"same_as": "B"},
        "mushra": {"quality": [51] * 6},
    }[design]
    assert [answer.replies for answer in answers] == [expected, expected]


def test_by_keys_and_through_a_reload(visit, rated_person, design: str) -> None:
    """What was heard and answered is there after a reload; the answer is stored once."""
    visitor: Visitor = visit()
    page = visitor.page
    visitor.come(rated_person())
    visitor.start_practice()
    page.keyboard.press("1")
    visitor.status("hear every clip")
    visitor.hear()
    if design == "mushra":
        first = visitor.trial.locator("input[type=range]").first
        first.focus()
        page.keyboard.press("End")
        answered = "input[type=range][data-touched]"
    else:
        page.keyboard.press("2")
        answered = "input:checked"
    page.reload()
    visitor.stage("trial")
    expect(visitor.trial.locator(answered)).to_have_count(1)
    expect(visitor.trial.locator("fieldset:disabled")).to_have_count(0)
    if design in ("mos", "mushra"):  # where more is asked
        expect(visitor.next).to_have_attribute("aria-disabled", "true")
        visitor.next.dispatch_event("click")
        visitor.status("Still to answer")
        answer(visitor, at=0)
    visitor.ready()
    page.locator("h1").focus()
    page.keyboard.press("Enter")
    visitor.on("2 of 2")
    assert visitor.state()["progress"] == {"done": 1, "total": 2}


def test_read_from_right_to_left(visit, rated_person, artefacts, design: str) -> None:
    """Clips, scales and sliders are turned round together: what is A stands on A's side."""
    visitor: Visitor = visit(SMALL)
    page = visitor.page
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => { document.documentElement.dir = 'rtl'; })"
    )
    visitor.come(rated_person())
    visitor.start_practice()
    visitor.hear()
    name = f"rtl-{design}"
    look = Look(visitor, artefacts / "survey" / "designs", name, "light", sizes=(SMALL, LAPTOP))
    answer(visitor)
    look("trial", scrolls=True)
    assert look.problems == []
    for size in (SMALL, LAPTOP):
        page.set_viewport_size(size)
        is_turned_round(visitor, design)
    assert page.evaluate("document.documentElement.dir") == "rtl"


def is_turned_round(visitor: Visitor, design: str) -> None:
    def place(selector: str, at: int) -> float:
        box = visitor.trial.locator(selector).nth(at).bounding_box()
        assert box
        return float(box["x"])

    clips = visitor.trial.locator("button[data-side]").count()
    if design in ("ab", "abx") and place(".clip", 0) != place(".clip", 1):  # side by side
        assert place(".clip", 0) > place(".clip", 1)
    if design == "mushra":
        assert clips == 7
        slider = visitor.trial.locator("input[type=range]").first
        box = slider.bounding_box()
        assert box
        slider.click(position={"x": 4, "y": box["height"] / 2})
        assert int(slider.input_value()) > 95  # the best is at the left end
        assert place(".asked .ends span", 0) > place(".asked .ends span", 1)
    else:
        assert place(".asked .choice", 0) > place(".asked .choice", 1)
    if design == "ab":  # else the sign stands behind its number
        least = visitor.trial.locator(".asked .choice span").first
        assert least.inner_text() == "−3"
        assert least.evaluate("span => getComputedStyle(span).direction") == "ltr"
    if design in ("mos", "ab"):
        assert place(".asked .ends span", 0) > place(".asked .ends span", 1)


@pytest.mark.parametrize("design", ["mushra"])
def test_what_was_rated_goes_with_the_clip(visit, rated_person, database: Database) -> None:
    """Each slider's value is stored at the place of its clip, whichever was moved first."""
    visitor: Visitor = visit()
    visitor.come(rated_person())
    visitor.start_practice()
    visitor.hear()
    sliders = visitor.trial.locator("input[type=range]")
    count = sliders.count()
    for at in reversed(range(count)):
        sliders.nth(at).focus()
        visitor.page.keyboard.press("Home")
        for _ in range(at):
            visitor.page.keyboard.press("ArrowRight")
    visitor.ready()
    visitor.next.click()
    visitor.on("2 of 2")
    with database.read() as session:
        trial = session.scalars(select(Trial).join(Answer)).one()
        assert trial.answer.replies == {"quality": list(range(count))}
        assert registry.find("mushra").compared(trial.stimulus.size) == range(1, count + 1)
