"""Whom a panel sends, in a real browser: from its link to its address, however they end."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from db.models import PanelPlace, Study
from survey.core.headphones import PATTERNS, QUIET
from survey.core.panels import Panel
from tests.survey.browser.accessibility import serious
from tests.survey.browser.visitor import LAPTOP, PHONE, Visitor
from tests.survey.manager import ADMIN
from tests.survey.panel_people import CREDIT, DECLINED, FAILED, FINISHED, QUERY, add_panel
from tests.survey.person import Person

pytestmark = pytest.mark.browser

HOST = urlsplit(FINISHED).netloc


@pytest.fixture
def panel(database, study, request) -> Panel:
    if getattr(request, "param", "prolific") == "sona":
        return add_panel(database, study, kind="sona", finished=CREDIT, declined="", failed="")
    return add_panel(database, study)


@pytest.fixture
def panel_visitor(visit, panel) -> Visitor:
    """Somebody at the panel's link; the panel itself is a page of one word."""
    visitor = visit(PHONE, elsewhere=HOST, cut=True)  # 403 where the study is closed
    visitor.page.route(f"https://{HOST}/**", lambda route: route.fulfill(body="the panel"))
    visitor.page.goto(f"{visitor.address}/s/small?{QUERY}")
    return visitor


def agree(visitor: Visitor) -> None:
    visitor.page.locator("#agree").check()
    visitor.page.locator("#consent [type=submit]").click()
    visitor.stage("questions")


def look(visitor: Visitor, artefacts, name: str, sizes: tuple[dict, ...] = (LAPTOP, PHONE)) -> None:
    """Pictures at a desk and on a phone, and what axe has to say of both."""
    folder = artefacts / "survey"
    folder.mkdir(exist_ok=True)
    for size in sizes:
        visitor.page.set_viewport_size(size)
        path = folder / f"panel-{name}-{size['width']}.png"
        visitor.page.screenshot(path=path, full_page=True)
        assert serious(visitor.page, "light") == []
        assert visitor.page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0


def test_all_the_way_and_back(panel_visitor, artefacts):
    page = panel_visitor.page
    look(panel_visitor, artefacts, "consent")
    agree(panel_visitor)
    token = panel_visitor.token
    panel_visitor.pass_questions()
    panel_visitor.check_sound()
    page.locator("#stage button[type=submit]").click()
    panel_visitor.start_practice()
    panel_visitor.step()
    page.goto("about:blank")
    page.goto(f"{panel_visitor.address}/s/small?{QUERY}")  # the panel's link once more
    assert panel_visitor.token == token
    panel_visitor.stage("trial")
    for _ in range(6):
        panel_visitor.step()
    panel_visitor.listen()
    panel_visitor.rate()
    panel_visitor.ready()
    with page.expect_request(f"https://{HOST}/**") as departure:
        panel_visitor.next.click()
        panel_visitor.stage("finished")
        expect(page.locator("[data-soon]")).to_contain_text("in a few seconds")
        expect(page.locator("[data-leave] a")).to_have_attribute("href", FINISHED)
        look(panel_visitor, artefacts, "finished", (PHONE,))  # the page waits for seconds only
    assert departure.value.url == FINISHED and "referer" not in departure.value.headers
    page.wait_for_url(FINISHED)
    page.goto(f"{panel_visitor.address}/p/{token}")  # comes back to withdraw, and is not led away
    panel_visitor.stage("finished")
    expect(page.locator("[data-leave] a")).to_be_visible()
    expect(page.locator("[data-soon]")).to_be_hidden()
    look(panel_visitor, artefacts, "finished", (LAPTOP,))


def test_whoever_has_something_to_do_at_the_end_stays(panel_visitor):
    page = panel_visitor.page
    agree(panel_visitor)
    with httpx.Client(base_url=panel_visitor.address) as client:
        person = Person(client, panel_visitor.token)
        person.post("questions").raise_for_status()
        person.post("sound", left="left", right="right", ok=True).raise_for_status()
        for _ in range(7):
            person.step()
    page.reload()
    panel_visitor.stage("trial")
    panel_visitor.listen()
    panel_visitor.rate()
    panel_visitor.ready()
    panel_visitor.next.click()
    panel_visitor.stage("finished")
    page.locator("[data-opens=withdraw]").click()
    page.wait_for_timeout(6_000)  # longer than the page waits
    expect(page.locator("dialog#withdraw")).to_be_visible()
    page.locator("#confirm").click()
    page.wait_for_url(DECLINED)


@pytest.mark.parametrize("panel", ["sona"], indirect=True)
def test_a_number_that_can_be_guessed_leads_its_own_device_alone(panel, visit, artefacts):
    """Back from the panel on one's own device all goes on; elsewhere the page says what to do."""
    link = "{0.address}/s/small?id=10437"
    mine, stranger = visit(LAPTOP), visit(PHONE, cut=True)
    mine.page.goto(link.format(mine))
    agree(mine)
    token = mine.token
    mine.page.goto(link.format(mine))
    mine.page.wait_for_url(f"**/p/{token}")
    mine.stage("questions")
    stranger.page.goto(link.format(stranger))
    words = stranger.page.locator("[data-elsewhere]")
    assert "the browser in which you began" in words.inner_text()
    assert stranger.page.locator("#consent").count() == 0
    stranger.page.screenshot(path=artefacts / "survey" / "panel-elsewhere.png")
    assert serious(stranger.page, "light") == []
    assert stranger.page.url == link.format(stranger)


def test_from_a_task_of_mturk(database, study, visit):
    """As MTurk shows a task: the HTML in a page whose own address has the numbers."""
    panel = add_panel(database, study, kind="mturk", finished="", declined="", failed="")
    visitor = visit(PHONE, elsewhere="task.example", cut=True)
    page = visitor.page
    html = panel.entry(f"{visitor.address}/s/small")
    page.route(
        "https://task.example/**",
        lambda route: route.fulfill(
            body=f"<!doctype html><title>Task</title>{html}", content_type="text/html"
        ),
    )
    ends = "&hitId=H3&turkSubmitTo=https%3A%2F%2Fwww.mturk.com"
    tasks = {
        "looking": f"https://task.example/?assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE{ends}",
        "accepted": f"https://task.example/?assignmentId=A2{ends}&workerId=W1",
    }

    def opened(task: str):
        page.goto(tasks[task])
        with page.expect_popup() as popup:
            page.get_by_role("link").click()
        return popup.value

    looking = opened("looking")
    expect(looking.locator("main")).to_contain_text("task of MTurk that you have not accepted yet")
    assert looking.locator("#agree").count() == 0
    looking.close()
    study_page = opened("accepted")
    study_page.locator("#agree").check()
    study_page.locator("#consent [type=submit]").click()
    study_page.wait_for_url("**/p/*")
    token = study_page.url
    study_page.close()
    again = opened("accepted")
    again.wait_for_url(token)
    with database.read() as session:
        (place,) = session.scalars(select(PanelPlace))
        assert (place.panel_id, place.ids) == ("W1", {"assignmentId": "A2", "hitId": "H3"})


def test_who_does_not_agree_goes_back(panel_visitor):
    panel_visitor.page.locator("#refuse").click()
    panel_visitor.page.wait_for_url(DECLINED)


def test_who_withdraws_goes_back(panel_visitor, artefacts):
    agree(panel_visitor)
    panel_visitor.page.locator("[data-opens=withdraw]").click()
    panel_visitor.page.locator("#confirm").click()
    panel_visitor.stage("withdrawn")
    look(panel_visitor, artefacts, "withdrawn")
    panel_visitor.page.locator("[data-leave] a").click()
    panel_visitor.page.wait_for_url(DECLINED)


def test_who_comes_too_late_goes_back(panel_visitor, database, study, artefacts):
    agree(panel_visitor)
    with database.write() as session:
        session.get_one(Study, study.id).state = "closed"
    panel_visitor.page.locator("#stage button[type=submit]").click()
    panel_visitor.stage("closed")
    look(panel_visitor, artefacts, "closed")
    expect(panel_visitor.page.locator("[data-leave] a")).to_have_attribute("href", FAILED)
    panel_visitor.page.goto(f"{panel_visitor.address}/s/small?{QUERY.replace('5f', '6f')}")
    look(panel_visitor, artefacts, "too-late")
    panel_visitor.page.locator("main a.button").click()
    panel_visitor.page.wait_for_url(FAILED)


def test_who_comes_without_a_number_is_told(panel_visitor, artefacts):
    panel_visitor.page.goto(f"{panel_visitor.address}/s/small")
    expect(panel_visitor.page.locator("main")).to_contain_text("people whom Prolific sends")
    look(panel_visitor, artefacts, "numberless")


def test_a_dry_run(visit, panel, artefacts):
    """From the admin's button to the address that is shown, and not opened."""
    signed_in = {"username": "Ada", "password": ADMIN}
    admin = visit(PHONE, http_credentials=signed_in)
    admin.page.goto(f"{admin.address}/admin/studies/small/panel")
    with admin.page.expect_popup() as opened:
        admin.page.get_by_role("button", name="Dry run").click()
    page = opened.value
    runner = Visitor(page, page.url.partition("/s/small")[0])
    expect(page.locator(".dry")).to_contain_text("nothing of what you do here is kept")
    look(runner, artefacts, "dry-consent")
    agree(runner)
    with httpx.Client(base_url=runner.address) as client:
        person = Person(client, runner.token)
        person.post("questions").raise_for_status()
        person.post("sound", left="left", right="right", ok=True).raise_for_status()
        for _ in range(7):
            person.step()
    page.reload()
    runner.stage("trial")
    runner.listen()
    runner.rate()
    runner.ready()
    look(runner, artefacts, "dry-trial")
    runner.next.click()
    runner.stage("finished")
    expect(page.locator("[data-address]")).to_have_text(FINISHED)
    expect(page.locator("[data-soon]")).to_be_hidden()
    look(runner, artefacts, "dry-finished")
    page.wait_for_timeout(6_000)  # longer than the page of a study waits
    runner.stage("finished")


def check_headphones(visitor: Visitor, right: bool) -> None:
    """Name the quiet tone of all sounds, or another; by what their addresses say."""
    page = visitor.page
    visitor.stage("headphones")
    for tone in range(6):
        expect(page.locator("[data-show=step]")).to_contain_text(f"Sound {tone + 1} of 6")
        visitor.until(".clip.wide[data-state=ready]")
        expect(page.locator(".sides:disabled")).to_have_count(1)
        number = int(visitor.state()["tones"][tone][-5])
        place = PATTERNS[number - 1].index(QUIET)
        page.locator(".clip.wide").click()
        page.evaluate("document.querySelector('#stage audio').currentTime = 4.9")
        visitor.until(".sides:not([disabled])")
        page.locator(".sides button").nth(place if right else (place + 1) % 3).click()
    page.locator("#stage button[type=submit]").click()


@pytest.mark.parametrize("passes", [True, False], ids=["passes", "fails"])
def test_headphones_are_checked(panel_visitor, database, study, passes, artefacts):
    with database.write() as session:
        session.get_one(Study, study.id).headphones = "gate"
    panel_visitor.page.reload()
    agree(panel_visitor)
    panel_visitor.pass_questions()
    panel_visitor.check_sound()
    panel_visitor.page.locator("#stage button[type=submit]").click()
    panel_visitor.stage("headphones")
    look(panel_visitor, artefacts, "headphones")
    check_headphones(panel_visitor, passes)
    if passes:
        return panel_visitor.start_practice()
    panel_visitor.stage("failed")
    token = panel_visitor.token
    look(panel_visitor, artefacts, "failed", (PHONE,))  # the page waits for seconds only
    panel_visitor.page.wait_for_url(FAILED)
    panel_visitor.page.goto(f"{panel_visitor.address}/p/{token}")
    panel_visitor.stage("failed")
    look(panel_visitor, artefacts, "failed", (LAPTOP,))
