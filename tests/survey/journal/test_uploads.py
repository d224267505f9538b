import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from db.database import Database
from db.models import Study
from survey.core.settings import Settings
from survey.journal import jsonl
from survey.journal.durability import durability
from survey.journal.journal import Journal
from tests.postgres import ONE
from tests.survey.crowd import answer, join
from tests.survey.hub import Hub
from tests.survey.journalling import DATASET, ROOT, Connect, crowd, local, participant_row


@ONE
class TestUploads:
    def test_after_every_finished_participant(
        self, database: Database, study: Study, journal: Journal, hub: Hub
    ):
        before = len(hub.commits(DATASET))
        with database.write() as session:
            person, _ = join(session, study)
            journal.joined(session, person)
        time.sleep(0.2)
        assert len(hub.commits(DATASET)) == before
        with database.write() as session:
            person = participant_row(session, person.public_id)
            while person.stage != "finished":
                answer(session, person, random.Random(1))
            journal.finished(session, person)
        deadline = time.monotonic() + 10
        while person.public_id.encode() not in hub.everything(DATASET):
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def test_every_few_minutes(self, database: Database, study: Study, start: Connect, hub: Hub):
        journal = start(minutes=0.3 / 60)
        journal.restore(database)
        with database.write() as session:
            person, _ = join(session, study)
            journal.joined(session, person)
        deadline = time.monotonic() + 10
        while person.public_id.encode() not in hub.everything(DATASET):
            assert time.monotonic() < deadline
            time.sleep(0.02)

    @pytest.mark.slow
    def test_at_shutdown(self, database: Database, study: Study, journal: Journal, hub: Hub):
        public_id = crowd(database, study, journal)[-1]
        assert journal.close()
        assert public_id.encode() in hub.everything(DATASET)
        assert not journal.flush()

    @pytest.mark.slow
    def test_many_at_once_are_few_commits(
        self, database: Database, study: Study, journal: Journal, hub: Hub
    ):
        public_id = crowd(database, study, journal)[0]
        assert journal.flush()
        before = len(hub.commits(DATASET))
        hub.gate.clear()
        for _ in range(50):
            with database.read() as session:
                journal.finished(session, participant_row(session, public_id))
        hub.gate.set()
        assert journal.flush()
        assert len(hub.commits(DATASET)) - before <= 3

    @pytest.mark.slow
    def test_a_line_written_during_an_upload_is_in_the_next(
        self, database: Database, study: Study, journal: Journal, hub: Hub
    ):
        hub.gate.clear()
        people = crowd(database, study, journal, 2)
        hub.gate.set()
        assert journal.flush()
        assert all(public_id.encode() in hub.everything(DATASET) for public_id in people)

    @pytest.mark.slow
    def test_a_failing_upload_is_told_of_and_made_up_for(
        self, database: Database, study: Study, journal: Journal, host: Settings, hub: Hub
    ):
        assert durability(host, database, journal).ok
        hub.down = True
        public_id = crowd(database, study, journal)[0]
        assert not journal.flush()
        status = durability(host, database, journal)
        assert not status.ok and "fails: 503: the Hub is down" in status.sentence
        hub.down = False
        assert journal.flush() and durability(host, database, journal).ok
        assert public_id.encode() in hub.everything(DATASET)

    @pytest.mark.slow
    def test_a_full_disk_does_not_reach_the_participant(
        self,
        database: Database,
        study: Study,
        journal: Journal,
        host: Settings,
        monkeypatch: pytest.MonkeyPatch,
    ):
        def full(handle: int) -> None:
            raise OSError(28, "No space left on device")

        before = local(host)
        monkeypatch.setattr(jsonl.os, "fsync", full)
        people = crowd(database, study, journal, 2)
        monkeypatch.undo()
        assert local(host) == before and journal.failure is not None
        people += crowd(database, study, journal, 1)
        assert journal.flush() and journal.failure is None
        assert all(public_id.encode() in local(host) for public_id in people)

    @pytest.mark.slow
    def test_large_files_are_left_behind(
        self,
        database: Database,
        study: Study,
        journal: Journal,
        host: Settings,
        hub: Hub,
        monkeypatch: pytest.MonkeyPatch,
    ):
        monkeypatch.setattr(jsonl, "FILE_BYTES", 20_000)
        crowd(database, study, journal, 3)
        sizes = [path.stat().st_size for path in (host.data / "journal").iterdir()]
        assert len(sizes) > 1 and sum(size > 20_000 for size in sizes) >= len(sizes) - 1
        assert journal.flush() and len(hub.files(DATASET)) == len(sizes) + 1


HANGS = """
import sys, threading
from pathlib import Path
from dataclasses import replace
from survey.journal.journal import connect
from survey.core.settings import Settings
from tests.survey.hub import Hub
hub = Hub(Path(sys.argv[1]) / "hub")
settings = Settings(data=Path(sys.argv[1]), dataset="lab/answers", hf_token="hf_not_real")
journal = connect(settings, hub, 60)
assert journal.flush()
hub.gate.clear()
journal.withdrawn("f" * 16)
print(journal.close(0.5))
"""


@pytest.mark.slow
def test_an_upload_that_hangs_keeps_no_process_from_ending(tmp_path: Path):
    """The Hub takes the files and never says so; the host wants to restart."""
    command = [sys.executable, "-c", HANGS, str(tmp_path)]
    begun = time.monotonic()
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert process.stdout == "False\n" and process.returncode == 0, process.stderr
    assert time.monotonic() - begun < 25  # commits wait 30 s for the gate
