"""A page that was open while the server's disk was wiped: its pair has other names then."""

from __future__ import annotations

import secrets

import pytest
from playwright.sync_api import expect
from sqlalchemy import delete, func, select

from db.database import Database
from db.models import Answer, Play, Trial

pytestmark = pytest.mark.browser

LOST = "has lost what you did last"


@pytest.fixture
def wipe(database: Database):
    """What a wiped disk and a replay of the journal do: new tokens, and unanswered plays gone."""

    def wipe(answers: int = 0) -> None:
        with database.write() as session:
            session.execute(delete(Play))
            newest = select(Answer.id).order_by(Answer.id.desc()).limit(answers).scalar_subquery()
            session.execute(delete(Answer).where(Answer.id.in_(newest)))
            for trial in session.scalars(select(Trial)):
                for name in ("token", "first_token", "second_token"):
                    setattr(trial, name, secrets.token_urlsafe(32))

    return wipe


def answers(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count(Answer.id)))


def test_an_answer_to_what_is_no_longer_known(visit, person, database, wipe) -> None:
    visitor = visit(cut=True)
    refused = []
    visitor.page.on(
        "response", lambda response: refused.append(response.url) if response.status == 403 else 0
    )
    visitor.come(person())
    visitor.start_practice()
    visitor.step()
    visitor.listen()
    visitor.rate()
    visitor.ready()
    wipe(answers=1)
    visitor.next.click()
    visitor.status(LOST)
    visitor.on("Practice pair 1")  # the answer before was lost, too
    expect(visitor.trial.locator("fieldset:enabled")).to_have_count(0)
    assert "outbox" not in visitor.stored_locally() and len(refused) == 1
    visitor.step()
    visitor.on("Practice pair 2")
    assert answers(database) == 1


def test_a_clip_that_is_played_of_what_is_no_longer_known(visit, person, wipe) -> None:
    """Told at once, before anything is rated in vain."""
    visitor = visit(cut=True)
    visitor.come(person())
    visitor.start_practice()
    first = visitor.trial.locator("button[data-side=first]")
    expect(first).to_have_attribute("data-state", "ready")
    wipe()
    first.click()
    visitor.status(LOST)
    visitor.step()
    visitor.on("Practice pair 2")


def test_what_waited_on_the_device_meanwhile(visit, person, database, wipe) -> None:
    """Plays and an answer of before: none is sent again and again."""
    visitor = visit(cut=True)
    page = visitor.page
    visitor.come(person())
    visitor.start_practice()
    for side in ("first", "second"):
        button = visitor.trial.locator(f"button[data-side={side}]")
        expect(button).to_have_attribute("data-state", "ready")
    page.wait_for_load_state("networkidle")
    visitor.context.set_offline(True)
    visitor.listen()
    visitor.rate()
    visitor.ready()
    visitor.next.click()
    visitor.status("kept on this device")
    assert len(visitor.stored_locally()["outbox"]) == 5
    wipe()
    visitor.context.set_offline(False)
    visitor.status(LOST)
    assert "outbox" not in visitor.stored_locally() and answers(database) == 0
    page.reload()
    visitor.on("Practice pair 1")
    visitor.step()
    visitor.on("Practice pair 2")


def test_clips_that_are_no_longer_where_they_were(visit, person, wipe) -> None:
    visitor = visit(cut=True)
    page = visitor.page
    page.route("**/audio/*", lambda route: route.abort())
    visitor.come(person())
    visitor.start_practice()
    visitor.status("could not be loaded")
    wipe()
    page.unroute("**/audio/*")
    visitor.trial.locator("button[data-side=first]").click()
    visitor.status(LOST)
    visitor.step()
    visitor.on("Practice pair 2")


def test_a_clip_that_is_gone_from_a_server_that_knows_the_pair(visit, person) -> None:
    visitor = visit(cut=True)
    visitor.page.route("**/audio/*", lambda route: route.fulfill(status=404, body="{}"))
    visitor.come(person())
    visitor.start_practice()
    visitor.status("could not be loaded")
    visitor.page.wait_for_timeout(500)
    visitor.status("could not be loaded")
    visitor.on("Practice pair 1")
