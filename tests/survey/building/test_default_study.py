from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from db.database import Database
from db.models import Audit, Study
from survey.building import default_study
from survey.building.child_process import BuildJob, environment
from survey.building.study_spec import StudySpec
from survey.core.settings import Settings
from survey.journal.durability import durability
from tests.postgres import ONE
from tests.survey.built import PAIRS

pytestmark = [ONE, pytest.mark.slow]


@pytest.fixture(autouse=True)
def on_a_disk(monkeypatch):
    for name in ("DATABASE_URL", "SPACE_ID", "FADERNETS_MODEL", "FADERNETS_DATASET"):
        monkeypatch.delenv(name, raising=False)


class Journal:
    """Record the studies that it is told of."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def opened(self, session, study) -> None:
        self.messages.append(study.name)


def test_two_servers_start_at_once(database, settings, folder, caplog, monkeypatch):
    """One study comes of it, open and complete; later calls have nothing to do.

    It is smaller than the real one, whose content `tests/public/test_first_run.py` looks at.
    """
    small = partial(StudySpec, midi=folder, pairs=PAIRS, seed=5)
    monkeypatch.setattr(default_study, "StudySpec", small)
    caplog.set_level(logging.WARNING)
    names: list[str | None] = []
    journal = Journal()
    threads = [
        threading.Thread(target=lambda: names.append(default_study.ensure(database, settings)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names == ["demo", "demo"] and caplog.records == []
    with database.read() as session:
        study = session.scalars(select(Study)).one()
        assert (study.name, study.state, study.trials_each) == ("demo", "open", 2 * PAIRS)
        assert session.scalars(select(Audit.action)).all() == ["built", "opened"]
        clips = {c.sha256 for s in study.stimuli for c in (s.first, s.second)}
    assert {path.stem for path in settings.audio.iterdir()} == clips
    assert default_study._job(database, settings, None) is None
    assert default_study.ensure(database, settings, journal=journal) == "demo"
    assert journal.messages == []
    assert default_study._clips_are_lost(database, settings) is False
    (settings.audio / f"{min(clips)}.mp3").unlink()
    assert default_study._clips_are_lost(database, settings) is True
    job = default_study._job(database, settings, None)
    assert job is not None and (job.spec.name, job.restore) == ("demo", True)


def test_where_there_is_a_study_none_is_made(database, settings):
    with database.write() as session:
        session.add(Study(name="mine", title="Mine", trials_each=1))
    assert default_study.ensure(database, settings) is None
    assert list(settings.audio.iterdir()) == []


def test_what_goes_wrong_is_one_logged_sentence(database, settings, caplog):
    assert default_study.ensure(database, settings, checkpoint="nobody") is None
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "no model named 'nobody'" in record.getMessage()
    assert "\n" not in record.getMessage()
    with database.read() as session:
        assert session.scalars(select(Study)).all() == []


def test_a_broken_database_does_not_stop_the_server(tmp_path, caplog, database):
    bare = Database(f"sqlite:///{tmp_path}/bare.sqlite")  # without tables
    assert default_study.ensure(bare, Settings(data=tmp_path)) is None
    bare.close()
    assert "no such table" in caplog.text


def test_a_draft_where_answers_would_be_lost(database, settings):
    wiped = Settings(data=settings.data, database_url=settings.database_url, ephemeral=True)
    assert not durability(wiped, database).ok
    for host, is_open in ((wiped, False), (settings, True)):
        job = default_study._job(database, host, "a model")
        assert job == BuildJob(
            StudySpec(
                "demo",
                retention=default_study.RETENTION,
                checkpoint="a model",
                is_open=is_open,
            )
        )


def test_the_child_leaves_with_the_server(database, settings, root):
    """When the server is killed, the process that builds the study ends too."""
    script = (
        "from survey.building import default_study; from survey.core.settings import Settings; "
        "from db.database import Database; s = Settings.from_env(); "
        "default_study.ensure(Database(s.database_url), s)"
    )
    env = environment(database, settings)
    server = subprocess.Popen([sys.executable, "-c", script], env=env, cwd=root)
    child = _child(server.pid)
    time.sleep(0.5)
    server.send_signal(signal.SIGKILL)
    server.wait()
    deadline = time.monotonic() + 15
    while Path(f"/proc/{child}").exists() and _state(child) != "Z" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{child}").exists() or _state(child) == "Z"
    with database.read() as session:
        assert session.scalars(select(Study)).all() == []


def _child(pid: int) -> int:
    """The process that a process started."""
    path = Path(f"/proc/{pid}/task")
    if not path.exists():
        pytest.skip("this system has no /proc to look for the child in")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        children = [c for t in path.iterdir() for c in (t / "children").read_text().split()]
        if children:
            return int(children[0])
        time.sleep(0.05)
    raise AssertionError("the server started no child")


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"
