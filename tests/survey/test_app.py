"""The application as a whole: headers, sizes, being mounted, its end, a wiped disk."""

from __future__ import annotations

import shutil
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from db.database import Database
from db.models import Answer, Study
from survey.app import close, create_app
from survey.core.http_guard import BODY_BYTES, HEADERS
from survey.core.settings import Settings
from tests.postgres import ONE
from tests.stopwatch import Stopwatch
from tests.survey.hub import Hub
from tests.survey.person import Person


def test_health(client: TestClient) -> None:
    response = client.get("/api/health")
    assert response.status_code == 200 and response.json() == {"ok": True}


def test_health_knows_a_lost_database(client: TestClient, app: FastAPI, tmp_path: Path) -> None:
    app.state.database.close()
    app.state.database = Database(f"postgresql://nobody@/none?host={tmp_path}")
    response = client.get("/api/health")
    assert response.status_code == 503 and response.json()["error"] == "busy"


def test_every_answer_has_the_headers(client: TestClient) -> None:
    person = Person.ready(client)
    answers = [
        client.get("/api/health"),
        client.get("/api/state", headers=person.headers),
        client.get("/api/state"),
        client.get("/nothing/here"),
        client.get("/s/small"),
        client.get(f"/p/{person.token}"),
        client.get("/admin"),
        client.post("/api/join", json={}),
        client.post("/api/join", content=b"x" * (BODY_BYTES + 1)),
        client.put("/api/join"),
        client.get(person.state()["trial"]["clips"]["first"]),
    ]
    statuses = [response.status_code for response in answers]
    assert statuses == [200, 200, 404, 404, 200, 200, 401, 422, 413, 405, 200]
    for response in answers:
        for name in HEADERS:
            assert len(response.headers.get_list(name)) == 1, (response.url, name)
        for name in ("referrer-policy", "x-content-type-options"):
            assert response.headers[name] == HEADERS[name]
        # The admin's pages are stricter about who may show them in a frame.
        content, frame = response.headers["content-security-policy"].split("frame-ancestors")
        assert HEADERS["content-security-policy"].startswith(content) and frame
        assert "set-cookie" not in response.headers
    assert [response.headers["cache-control"] for response in answers[:-1]] == ["no-store"] * 10
    assert "http:" not in HEADERS["content-security-policy"]
    assert "unsafe" not in HEADERS["content-security-policy"]


@ONE
def test_answers_that_all_could_read_are_closed_to_others(
    settings: Settings, study: Study, database: Database, tmp_path: Path
) -> None:
    """An earlier version made such files. Only the database's in the data folder are touched."""
    path = Path(str(database.url.database))
    elsewhere = tmp_path / "elsewhere.sqlite"
    database.scrub()
    shutil.copy(path, elsewhere)
    own = [path.with_name(path.name + end) for end in ("", "-wal", "-shm")]
    others = [settings.data, settings.audio, elsewhere]
    for file in (*own, *others):
        file.chmod(0o755 if file.is_dir() else 0o644)
    close(create_app(settings))
    close(create_app(replace(settings, database_url=f"sqlite:///{elsewhere}")))
    assert [stat.S_IMODE(file.stat().st_mode) for file in own] == [0o600] * 3
    assert [stat.S_IMODE(file.stat().st_mode) for file in others] == [0o755, 0o755, 0o644]


def test_static_files_are_asked_about_again(client: TestClient) -> None:
    response = client.get("/static/admin.css")
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-cache"
    revalidated = client.get(
        "/static/admin.css", headers={"If-None-Match": response.headers["etag"]}
    )
    assert revalidated.status_code == 304 and revalidated.headers["cache-control"] == "no-cache"
    for name in ("../app.py", "..%2fapp.py", "%2e%2e/app.py", "%00"):
        assert client.get(f"/static/{name}").status_code == 404


def test_large_bodies_are_refused(client: TestClient, database: Database) -> None:
    person = Person.ready(client)
    response = person.post("answers", comment="x" * BODY_BYTES)
    assert response.status_code == 413 and response.json()["message"] == "The request is too large."

    def pieces() -> Iterator[bytes]:
        for _ in range(BODY_BYTES // 1000 + 1):
            yield b" " * 1000

    response = client.post("/api/answers", content=pieces(), headers=person.headers)
    assert "content-length" not in response.request.headers
    assert response.status_code == 413


@ONE
def test_a_body_at_the_limit_is_read(client: TestClient) -> None:
    content = b'{"study": "small", "consent": true}'
    headers = {"Content-Type": "application/json"}
    for size, status in ((BODY_BYTES, 201), (BODY_BYTES + 1, 413)):
        response = client.post("/api/join", content=content.ljust(size), headers=headers)
        assert response.status_code == status


@pytest.mark.slow
def test_a_mounted_survey_gives_addresses_under_its_mount(app: FastAPI) -> None:
    outside = FastAPI()
    outside.mount("/survey", app)
    with TestClient(outside) as client:
        joined = client.post("/survey/api/join", json={"study": "small", "consent": True}).json()
        assert joined["url"] == f"/survey/p/{joined['token']}"
        person = Person.ready(client, base="/survey")
        clips = person.state()["trial"]["clips"]
        assert all(clip.startswith("/survey/audio/") for clip in clips.values())
        assert client.get(clips["first"]).status_code == 200
        assert person.finish()["stage"] == "finished"


def test_an_error_of_ours_is_still_an_answer(
    client: TestClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(app.state, "database")
    response = client.get("/api/health")
    assert response.status_code == 500 and response.json()["error"] == "busy"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert "Traceback" not in response.text


@ONE
def test_who_opens_a_wrong_address_reads_a_sentence(client: TestClient) -> None:
    response = client.get("/nothing/<script>", headers={"Accept": "text/html,*/*;q=0.8"})
    assert response.status_code == 404 and response.headers["content-type"].startswith("text/html")
    assert (
        "<p>There is nothing at this address.</p>" in response.text
        and "script" not in response.text
    )


@pytest.mark.slow
@ONE
def test_closing_waits_for_nobody(settings: Settings, database: Database) -> None:
    """A writer that never ends, and previews: what `close` promises."""
    app = create_app(settings)
    has_turn, release = threading.Event(), threading.Event()

    def write() -> None:
        with app.state.database.write():
            has_turn.set()
            release.wait(60)

    writer = threading.Thread(target=write)
    writer.start()
    assert has_turn.wait(30)
    watch = Stopwatch()
    close(app)
    assert watch.seconds < 4
    release.set()
    writer.join()


@ONE
def test_closing_leaves_one_file(settings: Settings, database: Database) -> None:
    """So that a copy of it is a whole backup."""
    database.close()
    app = create_app(settings)
    with TestClient(app) as client:
        client.get("/api/health")
    close(app)
    assert [path.name for path in settings.data.iterdir() if path.is_file()] == ["survey.sqlite"]


@pytest.mark.slow
@ONE
def test_a_wiped_disk_loses_nobodys_place(
    settings: Settings, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is new after a restart, and the private dataset is all that is left."""
    hub = Hub(tmp_path / "hub")
    monkeypatch.setattr("survey.journal.journal.HfApi", lambda token: hub)
    hosted = replace(settings, dataset="somebody/answers", hf_token="hf_x", ephemeral=True)
    first = create_app(hosted)
    with TestClient(first) as client:
        halfway, finished, withdrawn = (Person.ready(client) for _ in range(3))
        for _ in range(3):
            halfway.step(comment="half the way")
        withdrawn.step(comment="take this back")
        withdrawn.post("withdraw", confirm=True).raise_for_status()
        before = [place(halfway.state()), place(finished.finish())]
    close(first)

    wiped = replace(hosted, data=tmp_path / "new", database_url="")
    second = create_app(wiped)
    with TestClient(second) as client:
        people = (Person(client, person.token) for person in (halfway, finished))
        assert [place(person.state()) for person in people] == before
        assert Person(client, withdrawn.token).post("questions").status_code == 404
        assert Person(client, halfway.token).finish()["stage"] == "finished"
    with second.state.database.read() as session:
        assert session.scalar(select(func.count(Answer.id))) == 16
        assert session.scalars(select(Study.withdrawn)).one() == 1
    close(second)
    assert b"take this back" not in b"".join(
        path.read_bytes() for path in hub.files("somebody/answers")
    )


@ONE
def test_an_unreachable_dataset_does_not_stop_the_start(
    settings: Settings, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = Hub(tmp_path / "hub")
    hub.down = True
    monkeypatch.setattr("survey.journal.journal.HfApi", lambda token: hub)
    app = create_app(replace(settings, dataset="somebody/answers", hf_token="hf_x"))
    assert app.state.journal is None
    with TestClient(app) as client:
        assert client.get("/api/health").status_code == 200
    close(app)


def place(state: dict[str, Any]) -> dict[str, Any]:
    """A state without the addresses, which are new in a new database."""
    values = {name: state[name] for name in ("stage", "progress", "code")}
    return values | {"number": state["trial"] and state["trial"]["number"]}
