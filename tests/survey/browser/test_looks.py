"""Every stage on a phone and a laptop, by day and by night: it fits, can be read and pressed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from db.models import Study
from survey.core.templates import FOLDER
from tests.survey.browser.look import Look
from tests.survey.browser.visitor import LAPTOP, PHONE, SMALL, Visitor

pytestmark = pytest.mark.browser

STATIC = FOLDER.parent / "static"
SHEETS = ("paper.css", "stages.css", "trial.css")
SIDEWAYS = {"width": 640, "height": 360}


def dialogs(visitor: Visitor, look: Look, *names: str) -> None:
    for name in names:
        visitor.page.locator(f"[data-opens={name}]").click()
        expect(visitor.page.locator(f"dialog#{name}")).to_be_visible()
        look(name, scrolls=name == "help")
        visitor.page.keyboard.press("Escape")


@pytest.mark.parametrize(
    ("size", "scheme", "thorough"),
    [
        (LAPTOP, "light", True),
        (LAPTOP, "dark", True),
        (SMALL, "light", False),
    ],
    ids=["laptop-light", "laptop-dark", "small-light"],
)
def test_every_stage(visit, person, database, artefacts, request, size, scheme, thorough):
    visitor = visit(size, scheme, cut=True, has_touch=size is not LAPTOP)
    page = visitor.page
    look = Look(
        visitor, artefacts / "survey", request.node.callspec.id, scheme if thorough else None
    )

    page.goto(f"{visitor.address}/s/small")
    look("consent", scrolls=True)
    visitor.join()
    look("questions")
    visitor.pass_questions()
    visitor.stage("sound")
    look("sound")
    visitor.check_sound(poor=True)
    look("sound-result")
    page.locator("#stage button[type=submit]").click()
    visitor.stage("guide")
    look("guide")
    visitor.start_practice()
    look("trial-new")
    page.locator("button[data-side=second]").click(force=True)
    visitor.status("first clip to its end")
    visitor.listen()
    look("trial-heard")
    visitor.rate()
    visitor.ready()
    look("trial-answered")
    dialogs(visitor, look, "help", "pause", "withdraw", "comment")

    page.route("**/api/answers", lambda route: route.abort())
    visitor.next.click()
    visitor.status("kept on this device")
    look("trial-offline")

    someone = person()
    someone.finish()
    page.goto("about:blank")
    visitor.come(someone)
    visitor.stage("finished")
    look("finished")
    page.locator("[data-opens=withdraw]").click()
    page.locator("#confirm").click()
    visitor.stage("withdrawn")
    look("withdrawn")

    someone = person()
    with database.write() as session:
        session.execute(update(Study).values(state="closed"))
    visitor.come(someone)
    visitor.stage("closed")
    look("closed")
    page.goto(f"{visitor.address}/p/{'x' * 43}")
    look("missing", scrolls=True)
    page.goto(f"{visitor.address}/")
    look("home", scrolls=True)
    page.goto(f"{visitor.address}/s/small")
    look("consent-closed", scrolls=True)
    assert look.problems == []


def test_a_phone_held_sideways(visit, person, artefacts):
    visitor = visit(SIDEWAYS, has_touch=True)
    visitor.come(person())
    visitor.start_practice()
    visitor.listen()
    look = Look(visitor, artefacts / "survey", "sideways")
    look("trial")
    assert look.problems == []


def test_every_trial_fits_in_german(visit, person, database, artefacts):
    with database.write() as session:
        session.execute(update(Study).values(language="de", title="Wie wirkt diese Musik auf Sie?"))
    someone = person()
    for size in (SMALL, PHONE, LAPTOP):
        visitor = visit(size)
        visitor.come(someone)
        visitor.on("So geht es")
        visitor.start_practice()
        visitor.on("Übungspaar 1")
        look = Look(visitor, artefacts / "survey", f"german-{size['width']}")
        look("trial")
        assert look.problems == []
        assert visitor.page.locator("html").get_attribute("lang") == "de"


def test_read_from_right_to_left(visit, person, artefacts):
    visitor = visit(SMALL)
    visitor.page.add_init_script(
        "addEventListener('DOMContentLoaded', () => { document.documentElement.dir = 'rtl'; })"
    )
    visitor.come(person())
    visitor.start_practice()
    look = Look(visitor, artefacts / "survey", "rtl", sizes=(SMALL, LAPTOP))
    visitor.listen()
    look("trial")
    assert look.problems == []
    for size in (SMALL, LAPTOP):
        visitor.page.set_viewport_size(size)
        is_turned_round(visitor, at_a_desk=size is LAPTOP)


def is_turned_round(visitor, at_a_desk):
    boxes = {
        name: visitor.page.locator(name).bounding_box()
        for name in (".clip[data-side=first]", ".clip[data-side=second]", ".study", ".tools")
        if visitor.page.locator(name).is_visible()
    }
    assert boxes[".clip[data-side=first]"]["x"] > boxes[".clip[data-side=second]"]["x"]
    first, last = (
        visitor.page.locator(f".choice:has([name=rhythm][value='{value}'])").bounding_box()
        for value in (1, 5)
    )
    assert first["x"] > last["x"]
    if at_a_desk:
        assert boxes[".study"]["x"] > boxes[".tools"]["x"]


@pytest.mark.parametrize("sheet", SHEETS)
def test_places_are_logical(sheet):
    """What names a physical side would not turn round with the page."""
    text = re.sub(r"/\*.*?\*/", "", (STATIC / sheet).read_text(), flags=re.S)
    text = text.replace("env(safe-area-inset-left)", "").replace("env(safe-area-inset-right)", "")
    physical = r"[;{\s]((?:margin|padding|border)-(?:left|right|top|bottom)|left|right|float)\s*:"
    assert re.findall(physical, text) == []
    assert re.findall(r"text-align:\s*(?:left|right)", text) == []


def test_nothing_moves_for_those_who_do_not_want_it(visit, person):
    visitor = visit(reduced_motion="reduce")
    visitor.come(person())
    visitor.start_practice()
    visitor.trial.locator("button[data-side=first]").click()
    assert visitor.page.evaluate("document.getAnimations().length") == 0
    assert visitor.page.evaluate(
        "[...document.querySelectorAll('*')].every(e =>"
        " getComputedStyle(e).animationName === 'none' &&"
        " getComputedStyle(e).transitionDuration.split(', ').every(d => d === '0s'))"
    )
