import json
import random
import re

import pytest
from sqlalchemy import select

from db.database import Database
from db.models import LONGEST_SECONDS, Answer, Invitation, Participant, Study
from survey.core import tokens
from survey.core.settings import Settings
from survey.journal.durability import durability
from survey.journal.journal import Journal
from survey.participant import participation
from tests.postgres import ONE
from tests.survey.crowd import answer, fill, join
from tests.survey.hub import Hub
from tests.survey.journalling import DATASET, Connect, crowd, local, participant_row, text_of, wipe


class TestRestore:
    @pytest.mark.slow
    def test_a_wiped_host_gets_everything_back(
        self,
        database: Database,
        study: Study,
        journal: Journal,
        host: Settings,
        empty: Database,
        start: Connect,
    ):
        with database.write() as session:
            secret = tokens.secret()
            session.add(Invitation(study_id=study.id, token_hash=tokens.hashed(secret), label="J"))
            session.flush()
            journal.opened(session, study)
        crowd(database, study, journal)
        with database.write() as session:
            person, _ = join(session, study, secret)
            journal.joined(session, person)
        assert journal.close()
        wipe(host)
        restarted = start()
        outcome = restarted.restore(empty)
        assert (outcome.studies, outcome.participants, outcome.answers) == (1, 4, 8 + 8 + 3)
        assert (outcome.erased, outcome.problems) == (0, [])
        assert text_of(empty) == text_of(database)
        with empty.read() as session, database.read() as before:
            for row in before.scalars(select(Participant)):
                restored_row = participant_row(session, row.public_id)
                assert restored_row.token_hash == row.token_hash
                assert restored_row.completion_code == row.completion_code
            invitation = session.scalars(select(Invitation)).one()
            assert invitation.label == "J" and invitation.used_at is not None
            assert participant_row(session, person.public_id).invitation_id == invitation.id
        outcome = restarted.restore(empty)
        assert (outcome.studies, outcome.participants, outcome.answers, outcome.journalled) == (
            0,
            0,
            0,
            0,
        )

    @ONE
    def test_who_was_in_the_middle_goes_on_with_the_old_link(
        self,
        database: Database,
        study: Study,
        journal: Journal,
        host: Settings,
        empty: Database,
        start: Connect,
    ):
        with database.write() as session:
            person, link = join(session, study)
            journal.joined(session, person)
            token = answer(session, person, random.Random(1))
            journal.answered(session, next(t for t in person.trials if t.token == token))
            order = [trial.stimulus.name for trial in person.trials]
        journal.close()
        wipe(host)
        start().restore(empty)
        with empty.write() as session:
            participant = participation.find(session, link)
            assert participant.public_id == person.public_id
            assert [trial.stimulus.name for trial in participant.trials] == order
            assert [trial.answer is not None for trial in participant.trials] == [True] + [
                False
            ] * 7
            assert {trial.token for trial in participant.trials}.isdisjoint({token})
            answer(session, participant, random.Random(2))

    @pytest.mark.slow
    @ONE
    def test_lines_twice_or_cut_short_change_nothing(
        self,
        database: Database,
        study: Study,
        journal: Journal,
        host: Settings,
        hub: Hub,
        empty: Database,
        start: Connect,
    ):
        crowd(database, study, journal)
        journal.close()
        wipe(host)
        file = hub.files(DATASET)[-1]
        raw = file.read_bytes().splitlines(keepends=True)
        shuffled = raw + raw[::-1]
        cut = raw[-1][: len(raw[-1]) // 2]
        file.write_bytes(b"".join(shuffled) + b"null\n{}\n\xff\xfe\n5\n" + cut)
        restarted = start()
        outcome = restarted.restore(empty)
        assert outcome.answers == 19 and outcome.problems == []
        assert text_of(empty) == text_of(database)
        restarted.flush()
        assert cut + b"\n" not in hub.files(DATASET)[0].read_bytes() + b"\n"
        assert not hub.files(DATASET)[0].read_bytes().endswith(cut)

    @pytest.mark.slow
    @ONE
    def test_a_line_that_makes_no_sense_is_told_of_and_the_rest_restored(
        self,
        database: Database,
        study: Study,
        journal: Journal,
        host: Settings,
        empty: Database,
        start: Connect,
        caplog: pytest.LogCaptureFixture,
    ):
        people = crowd(database, study, journal)
        journal.close()
        path = sorted((host.data / "journal").glob("*.jsonl"))[-1]
        text = path.read_text().replace('"rhythm": 1', '"rhythm": "1"')
        damaged_line = next(line for line in text.splitlines() if people[0] in line)
        path.write_text(
            text + damaged_line.replace(people[0], "a" * 16).replace("lower-", "deeper-") + "\n"
        )
        outcome = start().restore(empty)
        assert outcome.participants == 3
        assert len(outcome.problems) == 1 and "could not be restored" in outcome.problems[0]
        assert outcome.problems[0] in caplog.text

    @pytest.mark.slow
    def test_an_answer_from_before_seconds_had_a_bound(
        self,
        database: Database,
        study: Study,
        journal: Journal,
        host: Settings,
        empty: Database,
        start: Connect,
    ):
        """It is restored with the largest allowed time, and the journal is not rewritten."""
        crowd(database, study, journal)
        journal.close()
        for path in (host.data / "journal").glob("*.jsonl"):
            path.write_text(
                re.sub(r'("seconds": )\d+\.\d+(, "at")', r"\g<1>1e308\2", path.read_text())
            )
        restarted = start()
        outcome = restarted.restore(empty)
        assert (outcome.answers, outcome.problems, outcome.journalled) == (19, [], 0)
        with empty.read() as session:
            assert set(session.scalars(select(Answer.seconds))) == {LONGEST_SECONDS}

    @pytest.mark.slow
    @ONE
    def test_other_clips_under_the_same_name_are_not_given_old_answers(
        self,
        database: Database,
        study: Study,
        journal: Journal,
        host: Settings,
        hub: Hub,
        start: Connect,
    ):
        """A study that was built otherwise is there: answers would be of other sounds."""
        crowd(database, study, journal)
        journal.close()
        with database.write() as session:
            for person in session.scalars(select(Participant)):
                session.delete(person)
            stimulus = session.get_one(Study, study.id).stimuli[0]
            stimulus.first_id, stimulus.second_id = stimulus.second_id, stimulus.first_id
        hub.gate.clear()
        restarted = start()
        outcome = restarted.restore(database)
        assert outcome.participants == 0 and "other clips" in outcome.problems[0]
        assert "3 participants" in outcome.problems[1] and restarted.problems == outcome.problems
        before_upload = durability(host, database, restarted).sentence
        assert ("nothing has been uploaded yet" in before_upload) == database.is_sqlite
        hub.gate.set()
        assert restarted.flush()
        for sentence in (before_upload, durability(host, database, restarted).sentence):
            assert all(problem in sentence for problem in outcome.problems)

    @pytest.mark.slow
    @ONE
    def test_what_only_the_database_has_is_journalled(
        self,
        database: Database,
        study: Study,
        start: Connect,
        host: Settings,
        empty: Database,
    ):
        """Answers from before there was a journal, or from just before a crash."""
        with database.write() as session:
            fill(session, study, 2)
        journal = start()
        outcome = journal.restore(database)
        assert outcome.journalled == 3 and outcome.participants == 0
        journal.close()
        wipe(host)
        start().restore(empty)
        assert text_of(empty) == text_of(database)

    @pytest.mark.slow
    def test_an_older_copy_of_the_database_catches_up(
        self,
        database: Database,
        study: Study,
        journal: Journal,
        host: Settings,
        empty: Database,
        start: Connect,
    ):
        crowd(database, study, journal, 1)
        journal.close()
        start().restore(empty)
        with empty.write() as session:
            person = session.scalars(select(Participant)).one()
            with database.write() as newer:
                journal = start()
                newer_row = participant_row(newer, person.public_id)
                while newer_row.stage != "finished":
                    answer(newer, newer_row, random.Random(3))
                journal.finished(newer, newer_row)
            assert person.stage == "active"
        outcome = journal.restore(empty)
        assert (outcome.participants, outcome.answers) == (0, 5)
        assert text_of(empty) == text_of(database)

    def test_a_rolled_back_answer_is_in_no_journal(
        self,
        database: Database,
        study: Study,
        journal: Journal,
        host: Settings,
    ):
        with pytest.raises(RuntimeError), database.write() as session:
            person, _ = join(session, study)
            journal.joined(session, person)
            raise RuntimeError("no")
        assert person.public_id.encode() not in local(host)


@pytest.mark.slow
@ONE
def test_the_journal_is_json_lines(
    database: Database, study: Study, journal: Journal, host: Settings
):
    crowd(database, study, journal, 2)
    records = [json.loads(line) for line in local(host).splitlines()]
    assert {line["type"] for line in records} == {"start", "study", "participant"}
    answers = [line for line in records if line["type"] == "participant"]
    assert [len(line["participant"]["trials"]) for line in answers[:3]] == [8, 1, 1]
