"""A server as a stranger starts it: without a network or a study, after one that was killed."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from db.database import Database
from db.models import Study
from survey.core.own_folder import HELD
from survey.core.settings import Settings
from tests.conftest import kept_offline
from tests.public.ending import ends_soon
from tests.public.server import START, Server, serving


@pytest.fixture(scope="module")
def first_run(tmp_path_factory) -> Iterator[Server]:
    """Started as a stranger does, without a network, after a server was killed."""
    folder = tmp_path_factory.mktemp("first-run")
    orphan = folder / "temporary" / "fadernets-orphan"
    orphan.mkdir(parents=True)
    killed = subprocess.Popen(["true"])
    killed.wait()
    (orphan / HELD).write_text(f"{killed.pid} 0123456789abcdef")
    offline = kept_offline(folder)
    with serving("make-run", folder, study=False, offline=offline) as server:
        yield server
    assert offline.refused() == []


@pytest.mark.server
def test_the_first_run_offers_a_listening_test(first_run: Server):
    """Nobody has to make a study to try the survey: one is there soon, and can be taken part in."""
    until = time.monotonic() + 2 * START  # it is made at the lowest priority
    ask = {"study": "demo", "consent": True}
    while (joined := first_run.ask("survey/api/join", ask)).status != 201:
        assert joined.status in (403, 404) and time.monotonic() < until, first_run.log_text()
        time.sleep(0.5)
    head = {"Authorization": f"Bearer {joined.json()['token']}"}
    state = first_run.ask("survey/api/state", headers=head).json()
    assert state["stage"] == "questions" and state["progress"]["total"] >= 20


@pytest.mark.server
def test_the_first_study_is_whole(first_run: Server):
    """Of many pieces, and its model moves most of them as it is meant to."""
    settings = Settings(data=first_run.data)
    database = Database(settings.database_url)
    with database.read() as session:
        study = session.scalars(select(Study)).one()
        assert (study.name, study.state, study.trials_each) == ("demo", "open", 20)
        assert len(study.stimuli) == 26 and {s.strength for s in study.stimuli} == {0.0, 1.0}
        clips = {c.sha256 for s in study.stimuli for c in (s.first, s.second)}
        higher = [s for s in study.stimuli if s.kind == "transfer" and s.intended == "higher"]
        assert len({s.source for s in higher}) >= 8
        arousals = [study.build["items"][s.name]["arousal"] for s in higher]
        assert sum(before < after for before, after in arousals) > 5  # no model chose them
    database.close()
    assert {path.stem for path in settings.audio.iterdir()} == clips


@pytest.mark.server
def test_folders_of_servers_that_were_killed_go_at_the_next_start(first_run: Server):
    (own,) = first_run.temporary.glob("fadernets-*")
    assert (own / HELD).read_text().split()[0] == str(first_run.process.pid)


@pytest.mark.server
def test_it_ends_within_seconds_whatever_is_under_way(first_run: Server):
    ends_soon(first_run, signal.SIGTERM)
