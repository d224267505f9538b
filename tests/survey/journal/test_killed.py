import os
import signal
import subprocess
import sys

import pytest
from sqlalchemy import select

from db.database import Database
from db.models import Answer, Participant, Study, Trial
from survey.core.settings import Settings
from tests.postgres import ONE
from tests.survey.hub import Hub
from tests.survey.journalling import ROOT, Connect, text_of, wipe

pytestmark = pytest.mark.server


@ONE
class TestKilled:
    """A real process, killed in the middle of its work."""

    def serve(self, host: Settings, hub: Hub, every: int, until: int) -> list[list[str]]:
        """Run until `until` answers were acknowledged, then kill; the printed lines, as words."""
        command = [sys.executable, "-m", "tests.survey.journal_host"]
        arguments = [str(host.data), str(hub.root), "small", str(every)]
        with subprocess.Popen(
            [*command, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            lines: list[list[str]] = []
            while sum(words[0] == "answered" for words in lines) < until:
                lines.append(process.stdout.readline().split())
                assert lines[-1], "the server ended by itself"
            os.kill(process.pid, signal.SIGKILL)
            lines += [line.split() for line in process.stdout if line.endswith("\n")]
        assert process.returncode == -signal.SIGKILL
        return lines

    def answers(self, database: Database) -> list[tuple[str, str, str]]:
        with database.read() as session:
            rows = session.execute(
                select(Participant.public_id, Trial.id, Answer.submission)
                .join(Trial, Trial.participant_id == Participant.id)
                .join(Answer, Answer.trial_id == Trial.id)
            )
            return [
                (person, session.get_one(Trial, trial).stimulus.name, submission)
                for person, trial, submission in rows
            ]

    def test_what_was_uploaded_survives_the_disk_and_nothing_is_doubled(
        self,
        database: Database,
        study: Study,
        host: Settings,
        hub: Hub,
        empty: Database,
        start: Connect,
    ):
        lines = self.serve(host, hub, every=7, until=30)
        last_upload = max(number for number, words in enumerate(lines) if words == ["uploaded"])
        uploaded = {tuple(words[1:]) for words in lines[:last_upload] if words[0] == "answered"}
        assert len(uploaded) >= 28 and len(lines) > last_upload + 1
        wipe(host)
        start().restore(empty)
        answers = self.answers(empty)
        assert uploaded <= set(answers) and len(set(answers)) == len(answers)

    def test_what_was_only_local_is_found_again_if_the_disk_survives(
        self,
        database: Database,
        study: Study,
        host: Settings,
        hub: Hub,
        empty: Database,
        start: Connect,
    ):
        """Three times killed; then the database is lost too, but not the journal's folder."""
        lines: list[list[str]] = []
        for _ in range(3):
            lines += self.serve(host, hub, every=10_000, until=9)
        acknowledged = {tuple(words[1:]) for words in lines if words[0] == "answered"}
        assert acknowledged <= set(self.answers(database)) and len(acknowledged) >= 27
        journal = start()
        journal.restore(database)
        assert journal.flush()
        journal.close()
        wipe(host)
        start().restore(empty)
        assert sorted(self.answers(empty)) == sorted(self.answers(database))
        assert text_of(empty) == text_of(database)
