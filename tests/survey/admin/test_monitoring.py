from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from db.database import Database
from db.models import Participant, Study, now
from survey.admin import monitoring
from survey.admin.live_results import LiveResults
from survey.admin.monitoring import ago
from tests.postgres import ONE
from tests.survey.person import Person

CATCH = 2  # trials of one participant
EACH = 4


@pytest.mark.slow
@ONE
def test_a_new_study(database: Database, study: Study) -> None:
    with database.read() as session:
        study = session.get(Study, study.id)
        cells = monitoring.cells(session, study)
        flow = monitoring.flow(session, study, 0)
        assert monitoring.people(session, study) == []
        assert monitoring.answers(session, study) == 0
    assert [cell.kind for cell in cells] == ["transfer"] * 8 + ["identical", "swapped"] + [
        "practice"
    ] * len(cells[10:])
    assert {(cell.answers, cell.waiting) for cell in cells} == {(0, 0)}
    # Of 8 transfers each of the 48 rates 4.
    assert {cell.target for cell in cells if cell.kind == "transfer"} == {24}
    assert {cell.target for cell in cells if cell.kind == "identical"} == {48}
    assert (flow.invited, flow.consented, flow.finished, flow.minutes) == (None, 0, 0, None)


@pytest.mark.slow
@ONE
def test_a_study_that_fills(client: TestClient, database: Database, study: Study) -> None:
    finished, half, withdrawn = (Person.ready(client) for _ in range(3))
    finished.finish()
    while not half.step()["progress"]["done"]:
        pass
    withdrawn.post("withdraw", confirm=True).raise_for_status()
    with database.read() as session:
        study = session.get(Study, study.id)
        cells = monitoring.cells(session, study)
        flow = monitoring.flow(session, study, 1)
        people = monitoring.people(session, study)
        assert monitoring.answers(session, study) == EACH + CATCH + 1
    counted = [cell for cell in cells if cell.kind != "practice"]
    assert sum(cell.answers for cell in counted) == EACH + CATCH + 1
    assert sum(cell.waiting for cell in counted) == EACH + CATCH - 1
    assert (flow.consented, flow.finished, flow.analysed, flow.withdrawn) == (3, 1, 1, 1)
    assert flow.minutes is not None and 0 <= flow.minutes < 1
    rows = {(person.stage, person.answered, person.trials, person.last_seen) for person in people}
    assert rows == {
        ("finished", EACH + CATCH, EACH + CATCH, "just now"),
        ("active", 1, EACH + CATCH, "just now"),
    }


@ONE
def test_who_was_silent_too_long_is_not_waited_for(
    client: TestClient, database: Database, study: Study
) -> None:
    Person.ready(client)
    with database.write() as session:
        for person in session.scalars(select(Participant)):
            person.seen_at = now() - timedelta(minutes=study.lease_minutes, seconds=1)
    with database.read() as session:
        cells = monitoring.cells(session, session.get(Study, study.id))
        (person,) = monitoring.people(session, study)
    assert {cell.waiting for cell in cells} == {0}
    assert person.last_seen == "1 hour ago"


@ONE
def test_people_by_pages(client: TestClient, database: Database, study: Study) -> None:
    for _ in range(5):
        Person.join(client)
    with database.read() as session:
        everyone = monitoring.people(session, study)
        parts = [monitoring.people(session, study, skip=skip, most=2) for skip in (0, 2, 4, 6)]
    assert [len(part) for part in parts] == [2, 2, 1, 0]
    assert [person for part in parts for person in part] == everyone


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "just now"),
        (59.9, "just now"),
        (60, "1 minute ago"),
        (3599, "59 minutes ago"),
        (3600, "1 hour ago"),
        (86_399, "23 hours ago"),
        (86_400, "1 day ago"),
        (40 * 86_400, "40 days ago"),
    ],
)
def test_moments_in_words(seconds: float, words: str) -> None:
    this = now()
    assert ago(this - timedelta(seconds=seconds), this) == words


def close(database: Database, study: Study) -> None:
    with database.write() as session:
        session.get(Study, study.id).state = "closed"


@pytest.mark.slow
def test_live_results_follow_the_answers(
    client: TestClient, database: Database, study: Study, app: FastAPI
) -> None:
    live = LiveResults()

    def look():
        with database.read() as session:
            return live.of(session, session.get(Study, study.id))

    nothing = look()
    assert (nothing.rated, nothing.analysed) == (0, 0) and look() is nothing
    person, other = (Person.ready(client) for _ in range(2))
    other.finish(direction="lower", melody=2)
    person.finish(direction="lower", melody=2)
    counted = look()
    assert (counted.rated, counted.analysed) == (2 * EACH, 2)
    assert counted.fingerprint != nothing.fingerprint
    person.post("withdraw", confirm=True).raise_for_status()
    assert look().rated == EACH
    assert counted.parts == look().parts == []  # the study is open
    close(database, study)
    # Half of a participant's pairs are meant lower, and all were called lower.
    (part,) = look().parts
    assert part.name == "" and part.numbers.agreement["overall"].value == 0.5
    assert part.numbers.opinion["melody"].value == 2
    assert part.heatmap().count("<svg") == 1 and "lower" in part.words["heatmap"]
    assert part.mos() is part.mos() and "melody" in part.words["mos"]


@pytest.mark.slow
@ONE
def test_live_results_of_several_strengths_are_not_averaged(
    client: TestClient, database: Database, study: Study
) -> None:
    with database.write() as session:
        for stimulus in session.get(Study, study.id).stimuli:
            if stimulus.kind == "transfer" and stimulus.intended == "higher":
                stimulus.strength = 2.0
    Person.ready(client).finish(direction="lower", melody=2)
    close(database, study)
    with database.read() as session:
        live_results = LiveResults().of(session, session.get(Study, study.id))
    assert [part.name for part in live_results.parts] == ["strength 1", "strength 2"]
    shares = [part.numbers.agreement["overall"].value for part in live_results.parts]
    assert shares == [1, 0]
    assert sum(len(part.table) for part in live_results.parts) == live_results.rated == EACH


@pytest.mark.slow
@ONE
def test_live_results_keep_the_studys_rules(
    client: TestClient, database: Database, study: Study
) -> None:
    with database.write() as session:
        session.get(Study, study.id).rules = {"finished": True}
    person = Person.ready(client)
    for _ in range(5):
        person.step()
    with database.read() as session:
        live_results = LiveResults().of(session, session.get(Study, study.id))
    assert (live_results.analysed, live_results.rated) == (0, 0)
    person.finish()
    with database.read() as session:
        live_results = LiveResults().of(session, session.get(Study, study.id))
    assert (live_results.analysed, live_results.rated) == (1, EACH)
