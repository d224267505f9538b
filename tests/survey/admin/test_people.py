"""The admin's pages of people: invitations, participants, erasure."""

from __future__ import annotations

import base64
import csv
import io
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from db.database import Database
from db.models import Answer, Invitation, Participant, Study
from survey.core.settings import Settings
from survey.journal import journal
from survey.records.erasure import erase
from tests.postgres import KINDS, ONE, wait_for_waiting
from tests.survey.hub import Hub
from tests.survey.manager import Manager, actions, stored_study
from tests.survey.person import Person

_, PG = KINDS


@pytest.mark.slow
@ONE
def test_participants(manager: Manager, filled: dict[str, str], client: TestClient) -> None:
    page = manager.get("/studies/small/participants").text
    assert filled["person"] in page and "just now" in page and "1 participant," in page
    for number in ("0", "2", "-1", "x", "²", "9" * 30):
        assert filled["person"] in manager.get(f"/studies/small/participants?page={number}").text


@ONE
def test_inviting(manager: Manager, client: TestClient, database: Database, study: Study) -> None:
    path = "/studies/small/invitations"
    response = manager.send(path, path, count="3", label="=cmd()")
    assert response.status_code == 200
    area = re.search(r"<textarea[^>]*>(.*?)</textarea>", response.text, re.S)
    assert area is not None
    links = area.group(1).split()
    assert len(set(links)) == 3
    assert all(link.startswith("http://testserver/s/small?invite=") for link in links)
    file = re.search(r'download="invitations-small.csv" href="data:[^,]*,([^"]*)"', response.text)
    assert file is not None
    rows = list(csv.reader(io.StringIO(base64.b64decode(file.group(1)).decode("utf-8-sig"))))
    assert rows[0] == ["number", "label", "link"]
    assert [(label, link) for _, label, link in rows[1:]] == [("'=cmd()", link) for link in links]
    numbers = [number for number, *_ in rows[1:]]
    Person.join(client, invitation=links[0].partition("=")[2])
    later = manager.get(path).text
    assert links[1].partition("=")[2] not in later
    assert "3 invitations, 1 used, 0 finished" in later and later.count(">Revoke<") == 2
    assert set(re.findall(r'<th scope="row">(\d+)</th>', later)) == set(numbers)
    assert ("admin", "invited") in actions(database)


def progress(manager: Manager) -> dict[str, str]:
    """How far each invitation's person came, by its label."""
    page = manager.get("/studies/small/invitations").text
    rows = re.findall(
        r'<th scope="row">\d+</th><td class="free">([^<]*)</td>.*?<td>([^<]*?) ?<', page, re.S
    )
    return {label: words.strip() for label, words in rows}


@pytest.mark.slow
@ONE
def test_invitations_say_who_finished(
    manager: Manager, client: TestClient, database: Database, study: Study
) -> None:
    path = "/studies/small/invitations"
    page = manager.send(path, path, count="1", label="Ada\r\n\r\n Grace \r\nMary\r\nEmmy").text
    tokens = re.findall(r"invite=([\w-]+)", page)
    assert "4 new invitations" in page and len(tokens) == 4
    assert progress(manager) == dict.fromkeys(("Ada", "Grace", "Mary", "Emmy"), "not used")
    ada, _, mary = (Person.join(client, invitation=token) for token in tokens[:3])
    for person in (ada, mary):
        person.post("questions").raise_for_status()
        person.post("sound", left="left", right="right", ok=True).raise_for_status()
        person.finish()
    assert progress(manager) == {
        "Ada": "finished",
        "Grace": "begun",
        "Mary": "finished",
        "Emmy": "not used",
    }
    assert "4 invitations, 3 used, 2 finished" in manager.get(path).text
    mary.post("withdraw", confirm=True).raise_for_status()
    after = progress(manager)
    assert "Mary" not in after and after["–"] == "erased"  # the label went with the answers
    assert "4 invitations, 3 used, 1 finished" in manager.get(path).text


@ONE
def test_a_label_too_long_among_many(manager: Manager, database: Database, study: Study) -> None:
    path = "/studies/small/invitations"
    response = manager.send(path, path, count="2", label="Ada\n" + "x" * 101)
    assert response.status_code == 422 and "101 characters" in response.text
    with database.read() as session:
        assert session.scalar(select(func.count(Invitation.id))) == 0


@ONE
@pytest.mark.parametrize(
    "change",
    [{"count": "0"}, {"count": "501"}, {"count": "x"}, {"count": "1.5"}, {"label": "x" * 101}],
)
def test_invitations_that_cannot_be_made(
    manager: Manager, database: Database, study: Study, change: dict[str, str]
) -> None:
    path = "/studies/small/invitations"
    assert manager.send(path, path, **{"count": "2"} | change).status_code == 422
    with database.read() as session:
        assert session.scalar(select(func.count(Invitation.id))) == 0


@pytest.mark.slow
@ONE
def test_revoking(manager: Manager, filled: dict[str, str], database: Database) -> None:
    path = f"/studies/small/invitations/{filled['invitation']}/revoke"
    form = manager.form("/studies/small/invitations", path)
    assert manager.post(path, form).status_code == 303
    assert manager.post(path, form).status_code == 404
    assert ("admin", "revoked") in actions(database)


@ONE
def test_revoking_a_used_one(client: TestClient, manager: Manager, study: Study) -> None:
    path = "/studies/small/invitations"
    page = manager.send(path, path, count="1").text
    form = manager.form(path, f"{path}/1/revoke")
    token = re.search(r"invite=([\w-]+)", page)
    assert token is not None
    Person.join(client, invitation=token.group(1))
    response = manager.post(f"{path}/1/revoke", form)
    assert response.status_code == 409 and "used already" in response.text


@pytest.mark.slow
def test_erasing(manager: Manager, client: TestClient, database: Database, study: Study) -> None:
    person, remaining = Person.ready(client), Person.ready(client)
    person.finish(comment="remember me")
    with database.read() as session:
        ids = session.scalars(select(Participant.public_id).order_by(Participant.id)).all()
    path = f"/studies/small/participants/{ids[0]}/erase"
    assert ">Erase for good<" in manager.get(path).text
    assert manager.send(path, path).headers["location"] == "/admin/studies/small/participants"
    for address in (path, path.replace(ids[0], "nobody")):
        assert manager.get(address).status_code == 404
    assert client.get("/api/state", headers=person.headers).status_code == 404
    assert remaining.state()["stage"] == "practice"
    with database.read() as session:
        assert session.scalar(select(func.count(Answer.id))) == 0
    assert stored_study(database).withdrawn == 1 and actions(database)[-1] == ("admin", "erased")
    assert "remember me" not in manager.get("/studies/small/export/study.json").text


@pytest.mark.slow
@ONE
def test_erasing_reaches_exports(
    manager: Manager, app: FastAPI, client: TestClient, database: Database, tmp_path
) -> None:
    from survey.records.export_files import export

    Person.ready(client).finish(comment="remember me")
    files = export(database, tmp_path / "out")
    assert any("remember me" in file.read_text() for file in files)
    with database.read() as session:
        (public_id,) = session.scalars(select(Participant.public_id))
    path = f"/studies/small/participants/{public_id}/erase"
    manager.send(path, path)
    assert not any("remember me" in file.read_text() for file in files)


@pytest.mark.slow
@ONE
def test_the_journal_hears_of_it(
    manager: Manager,
    app: FastAPI,
    client: TestClient,
    settings: Settings,
    database: Database,
    tmp_path: Path,
) -> None:
    """Changes and erasures by the admin reach the dataset too."""
    hub = Hub(tmp_path / "hub")
    hub_journal = journal.connect(replace(settings, dataset="me/answers", hf_token="hf"), api=hub)
    assert hub_journal is not None
    app.state.journal = hub_journal
    try:
        Person.ready(client).finish(comment="remember me")
        path = "/studies/small/settings"
        manager.confirm(manager.send(path, path, title="Another title"))
        assert hub_journal.flush()
        everything = hub.everything("me/answers").decode()
        assert "remember me" in everything and "Another title" in everything
        with database.read() as session:
            (public_id,) = session.scalars(select(Participant.public_id))
        path = f"/studies/small/participants/{public_id}/erase"
        assert manager.send(path, path).status_code == 303
        assert hub_journal.flush()
        everything = hub.everything("me/answers").decode()
        assert "remember me" not in everything and public_id not in everything
    finally:
        app.state.journal = None
        hub_journal.close()


@pytest.mark.postgres
@pytest.mark.parametrize("database", [PG], indirect=True)
def test_who_is_erased_twice_at_once_is_counted_once(
    manager: Manager, client: TestClient, database: Database, study: Study
) -> None:
    Person.ready(client)
    with database.read() as session:
        (public_id,) = session.scalars(select(Participant.public_id))
    path = f"/studies/small/participants/{public_id}/erase"
    form = manager.form(path, path)
    with ThreadPoolExecutor() as threads:
        with database.write() as session:
            erase(session, session.scalars(select(Participant).with_for_update()).one())
            session.flush()
            answer = threads.submit(manager.post, path, form)
            wait_for_waiting(database)
        assert answer.result().status_code in (303, 404)
    assert stored_study(database).withdrawn == 1
