"""Whom a panel sends goes back to it: when all is stored, as declined, or as failed."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from db.database import Database
from db.models import Study
from tests.postgres import ONE
from tests.survey.core.test_tokens import dump
from tests.survey.panel_people import (
    DECLINED,
    FAILED,
    FINISHED,
    NUMBER,
    OTHER,
    QUERY,
    add_panel,
    ids,
    join,
    places,
    send,
)
from tests.survey.person import Person


@pytest.mark.slow
def test_the_way_out_comes_with_the_last_answer(
    client: TestClient, database: Database, study: Study
) -> None:
    add_panel(database, study)
    person = send(client)
    state = person.state()
    while state["trial"]:
        assert state["leave"] is None
        assert FINISHED not in client.get(f"/p/{person.token}").text
        state = person.step()
    assert (state["stage"], state["leave"]) == ("finished", FINISHED)
    assert person.state()["leave"] == FINISHED  # and stays
    assert places(database) == [(NUMBER, {"STUDY_ID": "abc", "SESSION_ID": "def"}, "finished")]


@pytest.mark.slow
@ONE
def test_nobody_without_a_panel_is_sent_anywhere(
    client: TestClient, database: Database, study: Study
) -> None:
    person = Person.ready(client)
    assert person.finish()["leave"] is None
    assert "data-leave" not in client.get(f"/p/{person.token}").text
    status, _ = join(client, panel=ids())  # is passed over
    assert status == 201 and places(database) == []


@ONE
def test_who_does_not_agree_has_a_way_back_and_leaves_nothing(
    client: TestClient, database: Database, study: Study
) -> None:
    add_panel(database, study)
    page = client.get(f"/s/small?{QUERY}").text
    assert f'href="{DECLINED}"' in page and "Your number at Prolific" in page
    assert FINISHED not in page and FAILED not in page
    assert NUMBER not in dump(database)
    add_panel(database, study, declined="")
    assert 'id="refuse"' not in client.get(f"/s/small?{QUERY}").text


@pytest.mark.parametrize("state", ["closed", "full"])
@ONE
def test_who_comes_too_late_has_failed(
    client: TestClient, database: Database, study: Study, state: str
) -> None:
    add_panel(database, study)
    with database.write() as session:
        row = session.get_one(Study, study.id)
        if state == "closed":
            row.state = "closed"
        else:
            row.stops_at_wanted, row.build = True, {"participants": 1}
    if state == "full":
        send(client, OTHER)
    page = client.get(f"/s/small?{QUERY}").text
    assert f'href="{FAILED}"' in page and 'id="agree"' not in page
    assert join(client, panel=ids())[1]["error"] == state


@ONE
def test_who_is_shut_out_half_way_has_failed(
    client: TestClient, database: Database, study: Study
) -> None:
    add_panel(database, study)
    person = send(client)
    person.step()
    with database.write() as session:
        session.get_one(Study, study.id).state = "closed"
    state = person.state()
    assert (state["stage"], state["leave"]) == ("closed", FAILED)


@pytest.mark.slow
@pytest.mark.parametrize(("fails", "leave"), [(True, FAILED), (False, FINISHED)])
@ONE
def test_the_studys_rules_say_who_has_failed(
    client: TestClient, database: Database, study: Study, fails: bool, leave: str
) -> None:
    """By their own answers alone: another's do not count."""
    add_panel(database, study, fails_by_rules=fails)
    with database.write() as session:
        session.get_one(Study, study.id).rules = {"finished": True, "median_seconds": 4.0}
    assert send(client, OTHER).finish(seconds=12.5)["leave"] == FINISHED
    assert send(client).finish(seconds=1.0)["leave"] == leave
