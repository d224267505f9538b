import random

import pytest
from sqlalchemy import select

from db.database import Database
from db.models import Invitation, Participant, Study
from survey.core import tokens
from survey.core.settings import Settings
from survey.journal.journal import Journal
from survey.records.erasure import erase
from tests.postgres import ONE
from tests.survey.crowd import answer, join
from tests.survey.hub import Hub
from tests.survey.journalling import (
    DATASET,
    Connect,
    crowd,
    lines,
    local,
    participant_row,
    text_of,
    wipe,
)


class TestWithdrawal:
    @pytest.mark.slow
    def test_nothing_of_who_withdrew_is_left_anywhere(
        self,
        database: Database,
        study: Study,
        journal: Journal,
        host: Settings,
        hub: Hub,
        empty: Database,
        start: Connect,
    ):
        with database.write() as session:
            secret = tokens.secret()
            row = Invitation(study_id=study.id, token_hash=tokens.hashed(secret), label="Jane Roe")
            session.add(row)
            session.flush()
            journal.opened(session, study)
            person, _ = join(session, study, secret)
            journal.joined(session, person)
            answer(session, person, random.Random(1), "what I said")
            journal.answered(session, person.trials[0])
        crowd(database, study, journal, 2)
        assert journal.flush() and b"what I said" in hub.everything(DATASET)
        with database.write() as session:
            stored = participant_row(session, person.public_id)
            erase(session, stored)
            journal.withdrawn(stored.public_id)
        secrets = [person.public_id.encode(), b"what I said", person.token_hash.encode(), b"Jane"]
        assert not [secret for secret in secrets if secret in local(host)]
        assert journal.flush()
        assert not [secret for secret in secrets if secret in hub.everything(DATASET)]
        assert len(hub.commits(DATASET)) == 1
        journal.close()
        wipe(host)
        restarted = start()
        outcome = restarted.restore(empty)
        assert outcome.participants == 2
        with empty.read() as session:
            assert session.scalars(select(Study.withdrawn)).one() == 1
        assert text_of(empty) == text_of(database)

    @pytest.mark.slow
    @ONE
    def test_a_crash_before_the_upload_does_not_bring_anybody_back(
        self,
        database: Database,
        study: Study,
        journal: Journal,
        host: Settings,
        hub: Hub,
        start: Connect,
    ):
        """The tombstone is on the disk, the dataset still has all lines; the disk survives."""
        public_id = crowd(database, study, journal)[0]
        assert journal.flush()
        hub.down = True
        with database.write() as session:
            erase(session, participant_row(session, public_id))
            journal.withdrawn(public_id)
        assert not journal.flush()
        journal._uploads.stop()
        hub.down = False
        assert public_id.encode() in hub.everything(DATASET)
        restarted = start()
        assert restarted.restore(database).participants == 0
        assert restarted.flush()
        assert public_id.encode() not in hub.everything(DATASET) + local(host)

    @pytest.mark.slow
    def test_an_old_database_that_comes_back_is_purged(
        self,
        database: Database,
        study: Study,
        journal: Journal,
        start: Connect,
    ):
        public_id = crowd(database, study, journal)[0]
        journal.withdrawn(public_id)
        outcome = journal.restore(database)
        assert outcome.erased == 1 and outcome.participants == 0
        with database.read() as session:
            assert len(session.scalars(select(Participant)).all()) == 2
            assert session.scalars(select(Study.withdrawn)).one() == 1
        assert public_id not in text_of(database)

    @pytest.mark.slow
    @ONE
    def test_a_late_answer_of_who_withdrew_is_not_written(
        self,
        database: Database,
        study: Study,
        journal: Journal,
        host: Settings,
    ):
        public_id = crowd(database, study, journal)[-1]
        with database.write() as session:
            person = participant_row(session, public_id)
            answer(session, person, random.Random(1), "too late")
            journal.finished(session, person)
            journal.withdrawn(public_id)
        assert b"too late" not in local(host) and public_id.encode() not in local(host)

    @ONE
    def test_withdrawing_without_ever_having_been_journalled(
        self, journal: Journal, host: Settings
    ):
        journal.withdrawn("f" * 16)
        journal.withdrawn("f" * 16)
        assert sum(line["type"] == "withdrawn" for line in lines(host)) == 1
        assert b"f" * 16 not in local(host).replace(b"ff" * 32, b"")
