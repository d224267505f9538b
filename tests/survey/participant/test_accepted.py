"""Whatever the API accepts comes through: stored, exported, imported, analysed, replayed."""

from __future__ import annotations

import io
import json
import math
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import select

from db.database import Database
from db.models import DIRECTIONS, LONGEST_SECONDS, SCALES, Answer, Participant, Study
from survey.analysis.analyse import analyse
from survey.journal import replay
from survey.journal.state import merge_lines
from survey.participant.schemas import Answered
from survey.ratings.columns import COLUMNS
from survey.ratings.csv_file import CONTROLS, read_csv
from survey.ratings.rating_table import choose, flow, frame
from survey.records import export_files
from survey.records.import_study import import_study
from survey.records.to_json import RecordError, dump, of_participant, of_study, values
from survey.statistics.json_fields import plain
from tests.survey.person import RATINGS, Person

BODY = {"trial": "t", "submission": "s" * 16, "direction": "same", **RATINGS}
AT = {"at": "2026-01-31T12:00:00+00:00"}
NUMBERS = st.one_of(
    st.floats(),
    st.floats(0, LONGEST_SECONDS),
    st.integers(),
    st.integers(1, 5),
    st.sampled_from([LONGEST_SECONDS, LONGEST_SECONDS + 1, 1e300, 1e308, 5e-324, -0.0, 10**400]),
)
PARSERS = {column.name: column.parse for column in COLUMNS}
EXTREMES: list[dict[str, Any]] = [
    {"seconds": LONGEST_SECONDS, "rhythm": 1, "melody": 1, "harmony": 1, "naturalness": 1},
    {"seconds": LONGEST_SECONDS, "rhythm": 5, "melody": 5, "harmony": 5, "naturalness": 5},
    {"seconds": 0, "comment": "\u2028\ufeff\x1f\x7f\uffff"},
    {"seconds": 5e-324, "comment": "=1+1"},
    {"seconds": -0.0, "comment": "🎹" * 1000},
    {"seconds": None, "comment": "\r\n\t"},
    {"seconds": LONGEST_SECONDS, "comment": "NA", "submission": "_" * 64},
    {"seconds": math.nextafter(LONGEST_SECONDS, 0), "comment": None, "submission": "-" * 8},
]


@settings(max_examples=3 * settings.default.max_examples)
@given(name=st.sampled_from(["seconds", *SCALES]), value=NUMBERS)
def test_what_is_accepted_may_be_stored_and_read_again(name: str, value: float) -> None:
    try:
        answer = Answered.model_validate(BODY | {name: value})
    except ValidationError:
        return
    record = json.loads(dump(answer.model_dump(exclude={"trial"}) | {"comment": ""} | AT))
    assert values(Answer, record)[name] == value
    assert PARSERS[name](repr(getattr(answer, name))) == value


def record_of(body: dict[str, Any]) -> dict[str, Any]:
    """An answer's record, as a browser's body of it would become."""
    return {key: value for key, value in body.items() if key != "trial"} | {
        "comment": "",
        "seconds": None,
        **AT,
    }


@given(value=st.floats(min_value=LONGEST_SECONDS, allow_nan=False, allow_infinity=False))
def test_what_was_accepted_once_is_bounded_and_not_lost(value: float) -> None:
    assert values(Answer, record_of(BODY) | {"seconds": value})["seconds"] == LONGEST_SECONDS


@pytest.mark.parametrize("value", ["1e999", "-1e999"])
def test_what_is_read_as_infinite_is_refused(value: str) -> None:
    for number in (json.loads(value), json.loads(value + "00")):
        with pytest.raises(RecordError, match=r"answer\.seconds cannot be"):
            values(Answer, record_of(BODY) | {"seconds": number})


@pytest.mark.slow
def test_extremes_all_the_way(
    client: TestClient, database: Database, study: Study, migrated: Path, tmp_path: Path
) -> None:
    for shift in range(3):
        person = Person.ready(client)
        for place, change in enumerate(EXTREMES):
            person.step(**{"direction": DIRECTIONS[(place + shift) % 3], **change})
        assert person.state()["stage"] == "finished"
    with database.read() as session:
        before = choose(session)
        text = export_files.study_json(session, before)
        table = frame(session, before)
        people = session.scalars(select(Participant)).all()
        lines = [{"type": "study", "at": "1", "study": of_study(before, private=True)}]
        lines += [
            {
                "type": "participant",
                "at": "2",
                "study": before.name,
                "participant": of_participant(participant, private=True),
            }
            for participant in people
        ]
        reread = read_csv(io.StringIO(export_files.ratings_csv(session, before), newline=""))
        comments = [comment.translate(CONTROLS) for comment in table["comment"]]
        plain = table.assign(comment=pd.Series(comments, dtype=object))
        assert reread.equals(plain) and len(table) == 3 * 6
        results = _analysed(session, before)
    for name in ("imported", "replayed"):
        shutil.copy(migrated, tmp_path / name)
        second_database = Database(f"sqlite:///{tmp_path / name}")
        with second_database.write() as session:
            if name == "imported":
                import_study(session, text)
            else:
                state = merge_lines(json.loads(dump(line)) for line in lines)
                outcome = replay.replay(session, state)
                assert (outcome.problems, outcome.answers) == ([], 3 * len(EXTREMES))
        with second_database.read() as session:
            assert frame(session, choose(session)).equals(table)
            assert _analysed(session, choose(session)) == results
        second_database.close()


def _analysed(session: Any, study: Study) -> str:
    ratings = frame(session, study)
    results = analyse(ratings, flow(session, study), study.rules, seed=1, draws=50)
    return json.dumps(plain(results), default=str, allow_nan=False)
