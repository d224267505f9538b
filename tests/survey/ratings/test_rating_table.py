from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete, select

from db.database import Database
from db.models import Answer, Invitation, Play, Stimulus, Study
from survey.ratings import rating_table
from survey.ratings.columns import COLUMNS
from survey.ratings.rating_table import ParticipantCounts
from tests.postgres import ONE
from tests.survey.answers import add_answers
from tests.survey.person import Person
from tests.survey.ratings.csv_text import as_csv, read


def test_a_row_per_answer_without_practice(database: Database, study: Study) -> None:
    with database.write() as session:
        for stimulus in session.scalars(select(Stimulus)):
            stimulus.measured = {"note": {"before": 2.0, "after": 1.5}}
    add_answers(database, study)
    with database.read() as session:
        table = rating_table.frame(session, session.get(Study, study.id))
    assert len(table) == 3 * 10  # 8 transfers and 2 catch trials; 2 of practice are left out
    assert set(table["kind"]) == {"transfer", "identical", "swapped"}
    names = [column.name for column in COLUMNS]
    place = names.index("segment") + 1
    assert list(table) == [*names[:place], "change_note", *names[place:]]
    assert (table["change_note"] == -0.5).all()
    assert (table["heard"] == table["intended"]).all()
    first = table[table["participant"] == "person0"]
    assert list(first["position"]) == sorted(first["position"])
    assert list(table.groupby("participant")["finished"].first()) == [True, True, False]
    assert first["answered_at"].str.endswith("+00:00").all()
    pd.testing.assert_frame_equal(read(as_csv(table)), table)


def test_who_answers_sooner_than_the_clips_last_can_be_seen(
    client: TestClient, database: Database, study: Study
) -> None:
    """By the server's clock: each clip lasts a quarter of a second."""
    person = Person.ready(client)
    for _ in range(2):
        person.step()  # practice
    for _ in range(3):
        person.step()
    # Seconds before the answer at which clips began; the second pair was heard twice.
    starts = ([0.4], [0.6, 0.1], [])
    with database.write() as session:
        answers = session.scalars(select(Answer).order_by(Answer.id)).all()[-3:]
        for answer, seconds in zip(answers, starts, strict=True):
            session.execute(delete(Play).where(Play.trial_id == answer.trial_id))
            for before in seconds:
                play = {"submission": f"{before}", "side": "first", "event": "started"}
                moment = answer.at - timedelta(seconds=before)
                session.add(Play(trial_id=answer.trial_id, at=moment, **play))
    with database.read() as session:
        table = rating_table.frame(session, session.get(Study, study.id))
    assert [None if pd.isna(value) else value for value in table["time_to_hear"]] == [
        False,
        True,
        None,
    ]


def test_the_frame_of_nobody(database: Database, study: Study) -> None:
    with database.read() as session:
        table = rating_table.frame(session, session.get(Study, study.id))
    assert len(table) == 0
    pd.testing.assert_frame_equal(read(as_csv(table)), table)


def test_flow(database: Database, study: Study) -> None:
    add_answers(database, study)
    with database.write() as session:
        stored_study = session.get(Study, study.id)
        assert rating_table.flow(session, stored_study).invited is None
        stored_study.withdrawn = 2
        session.add(Invitation(study_id=study.id, token_hash="x"))
        session.flush()
        assert rating_table.flow(session, stored_study) == ParticipantCounts(
            invited=1,
            consented=5,  # those who withdrew had consented, too
            began=5,
            finished=2,
            withdrawn=2,
        )


@ONE
def test_choosing_a_study(database: Database) -> None:
    with database.write() as session:
        with pytest.raises(ValueError, match="no study"):
            rating_table.choose(session)
        session.add(Study(name="b", title="", trials_each=1))
        session.flush()
        assert rating_table.choose(session).name == "b"
        session.add(Study(name="a", title="", trials_each=1))
        session.flush()
        with pytest.raises(ValueError, match="several studies, name one of them: a, b"):
            rating_table.choose(session)
        with pytest.raises(ValueError, match="no study 'c'; there are: a, b"):
            rating_table.choose(session, "c")
        assert rating_table.choose(session, "a").name == "a"


def test_every_column_is_documented() -> None:
    text = (Path(__file__).parents[3] / "docs" / "statistics.md").read_text(encoding="utf-8")
    for column in COLUMNS:
        assert f"| `{column.name}` | {column.form} | {column.meaning} |" in text
        for word in column.values:
            assert word in text
