"""A panel and its numbers outlive a wiped disk, and go with who withdraws."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from db.database import Database
from db.models import PanelPlace, Participant, Study, now
from survey.core import panels
from survey.core.settings import Settings
from survey.journal.journal import Journal
from survey.participant import joining, panel_places
from survey.participant.schemas import Join
from survey.records.erasure import erase
from survey.records.to_json import of_participant
from tests.survey.hub import Hub
from tests.survey.journalling import DATASET, wipe
from tests.survey.panel_people import NUMBER, OTHER, add_panel, ids

Start = Callable[[], Journal]


def come(database: Database, journal: Journal, number: str) -> str:
    """The public id of somebody whom the panel sent, and who has answered the questions."""
    with database.write() as session:
        body = Join(study="small", consent=True, panel=ids(number))
        person, _ = joining.join(session, body)
        person.asked_at = now()
        journal.joined(session, person)
        return person.public_id


def places(database: Database) -> list[tuple[str, dict[str, str], str]]:
    with database.read() as session:
        rows = session.scalars(select(PanelPlace).order_by(PanelPlace.panel_id))
        return [(place.panel_id, place.ids, place.outcome) for place in rows]


@pytest.mark.slow
def test_a_place_outlives_a_wiped_disk(
    start: Start, host: Settings, database: Database, empty: Database, study: Study, hub: Hub
) -> None:
    panel = add_panel(database, study)
    journal = start()
    journal.restore(database)
    finished, _ = come(database, journal, NUMBER), come(database, journal, OTHER)
    with database.write() as session:
        person = session.scalars(select(Participant).filter_by(public_id=finished)).one()
        person.stage, person.finished_at = "finished", now()
        panel_places.end(session, person)
        journal.finished(session, person)
    assert journal.flush()
    journal.close(10)
    wipe(host)
    start().restore(empty)
    others = {"STUDY_ID": "abc", "SESSION_ID": "def"}
    assert places(empty) == [(NUMBER, others, "finished"), (OTHER, others, "begun")]
    with empty.write() as session:
        restored = session.scalars(select(Study)).one()
        assert panels.of(restored) == panel
        body = Join(study="small", consent=True, panel=ids(NUMBER))
        person, token = joining.join(session, body)
        assert person.public_id == finished and token == panel.token(NUMBER, None)


@pytest.mark.slow
def test_a_number_goes_from_the_journal_with_who_withdraws(
    start: Start, host: Settings, database: Database, empty: Database, study: Study, hub: Hub
) -> None:
    add_panel(database, study)
    journal = start()
    journal.restore(database)
    leaving, _ = come(database, journal, NUMBER), come(database, journal, OTHER)
    assert journal.flush()
    assert NUMBER.encode() in hub.everything(DATASET)
    with database.write() as session:
        erase(session, session.scalars(select(Participant).filter_by(public_id=leaving)).one())
        session.flush()
        journal.withdrawn(leaving, "small")
    assert journal.flush()
    assert NUMBER.encode() not in hub.everything(DATASET)
    assert OTHER.encode() in hub.everything(DATASET)
    journal.close(10)
    wipe(host)
    start().restore(empty)
    assert [number for number, *_ in places(empty)] == [OTHER]


@pytest.mark.slow
def test_a_place_that_has_ended_stays_so(
    start: Start, database: Database, study: Study, journal: Journal
) -> None:
    """An older line says nothing against it; a newer one of a number that was known is taken."""
    add_panel(database, study)
    public_id = come(database, journal, NUMBER)
    with database.read() as session:
        person = session.scalars(select(Participant).filter_by(public_id=public_id)).one()
        begun = of_participant(person, private=True)["panel"]
    with database.write() as session:
        person = session.scalars(select(Participant).filter_by(public_id=public_id)).one()
        person.panel_place.outcome, person.panel_place.ended_at = "failed", now()
    assert begun is not None and begun["outcome"] == "begun"
    journal.restore(database)  # whose line is the one of before
    assert places(database)[0][2] == "failed"
