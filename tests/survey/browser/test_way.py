"""The whole way through a study, by mouse, by keyboard alone, and on two devices."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from db.models import Answer, Participant, Play, Trial
from tests.survey.browser.visitor import PHONE, SCALES, TRIALS

pytestmark = pytest.mark.browser

MINUTE = 60.0  # seconds


def test_by_mouse(visit, database, capsys):
    visitor = visit(reduced_motion="no-preference")
    page = visitor.page
    page.goto(f"{visitor.address}/")  # the one open study
    page.locator("#consent [type=submit]").click()
    visitor.status("tick the box")
    visitor.join()
    page.get_by_label("Your age").select_option("25-34")
    page.get_by_label("You listen with").select_option("headphones")
    page.get_by_role("button", name="Continue").click()
    visitor.check_sound()
    page.get_by_role("button", name="Continue").click()
    visitor.start_practice()
    visitor.on("Practice pair 1")
    visitor.step(direction="lower", value=1)
    visitor.step()
    visitor.on("Pair 1 of 6")
    visitor.status("From here on your answers count")
    page.get_by_role("button", name="Comment").click()
    page.get_by_label("Anything you noticed").fill("Ein „Kommentar“ <b>\n=1+1 🎹")
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("button", name="Comment added")).to_be_visible()
    begun = time.monotonic()
    for number in range(1, TRIALS - 1):
        visitor.on(f"Pair {number} of 6")
        expect(page.locator("#done")).to_have_text(f"{number - 1} of 6 done")
        if number > 1:  # nothing was done on this page yet: the reader is at its heading
            assert page.locator("h1").evaluate("one => one === document.activeElement")
        visitor.step(direction=("lower", "same", "higher")[number % 3], value=number % 5 + 1)
    minutes = (time.monotonic() - begun) / MINUTE
    with capsys.disabled():
        print(f"\n{(TRIALS - 2) / minutes:.0f} trials a minute by a scripted browser, 0.25 s clips")
    visitor.stage("finished")
    expect(page.locator("#progress")).to_have_js_property("value", 6)

    with database.read() as session:
        participant = session.scalars(select(Participant)).one()
        answers = session.scalars(select(Answer).join(Trial).order_by(Trial.position)).all()
        plays = session.scalar(select(func.count()).select_from(Play))
    assert (participant.stage, participant.age_band) == ("finished", "25-34")
    assert (participant.training, participant.device) == (None, "headphones")
    assert participant.sound_ok is True
    assert page.locator("#code").input_value() == participant.completion_code
    assert len(answers) == TRIALS and plays == 4 * TRIALS
    assert (answers[0].direction, answers[0].naturalness) == ("lower", 1)
    for number, answer in enumerate(answers[2:], 1):
        assert answer.direction == ("lower", "same", "higher")[number % 3]
        assert {getattr(answer, scale) for scale in SCALES} == {number % 5 + 1}
        assert 0.5 < answer.seconds < 60
    assert [a.comment for a in answers[2:]] == ["Ein „Kommentar“ <b>\n=1+1 🎹"] + 5 * [""]
    page.reload()
    visitor.stage("finished")
    assert page.locator("#code").input_value() == participant.completion_code


def test_by_keyboard(visit, database):
    """No mouse from the consent to the end."""
    visitor = visit()
    page, press = visitor.page, visitor.page.keyboard.press

    def tab_to(selector: str) -> None:
        for _ in range(30):
            if page.evaluate("one => document.activeElement.matches(one)", selector):
                return
            press("Tab")
        raise AssertionError(f"{selector} cannot be reached")

    page.goto(f"{visitor.address}/s/small")
    tab_to("#agree")
    press("Space")
    tab_to("#consent [type=submit]")
    press("Enter")
    visitor.stage("questions")
    tab_to("#device")
    press("ArrowDown")
    tab_to("[type=submit]")
    press("Enter")
    visitor.stage("sound")
    for number in range(2):
        tab_to(".clip")
        expect(page.locator(".clip")).to_have_attribute("data-state", "ready")
        press("Space")
        expect(page.locator(".sides")).to_be_enabled()
        tab_to(f".sides [value={visitor.heard_side(number)}]")
        press("Enter")
    tab_to("[type=submit]")
    press("Enter")
    visitor.stage("guide")
    tab_to("[type=submit]")
    press("Enter")
    for number in range(TRIALS):
        visitor.on(f"Practice pair {number + 1}" if number < 2 else f"Pair {number - 1} of 6")
        for key, side in (("a", "first"), ("b", "second")):
            button = visitor.trial.locator(f"button[data-side={side}]")
            expect(button).to_have_attribute("data-state", "ready")
            press(key)
            visitor.until(f"form.trial button[data-side={side}][data-heard=true]")
            expect(button).to_have_attribute("data-heard", "true")
        for key in "31425":
            press(key)
        if number == 2:
            press("c")
            page.keyboard.type("a b 1 c ?")
            assert page.locator("#comment-text").input_value() == "a b 1 c ?"
            press("Escape")
            expect(page.locator("#comment")).to_be_hidden()
        visitor.ready()
        press("Enter")
    visitor.stage("finished")
    with database.read() as session:
        rows = session.scalars(select(Answer).join(Trial).order_by(Trial.position)).all()
        device = session.scalars(select(Participant.device)).one()
    assert device == "headphones"
    answers = {(a.direction, a.rhythm, a.melody, a.harmony, a.naturalness) for a in rows}
    assert answers == {("higher", 1, 4, 2, 5)} and len(rows) == TRIALS
    assert [a.comment for a in rows if a.comment] == ["a b 1 c ?"]


def test_keys_can_be_switched_off(visit, person):
    visitor = visit()
    page = visitor.page
    visitor.come(person())
    visitor.start_practice()
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.get_by_label("Use single-key shortcuts").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_hidden()
    first = visitor.trial.locator("button[data-side=first]")
    expect(first).to_have_attribute("data-heard", "false")
    page.reload()
    visitor.start_practice()
    page.keyboard.press("a")
    expect(first).to_have_attribute("data-state", "ready")
    expect(first).to_have_attribute("data-heard", "false")


def test_half_an_answer_outlives_a_reload(visit, person, database):
    visitor = visit()
    page = visitor.page
    visitor.come(person())
    visitor.start_practice()
    visitor.step()
    visitor.listen()
    page.get_by_label("calmer").check()
    visitor.trial.locator("[name=melody][value='2']").check()
    page.get_by_role("button", name="Comment").click()
    page.get_by_label("Anything you noticed").fill("half")
    page.reload()
    visitor.on("Practice pair 2")
    expect(page.get_by_label("calmer")).to_be_checked()
    expect(visitor.trial.locator("[name=melody][value='2']")).to_be_checked()
    expect(visitor.trial.locator("fieldset:enabled")).to_have_count(5)  # heard before
    page.keyboard.press("Enter")
    visitor.status("Still to answer: Rhythm, Harmony, Naturalness.")
    for key in "345":
        page.keyboard.press(key)
    visitor.ready()
    visitor.next.click()
    visitor.on("Pair 1 of 6")
    with database.read() as session:
        answer = session.scalars(select(Answer).order_by(Answer.id.desc())).first()
    assert (answer.direction, answer.rhythm, answer.melody, answer.harmony) == ("lower", 3, 2, 4)
    assert (answer.naturalness, answer.comment) == (5, "half")


def test_another_device_goes_on_at_the_same_pair(visit, person):
    laptop = visit()
    someone = person()
    for _ in range(2):
        someone.step()
    laptop.come(someone)
    laptop.step()
    laptop.on("Pair 2 of 6")
    laptop.page.get_by_role("button", name="Pause").click()
    link = laptop.page.get_by_label("Your link").input_value()
    laptop.context.grant_permissions(["clipboard-read", "clipboard-write"])
    laptop.page.get_by_role("button", name="Copy the link").click()
    expect(laptop.page.locator("#pause .status")).to_have_text("Copied.")
    assert laptop.page.evaluate("navigator.clipboard.readText()") == link
    trial = laptop.state()["trial"]["id"]
    laptop.page.close()

    phone = visit(PHONE, has_touch=True)
    begun = time.monotonic()
    phone.page.goto(link)
    phone.on("Pair 2 of 6")
    assert time.monotonic() - begun < 10
    assert phone.state()["trial"]["id"] == trial
    phone.step()
    phone.on("Pair 3 of 6")


def test_who_began_here_is_led_back(visit, person):
    visitor = visit()
    visitor.come(person())
    visitor.start_practice()
    token = visitor.token
    visitor.page.goto(f"{visitor.address}/s/small")
    visitor.page.get_by_role("link", name="Go on where you left").first.click()
    visitor.stage("guide")
    assert visitor.token == token
