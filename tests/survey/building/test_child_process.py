"""What the process that builds is given, and what it gives back."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from db.database import Database
from survey.building import child_process, create
from survey.building.child_process import BuildJob, Message, environment
from survey.building.study_spec import StudySpec
from survey.core.settings import Settings
from tests.postgres import ONE
from tests.survey import music


def test_a_job_comes_to_the_child_as_it_was():
    job = BuildJob(
        StudySpec("two", midi=Path("/music"), strengths=(0.5, 1.0), rules={"finished": True})
    )
    assert TypeAdapter(BuildJob).validate_json(TypeAdapter(BuildJob).dump_json(job)) == job


@ONE
def test_the_child_gets_no_secrets(database, settings, monkeypatch):
    monkeypatch.setenv("FADERNETS_ADMIN_TOKEN", "x" * 20)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    env = environment(database, settings)
    assert not {"FADERNETS_ADMIN_TOKEN", "HF_TOKEN"} & set(env)
    assert env["DATABASE_URL"] == f"sqlite:///{Path(database.url.database).absolute()}"
    assert Settings.from_env(env).audio == settings.audio.absolute()


@ONE
@pytest.mark.slow
def test_a_job_that_cannot_be_done_is_one_sentence(database, settings, capfd, tmp_path):
    messages: list[Message] = []
    job = BuildJob(StudySpec("two", checkpoint="nobody"))
    problem = child_process.run(job, database, settings, messages.append)
    assert problem.startswith("no model named 'nobody'") and messages == []
    assert "Traceback" not in capfd.readouterr().err


@ONE
@pytest.mark.slow
def test_a_job_says_how_far_it_is(database, settings, tmp_path):
    messages: list[Message] = []
    job = BuildJob(StudySpec("two", midi=tmp_path))
    assert "no MIDI files" in child_process.run(job, database, settings, messages.append)
    music.write(tmp_path)
    job = BuildJob(StudySpec("two", midi=tmp_path, pairs=1))
    assert child_process.run(job, database, settings, messages.append) == ""
    steps = {message.step: (message.count, message.total) for message in messages}
    assert list(steps) == ["reading MIDI files", "listening", "recording"]
    assert all(finished == total > 0 for finished, total in steps.values())


@ONE
@pytest.mark.slow
def test_a_job_ends_with_the_server(database, settings, tmp_path):
    """Nothing holds the database open once `stop` has returned."""
    music.write(tmp_path)
    job = BuildJob(StudySpec("two", midi=tmp_path))
    has_begun, problems = threading.Event(), []
    work = threading.Thread(
        target=lambda: problems.append(
            child_process.run(job, database, settings, lambda message: has_begun.set())
        )
    )
    work.start()
    assert has_begun.wait(300)  # on a busy machine a process is slow to begin
    child_process.stop(Database(f"sqlite:///{tmp_path}/other.sqlite"))
    assert work.is_alive()
    (process,) = child_process._running
    child_process.stop(database)
    assert process.poll() is not None
    work.join(30)
    assert problems == ["The server was stopped meanwhile."] and not child_process._running


@ONE
@pytest.mark.parametrize(("restore", "name"), [(False, "build"), (True, "restore")])
def test_a_job_builds_or_restores(database, settings, monkeypatch, restore, name):
    calls = []
    for work in ("build", "restore"):
        monkeypatch.setattr(
            create, work, lambda *arguments, work=work: calls.append((work, arguments[2]))
        )
    spec = StudySpec("two")
    assert child_process._problem(BuildJob(spec, restore), database, settings) == ""
    assert calls == [(name, spec)]


@pytest.mark.slow
@ONE
def test_what_nobody_expected_is_logged_without_values(
    database, settings, tmp_path, capfd, caplog, monkeypatch
):
    """A fault within the process: the server's log has its type and place, and nothing it wrote."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Broken:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'survey.building.create':\n"
        "            print('a value', file=sys.stderr)\n"
        "            raise KeyError('a value')\n"
        "sys.meta_path.insert(0, Broken())\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    problem = child_process.run(
        BuildJob(StudySpec("two")), database, settings, lambda message: None
    )
    assert problem == child_process.UNEXPECTED
    assert "KeyError at sitecustomize.py:6" in caplog.text
    assert "a value" not in caplog.text and capfd.readouterr().err == ""
