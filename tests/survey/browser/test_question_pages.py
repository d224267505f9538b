"""Questions on several pages of a trial: one after the other, and one answer at the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from playwright.sync_api import expect
from sqlalchemy import select

from db.database import Database
from db.models import Answer
from survey.app import close, create_app
from survey.core.settings import Settings
from survey.designs.questions import parsed
from tests.survey.browser.look import Look
from tests.survey.browser.visitor import LAPTOP, PHONE, Visitor
from tests.survey.built import Build

pytestmark = pytest.mark.browser

ASKED = [
    {"name": "quality", "kind": "slider", "text": "How good?", "least": 0, "most": 100}
    | {"each": True},
    {"name": "likeness", "kind": "slider", "text": "How alike?", "least": 0, "most": 100}
    | {"each": True, "page": 3},  # no question has page 2
    {"name": "genre", "kind": "choice", "text": "What is it?", "choices": ["a waltz", "other"]}
    | {"page": 3},
    {"name": "why", "kind": "text", "text": "Why?", "page": 4},
]
PRESSED = 51  # by one step from the middle


@pytest.fixture
def app(settings: Settings, rated: Build) -> Iterator[FastAPI]:
    """The survey's application, with a study of the design mushra open."""
    rated("mushra", items=2, questions=tuple(parsed(ASKED)), trials_each=2)
    app = create_app(settings)
    yield app
    close(app)


def names_of(visitor: Visitor) -> list[str]:
    """The names of the questions on the screen."""
    sets = visitor.trial.locator("fieldset.asked:visible").all()
    names = [str(one.get_attribute("data-question")).partition("@")[0] for one in sets]
    return list(dict.fromkeys(names))


def answer_page(visitor: Visitor) -> None:
    """Answer all that is on the screen: the first choice, sliders by a key."""
    for one in visitor.trial.locator("fieldset.asked:visible").all():
        if one.get_attribute("data-kind") == "slider":
            one.locator("input").focus()
            visitor.page.keyboard.press("ArrowRight")
        elif one.get_attribute("data-kind") == "choice":
            one.locator("input").first.check()


def test_page_by_page(visit, rated_person, database: Database, artefacts) -> None:
    visitor: Visitor = visit(PHONE, has_touch=True)
    visitor.come(rated_person())
    visitor.start_practice()
    visitor.hear()
    look = Look(visitor, artefacts / "survey" / "designs", "pages", "light", sizes=(LAPTOP, PHONE))
    sheet, back = visitor.trial.locator("[data-show=page]"), visitor.trial.locator("[data-do=back]")

    expect(sheet).to_have_text("Questions, page 1 of 3")
    assert names_of(visitor) == ["quality"] and not back.is_visible()
    expect(visitor.next).to_have_text("More questions")
    visitor.next.dispatch_event("click")  # as the button says, something is missing
    visitor.status("Still to answer")
    assert names_of(visitor) == ["quality"]
    answer_page(visitor)
    visitor.ready()
    look("first", scrolls=True)
    visitor.next.click()

    expect(sheet).to_have_text("Questions, page 2 of 3")
    expect(sheet).to_be_focused()
    assert names_of(visitor) == ["likeness", "genre"] and back.is_visible()
    expect(visitor.next).to_have_attribute("aria-disabled", "true")
    visitor.page.reload()  # the page, and what was answered, outlives it
    visitor.stage("trial")
    expect(sheet).to_have_text("Questions, page 2 of 3")
    answer_page(visitor)
    look("second", scrolls=True)
    back.click()
    expect(sheet).to_have_text("Questions, page 1 of 3")
    expect(visitor.trial.locator("[data-question^=quality] output").first).to_have_text("51")
    visitor.next.click()
    visitor.ready()
    visitor.next.click()

    assert names_of(visitor) == ["why"]
    visitor.trial.locator("textarea").fill("so")
    expect(visitor.next).to_have_text("Next")
    assert visitor.state()["progress"]["done"] == 0  # nothing is sent before the last page
    visitor.ready()
    visitor.next.click()
    visitor.on("2 of 2")
    expect(sheet).to_have_text("Questions, page 1 of 3")
    assert look.problems == []
    with database.read() as session:
        stored = session.scalars(select(Answer)).one()
    clips = len(stored.replies["quality"])
    assert clips > 2 and stored.replies == {
        "quality": [PRESSED] * clips,
        "likeness": [PRESSED] * clips,
        "genre": "a waltz",
        "why": "so",
    }


def test_by_keys_alone(visit, rated_person, database: Database) -> None:
    """Enter turns pages as it goes on; digits answer what is on the screen."""
    visitor: Visitor = visit()
    visitor.come(rated_person())
    visitor.start_practice()
    visitor.hear()
    answer_page(visitor)
    visitor.page.locator("h1").focus()
    visitor.page.keyboard.press("Enter")
    expect(visitor.trial.locator("[data-show=page]")).to_be_focused()
    for one in visitor.trial.locator("fieldset[data-kind=slider]:visible input").all():
        one.focus()
        visitor.page.keyboard.press("ArrowRight")
    visitor.page.locator("h1").focus()
    visitor.page.keyboard.press("2")
    expect(visitor.trial.locator("fieldset[data-kind=choice] input").nth(1)).to_be_checked()
    for _ in range(2):
        visitor.page.locator("h1").focus()
        visitor.ready()
        visitor.page.keyboard.press("Enter")
    visitor.on("2 of 2")
    with database.read() as session:
        assert session.scalars(select(Answer)).one().replies["genre"] == "other"
