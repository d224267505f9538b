"""Withdrawing, closed studies, and links that lead nowhere."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select, update

from db.models import Answer, Participant, Play, Study, Trial

pytestmark = pytest.mark.browser


@pytest.fixture
def rows(database):
    """How many rows of participants there are, in all tables."""

    def count() -> int:
        with database.read() as session:
            return sum(
                session.scalar(select(func.count()).select_from(table))
                for table in (Participant, Trial, Play, Answer)
            )

    return count


@pytest.fixture
def close(database):
    """Closes the study."""

    def close() -> None:
        with database.write() as session:
            session.execute(update(Study).values(state="closed"))

    return close


def test_withdrawing_erases_everything(visit, person, rows, database):
    visitor = visit(cut=True)
    page = visitor.page
    someone = person()
    visitor.come(someone)
    visitor.start_practice()
    visitor.step()
    page.get_by_role("button", name="Withdraw").click()
    page.get_by_role("button", name="Keep my answers").click()
    assert rows() > 0
    page.get_by_role("button", name="Withdraw").click()
    page.get_by_role("button", name="Withdraw and delete").click()
    visitor.stage("withdrawn")
    assert rows() == 0
    with database.read() as session:
        assert session.scalars(select(Study.withdrawn)).one() == 1
    assert page.evaluate("localStorage.length") == 0
    expect(page.locator("#tools")).to_be_hidden()
    page.reload()
    visitor.on("Your answers were erased, or this link is unknown")


def test_withdrawing_without_a_network_says_that_it_failed(visit, person, rows):
    visitor = visit(cut=True)
    page = visitor.page
    visitor.come(person())
    visitor.stage("guide")
    page.route("**/api/withdraw", lambda route: route.abort())
    page.get_by_role("button", name="Withdraw").click()
    page.locator("#confirm").click()
    expect(page.locator("#withdraw .status")).to_contain_text("nothing was deleted")
    assert rows() > 0

    def lose(route) -> None:
        assert route.fetch().ok
        route.abort()

    page.unroute("**/api/withdraw")
    page.route("**/api/withdraw", lose)
    page.locator("#confirm").click()
    expect(page.locator("#confirm")).not_to_have_attribute("aria-busy", "true")
    assert rows() == 0
    page.unroute("**/api/withdraw")
    page.locator("#confirm").click()  # gone already: that is what was wanted
    visitor.stage("withdrawn")


@pytest.mark.parametrize("stage", ["questions", "sound", "finished", "closed"])
def test_one_can_withdraw_at_every_stage(visit, person, rows, close, stage):
    visitor = visit()
    if stage in ("questions", "sound"):
        visitor.join()
        if stage == "sound":
            visitor.pass_questions()
    else:
        someone = person()
        if stage == "finished":
            someone.finish()
        else:
            close()
        visitor.come(someone)
    visitor.stage(stage)
    visitor.page.locator("[data-opens=withdraw]").click()
    visitor.page.locator("#confirm").click()
    visitor.stage("withdrawn")
    assert rows() == 0


def test_a_study_that_closes_in_mid_test(visit, person, close, database):
    visitor = visit(cut=True)
    visitor.come(person())
    visitor.start_practice()
    visitor.step()
    visitor.listen()
    visitor.rate()
    visitor.ready()
    close()
    visitor.next.click()
    visitor.stage("closed")
    visitor.status("This study is closed and takes no more answers.")
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Answer)) == 1
    assert "outbox" not in visitor.stored_locally()


def test_a_study_that_closes_before_the_questions(visit, close):
    visitor = visit(cut=True)
    visitor.join()
    close()
    visitor.page.get_by_role("button", name="Continue").click()
    visitor.stage("closed")


def test_a_study_that_closes_before_the_consent(visit, close, rows):
    visitor = visit(cut=True)
    visitor.page.goto(f"{visitor.address}/s/small")
    visitor.page.locator("#agree").check()
    close()
    visitor.page.locator("#consent [type=submit]").click()
    visitor.status("This study is closed")
    assert rows() == 0


def test_somebody_erased_meanwhile(visit, person, rows):
    visitor = visit(cut=True)
    someone = person()
    visitor.come(someone)
    visitor.start_practice()
    assert someone.post("withdraw", confirm=True).json() == {"withdrawn": True}
    visitor.trial.locator("button[data-side=first]").click()
    visitor.stage("gone")
    assert rows() == 0
    assert visitor.page.evaluate("localStorage.length") == 0


def test_an_unknown_link(visit):
    visitor = visit(cut=True)
    visitor.page.goto(f"{visitor.address}/p/{'x' * 43}")
    visitor.on("Your answers were erased, or this link is unknown")
    visitor.page.get_by_role("link").click()
    visitor.on("A small study")
