"""A study's panel on the admin's pages: its addresses, whom it sent, and their erasure."""

from __future__ import annotations

import csv
import io
import re
from html import unescape

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from db.database import Database
from db.models import Audit, PanelPlace, Participant, Study
from survey.core import panels
from survey.records import export_files
from tests.postgres import ONE
from tests.survey.core.test_tokens import dump
from tests.survey.manager import Manager, actions, contents, stored_study
from tests.survey.panel_people import DECLINED, FAILED, FINISHED, NUMBER, OTHER, add_panel, send
from tests.survey.person import Person

PATH = "/studies/small/panel"
ADDRESSES = {"finished": FINISHED, "declined": DECLINED, "failed": FAILED}


@pytest.fixture
def draft(database: Database, study: Study) -> None:
    with database.write() as session:
        session.get_one(Study, study.id).state = "draft"


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.slow
@ONE
def test_a_study_gets_a_panel(
    manager: Manager, client: TestClient, database: Database, draft: None
) -> None:
    assert "The study’s address" not in manager.get(PATH).text
    saved = manager.send(PATH, PATH, kind="prolific", **ADDRESSES)
    assert saved.status_code == 303, saved.text
    panel = panels.of(stored_study(database))
    assert panel is not None and panel.finished == FINISHED and len(panel.key) == 43
    page = unescape(manager.get(PATH).text)
    assert "/s/small?PROLIFIC_PID={{%PROLIFIC_PID%}}&STUDY_ID={{%STUDY_ID%}}" in page
    assert "cannot reach this address" in page  # it is the test's own machine
    assert "PROLIFIC_PID={{%" in unescape(manager.get("/studies/small").text)
    assert manager.send("/studies/small", "/studies/small/open").status_code == 303
    assert 'id="agree"' in client.get(f"/s/small?PROLIFIC_PID={NUMBER}").text
    with database.read() as session:
        log = session.scalars(select(Audit).where(Audit.action == "panel")).one()
    assert log.detail == {
        "changed": ["declined", "failed", "fails_by_rules", "finished", "kind", "name", "parameter"]
    }


@ONE
def test_a_panel_is_taken_away(manager: Manager, database: Database, draft: None) -> None:
    assert manager.send(PATH, PATH, kind="prolific", **ADDRESSES).status_code == 303
    form = manager.form(PATH, PATH) | {"kind": ""}
    assert manager.post(PATH, form).status_code == 303
    assert stored_study(database).panel == {}


@ONE
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "prolific"}, "finished is missing"),
        ({"kind": "prolific", "finished": FINISHED.replace(".com", ".co")}, "app.prolific.co;"),
        ({"kind": "prolific", "finished": FINISHED + "&p={id}"}, "placeholder {id}"),
        ({"kind": "sona", "finished": FINISHED}, "YOURS.sona-systems.com"),
        ({"kind": "generic", "finished": "https://a.example/{id}"}, "needs a name"),
        ({"kind": "other"}, "kind cannot be read"),
        ({"kind": "prolific", "finished": "https://" + "x" * 1000}, "finished must have at most"),
    ],
)
def test_what_leads_astray_is_refused(
    manager: Manager, database: Database, draft: None, change: dict[str, str], words: str
) -> None:
    before = contents(database)
    refused = manager.send(PATH, PATH, **change)
    assert refused.status_code == 422 and words in unescape(refused.text)
    assert contents(database) == before
    if "finished" in change and "Nothing was saved" in refused.text:
        assert change["finished"] in unescape(refused.text)  # to be mended there


@ONE
def test_a_study_is_not_opened_with_a_panel_that_leads_astray(
    manager: Manager, database: Database, study: Study, draft: None
) -> None:
    """As after an import, which has neither addresses nor key."""
    add_panel(database, study, finished="", key="")
    assert "finished is missing" in manager.get("/studies/small").text
    assert manager.send("/studies/small", "/studies/small/open").status_code == 409
    add_panel(database, study, key="")
    assert "once more" in manager.get("/studies/small").text
    assert manager.send(PATH, PATH).status_code == 303
    assert panels.of(stored_study(database)).key
    assert manager.send("/studies/small", "/studies/small/open").status_code == 303


@ONE
def test_another_panel_only_before_anybody_reads_of_it(
    manager: Manager, client: TestClient, database: Database, study: Study
) -> None:
    for state in ("open", "closed"):
        with database.write() as session:
            session.get_one(Study, study.id).state = state
        if state == "closed":
            add_panel(database, study)
            with database.write() as session:
                session.get_one(Study, study.id).lapsed = 1
        refused = manager.post(
            PATH, manager.form(PATH, PATH) | {"kind": "sona", **dict.fromkeys(ADDRESSES, "")}
        )
        assert refused.status_code == 409 and "can be changed only while" in refused.text
    key = panels.of(stored_study(database)).key
    assert manager.send(PATH, PATH, finished=FINISHED + "2").status_code == 303
    panel = panels.of(stored_study(database))
    assert (panel.finished, panel.key) == (FINISHED + "2", key)
    count = len(actions(database))
    assert manager.send(PATH, PATH).status_code == 303 and len(actions(database)) == count


@pytest.mark.slow
def test_who_was_sent_is_listed_to_be_paid(
    manager: Manager, client: TestClient, database: Database, study: Study
) -> None:
    add_panel(database, study)
    finished = send(client, OTHER).finish()
    send(client)
    page = manager.get(PATH).text
    assert "2 sent, 1 finished, 0 failed" in page and "abc" in page
    rows = table(manager.get("/studies/small/export/panel.csv").text)
    with database.read() as session:
        people = list(session.scalars(select(Participant).order_by(Participant.id)))
    day = people[0].finished_at.date().isoformat()
    both = {"STUDY_ID": "abc", "SESSION_ID": "def"}
    assert [
        {key.lstrip("\ufeff"): value.lstrip("'") for key, value in row.items()} for row in rows
    ] == [
        {"panel_id": NUMBER, **both, "code": "", "state": "begun", "day": "", "paid_on": ""},
        {
            **{"panel_id": OTHER, **both, "code": finished["code"]},
            **{"state": "finished", "day": day, "paid_on": ""},
        },
    ]
    for text in (page, manager.get("/studies/small/export/panel.csv").text):
        assert not [person for person in people if person.public_id in text]
        assert not re.search(r"\d\d:\d\d", text.partition("<table>")[2])  # no hour


@ONE
def test_short_numbers_are_no_text(
    manager: Manager, client: TestClient, database: Database, study: Study
) -> None:
    """SONA's, as they are pasted there; others would lose digits in a spreadsheet."""
    add_panel(database, study)
    for number in ("1234", "012", "1" * 16):
        send(client, number)
    lines = manager.get("/studies/small/export/panel.csv").text.splitlines()[1:]
    assert [line.split(",")[0] for line in lines] == ["'012", f"'{'1' * 16}", "1234"]


@pytest.mark.slow
@ONE
def test_numbers_are_in_no_file_with_answers(
    manager: Manager, client: TestClient, database: Database, study: Study
) -> None:
    panel = add_panel(database, study)
    send(client).finish()
    for file in ("ratings.csv", "study.json", "dictionary.csv", "participants.csv", "payments.csv"):
        text = manager.get(f"/studies/small/export/{file}").text
        for secret in (NUMBER, panel.key, FINISHED, FAILED, panel.token(NUMBER, None)):
            assert secret not in text, file
        assert (panel.hashed(NUMBER) in text) == (file == "participants.csv")
    assert '"kind": "prolific"' in manager.get("/studies/small/export/study.json").text


@ONE
def test_without_a_panel_there_is_no_hash(manager: Manager, client: TestClient) -> None:
    Person.join(client)
    assert "panel_hash" not in manager.get("/studies/small/export/participants.csv").text
    assert len(table(manager.get("/studies/small/export/panel.csv").text)) == 0


@pytest.mark.slow
def test_somebody_is_erased_by_their_number(
    manager: Manager, client: TestClient, database: Database, study: Study, tmp_path
) -> None:
    add_panel(database, study)
    send(client).finish()
    send(client, OTHER)
    export_files.export(database, tmp_path, participants=True)
    link = re.search(rf"/panel/(\w+)/erase\" aria-label=\"Erase {NUMBER}", manager.get(PATH).text)
    erase = f"{PATH}/{link[1]}/erase"
    question = manager.get(erase)
    assert NUMBER in question.text and "8 answers" in question.text
    with database.read() as session:
        names = list(session.scalars(select(Participant.public_id).order_by(Participant.id)))
    assert names[0] not in question.text
    assert manager.send(erase, erase).status_code == 303
    assert "1 sent" in manager.get(PATH).text and NUMBER not in dump(database)
    assert names[0] not in (tmp_path / "ratings.csv").read_text()
    assert manager.get(erase).status_code == 404
    for nonsense in ("0", "x", "9" * 30):
        assert manager.get(f"{PATH}/{nonsense}/erase").status_code == 404


@ONE
def test_addresses_tell_nobody_in_which_order_people_came(
    manager: Manager, client: TestClient, database: Database, study: Study
) -> None:
    """The ratings tell when everybody answered: rows count up, too."""
    add_panel(database, study)
    for number in (OTHER, NUMBER):
        send(client, number)
    marks = re.findall(r"/panel/(\w+)/erase", manager.get(PATH).text)
    with database.read() as session:
        ids = {str(place.id) for place in session.scalars(select(PanelPlace))}
    assert len(set(marks)) == 2 and not ids & set(marks) and min(map(len, marks)) >= 16


@ONE
def test_wanted_is_enough(manager: Manager, database: Database, study: Study) -> None:
    path = "/studies/small/settings"
    assert manager.send(path, path, stops_at_wanted="yes").status_code == 303
    assert stored_study(database).stops_at_wanted
    form = manager.form(path, path)
    del form["stops_at_wanted"]
    manager.post(path, form)
    assert not stored_study(database).stops_at_wanted


@ONE
def test_a_studys_own_text_must_name_the_panel(
    manager: Manager, database: Database, study: Study
) -> None:
    add_panel(database, study)
    with database.write() as session:
        session.get_one(Study, study.id).information = "Kept one year. someone@example.org"
    assert "(“Prolific”) does not stand" in manager.get("/studies/small/settings").text
