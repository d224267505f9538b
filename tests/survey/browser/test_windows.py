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


def fill(visitor: Visitor, **ratings) -> None:
    visitor.listen()
    visitor.rate(**ratings)
    visitor.ready()


def test_a_double_click(visit, person, rows):
    visitor = visit()
    urls = []
    visitor.page.on("request", lambda request: urls.append(request.url))
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
    assert len([url for url in urls if url.endswith("/api/answers")]) == 2


def test_two_windows(visit, person, rows):
    first = visit()
    someone = person()
    first.come(someone)
    first.start_practice()
    # Chromium says of every 409 that a resource failed to load.
    second = visit(context=first.context, cut=True)
    second.come(someone)
    second.start_practice()
    fill(second, direction="lower")
    first.page.bring_to_front()  # a window behind is slow
    first.step(direction="higher")
    first.on("Practice pair 2")
    second.page.bring_to_front()
    second.next.click()
    second.on("Practice pair 2")
    second.status("answered already")
    assert rows() == 1
    second.step()
    second.on("Pair 1 of 6")
    assert rows() == 2


def with_a_kept_answer(visit, person):
    """A window whose first answer did not get through, and the participant in it."""
    window, someone = visit(cut=True), person()
    window.come(someone)
    window.start_practice()
    fill(window)
    window.page.route("**/api/answers", lambda route: route.abort())
    window.next.click()
    window.status("kept on this device")
    return window, someone


def test_a_window_sends_what_another_one_kept(visit, person, rows):
    """Closed before its answer was through; the next visit on this device brings it."""
    first, someone = with_a_kept_answer(visit, person)
    first.page.close()
    assert rows() == 0
    second = visit(context=first.context)
    second.come(someone)
    second.on("Practice pair 2")
    assert rows() == 1


def test_a_window_notices_that_another_one_sent_its_answer(visit, person, rows):
    first, someone = with_a_kept_answer(visit, person)
    second = visit(context=first.context)
    second.come(someone)
    second.on("Practice pair 2")
    first.try_again()
    first.on("Practice pair 2")
    assert rows() == 1
    expect(first.trial.locator("fieldset:enabled")).to_have_count(0)
