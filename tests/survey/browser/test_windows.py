"""One participant who is too quick, or in two places at once: one row for each pair."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from db.models import Answer
from tests.survey.browser.visitor import Visitor

pytestmark = pytest.mark.browser


@pytest.fixture
def rows(database):
    """How many answers there are."""

    def count() -> int:
        with database.read() as session:
            return session.scalar(select(func.count()).select_from(Answer))

    return count


def fill(visitor: Visitor, **said) -> None:
    visitor.listen()
    visitor.rate(**said)
    visitor.ready()


def test_a_double_click(visit, person, rows):
    visitor = visit()
    sent = []
    visitor.page.on("request", lambda request: sent.append(request.url))
    visitor.come(person())
    visitor.start_practice()
    fill(visitor)
    visitor.next.dblclick()
    visitor.on("Practice pair 2")
    fill(visitor)
    visitor.next.evaluate("button => { for (let i = 0; i < 20; i++) button.click(); }")
    visitor.on("Pair 1 of 6")
    visitor.page.wait_for_load_state("networkidle")
    assert rows() == 2
    assert len([url for url in sent if url.endswith("/api/answers")]) == 2


def test_two_windows(visit, person, rows):
    one = visit()
    someone = person()
    one.come(someone)
    one.start_practice()
    # Chromium says of every 409 that a resource failed to load.
    two = visit(context=one.context, cut=True)
    two.come(someone)
    two.start_practice()
    fill(two, direction="lower")
    one.page.bring_to_front()  # a window behind is slow
    one.step(direction="higher")
    one.on("Practice pair 2")
    two.page.bring_to_front()
    two.next.click()
    two.on("Practice pair 2")
    two.status("answered already")
    assert rows() == 1
    two.step()
    two.on("Pair 1 of 6")
    assert rows() == 2


def test_a_window_sends_what_another_one_kept(visit, person, rows):
    """Closed before its answer was through; the next visit on this device brings it."""
    one = visit(cut=True)
    someone = person()
    one.come(someone)
    one.start_practice()
    fill(one)
    one.page.route("**/api/answers", lambda route: route.abort())
    one.next.click()
    one.status("kept on this device")
    one.page.close()
    assert rows() == 0
    two = visit(context=one.context)
    two.come(someone)
    two.on("Practice pair 2")
    assert rows() == 1


def test_a_window_notices_that_another_one_sent_its_answer(visit, person, rows):
    one = visit(cut=True)
    someone = person()
    one.come(someone)
    one.start_practice()
    fill(one)
    one.page.route("**/api/answers", lambda route: route.abort())
    one.next.click()
    one.status("kept on this device")
    two = visit(context=one.context)
    two.come(someone)
    two.on("Practice pair 2")
    one.page.locator("#status button").click()
    one.on("Practice pair 2")
    assert rows() == 1
    expect(one.trial.locator("fieldset:enabled")).to_have_count(0)
