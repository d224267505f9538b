import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import Enum, String, inspect, select

from db.database import Database
from db.models import (
    LONGEST_COMMENT,
    Answer,
    Base,
    Clip,
    Invitation,
    Participant,
    Stimulus,
    Study,
    Trial,
)
from survey.records import to_json
from survey.records.rows import PRIVATE_ROWS, ROWS, RepliesRow
from survey.records.to_json import (
    RecordError,
    dump,
    of_participant,
    of_study,
    values,
)
from tests.survey.crowd import REMARK, fill

# What is not in records, and why: numbers and links of one database, and browsers' tokens.
LEFT_OUT = {"id", "study_id", "first_id", "second_id", "participant_id", "stimulus_id"} | {
    *("trial_id", "invitation_id", "token", "first_token", "second_token")
}
ANSWER = {
    "submission": "abc",
    "direction": "lower",
    "rhythm": 1,
    "melody": 2,
    "harmony": 3,
    "naturalness": 5,
    "comment": "",
    "seconds": None,
    "at": "2026-01-31T12:00:00+00:00",
}


def test_every_column_is_in_a_record_or_left_out_on_purpose():
    for model, row in PRIVATE_ROWS.items():
        names = {column.key for column in inspect(model).columns}
        fields = set(row.model_fields)
        if model is Answer:  # one or the other
            fields |= set(RepliesRow.model_fields)
        assert names - LEFT_OUT == fields, model
        assert set(ROWS[model].model_fields) <= set(row.model_fields)
    tables = {mapper.class_ for mapper in Base.registry.mappers}
    without = {"Audit", "StimulusClip", "TrialClip"}  # whose place in a list says all, or nothing
    assert {model.__name__ for model in tables - set(ROWS)} == without


@pytest.mark.parametrize("model", ROWS)
def test_a_record_may_be_as_long_as_the_column(model: type[Base]):
    for name, field in PRIVATE_ROWS[model].model_json_schema()["properties"].items():
        column = inspect(model).columns[name].type
        if isinstance(column, String) and not isinstance(column, Enum):
            lengths = [part.get("maxLength") for part in field.get("anyOf", [field])]
            longest = LONGEST_COMMENT if name == "comment" else column.length
            assert lengths[0] == longest, (model, name)


def test_a_row_survives_the_way_there_and_back(database: Database, study: Study):
    with database.write() as session:
        people = fill(session, study, 2)
        for private in (False, True):
            record = json.loads(dump(of_participant(people[0], private)))
            row_values = values(Participant, record, private)
            assert row_values == {name: getattr(people[0], name) for name in row_values}
            assert ("token_hash" in row_values) is private
            for trial, trial_record in zip(people[0].trials, record["trials"], strict=True):
                assert trial_record["stimulus"] == trial.stimulus.name
                restored_values = values(Answer, trial_record["answer"])
                assert restored_values == {
                    name: getattr(trial.answer, name) for name in restored_values
                }
        record = json.loads(dump(of_study(session.get_one(Study, study.id))))
        restored_values = values(Study, record)
        assert restored_values == {name: getattr(study, name) for name in restored_values}
        for trial_record, row in zip(
            record["stimuli"], session.scalars(select(Stimulus).order_by(Stimulus.id)), strict=True
        ):
            restored_values = values(Stimulus, trial_record)
            assert restored_values == {name: getattr(row, name) for name in restored_values}
            assert values(Clip, trial_record["second"])["sha256"] == row.second.sha256


def test_a_record_is_one_line_of_ascii_whatever_the_comment(database: Database, study: Study):
    with database.write() as session:
        text = dump(of_participant(fill(session, study, 1)[0]))
    assert text.isascii() and len(text.splitlines()) == 1
    assert json.loads(text)["trials"][0]["answer"]["comment"] == REMARK


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("rhythm", value) for value in ("5", 5.0, True, None, 2**40, [], 0, 6)),
        *(("direction", value) for value in ("up", "", None, 1)),
        *(("comment", value) for value in (None, 7, "\0", "x" * 1001)),
        *(("seconds", value) for value in ("4", True, float("inf"), float("nan"), 10**400)),
        *(("at", value) for value in ("yesterday", "2026-01-31T12:00:00", 5, None)),
        ("submission", "x" * 65),
    ],
)
def test_a_value_the_column_does_not_take_is_named(name: str, value: object):
    with pytest.raises(RecordError, match=f"answer.{name} cannot be"):
        values(Answer, {**ANSWER, name: value})


@pytest.mark.parametrize("record", [{**ANSWER, "comment": "my secret\0"}, "my secret"])
def test_what_is_logged_holds_no_value(record: object):
    with pytest.raises(RecordError, match="my secret") as error:
        values(Answer, record)
    assert error.value.plain.endswith("what it is") and "secret" not in error.value.plain
    assert RecordError("a field is missing").plain == "a field is missing"


def test_a_study_of_an_earlier_version_is_read(database: Database, study: Study):
    with database.read() as session:
        record = of_study(session.get_one(Study, study.id))
    del record["lapsed"]
    assert values(Study, record)["lapsed"] == 0
    with pytest.raises(RecordError, match="study.lapsed cannot be"):
        values(Study, record | {"lapsed": "5"})


def test_a_good_answer_is_taken():
    row_values = values(Answer, ANSWER)
    assert row_values["at"] == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert row_values["seconds"] is None and row_values["naturalness"] == 5


@pytest.mark.parametrize("record", [None, [], "text", 5])
def test_what_is_no_record_is_refused(record: object):
    with pytest.raises(RecordError, match="expected an object"):
        values(Answer, record)


def test_a_missing_field_is_named():
    del (record := dict(ANSWER))["melody"]
    with pytest.raises(RecordError, match="answer.melody is missing"):
        values(Answer, record)


def test_public_records_hold_no_hash_of_a_token(database: Database, study: Study):
    with database.write() as session:
        session.add(Invitation(study_id=study.id, token_hash="f" * 64, label="Jane"))
        person = fill(session, study, 1)[0]
        text = dump(of_study(session.get_one(Study, study.id))) + dump(of_participant(person))
        private = dump(of_study(session.get_one(Study, study.id), True))
        private += dump(of_participant(person, True))
        secret = {person.token_hash, "f" * 64, "Jane", "completion_code"}
        trials = session.scalars(select(Trial)).all()
    assert not [value for value in secret if value in text]
    assert all(value in private for value in secret)
    for trial in trials:
        for token in (trial.token, trial.first_token, trial.second_token):
            assert token not in text + private


def test_a_row_of_no_session_is_refused():
    with pytest.raises(ValueError, match="belongs to no session"):
        to_json.of_study(Study(name="alone"))
