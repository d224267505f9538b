"""A preview is the whole study, and leaves nothing."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qsl

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.routing import Mount

from db.database import Database
from db.models import Study
from survey.admin import preview
from survey.admin.preview import IDLE_SECONDS, MOST_AT_ONCE, Previews
from survey.app import create_app
from survey.core import own_folder
from survey.core.settings import Settings
from tests.postgres import ONE
from tests.survey.clock import Clock
from tests.survey.manager import ADMIN, Manager, contents
from tests.survey.panel_people import FINISHED, QUERY, add_panel, ids
from tests.survey.person import Person


def files(folder: Path) -> dict[str, str]:
    """The hashes of all files but the database's own log."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where previews make their folders."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def manager(client: TestClient) -> Manager:
    return Manager(client, ADMIN)


def start(manager: Manager) -> str:
    """Start a preview as the page's button does; the path it is under."""
    response = manager.send("/studies/small", "/studies/small/preview")
    assert response.status_code == 303
    path = response.headers["location"]
    assert re.fullmatch(r"(/survey)?/preview/[\w-]{22}/", path)
    return path.removesuffix("/")


def hear(client: TestClient, base: str, person: Person) -> list[bytes]:
    """Fetch both clips of the current trial."""
    clips = person.state()["trial"]["clips"]
    assert all(url.startswith(f"{base}/audio/") for url in clips.values())
    answers = [client.get(url) for url in clips.values()]
    assert [answer.status_code for answer in answers] == [200, 200]
    return [answer.content for answer in answers]


@pytest.mark.slow
def test_a_whole_run_leaves_nothing(
    manager: Manager,
    client: TestClient,
    database: Database,
    settings: Settings,
    study: Study,
    temporary: Path,
    mp3s: list[bytes],
) -> None:
    with database.write() as session:
        session.get(Study, study.id).state = "draft"
        session.get(Study, study.id).invited_only = True
    before = contents(database)
    files_before = files(settings.data)
    base = start(manager)
    person = Person.ready(client, base=base)
    clips_heard = []
    while person.state()["trial"]:
        clips_heard += hear(client, base, person)
        person.step(comment="only a preview")
    assert set(clips_heard) <= set(mp3s) and len(clips_heard) == 2 * (2 + 4 + 2)
    assert person.state()["stage"] == "finished" and person.state()["code"]
    other_person = Person.ready(client, base=base)
    other_person.post("withdraw", confirm=True).raise_for_status()
    assert contents(database) == before
    assert files(settings.data) == files_before
    assert len(list(temporary.iterdir())) == 1
    manager.client.app.state.admin_services.previews.close()
    assert list(temporary.iterdir()) == []
    assert client.get(f"{base}/api/health").status_code == 404
    assert contents(database) == before


@pytest.mark.slow
def test_a_dry_run_goes_the_way_of_whom_a_panel_sends(
    manager: Manager, client: TestClient, database: Database, study: Study, temporary: Path
) -> None:
    """By invented numbers, which are nowhere afterwards, and without taking a place."""
    add_panel(database, study, finished=f"{FINISHED}&p={{PROLIFIC_PID}}")
    with database.write() as session:
        row = session.get_one(Study, study.id)
        row.stops_at_wanted, row.build = True, {"participants": 1}
    before, exported = contents(database), manager.get("/studies/small/export/study.json").text
    begun = manager.send("/studies/small/panel", "/studies/small/preview").headers["location"]
    address, _, query = begun.partition("?")
    base, numbers = address.removesuffix("/s/small"), dict(parse_qsl(query))
    assert list(numbers) == ["PROLIFIC_PID", "STUDY_ID", "SESSION_ID"]
    assert all(number.startswith("dry-run-") for number in numbers.values())
    page = client.get(begun).text
    assert "Dry run" in page and 'id="agree"' in page and "Your number at Prolific" in page
    person = Person.join(client, base=base, panel=numbers)
    person.post("questions").raise_for_status()
    person.post("sound", left="left", right="right", ok=True).raise_for_status()
    assert "Dry run" in client.get(f"{base}/p/{person.token}").text
    state = person.finish()
    assert state["leave"] == f"{FINISHED}&p={numbers['PROLIFIC_PID']}"
    again = client.get(begun, follow_redirects=False)
    assert again.headers["location"] == f"{base}/p/{person.token}"
    assert contents(database) == before
    assert manager.get("/studies/small/export/study.json").text == exported
    assert "0 sent" in manager.get("/studies/small/panel").text
    assert "Dry run" not in client.get(f"/s/small?{QUERY}").text
    assert Person.join(client, panel=ids()).state()["stage"] == "questions"  # the place is free


@pytest.mark.slow
@ONE
def test_the_study_in_it_is_the_study(
    manager: Manager, app: FastAPI, client: TestClient, study: Study, temporary: Path
) -> None:
    key = start(manager).rpartition("/")[2]
    copy = app.state.admin_services.previews.find(key)
    copied, real = contents(copy.state.database), contents(app.state.database)
    assert copied["stimuli"] == real["stimuli"] and copied["clips"] == real["clips"]
    assert copied["participants"] == copied["invitations"] == copied["audit"] == []
    assert copy.state.journal is None
    app.state.admin_services.previews.close()


@pytest.mark.slow
@ONE
def test_previews_do_not_meet(
    manager: Manager, app: FastAPI, client: TestClient, study: Study, temporary: Path
) -> None:
    """Neither a token nor a clip of one survey is good in another."""
    first, second = start(manager), start(manager)
    person = Person.ready(client, base=first)
    clip = person.state()["trial"]["clips"]["first"]
    for base in (second, ""):
        assert client.get(f"{base}/api/state", headers=person.headers).status_code == 404
        assert client.get(clip.replace(first, base)).status_code == 404
    real = Person.ready(client)
    assert client.get(f"{first}/api/state", headers=real.headers).status_code == 404
    app.state.admin_services.previews.close()


@pytest.mark.slow
@ONE
def test_no_admin_inside(
    manager: Manager, app: FastAPI, client: TestClient, study: Study, temporary: Path
) -> None:
    base = start(manager)
    assert client.get(f"{base}/admin", headers=manager.headers).status_code == 404
    assert client.get(f"{base}/static/admin.css").status_code == 200
    assert client.get(f"{base}/no/such").status_code == 404
    app.state.admin_services.previews.close()


@pytest.mark.slow
@ONE
def test_mounted_below_a_path(app: FastAPI, study: Study, temporary: Path) -> None:
    with TestClient(Starlette(routes=[Mount("/survey", app)])) as client:
        base = start(Manager(client, ADMIN, "/survey"))
        assert base.startswith("/survey/preview/")
        person = Person.ready(client, base=base)
        hear(client, base, person)
        person.step()
        page = client.get(f"{base}/")
        assert page.status_code == 200 and "A small study" in page.text
        links = re.findall(r'(?:href|src|data-base)="(/[^"]*)"', page.text)
        assert links and all(link.startswith(base) for link in links)
    app.state.admin_services.previews.close()


@ONE
@pytest.mark.parametrize("path", ["", "/", "/api/state", "/p/some-token"])
def test_a_key_that_was_never_made(client: TestClient, study: Study, path: str) -> None:
    response = client.get(f"/preview/{'x' * 22}{path}")
    assert response.status_code == 404 and "This preview has ended" in response.text


@ONE
def test_a_study_without_stimuli(manager: Manager, database: Database, study: Study) -> None:
    with database.write() as session:
        session.add(Study(name="empty", title="Empty", trials_each=1))
    response = manager.send("/studies/empty", "/studies/empty/preview")
    assert response.status_code == 409 and "no stimuli" in response.text


@pytest.mark.slow
@ONE
def test_too_many_and_too_old_ones_go(
    database: Database, settings: Settings, study: Study, temporary: Path
) -> None:
    clock = Clock()
    previews = Previews(create_app, clock)
    with database.read() as session:
        stored_study = session.get(Study, study.id)
        keys = []
        for _ in range(MOST_AT_ONCE):
            keys.append(previews.start(session, stored_study, settings))
            clock.now += 1
        assert previews.find(keys[0])  # used just now, so the second is the oldest
        keys.append(previews.start(session, stored_study, settings))
    assert [previews.find(key) is None for key in keys] == [False, True, False, False, False]
    assert len(list(temporary.iterdir())) == MOST_AT_ONCE
    clock.now += IDLE_SECONDS - 1
    assert previews.find(keys[2]) is not None
    clock.now += 2
    assert [key for key in keys if previews.find(key)] == [keys[2]]
    previews.close()
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("number", ["dead", "own"])
def test_what_a_killed_process_left_goes(temporary: Path, number: str) -> None:
    """In containers the next process has the number of the one that was killed."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    holders = {
        "orphan": f"{dead.pid if number == 'dead' else os.getpid()} 0123456789abcdef",
        "own": f"{os.getpid()} {own_folder.RUN}",
        "other": f"{os.getppid()} 0123456789abcdef",
        "strange": "a word",
    }
    for name, text in holders.items():
        folder = temporary / f"{preview.PREFIX}{name}"
        folder.mkdir()
        (folder / own_folder.HELD).write_text(text)
        (folder / "preview.sqlite").touch()
    (temporary / f"{preview.PREFIX}empty").mkdir()
    Previews(create_app)
    remaining = {path.name.removeprefix(preview.PREFIX) for path in temporary.iterdir()}
    assert remaining == {"own", "other", "strange", "empty"}


@pytest.mark.slow
@ONE
def test_a_running_preview_is_no_orphan(
    manager: Manager, client: TestClient, study: Study, temporary: Path
) -> None:
    base = start(manager)
    Previews(create_app)
    assert client.get(f"{base}/api/health").status_code == 200
    [folder] = temporary.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "preview.sqlite").stat().st_mode) == 0o600
    client.app.state.admin_services.previews.close()


@contextmanager
def serving(
    settings: Settings, root: Path, temporary: Path, stop_signal: signal.Signals
) -> Iterator[str]:
    """A survey in a process of its own, which is ended by a signal."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    env |= {"FADERNETS_DATA": str(settings.data), "FADERNETS_ADMIN_TOKEN": ADMIN}
    env |= {"TMPDIR": str(temporary)}
    command = [sys.executable, "-m", "survey", "--port", str(port)]
    process = subprocess.Popen(command, cwd=root, env=env, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 60
        while True:
            assert process.poll() is None and time.monotonic() < until
            with suppress(httpx.HTTPError):
                httpx.get(f"{url}/survey/api/health", timeout=5).raise_for_status()
                break
            time.sleep(0.1)
        yield url
    finally:
        process.send_signal(stop_signal)
        process.wait(timeout=20)


@pytest.mark.server
@ONE
def test_no_process_leaves_a_preview(
    database: Database, settings: Settings, study: Study, temporary: Path, root: Path
) -> None:
    """A process that stops removes it; after a kill the next process does."""
    database.close()
    for stop_signal, remaining in ((signal.SIGKILL, 1), (signal.SIGTERM, 0)):
        with serving(settings, root, temporary, stop_signal) as url:
            assert list(temporary.iterdir()) == []
            with httpx.Client(base_url=url) as client:
                start(Manager(client, ADMIN, "/survey"))
            assert len(list(temporary.iterdir())) == 1
        assert len(list(temporary.iterdir())) == remaining


@pytest.mark.slow
@ONE
def test_a_copy_that_fails_leaves_no_folder(
    database: Database,
    settings: Settings,
    study: Study,
    temporary: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(preview, "_copy", fails)
    with database.read() as session, pytest.raises(OSError, match="full"):
        Previews(create_app).start(session, session.get(Study, study.id), settings)
    assert list(temporary.iterdir()) == []
