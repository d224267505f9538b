"""A participant in front of a browser."""

from __future__ import annotations

import json
from contextlib import suppress

from playwright.sync_api import BrowserContext, Locator, Page, TimeoutError, expect

from tests.survey.person import Person

SMALL, PHONE = {"width": 360, "height": 640}, {"width": 390, "height": 844}
LAPTOP = {"width": 1280, "height": 800}
SCALES = ("rhythm", "melody", "harmony", "naturalness")
SIDES = ("first", "second")
LOOK_MILLISECONDS = 30  # between two looks at the page
TRIALS = 8  # of the small study: two of practice, four transfers, two catch trials


class Visitor:
    """Somebody at a page of the survey.

    Attributes
    ----------
    page : Page
    address : str
        Where the survey is mounted.
    """

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address

    @property
    def context(self) -> BrowserContext:
        """The browser's profile that this page is in."""
        return self.page.context

    @property
    def token(self) -> str:
        """Of one's own link."""
        return self.page.url.rpartition("/p/")[2]

    @property
    def heading(self) -> str:
        """Of the stage on the screen."""
        return self.page.locator("h1").inner_text()

    @property
    def trial(self) -> Locator:
        """The form of the trial on the screen."""
        return self.page.locator("form.trial")

    def until(self, selector: str) -> None:
        """Wait until something is on the page.

        `expect` looks after 100, 350, 850 and 1,850 ms, which is most of the time of a clip or a
        step. It comes behind this, and says what is wrong where nothing came.
        """
        with suppress(TimeoutError):
            self.page.wait_for_function(
                "selector => document.querySelector(selector) !== null",
                arg=selector,
                polling=LOOK_MILLISECONDS,
            )

    def status(self, text: str) -> None:
        """Wait until the page says something."""
        expect(self.page.locator("#status")).to_contain_text(text)

    def on(self, heading: str) -> None:
        """Wait until a stage is on the screen."""
        expect(self.page.locator("h1")).to_have_text(heading)

    def come(self, person: Person) -> None:
        """Open the link of somebody who has begun elsewhere."""
        self.page.goto(f"{self.address}/p/{person.token}")

    def join(self, study: str = "small") -> None:
        """Agree, and come to the optional questions."""
        self.page.goto(f"{self.address}/s/{study}")
        self.page.locator("#agree").check()
        self.page.locator("#consent [type=submit]").click()
        self.page.wait_for_url("**/p/*")
        self.stage("questions")

    def stage(self, name: str) -> None:
        """Wait until that stage is on the screen."""
        self.until(f"#stage[data-stage={name}]")
        expect(self.page.locator("#stage")).to_have_attribute("data-stage", name)

    def pass_questions(self) -> None:
        """Leave all of them out."""
        self.stage("questions")
        self.page.locator("#stage button[type=submit]").click()

    def check_sound(self, *, poor: bool = False) -> None:
        """Say where the sounds are, which cannot be heard here, from the audio's addresses."""
        self.stage("sound")
        for number in range(2):
            play = self.page.locator(".clip.wide")
            self.until(".clip.wide[data-state=ready]")
            expect(play).to_have_attribute("data-state", "ready")
            play.click()
            side = self.heard_side(number)
            self.page.locator(f".sides button[value={'none' if poor else side}]").click()
        expect(self.page.locator("[data-show=verdict]")).to_be_visible()

    def heard_side(self, number: int) -> str:
        """The side of the sound check's n-th sound."""
        urls = self.page.evaluate(
            "performance.getEntriesByType('resource').map(e => e.name)"
            ".filter(n => n.includes('/static/check-'))"
        )
        return urls[number].rpartition("check-")[2].removesuffix(".mp3")

    def start_practice(self) -> None:
        """Read how it works, and come to the first trial."""
        self.stage("guide")
        self.page.locator("#stage button[type=submit]").click()
        self.stage("trial")

    def begin(self) -> None:
        """From the consent to the first practice trial."""
        self.join()
        self.pass_questions()
        self.check_sound()
        self.page.locator("#stage button[type=submit]").click()
        self.start_practice()

    def hear(self) -> None:
        """Play all clips of the trial to their end, in their order."""
        for button in self.trial.locator("button[data-side]").all():
            side = button.get_attribute("data-side")
            self.until(f"form.trial button[data-side={side}][data-state=ready]")
            expect(button).to_have_attribute("data-state", "ready")
            button.click()
            self.until(f"form.trial button[data-side={side}][data-heard=true]")
            expect(button).to_have_attribute("data-heard", "true")
        expect(self.trial.locator("fieldset:disabled")).to_have_count(0)

    def listen(self) -> None:
        """Play both clips to their end."""
        expect(self.trial.locator("button[data-side]")).to_have_count(len(SIDES))
        self.hear()
        expect(self.trial.locator("fieldset:enabled")).to_have_count(5)

    def rate(self, direction: str = "higher", value: int = 4) -> None:
        """Answer all five questions."""
        self.trial.locator(f"input[value={direction}]").check()
        for scale in SCALES:
            self.trial.locator(f"input[name={scale}][value='{value}']").check()

    def ready(self) -> None:
        """Wait until Next is offered."""
        expect(self.next).to_have_attribute("aria-disabled", "false")

    def try_again(self) -> None:
        """Press the button beside what waits to be sent.

        The page tries by itself, too: on a busy machine the button is gone before it is pressed.
        """
        self.page.evaluate("() => document.querySelector('#status button')?.click()")

    @property
    def next(self) -> Locator:
        """The button that sends the answer."""
        return self.trial.locator("[data-do=next]")

    def step(self, **answers) -> None:
        """Hear and answer the trial on the screen, and come to the next."""
        before = self.heading
        self.listen()
        self.rate(**answers)
        self.ready()
        self.next.click()
        expect(self.page.locator("h1")).not_to_have_text(before)

    def state(self) -> dict:
        """Where the server says this participant is."""
        response = self.page.request.get(
            f"{self.address}/api/state", headers={"Authorization": f"Bearer {self.token}"}
        )
        return response.json()

    def stored_locally(self) -> dict:
        """What lies in the browser's storage, keys without their beginning."""
        items = self.page.evaluate("Object.entries(localStorage)")
        return {key.rpartition(".")[2]: json.loads(value) for key, value in items}
