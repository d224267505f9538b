"""The network is cut before and after the server stores an answer: one row, and nothing is lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect
from sqlalchemy import select

from db.models import Answer, Play
from tests.survey.browser.visitor import SCALES, Visitor

pytestmark = pytest.mark.browser

NO_STORAGE = """Object.defineProperty(window, 'localStorage',
    {get() { throw new DOMException('denied', 'SecurityError'); }})"""


@pytest.fixture
def stored(database):
    """All answers in the database, as (direction, ratings)."""

    def look() -> list[tuple]:
        with database.read() as session:
            answers = session.scalars(select(Answer).order_by(Answer.id)).all()
        return [(a.direction, *(getattr(a, scale) for scale in SCALES)) for a in answers]

    return look


def cut_before(route: Route) -> None:
    route.abort("internetdisconnected")


def cut_after(route: Route) -> None:
    """The request arrives and is carried out; what the server says of it is lost."""
    assert route.fetch().ok
    route.abort("connectionreset")


def down(route: Route) -> None:
    route.fulfill(status=502, content_type="text/html", body="<h1>Bad gateway</h1>")


def hotel(route: Route) -> None:
    """Somebody else answers, as networks do that want a log-in first."""
    route.fulfill(status=200, content_type="text/html", body="<h1>Welcome</h1>")


def answer(visitor: Visitor, **ratings) -> None:
    visitor.listen()
    visitor.rate(**ratings)
    visitor.ready()
    visitor.next.click()


@pytest.mark.parametrize(
    ("cut", "reloads"),
    [
        (cut_before, False),
        (cut_before, True),
        (cut_after, False),
        (cut_after, True),
        (down, False),
        (hotel, False),
    ],
)
def test_an_answer_survives_the_network(visit, person, stored, cut, reloads):
    visitor = visit(cut=True)
    page = visitor.page
    visitor.come(person())
    visitor.start_practice()
    page.route("**/api/answers", cut)
    answer(visitor, direction="lower", value=2)
    visitor.status("Your answer is kept on this device")
    visitor.on("Practice pair 1")  # not on before it is acknowledged
    assert len(stored()) == (cut is cut_after)
    if reloads:
        page.reload()
        visitor.status("Your answer is kept on this device")
    assert [item["path"] for item in visitor.stored_locally()["outbox"]] == ["answers"]

    expect(page.locator("#status button")).to_be_visible()
    page.unroute("**/api/answers")
    visitor.try_again()
    visitor.on("Practice pair 2")
    assert stored() == [("lower", 2, 2, 2, 2)]
    assert "outbox" not in visitor.stored_locally()
    visitor.step()
    visitor.on("Pair 1 of 6")
    assert len(stored()) == 2


def test_plays_wait_with_the_answer_and_in_order(visit, person, database, stored):
    """Without a network from the first play on; it comes back by itself."""
    visitor = visit(cut=True)
    page = visitor.page
    visitor.come(person())
    visitor.start_practice()
    for side in ("first", "second"):
        expect(visitor.trial.locator(f"button[data-side={side}]")).to_have_attribute(
            "data-state", "ready"
        )
    page.wait_for_load_state("networkidle")  # the next pair is here as well
    visitor.context.set_offline(True)
    answer(visitor)
    visitor.status("Your answer is kept on this device")
    waiting = [
        (item["path"], item["body"].get("side"), item["body"].get("event"))
        for item in visitor.stored_locally()["outbox"]
    ]
    assert waiting == [
        ("plays", "first", "started"),
        ("plays", "first", "ended"),
        ("plays", "second", "started"),
        ("plays", "second", "ended"),
        ("answers", None, None),
    ]
    visitor.context.set_offline(False)
    visitor.on("Practice pair 2")
    with database.read() as session:
        plays = session.execute(select(Play.side, Play.event).order_by(Play.id)).all()
    assert [tuple(play) for play in plays] == [entry[1:] for entry in waiting[:-1]]
    assert len(stored()) == 1


def test_without_storage_it_works_as_long_as_the_page_is_open(visit, person, stored):
    visitor = visit(cut=True)
    page = visitor.page
    page.add_init_script(NO_STORAGE)
    visitor.come(person())
    visitor.start_practice()
    page.route("**/api/answers", cut_after)
    answer(visitor)
    visitor.status("please leave this page open")
    page.unroute("**/api/answers")
    visitor.try_again()
    visitor.on("Practice pair 2")
    assert len(stored()) == 1
    visitor.step()
    visitor.on("Pair 1 of 6")


def test_questions_are_asked_again(visit, person, database):
    visitor = visit(cut=True)
    page = visitor.page
    visitor.join()
    page.route("**/api/questions", cut_before)
    page.get_by_label("You listen with").select_option("speakers")
    page.get_by_role("button", name="Continue").click()
    visitor.status("Please try again")
    page.unroute("**/api/questions")
    page.get_by_role("button", name="Continue").click()
    visitor.stage("sound")


def test_the_state_is_asked_for_until_it_comes(visit, person):
    visitor = visit(cut=True)
    page = visitor.page
    page.route("**/api/state", cut_before)
    visitor.come(person())
    visitor.status("Trying again by itself")
    page.unroute("**/api/state")
    visitor.stage("guide")
