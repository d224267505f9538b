"""What the API refuses, and how it says so; nothing that it refuses is stored."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from db.database import Database
from db.models import Answer, Participant, Play, Trial
from tests.postgres import ONE
from tests.survey.person import RATINGS, Person, key

HUGE = 10**400


def rows(database: Database) -> dict[str, int]:
    """How many rows there are of what participants make."""
    with database.read() as session:
        return {
            table.__tablename__: session.scalar(select(func.count()).select_from(table))
            for table in (Participant, Trial, Play, Answer)
        }


def send(person: Person, path: str, content: bytes, kind: str = "application/json") -> Any:
    headers = person.headers | {"Content-Type": kind}
    return person.client.post(f"/api/{path}", content=content, headers=headers)


def is_one_sentence(body: dict[str, Any]) -> bool:
    message = body["message"]
    plain = "value error" not in message.lower()  # the words of a library
    return plain and message.endswith(".") and "\n" not in message and len(message) < 200


HOSTILE: dict[str, tuple[Any, ...]] = {
    "rhythm": (0, 6, -1, HUGE, True, False, None, "5", "5.0", 5.0, 1.5),
    "melody": (float("inf"), float("-inf"), float("nan"), "٣"),
    "naturalness": ([], {}, [3], ""),
    "direction": ("up", "", None, 1, "LOWER", "lower ", ["lower"]),
    "comment": ("x" * 1001, 5, ["x"], "a\0b", "\ud800"),
    "seconds": (-1, float("nan"), float("inf"), "3", True, HUGE, 1e308, 1_000_000.5),
    "submission": (
        "",
        "short",
        None,
        5,
        "x" * 65,
        "with space",
        "ä" * 9,
        "a" * 16 + "\n",
        "\0" * 16,
    ),
    "trial": (None, 5, ["x"], "x" * 65),
    "kind": ("practice",),
    "\ud800": (1,),
    "participant_id": (1,),
}


@pytest.mark.parametrize("field", HOSTILE, ids=ascii)
def test_hostile_answers(client: TestClient, database: Database, field: str) -> None:
    person = Person.ready(client)
    trial = person.state()["trial"]["id"]
    person.hear(trial)
    before = rows(database)
    for value in HOSTILE[field]:
        body = {"trial": trial, "submission": key(), "direction": "same", **RATINGS, field: value}
        response = send(person, "answers", json.dumps(body).encode())
        assert response.status_code == 422, (value, response.text)
        assert response.json()["error"] == "invalid" and is_one_sentence(response.json())
        assert rows(database) == before
    assert person.state()["trial"]["id"] == trial


@ONE
def test_incomplete_answers(client: TestClient, database: Database) -> None:
    person = Person.ready(client)
    trial = person.state()["trial"]["id"]
    person.hear(trial)
    answer = {"trial": trial, "submission": key(), "direction": "same", **RATINGS}
    for missing in answer:
        body = {name: value for name, value in answer.items() if name != missing}
        response = person.post("answers", **body)
        assert response.status_code == 422 and missing in response.json()["message"]
    assert rows(database)["answers"] == 0
    assert person.post("answers", **answer).status_code == 200


MALFORMED = (
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"{",
    b"\xff\xfe\x00",
    b"[" * 20_000,
    b'{"a":' * 5_000,
    b"1" * 20_000,
    b'{"trial": "a", "trial": "b"}',
    b'{"rhythm": ' + b"9" * 10_000 + b"}",
)


def test_malformed_bodies(client: TestClient, database: Database) -> None:
    person = Person.ready(client)
    before = rows(database)
    for path in ("answers", "plays", "questions", "sound", "withdraw", "join"):
        for content in MALFORMED:
            response = send(person, path, content)
            assert response.status_code == 422, (path, content[:20], response.text)
            assert response.json()["error"] == "invalid" and is_one_sentence(response.json())
    assert rows(database) == before


@ONE
def test_forms_of_other_sites_are_not_read(client: TestClient, database: Database) -> None:
    """A page elsewhere can post a form or plain text without being asked; JSON it cannot."""
    person = Person.join(client)
    body = json.dumps({"study": "small", "consent": True}).encode()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        assert send(person, "join", body, kind).status_code == 422
    assert rows(database)["participants"] == 1


@ONE
def test_hostile_plays(client: TestClient, database: Database) -> None:
    person = Person.ready(client)
    trial = person.state()["trial"]["id"]
    play = {"trial": trial, "side": "first", "event": "ended", "submission": key()}
    for changes in (
        {"side": "third"},
        {"side": None},
        {"event": "paused"},
        {"submission": "short"},
        {"submission": None},
        {"trial": 5},
        {"at": "2020-01-01"},
    ):
        response = person.post("plays", **play | changes)
        assert response.status_code == 422 and response.json()["error"] == "invalid", changes
    assert rows(database)["plays"] == 0
    assert person.post("plays", **play).status_code == 204


HOSTILE_BEGINNINGS = (
    ("questions", {"age_band": "17"}),
    ("questions", {"age_band": 25}),
    ("questions", {"training": ""}),
    ("questions", {"device": "loudspeaker"}),
    ("questions", {"email": "someone@example.org"}),
    ("sound", {}),
    ("sound", {"left": "left", "right": "right"}),
    ("sound", {"left": "left", "right": "right", "ok": 1}),
    ("sound", {"left": "up", "right": "right", "ok": True}),
)


@ONE
def test_hostile_questions(client: TestClient, database: Database) -> None:
    person = Person.join(client)
    for path, body in HOSTILE_BEGINNINGS:
        assert person.post(path, **body).status_code == 422, (path, body)
    with database.read() as session:
        stored = session.scalars(select(Participant)).one()
    assert stored.asked_at is None and stored.checked_at is None


HOSTILE_JOINS = (
    ({"study": "small"}, 422, "consent"),
    ({"study": "small", "consent": False}, 422, "consent"),
    ({"study": "small", "consent": 1}, 422, "invalid"),
    ({"study": "small", "consent": "true"}, 422, "invalid"),
    ({"study": "none", "consent": True}, 404, "unknown"),
    ({"study": "a\0b", "consent": True}, 404, "unknown"),
    ({"study": "' OR ''='", "consent": True}, 404, "unknown"),
    ({"study": 1, "consent": True}, 422, "invalid"),
    ({"study": "x" * 65, "consent": True}, 422, "invalid"),
    ({"consent": True}, 422, "invalid"),
    ({"study": "small", "consent": True, "invitation": "made up"}, 403, "invitation"),
    ({"study": "small", "consent": True, "token": "mine"}, 422, "invalid"),
)


def test_hostile_joins(client: TestClient, database: Database) -> None:
    for body, status, code in HOSTILE_JOINS:
        response = client.post("/api/join", json=body)
        assert (response.status_code, response.json()["error"]) == (status, code), body
        assert is_one_sentence(response.json())
    assert rows(database)["participants"] == 0


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Bearer x", f"Bearer {'x' * 43}", "Basic eDp4", "x" * 9000],
)
@ONE
def test_unknown_tokens(client: TestClient, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    response = client.get("/api/state", headers=headers)
    assert response.status_code == 404 and response.json()["error"] == "unknown"
    assert is_one_sentence(response.json())


@ONE
def test_a_hash_is_no_token(client: TestClient, database: Database) -> None:
    """Who can read the database still cannot take part in anybody's place."""
    Person.join(client)
    with database.read() as session:
        stored = session.scalars(select(Participant)).one()
    for stored_value in (stored.token_hash, stored.public_id):
        response = client.get("/api/state", headers={"Authorization": f"Bearer {stored_value}"})
        assert response.status_code == 404


@ONE
def test_plays_without_end_are_not_stored_without_end(
    client: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("survey.participant.participation.PLAYS_OF_A_TRIAL", 5)
    person = Person.ready(client)
    trial = person.state()["trial"]["id"]
    for _ in range(4):
        person.hear(trial)
    assert rows(database)["plays"] == 5
    assert person.answer(trial).status_code == 200


@ONE
def test_the_longest_comment_fits(client: TestClient, database: Database) -> None:
    person = Person.ready(client)
    person.step(comment="🎹" * 1000)
    with database.read() as session:
        assert session.scalars(select(Answer.comment)).one() == "🎹" * 1000
