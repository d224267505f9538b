"""The admin's pages that make a study, with the process that does it."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from db.database import Database
from db.models import Study
from survey.building import child_process
from survey.building.child_process import BuildJob
from tests.postgres import ONE
from tests.survey.manager import Manager, actions, contents


@pytest.mark.slow
@ONE
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "Not A Name"}, "cannot name a study"),
        ({"name": ""}, "name must not be empty"),
        ({"pairs": "0"}, "pairs must be"),
        ({"strengths": "1, x"}, "Strengths are numbers"),
        ({"strengths": "nan"}, "Strengths are numbers"),
        ({"strengths": "0_1"}, "Strengths are numbers"),
        ({"strengths": "٠.٥"}, "Strengths are numbers"),
        ({"strengths": "1, 1"}, "different"),
        ({"seed": "-1"}, "seed must be"),
        ({"trials": "30"}, "30 of 20 trials"),
        ({"checkpoint": "../../etc"}, "no shipped model"),
    ],
)
def test_plans_that_cannot_be(
    manager: Manager, database: Database, study: Study, change: dict[str, str], words: str
) -> None:
    before = contents(database)
    form = manager.form("/new", "/new") | {"checkpoint": "", "title": "My own title"} | change
    if "checkpoint" not in change:
        form["checkpoint"] = model(manager)
    response = manager.post("/new", form)
    assert response.status_code == 422 and words in response.text
    assert 'value="My own title"' in response.text  # what was filled in is not lost
    assert contents(database) == before


def model(manager: Manager) -> str:
    match = re.search(r"<option selected>([^<]+)</option>", manager.get("/new").text)
    assert match is not None
    return match.group(1)


@ONE
@pytest.mark.slow
def test_making_a_study(
    manager: Manager,
    database: Database,
    app: FastAPI,
    study: Study,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = child_process.run

    def run_on_few_files(job: BuildJob, *arguments: Any) -> str:
        """The form takes the examples, which are many."""
        return run(replace(job, spec=replace(job.spec, midi=folder)), *arguments)

    monkeypatch.setattr(child_process, "run", run_on_few_files)
    new = {"name": "made", "pairs": "1", "trials": "1", "checkpoint": model(manager)}
    new["language"] = "de"
    form = manager.form("/new", "/new") | new
    response = manager.post("/new", form)
    assert response.headers["location"] == "/admin/build"
    second_response = manager.post("/new", form | {"name": "another"})
    assert (
        second_response.status_code == 422 and "Another study is being made" in second_response.text
    )
    app.state.admin_services.builder.wait(240)
    page = manager.get("/build/live").text
    assert "made is ready" in page, page
    with database.read() as session:
        stored_study = session.scalars(select(Study).where(Study.name == "made")).one()
        assert stored_study.state == "draft" and stored_study.trials_each == 1
        assert (stored_study.language, stored_study.title) == ("de", "Wie wirkt diese Musik?")
        assert sorted(stimulus.kind for stimulus in stored_study.stimuli).count("transfer") == 2
    assert ("admin", "built") in actions(database)
    assert manager.send("/studies/made", "/studies/made/open").status_code == 303


@pytest.mark.slow
@ONE
def test_a_name_that_is_taken(
    manager: Manager, app: FastAPI, study: Study, database: Database
) -> None:
    before = contents(database)
    form = manager.form("/new", "/new") | {"name": "small", "checkpoint": model(manager)}
    assert manager.post("/new", form).status_code == 303
    app.state.admin_services.builder.wait(300)
    page = manager.get("/build/live").text
    assert "was not made" in page and "There is a study named small already" in page
    assert contents(database) == before


@ONE
@pytest.mark.parametrize(
    ("program", "words"),
    [("/bin/false", "Something unexpected"), ("/no/such/program", "No such file")],
)
def test_work_that_ends_without_a_word(
    manager: Manager,
    app: FastAPI,
    study: Study,
    monkeypatch: pytest.MonkeyPatch,
    program: str,
    words: str,
) -> None:
    form = manager.form("/new", "/new") | {"name": "made", "checkpoint": model(manager)}
    monkeypatch.setattr(sys, "executable", program)
    assert manager.post("/new", form).status_code == 303
    app.state.admin_services.builder.wait(300)
    page = manager.get("/build/live").text
    assert "made was not made" in page and words in page
