"""Pairs from the demo's page: sent, kept, made a study of, and rated."""

from __future__ import annotations

import base64
import json

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from db.database import Database
from db.models import Study
from survey.building.collected_pairs import CollectedPairs
from survey.core.settings import Settings
from tests.postgres import ONE
from tests.survey.manager import ADMIN, Manager, basic
from tests.survey.midi_pairs import melody
from tests.survey.person import Person

MARKUP = "<b>Étude</b>"


def pair_fields(**change: str) -> dict[str, str]:
    """What the page sends."""
    before, after = (base64.urlsafe_b64encode(melody(beats)).decode() for beats in (4, 2))
    values = {"before": before, "after": after, "piece": MARKUP, "bars": "bars 3–4"}
    values |= {"moved": "Arousal 80 % calm", "settings": '{"arousal": -0.8}', "direction": "lower"}
    return values | change


def collect(manager: Manager, **change: str) -> None:
    """Send a pair as the page does, and say yes."""
    page = manager.post("/pairs/new", pair_fields(**change))
    assert page.status_code == 200, page.text
    assert MARKUP not in page.text
    form = pair_fields(**change) | {"form": page.text.partition('name="form" value="')[2][:64]}
    answer = manager.post("/pairs", form)
    assert answer.status_code == 303 and answer.headers["location"].endswith("/admin/pairs"), (
        answer.text
    )


@ONE
def test_nothing_is_kept_of_strangers_nor_before_the_admin_says_so(
    client: TestClient, manager: Manager, settings: Settings
) -> None:
    for headers in ({}, basic("not the token")):
        for path in ("pairs", "pairs/new", "pairs/study", "pairs/0123456789ab/remove"):
            answer = client.post(f"/admin/{path}", data=pair_fields(), headers=headers)
            assert answer.status_code in (401, 429)  # too many wrong tokens
        for path in ("pairs", "pairs.json"):
            assert client.get(f"/admin/{path}", headers=headers).status_code in (401, 429)
    assert manager.post("/pairs/new", pair_fields()).status_code == 200
    assert manager.post("/pairs", pair_fields()).status_code == 403  # no form of ours
    assert CollectedPairs(settings.data).all() == []


@ONE
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"direction": ""}, "Say how arousal is meant to change."),
        ({"direction": "sideways"}, "direction cannot be read"),
        ({"after": pair_fields()["before"]}, "Nothing was changed in these bars"),
        ({"after": "%%%"}, "The demo&#39;s page has sent no MIDI file"),
        ({"after": "bm8="}, "One of the two cannot be heard"),
        ({"settings": "x" * 99_000}, "A form may have 96 kB at most."),
    ],
)
def test_what_cannot_be_a_pair(manager: Manager, settings: Settings, change, words) -> None:
    token = manager.post("/pairs/new", pair_fields()).text.partition('name="form" value="')[2][:64]
    answer = manager.post("/pairs", pair_fields(**change) | {"form": token})
    assert answer.status_code in (413, 422) and words in answer.text
    assert not [*CollectedPairs(settings.data).folder.glob("*")]


@pytest.mark.slow
@ONE
def test_from_the_page_to_ratings_and_back(
    client: TestClient, manager: Manager, app: FastAPI, settings: Settings, database: Database
) -> None:
    collect(manager)
    collect(manager, piece="Waltz", direction="higher", settings='{"arousal": 1}')
    assert MARKUP not in manager.get("/pairs").text
    answer = manager.send("/pairs", "/pairs/study", name="own", contact="Ada, ada@example.org")
    assert answer.headers["location"].endswith("/admin/build"), answer.text
    app.state.admin_services.builder.wait(240)
    assert "own is ready" in manager.get("/build").text

    opened = manager.send("/studies/own", "/studies/own/open")
    assert opened.status_code == 303, opened.text
    with database.write() as session:  # this person always hears the same
        session.scalars(select(Study).where(Study.name == "own")).one().rules = {}
    Person.ready(client, "own").finish()
    lower, higher = json.loads(manager.get("/pairs.json").text)
    assert (lower["settings"], lower["direction"]) == ('{"arousal": -0.8}', "lower")
    assert higher["direction"] == "higher"
    assert lower["ratings"] == [{"study": "own", "rated": 1, "as_meant": None}]
    assert "own</a>: 1 rated, shown once it is closed" in manager.get("/pairs").text
    manager.send("/studies/own", "/studies/own/close")
    lower, higher = json.loads(manager.get("/pairs.json").text)
    (rating,) = lower["ratings"]
    assert (rating["study"], rating["rated"]) == ("own", 1)
    assert {lower["ratings"][0]["as_meant"], higher["ratings"][0]["as_meant"]} == {0, 1}
    assert "own</a>: 1 of 1" in manager.get("/pairs").text

    first, second = CollectedPairs(settings.data).all()
    manager.send("/pairs", f"/pairs/{first.id}/remove")
    assert CollectedPairs(settings.data).all() == [second]
    assert client.get("/admin/pairs.json", headers=basic(ADMIN)).json()[0]["direction"] == "higher"


@ONE
def test_a_disk_that_takes_no_pair_is_said_so(
    manager: Manager, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    (settings.data / "pairs").write_bytes(b"")
    page = manager.post("/pairs/new", pair_fields())
    form = pair_fields() | {"form": page.text.partition('name="form" value="')[2][:64]}
    answer = manager.post("/pairs", form)
    assert answer.status_code == 503 and "The disk fails: File exists." in answer.text
    assert str(settings.data) not in answer.text + caplog.text
