"""Coming back: to the page of the consent, and to a page that was left open for long."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from db.database import Database
from db.models import LONGEST_SECONDS, Answer, Study
from survey.core.texts import ONCE_KEY
from tests.survey.browser.accessibility import serious
from tests.survey.browser.look import STILL, TARGET, TOO_SMALL
from tests.survey.browser.visitor import PHONE
from tests.survey.crowd import people_count

pytestmark = pytest.mark.browser

# What a browser that kept the page as it was left does when it shows it again.
SHOWN_AGAIN = "dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))"
SEEN = """one => { const box = one.getBoundingClientRect();
    return box.top >= 0 && box.bottom <= innerHeight; }"""


def resume(page: Page):
    return page.locator("#consent").get_by_role("link", name="Go on where you left")


def test_once_a_browser(visit, database: Database) -> None:
    """Where a study wants that, who comes back is led to their own test, and to no other."""
    with database.write() as session:
        study = session.scalars(select(Study)).one()
        study.build = study.build | {ONCE_KEY: True}
    visitor = visit()
    page = visitor.page
    page.goto(f"{visitor.address}/s/small")
    expect(page.get_by_role("heading", name="Once only")).to_be_visible()  # before they agree
    visitor.begin()
    page.goto(f"{visitor.address}/s/small")
    expect(resume(page)).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)
    page.evaluate("document.getElementById('agree').checked = true")
    page.evaluate("document.getElementById('consent').requestSubmit()")
    page.wait_for_timeout(300)
    assert people_count(database) == 1
    resume(page).click()
    visitor.stage("guide")

    other = visit()  # a browser of its own
    other.join()
    assert people_count(database) == 2


def test_back_to_the_consent(visit, database: Database, artefacts: Path) -> None:
    """Pressing on there makes no second participant, and the link is kept."""
    visitor = visit(PHONE, has_touch=True)
    page = visitor.page
    visitor.begin()
    token = visitor.token
    page.go_back()
    expect(resume(page)).to_be_visible()
    expect(page.locator("#agree")).not_to_be_checked()
    expect(page.get_by_role("button", name="Begin", exact=True)).to_be_hidden()

    page.evaluate("document.getElementById('agree').checked = true")
    page.evaluate("document.getElementById('consent').scrollIntoView({block: 'end'})")
    page.evaluate(SHOWN_AGAIN)
    expect(page.locator("#agree")).not_to_be_checked()
    assert resume(page).evaluate(SEEN)  # beside what would have been pressed, not a screen above
    page.evaluate("document.getElementById('consent').requestSubmit()")
    page.wait_for_timeout(300)
    assert people_count(database) == 1
    page.wait_for_function(STILL)
    page.screenshot(path=artefacts / "survey" / "consent-again.png")
    assert serious(page) == [] and page.evaluate(TOO_SMALL, TARGET) == []
    resume(page).click()
    visitor.stage("guide")
    assert visitor.token == token


def test_somebody_else_on_the_same_device(visit, database: Database, artefacts: Path) -> None:
    visitor = visit(PHONE, has_touch=True)
    page = visitor.page
    visitor.join()
    token = visitor.token
    page.goto(f"{visitor.address}/s/small")
    page.get_by_role("button", name="Begin as another person").click()
    visitor.status("a second, separate test")
    expect(page.locator("#agree")).not_to_be_checked()
    page.screenshot(path=artefacts / "survey" / "consent-another.png", full_page=True)
    page.get_by_role("button", name="Begin", exact=True).click()
    visitor.status("tick the box")
    assert people_count(database) == 1
    page.locator("#agree").check()
    page.get_by_role("button", name="Begin", exact=True).click()
    page.wait_for_url("**/p/*")
    visitor.stage("questions")
    assert visitor.token != token and people_count(database) == 2


def test_begun_in_another_window_meanwhile(visit, database: Database) -> None:
    first = visit()
    first.page.goto(f"{first.address}/s/small")
    first.page.locator("#agree").check()
    second = visit(context=first.context)
    second.join()
    first.page.get_by_role("button", name="Begin", exact=True).click()
    expect(resume(first.page)).to_be_visible()
    assert people_count(database) == 1


def test_a_page_left_open_for_weeks(visit, person, database: Database) -> None:
    """Its answer is stored, with as many seconds as may be."""
    visitor = visit()
    visitor.come(person())
    visitor.start_practice()
    visitor.listen()
    visitor.rate()
    visitor.page.evaluate(
        """() => { for (const key of Object.keys(localStorage)) if (key.endsWith('.draft')) {
            const draft = JSON.parse(localStorage[key]);
            localStorage[key] = JSON.stringify({...draft, seconds: 1e9}); } }"""
    )
    visitor.page.reload()
    visitor.ready()
    visitor.next.click()
    visitor.on("Practice pair 2")
    with database.read() as session:
        assert session.scalars(select(Answer.seconds)).one() == LONGEST_SECONDS
