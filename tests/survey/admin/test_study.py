"""A study's pages for the admin: results, opening, export."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from db.database import Database
from db.models import Stimulus, Study
from survey.app import close, create_app
from survey.core.settings import Settings
from tests.postgres import ONE
from tests.survey.manager import ADMIN, Manager, actions, contents, stored_study
from tests.survey.person import Person

PICTURES = ("heatmap", "mos")


@pytest.mark.slow
@ONE
def test_no_result_is_shown_before_the_study_is_closed(
    manager: Manager, client: TestClient, study: Study
) -> None:
    empty = manager.get("/studies/small/live").text
    Person.ready(client).finish(direction="higher", melody=4)
    page = manager.get("/studies/small").text
    assert "are not shown before the study is closed" in page
    assert ".svg" not in page and "50.0 %" not in page and "4.00" not in page
    for name in PICTURES:
        refused = manager.get(f"/studies/small/{name}.svg")
        assert refused.status_code == 404 and "<svg" not in refused.text
    flow = dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", page))
    assert (flow["consented"], flow["finished"], flow["kept"]) == ("1", "1", "1")
    state = re.search(r'data-state="(\w+)"', page)
    assert state and state.group() not in empty
    assert state.group() in manager.get("/studies/small/live").text


@pytest.mark.slow
@ONE
def test_results_of_a_closed_study(manager: Manager, client: TestClient, study: Study) -> None:
    Person.ready(client).finish(direction="higher", melody=4)
    before = manager.get("/studies/small/live").text
    manager.send("/studies/small", "/studies/small/close")
    page = manager.get("/studies/small/live").text
    assert re.search(r">overall</th><td class=\"number\">50.0 %", page)
    assert re.search(r">melody</th><td class=\"number\">4.00", page)
    state = re.search(r'data-state="(\w+)"', page)
    assert state and state.group() not in before
    for name in PICTURES:
        response = manager.get(f"/studies/small/{name}.svg")
        assert response.headers["content-type"] == "image/svg+xml" and "<svg" in response.text
        assert f"/admin/studies/small/{name}.svg?part=0&amp;" in page
        for part in ("1", "-1", "x"):
            refused = manager.get(f"/studies/small/{name}.svg?part={part}")
            assert refused.status_code in (404, 422) and "<svg" not in refused.text
    manager.send("/studies/small", "/studies/small/open")
    assert ".svg" not in manager.get("/studies/small").text


@pytest.mark.slow
@ONE
def test_every_strength_has_figures_of_its_own(
    manager: Manager, client: TestClient, database: Database
) -> None:
    with database.write() as session:
        for stimulus in session.scalars(select(Stimulus).where(Stimulus.kind == "transfer")):
            stimulus.strength = 2.0 if stimulus.intended == "higher" else 1.0
    Person.ready(client).finish(direction="lower", melody=4)
    manager.send("/studies/small", "/studies/small/close")
    page = manager.get("/studies/small").text
    assert re.findall(r"Direction of arousal(, strength \d)</h2>", page) == [
        ", strength 1",
        ", strength 2",
    ]
    assert re.findall(r">overall</th><td class=\"number\">([\d.]+) %", page) == ["100.0", "0.0"]
    pictures = [manager.get(f"/studies/small/heatmap.svg?part={part}").text for part in (0, 1)]
    assert pictures[0] != pictures[1]


@ONE
def test_a_study_of_few_pieces_is_warned_of(manager: Manager, database: Database) -> None:
    def warnings() -> list[str]:
        return re.findall(
            r'<p class="notice">(Warning: [^<]+)</p>', manager.get("/studies/small").text
        )

    assert warnings() == [
        "Warning: all trials are of one piece. Nothing will be known of other pieces."
    ]
    with database.write() as session:
        for stimulus in session.scalars(select(Stimulus)):
            stimulus.source = f"piece {stimulus.id % 6}"
    assert warnings() == [
        "Warning: 6 pieces are few. What is of one piece is alike, so intervals count pieces: "
        "for so few alone they are 1.3 times as wide as for many. Take 12 pieces or more; more of "
        "the same pieces, or more participants, do not help."
    ]


@pytest.mark.slow
@ONE
def test_closing_and_opening(manager: Manager, client: TestClient, database: Database) -> None:
    person = Person.ready(client)
    assert manager.send("/studies/small", "/studies/small/close").status_code == 303
    assert stored_study(database).state == "closed" and stored_study(database).closed_at
    assert client.post("/api/join", json={"study": "small", "consent": True}).status_code == 403
    assert person.state()["stage"] == "closed"
    assert manager.send("/studies/small", "/studies/small/open").status_code == 303
    assert stored_study(database).state == "open" and stored_study(database).closed_at is None
    assert person.state()["stage"] == "practice"
    assert actions(database)[-2:] == [("admin", "closed"), ("admin", "opened")]
    assert "opened" in manager.get("/studies/small/log").text


def refuses_to_open(manager: Manager, database: Database, words: str) -> None:
    before = contents(database)
    page = manager.get("/studies/small").text
    assert re.search(r'<button class="strong" disabled aria-describedby="hindrances">Open', page)
    assert words in page
    response = manager.send("/studies/small", "/studies/small/open")
    assert response.status_code == 409 and words in response.text
    assert contents(database) == before


@pytest.mark.slow
@ONE
def test_no_opening_without_a_durable_store(
    settings: Settings, study: Study, database: Database
) -> None:
    with database.write() as session:
        session.get(Study, study.id).state = "draft"
    wiped = replace(settings, ephemeral=True)
    app = create_app(wiped)
    with TestClient(app) as client:
        refuses_to_open(Manager(client, ADMIN), database, "FADERNETS_ALLOW_EPHEMERAL=1")
    close(app)
    app = create_app(replace(wiped, force_open=True))
    with TestClient(app) as client:
        manager = Manager(client, ADMIN)
        assert manager.send("/studies/small", "/studies/small/open").status_code == 303
        assert "Answers are not safe." in manager.get("/studies/small").text
    close(app)
    assert stored_study(database).state == "open"


@ONE
def test_no_opening_without_stimuli(manager: Manager, database: Database, study: Study) -> None:
    with database.write() as session:
        session.get(Study, study.id).state = "draft"
        for stimulus in session.scalars(select(Stimulus).where(Stimulus.kind == "transfer")):
            session.delete(stimulus)
    refuses_to_open(manager, database, "Every participant rates 4 transformed pairs")
    with database.write() as session:
        for stimulus in session.scalars(select(Stimulus)):
            session.delete(stimulus)
    refuses_to_open(manager, database, "The study has no stimuli.")


@ONE
def test_no_opening_without_its_sounds(
    manager: Manager, database: Database, settings: Settings, study: Study
) -> None:
    with database.write() as session:
        session.get(Study, study.id).state = "draft"
    files = sorted(settings.audio.iterdir())
    files[0].write_bytes(b"short")
    refuses_to_open(manager, database, f"missing or cut short: {files[0].name}.")
    for file in files[1:5]:
        file.unlink()
    refuses_to_open(manager, database, "and 2 more.")


@pytest.mark.slow
def test_exports(manager: Manager, client: TestClient, study: Study) -> None:
    Person.ready(client).finish(comment="=cmd()")
    response = manager.get("/studies/small/export/ratings.csv")
    assert response.headers["content-disposition"] == 'attachment; filename="small-ratings.csv"'
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert len(rows) == 6 and {row["comment"] for row in rows} == {"'=cmd()"}
    exported = json.loads(manager.get("/studies/small/export/study.json").text)
    assert exported["study"]["name"] == "small" and len(exported["participants"]) == 1
    words = manager.get("/studies/small/export/dictionary.csv").text
    assert "naturalness" in words
    file = manager.get("/studies/small/export/participants.csv").content.decode("utf-8-sig")
    participants = list(csv.DictReader(io.StringIO(file)))
    (consent,) = exported["study"]["consent_texts"]
    assert len(participants) == 1 and participants[0]["stage"] == "finished"
    assert participants[0]["consent_text"] == consent["sha256"]
    assert participants[0]["consent_number"] == "1"
    assert f"<code>{consent['sha256'][:12]}</code>" in manager.get("/studies/small/consent").text
    assert participants[0]["participant"] == rows[0]["participant"]
    for name in ("other.csv", "..%2f..%2fsurvey.sqlite", "survey.sqlite"):
        assert manager.get(f"/studies/small/export/{name}").status_code == 404
