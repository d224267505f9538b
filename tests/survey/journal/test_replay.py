"""A database restored from the lines of a journal: which rows change, and which are left out."""

from __future__ import annotations

import copy

import pytest
from sqlalchemy import select

from db.database import Database
from db.models import Invitation, Participant, Study
from survey.core import tokens
from survey.journal.replay import Restored, replay, sounds
from survey.journal.state import content, merge_lines, pseudonym
from survey.ratings.rating_table import flow
from survey.records.to_json import of_participant, of_study
from tests.survey.crowd import join
from tests.survey.journal.test_state import EARLY, FAR, LATE, ONE, Line, line


def study_line(study: Line) -> Line:
    return {"type": "study", "at": EARLY, "study": study}


def replayed(database: Database, *lines: Line) -> Restored:
    with database.write() as session:
        return replay(session, merge_lines(lines))


def device_of(database: Database, public_id: str) -> str | None:
    query = select(Participant.device).where(Participant.public_id == public_id)
    with database.read() as session:
        return session.scalars(query).one()


@pytest.mark.slow
@ONE
def test_an_older_line_changes_no_row_and_a_newer_one_does(
    database: Database, records: tuple[Line, list[Line]]
) -> None:
    study, (_, person, finished) = records
    ages = [
        (person, {"seen_at": EARLY}, "headphones"),
        (person, {"seen_at": FAR}, "speakers"),
        (finished, {"seen_at": FAR, "finished_at": None, "stage": "active"}, "headphones"),
    ]
    for record, changed, expected in ages:
        outcome = replayed(
            database, study_line(study), line({**record, "device": "speakers", **changed})
        )
        assert outcome == Restored()  # nothing was added
        assert device_of(database, record["public_id"]) == expected


@pytest.mark.slow
@ONE
def test_what_rows_lack_is_added_and_counted_once(
    database: Database, records: tuple[Line, list[Line]]
) -> None:
    study, (nothing, person, finished) = records
    with database.write() as session:
        rows = session.scalars(select(Participant)).all()
        for row in rows:
            if row.public_id == finished["public_id"]:
                session.delete(row)
            if row.public_id == person["public_id"]:
                for trial in row.trials:
                    if trial.answer is not None:
                        session.delete(trial.answer)
                session.delete(row.trials[-1])
    lines = [study_line(study), *(line(record) for record in (nothing, person, finished))]
    assert replayed(database, *lines) == Restored(participants=1, answers=8 + 1)
    assert replayed(database, *lines) == Restored()
    with database.read() as session:
        for record in (nothing, person, finished):
            query = select(Participant).where(Participant.public_id == record["public_id"])
            row = session.scalars(query).one()
            assert content(of_participant(row, private=True)) == content(record)


@ONE
def test_who_joined_and_did_nothing_more_is_counted_as_removed(
    database: Database, records: tuple[Line, list[Line]]
) -> None:
    study, _ = records
    for count, lapsed in ((5, 2), (5, 2), (7, 4), (1, 4)):
        replayed(
            database,
            study_line(study),
            {"type": "begun", "at": LATE, "study": "small", "count": count},
        )
        with database.read() as session:
            row = session.scalars(select(Study)).one()
            assert (row.lapsed, flow(session, row).consented) == (lapsed, 3 + lapsed)


@ONE
def test_somebody_of_another_study_is_a_problem_and_the_rest_is_restored(
    database: Database, records: tuple[Line, list[Line]]
) -> None:
    study, (_, person, finished) = records
    other_study = {**copy.deepcopy(study), "name": "other", "invitations": []}
    with database.write() as session:
        for row in session.scalars(select(Participant)):
            if row.public_id == finished["public_id"]:
                session.delete(row)
    outcome = replayed(
        database,
        {"type": "study", "at": EARLY, "study": other_study},
        line(person, study="other"),
        line(finished, study="other"),
        line({**finished, "public_id": "e" * 16}, study="lost"),
        line({**finished, "public_id": "f" * 16}, study="lost"),
    )
    assert (outcome.studies, outcome.participants, outcome.answers) == (1, 1, 8)
    assert len(outcome.problems) == 2
    assert "another study" in outcome.problems[0] and outcome.problems[1].startswith(
        "2 participants"
    )


@ONE
def test_invitations_of_who_withdrew_stay_used_and_rows_are_erased(
    database: Database, study: Study
) -> None:
    secret = tokens.secret()
    with database.write() as session:
        row = Invitation(study_id=study.id, token_hash=tokens.hashed(secret), label="")
        session.add(row)
        session.flush()
        before = of_study(session.get_one(Study, study.id), private=True)
        person, _ = join(session, study, secret)
        session.flush()
        record = of_participant(person, private=True)
        row.used_at = None
    withdrawal = {
        "type": "withdrawn",
        "at": LATE,
        "study": "small",
        "mark": pseudonym(record["public_id"]),
        "invitation": record["invitation"],
    }
    outcome = replayed(database, {"type": "study", "at": EARLY, "study": before}, withdrawal)
    assert outcome == Restored(erased=1)
    with database.read() as session:
        assert session.scalars(select(Participant)).all() == []
        assert session.scalars(select(Invitation.used_at)).one() is not None
    assert replayed(database, withdrawal) == Restored()


@ONE
def test_what_the_database_refuses_is_told_without_anybodys_values(
    database: Database, records: tuple[Line, list[Line]]
) -> None:
    """Two people cannot have one link."""
    study, (_, person, _) = records
    outcome = replayed(database, study_line(study), line({**person, "public_id": "f" * 16}))
    (problem,) = outcome.problems
    assert problem.startswith("A participant could not be restored: UNIQUE constraint failed")
    assert person["token_hash"] not in problem and "\n" not in problem
    assert (outcome.participants, outcome.answers) == (0, 0)


@ONE
def test_stimuli_are_known_by_what_was_heard(records: tuple[Line, list[Line]]) -> None:
    study, _ = records
    for change in ("kind", "intended"):
        changed_study = copy.deepcopy(study)
        changed_study["stimuli"][0][change] = "other"
        assert sounds(changed_study) != sounds(study)
    changed_study = copy.deepcopy(study)
    stimulus = changed_study["stimuli"][0]
    stimulus["first"], stimulus["second"] = stimulus["second"], stimulus["first"]
    assert sounds(changed_study) != sounds(study)
    changed_study = copy.deepcopy(study)
    changed_study["stimuli"].reverse()
    changed_study["title"] = "another title"
    assert sounds(changed_study) == sounds(study)
