"""Whom a panel sends: one place for each of its numbers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from db.database import Database
from db.models import PanelPlace, Participant, Study, now
from survey.admin import invitations
from survey.participant.join_rate import JoinLimiter
from survey.participant.unused_places import FIRST_ANSWER
from tests.postgres import ONE
from tests.survey.core.test_tokens import dump
from tests.survey.crowd import pass_time
from tests.survey.panel_people import (
    CREDIT,
    DECLINED,
    FINISHED,
    NUMBER,
    OTHER,
    QUERY,
    add_panel,
    ids,
    join,
    places,
    read,
    send,
)
from tests.survey.person import Person
from tests.survey.together import together


def test_a_number_has_one_place(client: TestClient, database: Database, study: Study) -> None:
    add_panel(database, study)
    person = send(client)
    person.step()
    status, again = join(client, panel=ids())
    assert status == 201 and again["token"] == person.token
    page = client.get(f"/s/small?{QUERY}", follow_redirects=False)
    assert (page.status_code, page.headers["location"]) == (303, f"/p/{person.token}")
    assert send(client, OTHER).token != person.token
    with database.read() as session:
        assert session.scalar(select(func.count(Participant.id))) == 2


@ONE
def test_a_number_that_can_be_guessed_opens_no_place_elsewhere(
    client: TestClient, database: Database, study: Study
) -> None:
    """Who tries one that is in use learns that it is, and can neither answer nor withdraw for them.

    The first answer of the server may have been lost: the same device joins again.
    """
    add_panel(database, study, kind="sona", finished=CREDIT, declined="", failed="")
    number, mine = {"id": "10437"}, "d" * 32
    status, first = join(client, panel=number, device=mine)
    assert status == 201
    assert join(client, panel=number, device=mine) == (201, first)
    person = Person(client, first["token"])
    person.post("questions").raise_for_status()
    for device in ({"device": "e" * 32}, {"device": None}, {}):
        status, refused = join(client, panel=number, **device)
        assert (status, refused["error"]) == (409, "elsewhere")
    page = client.get("/s/small?id=10437", follow_redirects=False)
    assert page.status_code == 200 and "data-elsewhere" in page.text
    assert "Write to " in page.text.partition("<main")[2]
    assert first["token"] not in page.text and 'id="consent"' not in page.text
    assert join(client, panel={"id": "10438"}, device=mine)[1]["token"] != first["token"]
    assert join(client, panel=number, device=mine, consent=False) == (201, first)
    assert join(client, panel={"id": "10439"}, device="short")[0] == 422


@ONE
def test_a_number_that_a_script_has_used_up_is_its_owners_after_minutes(
    client: TestClient, database: Database, study: Study
) -> None:
    """As long as nothing was done with it: who has done something has the place for good."""
    add_panel(database, study, kind="sona", finished=CREDIT, declined="", failed="")
    squatted, busy = {"id": "10437"}, {"id": "10438"}
    script, owner = "d" * 32, "e" * 32
    _, squatter = join(client, panel=squatted, device=script)
    _, begun = join(client, panel=busy, device=script)
    Person(client, begun["token"]).post("questions").raise_for_status()
    assert join(client, panel=squatted, device=owner)[0] == 409  # it may be somebody who reads
    pass_time(database, FIRST_ANSWER)
    assert 'id="consent"' in client.get("/s/small?id=10437").text
    assert join(client, panel=squatted, device=owner, consent=False)[0] == 422
    status, own = join(client, panel=squatted, device=owner)
    assert status == 201 and own["token"] != squatter["token"]
    assert client.get(f"/p/{squatter['token']}").status_code == 404
    assert Person(client, own["token"]).state()["stage"] == "questions"
    assert join(client, panel=squatted, device=script)[1]["error"] == "elsewhere"
    assert "data-elsewhere" in client.get("/s/small?id=10438").text
    assert join(client, panel=busy, device=owner)[1]["error"] == "elsewhere"
    with database.read() as session:
        assert session.get_one(Study, study.id).lapsed == 1
        assert session.scalar(select(func.count(Participant.id))) == 2
    assert [number for number, *_ in places(database)] == ["10438", "10437"]


@ONE
def test_who_does_something_meanwhile_keeps_the_number(
    client: TestClient, database: Database, study: Study
) -> None:
    """Many come with a number at once whose owner has just begun to answer: one of them has it."""
    add_panel(database, study, kind="sona", finished=CREDIT, declined="", failed="")
    number = {"id": "10437"}
    _, first = join(client, panel=number, device="d" * 32)
    pass_time(database, FIRST_ANSWER)
    person = Person(client, first["token"])
    newcomers = [
        lambda letter=letter: join(client, panel=number, device=letter * 32)[0] for letter in "abcf"
    ]
    begun, *came = together([lambda: person.post("questions").status_code, *newcomers])
    assert sorted([begun == 200, *(status == 201 for status in came)]) == [False] * 4 + [True]
    assert set(came) <= {201, 409} and begun in (200, 404)
    assert len(places(database)) == 1


@ONE
def test_who_comes_again_is_let_in_whatever_is_new(
    client: TestClient, database: Database, study: Study
) -> None:
    """Closed, full, crowded or with another text: the place is theirs."""
    add_panel(database, study)
    person = send(client)
    with database.write() as session:
        session.get_one(Study, study.id).state = "closed"
    assert join(client, panel=ids(), text="0" * 64)[1]["token"] == person.token
    assert join(client, panel=ids(OTHER))[0] == 403


@pytest.mark.slow
@ONE
def test_whom_a_panel_sends_again_waits_for_no_crowd(
    client: TestClient, database: Database, study: Study, app
) -> None:
    add_panel(database, study)
    person = send(client)
    app.state.join_limiter = JoinLimiter(lambda: 0.0)
    while not app.state.join_limiter.admit(study.id, is_newcomer=True):
        pass
    assert join(client, panel=ids(OTHER))[0] == 429
    assert join(client, panel=ids()) == (201, {"token": person.token, "url": f"/p/{person.token}"})


def test_a_number_that_comes_many_times_at_once_has_one_place(
    client: TestClient, database: Database, study: Study
) -> None:
    add_panel(database, study)
    answers = together([lambda: join(client, panel=ids())] * 8)
    assert {status for status, _ in answers} == {201}
    assert len({body["token"] for _, body in answers}) == 1
    assert len(places(database)) == 1


@pytest.mark.slow
@ONE
def test_numbers_of_another_session_are_kept_until_the_end(
    client: TestClient, database: Database, study: Study
) -> None:
    out = f"{FINISHED}&s={{SESSION_ID}}&p={{PROLIFIC_PID}}&c={{code}}"
    add_panel(database, study, finished=out)
    person = send(client)
    page = client.get(f"/s/small?{QUERY}-later", follow_redirects=False)
    assert page.status_code == 303 and places(database)[0][1]["SESSION_ID"] == "def-later"
    assert join(client, panel=ids(session="last"))[0] == 201
    state = person.finish()
    assert state["leave"] == f"{FINISHED}&s=last&p={NUMBER}&c={state['code']}"
    client.get(f"/s/small?{QUERY}-too-late")
    assert places(database)[0][1]["SESSION_ID"] == "last"


@pytest.mark.parametrize(
    "query", ["", "PROLIFIC_PID=", "PROLIFIC_PID={{%PROLIFIC_PID%}}", "SESSION_ID=def"]
)
@ONE
def test_who_comes_without_a_number_is_told(
    client: TestClient, database: Database, study: Study, query: str
) -> None:
    add_panel(database, study)
    page = client.get(f"/s/small?{query}").text
    assert "people whom Prolific sends" in page and 'id="agree"' not in page
    status, body = join(client)
    assert (status, body["error"]) == (403, "panel")
    assert join(client, panel={"PROLIFIC_PID": "a b"})[0] == 403
    assert places(database) == []


@ONE
def test_an_invitation_is_as_good_as_a_number(
    client: TestClient, database: Database, study: Study
) -> None:
    add_panel(database, study)
    with database.write() as session:
        token = invitations.create(session, study, 1)[0]
    assert 'id="agree"' in client.get(f"/s/small?invite={token}").text
    person = Person.join(client, invitation=token)
    assert person.state()["leave"] is None and places(database) == []


@ONE
def test_a_study_of_a_panel_is_not_on_the_front_page(
    client: TestClient, database: Database, study: Study
) -> None:
    assert client.get("/", follow_redirects=False).status_code == 303
    add_panel(database, study)
    assert "/s/small" not in client.get("/", follow_redirects=False).text


@pytest.mark.slow
def test_who_withdraws_is_forgotten_with_their_number(
    client: TestClient, database: Database, study: Study
) -> None:
    add_panel(database, study)
    person = send(client)
    person.finish()
    assert f'data-declining="{DECLINED}"' in client.get(f"/p/{person.token}").text
    assert NUMBER in dump(database)
    person.post("withdraw", confirm=True).raise_for_status()
    assert NUMBER not in dump(database) and places(database) == []
    assert send(client).state()["progress"]["done"] == 0  # may begin anew


@pytest.mark.slow
@ONE
def test_a_study_is_full_by_those_who_do_something(
    client: TestClient, database: Database, study: Study
) -> None:
    """Neither by who has only joined, nor by who was away too long, nor by who has failed."""
    add_panel(database, study)
    with database.write() as session:
        row = session.get_one(Study, study.id)
        row.stops_at_wanted, row.build = True, {"participants": 2}
    for number in range(3):
        assert join(client, panel=ids(f"idle{number}"))[0] == 201
    first, second = send(client, "one"), send(client, "two")
    assert join(client, panel=ids())[1]["error"] == "full"
    assert 'id="agree"' not in client.get(f"/s/small?{QUERY}").text
    first.finish()  # who is under way may finish
    with database.write() as session:
        place = session.scalars(select(PanelPlace).where(PanelPlace.panel_id == "two")).one()
        place.outcome, place.ended_at = "failed", now()
    assert join(client, panel=ids())[0] == 201
    assert second.state()["stage"] == "practice"
    with database.write() as session:
        session.get_one(Study, study.id).stops_at_wanted = False
    send(client, "three"), send(client, "four")


@pytest.fixture
def german(database: Database, study: Study) -> Iterator[None]:
    with database.write() as session:
        session.get_one(Study, study.id).language = "de"
    yield


@ONE
def test_in_german(client: TestClient, database: Database, study: Study, german: None) -> None:
    add_panel(database, study)
    page = read(client, f"/s/small?{QUERY}")
    assert "Ihre Nummer bei Prolific" in page and "Ich möchte nicht teilnehmen" in page
    assert "die Prolific schickt" in read(client, "/s/small")
    person = send(client)
    assert "Zurück zu Prolific" in read(client, f"/p/{person.token}")
