"""Nothing that a participant's browser gets tells what is being tested."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from db.models import Clip, Stimulus
from tests.survey.browser.visitor import TRIALS

pytestmark = pytest.mark.browser

KINDS = ("transfer", "identical", "swapped")
DIRECTIONS = ("lower", "higher", "same")  # of these the page itself speaks: they are its answers
SUSPICIOUS = (*DIRECTIONS, "strength", "intended", "kind", "catch", "stimul")
RANDOM = re.compile(r"[a-z0-9_-]{22,}")
OWN = ("date", "etag")  # headers that differ: the time, and the address once more


@dataclass(frozen=True)
class Received:
    """What came for one request."""

    url: str
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """Address, headers and body in lower case."""
        return f"{self.url}{self.headers}{self.body.decode('utf-8', 'replace')}".lower()


def answer_everything(visitor) -> list[Received]:
    """Everything that a browser receives from the address of the survey to the last page."""
    received: list[Received] = []

    def pass_on(route) -> None:
        response = route.fetch()
        received.append(Received(route.request.url, response.headers, response.body()))
        route.fulfill(response=response)

    visitor.page.route("**/*", pass_on)
    visitor.page.goto(f"{visitor.address}/")
    visitor.begin()
    for _ in range(TRIALS):
        visitor.step()
    visitor.stage("finished")
    return received


def secrets(database) -> set[str]:
    """What must not be found anywhere, in the spelling of the database."""
    with database.read() as session:
        stimuli = session.scalars(select(Stimulus)).all()
        clips = session.scalars(select(Clip.sha256)).all()
    words = set(KINDS) | set(clips) | {clip[:12] for clip in clips}
    for stimulus in stimuli:
        words |= {stimulus.name, stimulus.checkpoint, stimulus.source}
        words |= set(stimulus.measured)
    # The page rates rhythm, and a study has notes: what measures are called is no secret.
    return words - {"", "rhythm", "note"}


def test_nothing_tells_the_condition(visit, database):
    visitor = visit()
    received = answer_everything(visitor)
    clips = [answer for answer in received if "/audio/" in answer.url]
    api_answers = [answer for answer in received if "/api/" in answer.url]
    assert len({answer.url for answer in clips}) == 2 * TRIALS
    assert len(api_answers) >= 5 * TRIALS  # four plays and an answer each
    words = secrets(database)
    for answer in received:
        sound = answer in clips
        text = f"{answer.url}{answer.headers}".lower() if sound else answer.text
        assert not {word for word in words if word.lower() in text}, answer.url
        if sound or answer in api_answers:
            text = RANDOM.sub("", text)  # may hold any word by chance
            assert not {word for word in SUSPICIOUS if word in text}, answer.url
    check_clips(clips)
    bodies = [json.loads(answer.body) for answer in api_answers if answer.body]
    check_states([body for body in bodies if "stage" in body])


def check_clips(clips: list[Received]) -> None:
    """One length, the same headers, addresses that are random."""
    assert len({len(clip.body) for clip in clips}) == 1
    alike = {
        json.dumps({k: v for k, v in received_clip.headers.items() if k not in OWN})
        for received_clip in clips
    }
    assert len(alike) == 1
    for clip in clips:
        name = clip.url.rpartition("/audio/")[2]
        assert re.fullmatch(r"[A-Za-z0-9_-]{22}", name)
        assert clip.headers["etag"] == f'"{name}"'


def check_states(states: list[dict]) -> None:
    """The same fields at every pair, and nothing in them but counts, the title and names."""
    for state in states:
        assert set(state) == {
            "stage", "study", "progress", "trial", "next", "tones", "code", "leave"
        }  # fmt: skip
    trials = [state["trial"] for state in states if state["trial"]]
    assert len({trial["id"] for trial in trials}) == TRIALS
    fields = {tuple(sorted(trial)) for trial in trials}
    assert fields == {("clips", "heard", "id", "number", "practice", "text")}
    assert len({trial["text"] for trial in trials}) == 1  # a study's own words for an item: none


def test_the_same_clip_has_another_address_for_everybody(person):
    first, second = (json.dumps(person().state()) for _ in range(2))
    addresses = [set(re.findall(r"/audio/([A-Za-z0-9_-]+)", text)) for text in (first, second)]
    assert all(len(clip_tokens) == 4 for clip_tokens in addresses)
    assert addresses[0].isdisjoint(addresses[1])
