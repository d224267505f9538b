"""The server, or what stands before it, asks to wait: the pages wait and go on by themselves."""

from __future__ import annotations

import json
import time
from collections import Counter

import httpx
import pytest
from playwright.sync_api import Route, expect
from sqlalchemy import delete, func, select

from db.models import Answer, Participant, Study
from tests.survey.crowd import people_count

pytestmark = pytest.mark.browser

ASK = {"study": "small", "consent": True}
WORDS = {"en": "Many people are here just now", "de": "Gerade sind viele hier"}


def busy(times: int, status: int = 429, body: str | None = None, after: str | None = "1"):
    """Answers so many requests of each address by asking to come back later, in seconds."""
    requests: Counter[str] = Counter()
    content = body or json.dumps({"error": "crowded", "message": "Please wait."})

    def handle(route: Route) -> None:
        requests[route.request.url] += 1
        if requests[route.request.url] > times:
            route.continue_()
        else:
            headers = {"Retry-After": after} if after else {}
            route.fulfill(status=status, headers=headers, body=content)

    return handle


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_crowd_waits_on_the_page(visit, address, database, study, language):
    """A script has used up what there is; who agrees then is let in a little later."""
    with database.write() as session:
        session.get_one(Study, study.id).language = language
    with httpx.Client() as client:
        while client.post(f"{address}/api/join", json=ASK).status_code == 201:
            pass
    visitor = visit(cut=True)
    page = visitor.page
    page.route("**/api/join", busy(1))
    page.goto(f"{address}/s/small")
    page.locator("#agree").check()
    page.locator("#consent [type=submit]").click()
    visitor.status(WORDS[language])
    expect(page.locator("#status")).not_to_have_class("status alert")
    before = people_count(database)
    page.wait_for_url("**/p/*")
    visitor.stage("questions")
    assert people_count(database) == before + 1


def test_a_proxy_that_does_not_say_how_long(visit, address, database, study):
    """And one that broke off: it may have let the join through, so that is not sent again."""
    visitor = visit(cut=True)
    page = visitor.page
    page.route("**/api/join", busy(1, 504, "<h1>Timeout</h1>", after=None))
    page.goto(f"{address}/s/small")
    page.locator("#agree").check()
    page.locator("#consent [type=submit]").click()
    visitor.status("Please try again")
    page.unroute("**/api/join")
    page.route("**/api/join", busy(1, 429, "<h1>Slow down</h1>", after=None))
    page.locator("#consent [type=submit]").click()
    visitor.status(WORDS["en"])
    page.wait_for_url("**/p/*")
    assert people_count(database) == 1


def test_another_window_begins_meanwhile(visit, address, database, study):
    """Then the one that waits leads there, and begins nothing of its own."""
    visitor = visit(cut=True)
    page = visitor.page
    page.route("**/api/join", busy(1, after="3"))
    page.goto(f"{address}/s/small")
    page.locator("#agree").check()
    page.locator("#consent [type=submit]").click()
    visitor.status(WORDS["en"])
    visit(context=visitor.context, cut=True).join()
    expect(page.locator("#choice")).to_be_visible()
    assert people_count(database) == 1


@pytest.mark.parametrize(
    ("status", "body", "after"),
    [(429, None, "1"), (503, None, "0.1"), (429, "<h1>Too many requests</h1>", "0.1")],
)
def test_the_whole_way_through_a_proxy_that_slows_down(
    visit, address, database, status, body, after
):
    """Every request is refused once; nothing is lost, doubled or to be pressed again."""
    visitor = visit(cut=True)
    visitor.page.route("**/api/*", busy(1, status, body, after))
    visitor.page.route("**/audio/*", busy(1, status, body, after))
    visitor.begin()
    visitor.step()
    visitor.on("Practice pair 2")
    with database.read() as session:
        assert session.scalar(select(func.count(Answer.id))) == 1
    assert people_count(database) == 1


def test_an_answer_is_kept_while_the_server_wants_it_later(visit, person, database):
    visitor = visit(cut=True)
    page = visitor.page
    visitor.come(person())
    visitor.start_practice()
    page.route("**/api/answers", busy(2))
    visitor.listen()
    visitor.rate()
    visitor.ready()
    visitor.next.click()
    visitor.status("Your answer is kept on this device")
    assert [item["path"] for item in visitor.stored_locally()["outbox"]] == ["answers"]
    visitor.on("Practice pair 2")
    with database.read() as session:
        assert session.scalar(select(func.count(Answer.id))) == 1


def test_withdrawing_waits_too(visit, person, database):
    visitor = visit(cut=True)
    visitor.come(person())
    visitor.stage("guide")
    visitor.page.route("**/api/withdraw", busy(1))
    visitor.page.locator("[data-opens=withdraw]").click()
    visitor.page.locator("#confirm").click()
    visitor.stage("withdrawn")
    assert people_count(database) == 0


def test_a_link_that_is_unknown_is_forgotten(visit, database):
    """Whoever agreed long ago and did nothing begins anew from the study's page."""
    visitor = visit(cut=True)
    page = visitor.page
    visitor.join()
    with database.write() as session:
        session.execute(delete(Participant))
    page.goto(f"{visitor.address}/s/small")
    page.locator("#choice a[data-resume]").click()
    expect(page.locator("h1")).to_contain_text("this link is unknown")
    deadline = time.monotonic() + 10
    while visitor.stored_locally():  # its script comes after the page
        assert time.monotonic() < deadline
    page.goto(f"{visitor.address}/s/small")
    expect(page.locator("#choice")).to_be_hidden()
    visitor.join()
    assert people_count(database) == 1
