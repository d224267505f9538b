"""A journal, the Hub it uploads to, and what is left when the disk is wiped."""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from db.database import Database
from db.migrate import upgrade
from db.models import Study
from survey.core.settings import Settings
from survey.journal.journal import Journal, connect
from survey.records.to_json import of_participant, of_study
from tests.survey.crowd import answer, join
from tests.survey.hub import Hub
from tests.survey.journalling import DATASET


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    return Hub(tmp_path / "hub")


@pytest.fixture
def host(settings: Settings) -> Settings:
    """Settings of a host whose disk is wiped."""
    return replace(settings, dataset=DATASET, hf_token="hf_not_a_real_token", ephemeral=True)


@pytest.fixture
def start(host: Settings, hub: Hub) -> Iterator[Callable[..., Journal]]:
    """Begins a journal; all are ended after the test, and so are their threads."""
    began: list[Journal] = []

    def begin(settings: Settings = host, minutes: float = 60) -> Journal:
        journal = connect(settings, hub, minutes)
        assert journal is not None
        began.append(journal)
        return journal

    yield begin
    hub.down = False
    hub.gate.set()
    for journal in began:
        journal.close(10)
    deadline = time.monotonic() + 10
    for thread in threading.enumerate():
        if thread.name.startswith("uploads") or "_run_scheduler" in thread.name:
            thread.join(max(0, deadline - time.monotonic()))
            assert not thread.is_alive()


@pytest.fixture
def journal(start: Callable[..., Journal], database: Database, study: Study) -> Journal:
    """A journal that knows the open study."""
    journal = start()
    journal.restore(database)
    assert journal.flush()
    return journal


@pytest.fixture
def empty(database: Database, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database of the same kind after the disk was wiped: only its tables are there."""
    if database.is_sqlite:
        shutil.copy(request.getfixturevalue("migrated"), tmp_path / "empty.sqlite")
        opened = Database(f"sqlite:///{tmp_path}/empty.sqlite")
        yield opened
        opened.close()
        return
    server = request.getfixturevalue("postgres")
    url = server.lend()
    opened = Database(url)
    upgrade(opened)
    yield opened
    opened.close()
    server.give_back(url)


@pytest.fixture
def records(database: Database, study: Study) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The study, and three people: after no answer, after one, and at the end."""
    with database.write() as session:
        participants = []
        for answers in (0, 1, 8):
            person, _ = join(session, study)
            for _ in range(answers):
                answer(session, person, random.Random(1))
            participants.append(person)
        session.flush()
        people = [of_participant(person, private=True) for person in participants]
        return of_study(session.get_one(Study, study.id), private=True), people
