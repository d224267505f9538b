"""The clips of a pair: in order, there when they are wanted, and what happens if they are not."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from db.models import Play

pytestmark = pytest.mark.browser


def button(visitor, side):
    return visitor.trial.locator(f"button[data-side={side}]")


def is_end_of_first(response) -> bool:
    if not response.url.endswith("/plays"):
        return False
    body = response.request.post_data_json
    return (body["side"], body["event"]) == ("first", "ended")


def test_the_second_comes_after_the_first(visit, person, database):
    visitor = visit()
    visitor.come(person())
    visitor.start_practice()
    expect(button(visitor, "second")).to_have_attribute("aria-disabled", "true")
    button(visitor, "second").click(force=True)
    visitor.page.keyboard.press("b")
    visitor.status("first clip to its end")
    assert visitor.trial.locator("fieldset:enabled").count() == 0
    visitor.page.keyboard.press("3")
    visitor.status("hear both clips")
    button(visitor, "first").click()
    visitor.status("Now play the second")
    visitor.next.click(force=True)
    visitor.status("hear both clips")
    button(visitor, "second").click()
    visitor.status("You can answer now")
    with visitor.page.expect_response(is_end_of_first):
        button(visitor, "first").click()  # and the first again
    with database.read() as session:
        plays = session.execute(select(Play.side, Play.event).order_by(Play.id)).all()
    events = [f"{side} {event}" for side, event in plays]
    assert events[:2] == ["first started", "first ended"]
    assert events[-2:] == ["first started", "first ended"]
    assert events.count("second ended") == 1
    assert events.index("second started") > events.index("first ended")


def test_a_clip_can_be_paused(visit, person):
    visitor = visit()
    page = visitor.page
    visitor.come(person())
    visitor.start_practice()
    first = button(visitor, "first")
    expect(first).to_have_attribute("data-state", "ready")
    page.evaluate("document.querySelector('audio[data-side=first]').playbackRate = 0.25")
    first.click()
    expect(first).to_have_attribute("data-state", "playing")
    first.click()
    expect(first).to_have_attribute("data-state", "paused")
    page.wait_for_timeout(1200)
    expect(first).to_have_attribute("data-heard", "false")
    first.click()
    expect(first).to_have_attribute("data-heard", "true")


def test_a_clip_that_fails_can_be_tried_again(visit, person):
    visitor = visit(cut=True)
    page = visitor.page
    page.route("**/audio/*", lambda route: route.abort())
    visitor.come(person())
    visitor.start_practice()
    first = button(visitor, "first")
    expect(first).to_have_attribute("data-state", "failed")
    visitor.status("could not be loaded")
    first.click()
    expect(first).to_have_attribute("data-state", "failed")
    page.unroute("**/audio/*")
    for side in ("first", "second"):
        button(visitor, side).click()
        expect(button(visitor, side)).to_have_attribute("data-state", "ready")
    visitor.step()
    visitor.on("Practice pair 2")


def test_a_clip_that_is_no_sound(visit, person):
    visitor = visit(cut=True)
    visitor.page.route("**/audio/*", lambda route: route.fulfill(body=b"no sound" * 100))
    visitor.come(person())
    visitor.start_practice()
    expect(button(visitor, "first")).to_have_attribute("data-state", "failed")
    visitor.status("This browser cannot play the clip")


def test_next_is_offered_when_the_next_clips_are_here(visit, person):
    visitor = visit()
    page = visitor.page
    held_routes = []
    someone = person()
    coming = set(someone.state()["next"].values())

    def hold(route) -> None:
        if any(route.request.url.endswith(path) for path in coming):
            held_routes.append(route)
        else:
            route.continue_()

    page.route("**/audio/*", hold)
    visitor.come(someone)
    visitor.start_practice()
    visitor.listen()
    visitor.rate()
    page.wait_for_timeout(300)
    assert len(held_routes) == 2
    assert visitor.next.get_attribute("aria-disabled") == "true"
    visitor.next.click(force=True)
    visitor.status("Loading the next pair")
    visitor.on("Practice pair 1")
    for route in held_routes:
        route.continue_()
    visitor.ready()
    visitor.next.click()
    visitor.on("Practice pair 2")
    expect(button(visitor, "first")).to_have_attribute("data-state", "ready")
    assert len(held_routes) == 2  # from the device, not asked for again


def test_an_answer_is_taken_although_the_next_clips_cannot_be_had(visit, person):
    visitor = visit(cut=True)
    someone = person()
    coming = set(someone.state()["next"].values())
    visitor.page.route(
        "**/audio/*",
        lambda route: (
            route.abort()
            if any(route.request.url.endswith(path) for path in coming)
            else route.continue_()
        ),
    )
    visitor.come(someone)
    visitor.start_practice()
    visitor.step()
    visitor.on("Practice pair 2")
    expect(button(visitor, "first")).to_have_attribute("data-state", "failed")
