"""Refusals are said in the language of the study, or in the one that the browser asks for."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from db.database import Database
from db.models import Study
from survey.admin import invitations
from survey.core import http_errors, texts
from survey.core.settings import Settings
from survey.participant import participation
from tests.postgres import ONE
from tests.survey.client import Client
from tests.survey.person import Person

ROOT = Path(__file__).resolve().parents[3]
ENGLISH, GERMAN = texts.load("en"), texts.load("de")
JSON = {"content-type": "application/json"}
ASK = {"study": "small", "consent": True}


@pytest.fixture
def german(database: Database, study: Study) -> Study:
    """The small study in German."""
    with database.write() as session:
        row = session.get_one(Study, study.id)
        row.language = "de"
        return row


def sentence_of(response) -> str:
    assert response.status_code >= 400
    return response.json()["message"]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("fr, de;q=0.5, en;q=0.4", "de"),
        ("en;q=0.2, DE;q=0.9", "de"),
        ("fr,tlh", "en"),
        ("de;q=0,fr", "en"),
        ("*", "en"),
        (";q=x,;;,q=1", "en"),
        ("../de", "en"),
        ("d" * 10_000, "en"),
    ],
)
def test_what_a_browser_asks_for(header: str, language: str) -> None:
    assert texts.preferred(header).language == language


def test_every_refusal_has_its_words() -> None:
    """Each key that code names is there; `test_texts` sees to the other languages."""
    calls = [
        node
        for folder in ("core", "participant")
        for path in (ROOT / "survey" / folder).glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refused"
    ]
    keys = {ast.literal_eval(call.args[2]) for call in calls}
    keys |= {key for _, key in http_errors.CODES.values()}
    assert len(calls) > 15
    assert not [key for key in keys if f"refused.{key}" not in ENGLISH.words]


def test_a_german_study_refuses_in_german(
    client: TestClient, database: Database, german: Study
) -> None:
    """Whatever the browser's own language is."""
    with database.write() as session:
        (token,) = invitations.create(session, session.get_one(Study, german.id), 1)
    client.headers["accept-language"] = "en-US,en"
    assert sentence_of(client.post("/api/join", json=ASK | {"invitation": "x" * 43})) == GERMAN(
        "refused.invitation"
    )
    Person.join(client, invitation=token)
    second_use = client.post("/api/join", json=ASK | {"invitation": token})
    assert sentence_of(second_use) == GERMAN("refused.used")
    assert sentence_of(client.post("/api/join", json=ASK | {"text": "0" * 64})) == GERMAN(
        "refused.changed"
    )
    person = Person.ready(client)
    trial = person.state()["trial"]["id"]
    assert sentence_of(person.answer(trial)) == GERMAN("refused.unheard")
    assert sentence_of(person.answer("x" * 22)) == GERMAN("refused.trial")
    person.hear(trial)
    person.answer(trial, "first-answer").raise_for_status()
    assert sentence_of(person.answer(trial, "another-one")) == GERMAN("refused.stale")
    with database.write() as session:
        session.get_one(Study, german.id).invited_only = True
    assert sentence_of(client.post("/api/join", json=ASK)) == GERMAN("refused.invited")
    with database.write() as session:
        session.get_one(Study, german.id).state = "closed"
    assert sentence_of(client.post("/api/join", json=ASK)) == GERMAN("refused.closed")
    assert sentence_of(person.post("questions")) == GERMAN("refused.closed")


@pytest.mark.slow
@ONE
def test_a_crowd_is_told_in_german(client: TestClient, german: Study) -> None:
    response = client.post("/api/join", json=ASK)
    while response.status_code == 201:
        response = client.post("/api/join", json=ASK)
    assert sentence_of(response) == GERMAN("refused.crowded") and response.headers["retry-after"]


@ONE
def test_where_no_study_is_known_the_browser_is_asked(client: TestClient, german: Study) -> None:
    client.headers["accept-language"] = "de"
    assert sentence_of(client.get("/api/state")) == GERMAN("refused.participant")
    assert sentence_of(client.get("/nowhere")) == GERMAN("refused.address")
    assert sentence_of(client.get("/api/join")) == GERMAN("refused.method")
    assert sentence_of(client.post("/api/join", content=b"{")) == GERMAN("refused.malformed")
    assert sentence_of(client.post("/api/join", json=ASK | {"study": "none"})) == GERMAN(
        "refused.study"
    )
    page = client.get("/nowhere", headers={"accept": "text/html"}).text
    assert "<html lang=de dir=ltr>" in page and GERMAN("refused.address") in page
    missing = client.get("/s/none").text
    assert '<html lang="de"' in missing and GERMAN("missing.study") in missing


@ONE
def test_a_wrong_request_about_a_german_study_is_refused_in_german(
    client: TestClient, german: Study
) -> None:
    """The token or the body says which study, whatever the script that asks likes best."""
    person = Person.ready(client)
    trial = person.state()["trial"]["id"]
    client.headers["accept-language"] = "en"
    assert sentence_of(client.post("/api/join", json=ASK | {"consent": False})) == GERMAN(
        "refused.consent"
    )
    assert sentence_of(client.post("/api/join", json=ASK | {"more": 1})) == GERMAN(
        "refused.malformed"
    )
    consent = client.post("/api/join", json=ASK | {"consent": "yes"})
    assert sentence_of(consent).startswith("Der Wert von consent ist nicht möglich: ")
    for study in ("a\0", "\ud800", 1, None, "none", ["small"]):
        body = json.dumps(ASK | {"study": study, "consent": "yes"})
        response = client.post("/api/join", content=body, headers=JSON)
        assert sentence_of(response).startswith("The value of ")
    assert sentence_of(person.post("withdraw", confirm=False)) == GERMAN("refused.unconfirmed")
    assert sentence_of(client.get("/nowhere", headers=person.headers)) == GERMAN("refused.address")
    assert sentence_of(client.get("/api/answers", headers=person.headers)) == GERMAN(
        "refused.method"
    )
    for change, reason in (
        ({"rhythm": 6}, "er darf höchstens 5 sein"),
        ({"rhythm": "5"}, "er muss eine ganze Zahl sein"),
        ({"direction": "up"}, "er muss einer von diesen sein: 'lower', 'same', 'higher'"),
        ({"comment": "a\0"}, "er enthält ein Zeichen, das nicht gespeichert werden kann"),
        ({"comment": "x" * 1001}, "er darf höchstens 1000 Zeichen haben"),
        ({"seconds": -1.0}, "er muss mindestens 0.0 sein"),
        ({"submission": "?"}, "er ist nicht von der erwarteten Art"),
    ):
        (field,) = change
        words = f"Der Wert von {field} ist nicht möglich: {reason}."
        assert sentence_of(person.answer(trial, **{"submission": "a" * 20} | change)) == words


@ONE
def test_a_refusal_is_said_though_the_database_does_not_answer(
    app, client: TestClient, german: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    def fail(*_, **__):
        raise OperationalError("SELECT", {}, Exception("locked"))

    monkeypatch.setattr(app.state.database, "read", fail)
    response = client.post("/api/join", json=ASK | {"more": 1}, headers={"accept-language": "en"})
    assert (response.status_code, sentence_of(response)) == (422, ENGLISH("refused.malformed"))


@ONE
def test_a_busy_server_says_so_in_german(
    app, client: TestClient, german: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    def fail(*_, **__):
        raise OperationalError("SELECT", {}, Exception("locked"))

    monkeypatch.setattr(app.state.database, "read", fail)
    with Client(app) as visitor:
        response = visitor.post("/api/join", json=ASK, headers={"accept-language": "de"})
    assert (response.status_code, sentence_of(response)) == (503, GERMAN("refused.busy"))


@ONE
def test_busy_faulty_and_without_a_clip_a_german_study_speaks_german(
    app, client: TestClient, german: Study, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """The token tells the study, in the header or in the address of a page."""
    from sqlalchemy.exc import OperationalError
    from sqlalchemy.exc import TimeoutError as Timeout

    person = Person.ready(client)
    clip = person.state()["trial"]["clips"]["first"]
    english = {"accept-language": "en"}

    def failing(error: Exception):
        def fail(*_, **__):
            raise error

        return fail

    with Client(app) as visitor:
        for error, status, key in (
            (OperationalError("UPDATE", {}, Exception("locked")), 503, "busy"),
            (Timeout("no turn to write"), 503, "busy"),
            (ZeroDivisionError(), 500, "fault"),
        ):
            monkeypatch.setattr(app.state.database, "write", failing(error))
            response = visitor.post(
                "/api/withdraw", json={"confirm": True}, headers=person.headers | english
            )
            assert (response.status_code, sentence_of(response)) == (
                status,
                GERMAN(f"refused.{key}"),
            )
        monkeypatch.setattr(texts, "sections", failing(ZeroDivisionError()))
        monkeypatch.setattr(participation, "find", failing(ZeroDivisionError()))
        for page in ("/s/small", f"/p/{person.token}", f"/p/{person.token}/agreed"):
            assert sentence_of(visitor.get(page, headers=english)) == GERMAN("refused.fault")
    for file in settings.audio.glob("*.mp3"):
        file.unlink()
    assert sentence_of(client.get(clip, headers=english)) == GERMAN("refused.address")


@ONE
def test_a_database_that_is_gone_is_not_asked_again(
    app, client: TestClient, german: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait for it would be twice as long."""
    from sqlalchemy.exc import OperationalError

    person, calls = Person.ready(client), []

    def fail(*_, **__):
        calls.append(1)
        raise OperationalError(None, None, Exception("no route to host"))

    monkeypatch.setattr(app.state.database, "read", fail)
    with Client(app) as visitor:
        response = visitor.get("/api/state", headers=person.headers | {"accept-language": "en"})
    assert (response.status_code, sentence_of(response), calls) == (
        503,
        ENGLISH("refused.busy"),
        [1],
    )


def test_no_word_of_a_refusal_is_a_placeholder_by_mistake() -> None:
    """Sentences without values are said as they are: braces in them would be read by people."""
    filled = {"value", "other", "literal_error", "greater_than_equal", "less_than_equal"}
    filled |= {"string_too_long"}
    for say in (ENGLISH, GERMAN):
        for key, words in say.part("refused").items():
            assert bool(re.search(r"[{}]", words)) == (key.partition(".")[2] in filled), key


@ONE
def test_a_refusal_is_read_in_the_direction_of_its_language(
    client: TestClient,
    database: Database,
    study: Study,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = '{"direction": "rtl", "refused": {"method": "هكذا لا يمكن"}}'
    for name, content in (("en", (texts.FOLDER / "en.json").read_text("utf-8")), ("ar", words)):
        (tmp_path / f"{name}.json").write_text(content, "utf-8")
    monkeypatch.setattr(texts, "FOLDER", tmp_path)
    texts._read.cache_clear()
    with database.write() as session:
        session.get_one(Study, study.id).language = "ar"
    page = client.post("/s/small", headers={"accept": "text/html"})
    texts._read.cache_clear()
    assert page.status_code == 405
    assert "<html lang=ar dir=rtl>" in page.text and "هكذا لا يمكن" in page.text
