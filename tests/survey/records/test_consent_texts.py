"""Texts that people agreed to, as they go into records and come back."""

from __future__ import annotations

import hashlib
import json

import pytest
from sqlalchemy import select

from db.database import Database
from db.models import ConsentText, Participant, Study, now
from survey.core import texts
from survey.records import consent_texts
from survey.records.export_files import study_json
from survey.records.import_study import import_study
from survey.records.to_json import RecordError
from tests.postgres import ONE
from tests.survey.crowd import fill, join


def exported(database: Database, study: Study) -> dict:
    with database.write() as session:
        fill(session, session.get_one(Study, study.id), 2)
        session.get_one(Study, study.id).statement = "Yes."
        join(session, session.get_one(Study, study.id))
    with database.read() as session:
        return json.loads(study_json(session, study))


def imported(database: Database, record: dict) -> list[consent_texts.Version]:
    for number, person in enumerate(record["participants"]):
        person["public_id"] = f"again-{number}"
    with database.write() as session:
        study = import_study(session, json.dumps(record), "again")
        return consent_texts.versions(session, study)


@pytest.mark.slow
def test_all_of_them_come_back(database: Database, study: Study) -> None:
    record = exported(database, study)
    with database.read() as session:
        before = consent_texts.versions(session, session.get_one(Study, study.id))
    assert [version.participants for version in before] == [2, 1]
    assert [version.is_current for version in before] == [False, True]
    assert imported(database, record) == before


def test_an_export_of_an_earlier_version_has_hashes_alone(database: Database, study: Study) -> None:
    """The text that the study still shows is known again; the other one is not, and says so."""
    record = exported(database, study)
    del record["study"]["consent_texts"]
    lost, current = imported(database, record)
    assert (lost.text, lost.participants, lost.is_current) == (None, 2, False)
    assert (current.participants, current.is_current) == (1, True)
    assert current.text is not None and current.text.endswith("Yes.")


@ONE
@pytest.mark.parametrize(
    "change", [{"text": "another"}, {"sha256": "0" * 64}, {"text": 1}, {"created_at": "now"}]
)
def test_a_text_that_is_not_its_hashs_is_refused(
    database: Database, study: Study, change: dict
) -> None:
    record = exported(database, study)
    record["study"]["consent_texts"][0] |= change
    with pytest.raises(RecordError, match=next(iter(change)).replace("sha256", "text")):
        imported(database, record)
    with database.read() as session:
        assert session.scalar(select(Study.id).where(Study.name == "again")) is None


def test_a_hash_without_a_text_gets_it_when_somebody_reads_it_again(
    database: Database, study: Study
) -> None:
    with database.write() as session:
        row = session.get_one(Study, study.id)
        sha256 = hashlib.sha256(texts.consent(row).encode()).hexdigest()
        consent_texts.keep(session, row, sha256, None, now())
        assert session.scalars(select(ConsentText.text)).all() == [None]
        person, _ = join(session, row)
        assert person.consent == sha256
        assert session.scalars(select(ConsentText.text)).one() == texts.consent(row)
        assert consent_texts.recover(session) == 0


def test_who_is_erased_leaves_the_text(database: Database, study: Study) -> None:
    """It says nothing of anybody, and others agreed to it."""
    with database.write() as session:
        person, _ = join(session, session.get_one(Study, study.id))
        session.delete(session.get_one(Participant, person.id))
    with database.read() as session:
        (version,) = consent_texts.versions(session, session.get_one(Study, study.id))
    assert version.participants == 0 and version.text
