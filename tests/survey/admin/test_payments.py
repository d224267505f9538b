"""Paying people: who has finished, whether a code is one of theirs, and that none is paid twice."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from db.database import Database
from db.models import Audit, Invitation, Participant, Study, now
from survey.admin import invitations
from tests.postgres import ONE
from tests.survey import crowd
from tests.survey.manager import Forms, Manager, actions, contents
from tests.survey.person import Person

PATH = "/studies/small/payments"
PAID = f"{PATH}/paid"


@pytest.fixture
def codes(database: Database, study: Study) -> list[str]:
    """Completion codes of two by invitation and one without, in the order of finishing; one more
    person is not done."""
    with database.write() as session:
        row = session.get_one(Study, study.id)
        people = crowd.fill(session, row, 4, seed=1)
        tokens = invitations.create_labelled(session, row, ["=Ada", "Grace"])
        session.flush()
        invited = list(session.scalars(select(Invitation).order_by(Invitation.id)))
        assert len(tokens) == 2
        for number, (person, invitation) in enumerate(zip(people, invited, strict=False)):
            person.invitation_id, person.completion_code = invitation.id, f"ABCD-EFG{number + 2}"
        people[2].completion_code = "WXYZ-2345"
        codes = [person.completion_code for person in people[:3]]
    wait(database, codes, timedelta(minutes=1))
    return codes


def wait(database: Database, codes: list[str], time: timedelta) -> None:
    """Have answers of a crowd, who answer at once, come so much later; then clips can be heard."""
    with database.write() as session:
        query = select(Participant).where(Participant.completion_code.in_(codes))
        for person in session.scalars(query):
            for trial in person.trials:
                trial.answer.at += time


def verdicts(page: str) -> list[tuple[str, str]]:
    """What was given, and the first words of what it is."""
    row = re.compile(r'<code>([^<]*)</code></th>\s*<td>\s*(.*?)</td>\s*<td class="free">', re.S)
    rows = row.findall(page)
    return [(code, re.sub(r"<[^>]*>|\s+", " ", words).split()[0]) for code, words in rows]


def paid(database: Database) -> dict[str, bool]:
    with database.read() as session:
        rows = session.execute(select(Participant.completion_code, Participant.paid_at))
        return {code: moment is not None for code, moment in rows if code}


def payment_list(manager: Manager) -> list[dict[str, str]]:
    text = manager.get("/studies/small/export/payments.csv").text
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


@pytest.mark.slow
@ONE
def test_codes_are_checked_however_people_write_them(
    manager: Manager, database: Database, codes: list[str]
) -> None:
    before = contents(database)
    code_text = (
        "ABCD-EFG2\r\nmy code is abcd – efg3, thanks!\r\n\r\nThis is it: wxyz2345\r\n"
        "wxyz 2345; \r\nABCD-EFG2, WXYZ2345\r\nAAAA-AAAA\r\nI lost it\r\n<script>\r\n"
        "my code is ABCD-EFG2, thanks!"
    )
    page = manager.send(PATH, PATH, codes=code_text)
    assert page.status_code == 200
    assert verdicts(page.text)[:9] == [
        ("ABCD-EFG2", "finished"),
        ("abcd – efg3", "finished"),
        ("wxyz2345", "finished"),
        ("wxyz-2345", "stands"),
        ("ABCD-EFG2", "stands"),
        ("WXYZ2345", "stands"),
        ("AAAA-AAAA", "nobody’s"),
        ("I lost it", "nobody’s"),
        ("&lt;script&gt;", "nobody’s"),
    ]
    assert "3 to be paid" in page.text
    assert "Passed over as ordinary words: my code is thanks This is it</p>" in page.text
    assert contents(database) == before
    assert "ABCD-EFG2" not in str(page.url)


@pytest.mark.slow
@ONE
@pytest.mark.parametrize(
    ("line", "expected", "words"),
    [
        ("C9689XNX ABCD-EFG2", ["C9689XNX nobody’s", "ABCD-EFG2 finished"], ""),
        ("ABCD-EFG2 c9689xnx", ["ABCD-EFG2 finished", "c9689xnx nobody’s"], ""),
        ("WXYZABCD;ABCDEFG2", ["WXYZABCD nobody’s", "ABCDEFG2 finished"], ""),
        ("C9689XN, C9689-XNXY ABCD-EFG2", ["C9689XN nobody’s", "C9689-XNXY nobody’s"], ""),
        ("C9689XNX D9689XNX", ["C9689XNX nobody’s", "D9689XNX nobody’s"], ""),
        ("Dear all, complete: ABCD-EFG2 - No 7", ["ABCD-EFG2 finished"], "Dear all complete No 7"),
        ("my code abcd efg2 ok", ["abcd-efg2 finished"], "my code ok"),
        ("ABCD EFG2 wxyz 2345", ["ABCD-EFG2 finished", "wxyz-2345 finished"], ""),
        ("code ABCD EFG9 abcd efg3", ["ABCD nobody’s", "EFG9 nobody’s"], "code"),
        ("one long line " * 9, ["one long line " * 8 + "one long line nobody’s"], ""),
    ],
)
def test_nothing_of_a_line_vanishes(
    manager: Manager, codes: list[str], line: str, expected: list[str], words: str
) -> None:
    page = manager.send(PATH, PATH, codes=line).text
    assert [" ".join(entry) for entry in verdicts(page)][: len(expected)] == expected
    passed_over = re.search(r"ordinary words: (.*?)</p>", page)
    assert (passed_over.group(1) if passed_over else "") == words


@pytest.mark.slow
@ONE
def test_who_answered_before_hearing_is_marked_where_they_are_paid(
    manager: Manager, database: Database, codes: list[str]
) -> None:
    wait(database, codes[::2], timedelta(minutes=-1))
    mark = "mostly before hearing"
    listed = re.findall(r'<tr><th scope="row".*?</tr>', manager.get(PATH).text, re.S)
    marked = {code: mark in row for row in listed for code in codes if f">{code}<" in row}
    assert marked == {codes[0]: True, codes[1]: False, codes[2]: True}
    page = manager.send(PATH, PATH, codes="\n".join(codes[:2])).text
    checked = re.findall(r'<tr><th scope="row".*?</tr>', page, re.S)[:2]
    assert [mark in row for row in checked] == [True, False]
    assert "3 to be paid" not in page and "2 to be paid" in page  # it is said, and not decided


@pytest.mark.slow
@ONE
def test_marked_ones_are_named_and_not_paid_unless_ticked(
    manager: Manager, database: Database, codes: list[str]
) -> None:
    wait(database, codes[::2], timedelta(minutes=-1))
    pages = [manager.get(PATH).text, manager.send(PATH, PATH, codes="\n".join(codes)).text]
    for page in pages:
        ticks = re.findall(r'type="checkbox" name="also"[^>]*value="([^"]*)"([^>]*)>', page)
        assert set(ticks) == {(codes[0], ""), (codes[2], "")}  # named, and not ticked
        form = next(form for action, form in forms(page) if action.endswith("/paid"))
        assert form["codes"].split() == [codes[1]]
        assert "Note that this one was paid, and the ticked ones" in page
    assert manager.post(PAID, form | {"also": [codes[2], "NONE-HERE"]}).status_code == 303
    assert paid(database) == {codes[0]: False, codes[1]: True, codes[2]: True}
    page = manager.get(PATH).text
    assert "Note that the ticked ones were paid" in page
    form = next(form for action, form in forms(page) if action.endswith("/paid"))
    manager.post(PAID, form)  # nobody is ticked
    assert paid(database)[codes[0]] is False
    assert manager.post(PAID, form | {"also": ["\0"]}).status_code == 422
    manager.post(PAID, form | {"also": codes[0]})
    assert all(paid(database).values())


@pytest.mark.slow
def test_a_code_is_paid_once(manager: Manager, database: Database, codes: list[str]) -> None:
    page = manager.send(PATH, PATH, codes=f"{codes[0]}\n{codes[1]}\nAAAA-AAAA")
    form = next(form for action, form in forms(page.text) if action.endswith("/paid"))
    assert form["codes"].split() == codes[:2]
    assert manager.post(PAID, form).status_code == 303
    assert paid(database) == {codes[0]: True, codes[1]: True, codes[2]: False}
    assert actions(database)[-1] == ("admin", "paid")
    again = manager.send(PATH, PATH, codes="\n".join(codes))
    assert [words for _, words in verdicts(again.text)[:3]] == ["paid", "paid", "finished"]
    assert "1 to be paid" in again.text
    count = len(actions(database))
    manager.post(PAID, form)  # the same form, sent again
    assert len(actions(database)) == count
    manager.post(PAID, form | {"codes": codes[0], "paid": "no"})
    assert paid(database) == {codes[0]: False, codes[1]: True, codes[2]: False}
    assert actions(database)[-1] == ("admin", "not paid")
    with database.read() as session:
        details = [row.detail for row in session.scalars(select(Audit))]
    assert not any(code in str(details) for code in codes)  # they would outlive a withdrawal


@pytest.mark.slow
@ONE
def test_a_list_to_pay_from(
    manager: Manager, client: TestClient, database: Database, codes: list[str]
) -> None:
    rows = payment_list(manager)
    assert [row["code"] for row in rows] == codes
    assert [row["label"] for row in rows] == ["'=Ada", "Grace", ""]
    assert list(rows[0]) == ["code", "label", "invitation", "paid_on"]
    assert not any(row["paid_on"] for row in rows)
    page = manager.get(PATH).text
    assert "3 finished, 3 not yet paid" in page
    with database.read() as session:
        names = session.scalars(select(Participant.public_id)).all()
    for name in names:  # who pays need not know whose answers are whose
        assert name not in page and name not in str(rows)
    form = next(form for action, form in forms(page) if action.endswith("/paid"))
    manager.post(PAID, form)
    assert "3 finished, 0 not yet paid" in manager.get(PATH).text
    assert {row["paid_on"] for row in payment_list(manager)} == {now().date().isoformat()}


MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


@pytest.mark.slow
def test_no_moment_and_no_order_joins_labels_to_answers(
    manager: Manager, database: Database, codes: list[str]
) -> None:
    """Ratings tell the moment of every answer; what has labels tells none but when it was made."""
    with database.write() as session:  # the last label finished first
        people = session.scalars(select(Participant).where(Participant.invitation_id.is_not(None)))
        for at, person in enumerate(people.all()):
            invitation = session.get_one(Invitation, person.invitation_id)
            invitation.used_at = person.consented_at
            person.finished_at = person.consented_at + timedelta(minutes=30 - at)
    manager.post(PAID, manager.form(PATH, PAID))
    pages = [manager.get(f"/studies/small/{page}").text for page in ("payments", "invitations")]
    with database.read() as session:
        minutes = {row.created_at.isoformat()[:16] for row in session.scalars(select(Invitation))}
    body = "".join(re.findall(r"<tbody>.*?</tbody>", "".join(pages), re.S))
    assert set(MOMENT.findall(body)) <= minutes
    assert not MOMENT.search(manager.get("/studies/small/export/payments.csv").text)
    assert [row["label"] for row in payment_list(manager)] == ["'=Ada", "Grace", ""]
    study = json.loads(manager.get("/studies/small/export/study.json").text)
    people = {
        person[name]
        for person in study["participants"]
        for name in ("consented_at", "seen_at", "finished_at")
    }
    listed = study["study"]["invitations"]
    assert sum(invitation["used_at"] is not None for invitation in listed) == 2
    for invitation in listed:  # their order is that of the numbers in the list of payments
        assert invitation["used_at"] in (None, invitation["created_at"])
        assert not people & set(invitation.values())


@pytest.mark.slow
def test_who_finishes_meanwhile_is_not_taken_for_paid(
    manager: Manager, client: TestClient, database: Database, codes: list[str]
) -> None:
    form = next(form for action, form in forms(manager.get(PATH).text) if action.endswith("/paid"))
    late = Person.ready(client).finish()["code"]
    manager.post(PAID, form)
    assert paid(database)[late] is False and "4 finished, 1 not yet paid" in manager.get(PATH).text


@pytest.mark.slow
@ONE
def test_labels_are_in_no_file_with_answers_but_in_one_for_the_admin(
    manager: Manager, codes: list[str]
) -> None:
    for name in ("ratings.csv", "study.json", "dictionary.csv"):
        text = manager.get(f"/studies/small/export/{name}").text
        assert not [word for word in ("Ada", "Grace", *codes) if word in text], name
    text = manager.get("/studies/small/export/participants.csv").text
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert len(rows) == 4 and {row["label"] for row in rows} == {"'=Ada", "Grace", ""}
    assert not [code for code in codes if code in text]


@pytest.mark.slow
@ONE
def test_who_withdraws_is_gone_from_both(
    manager: Manager, client: TestClient, database: Database, study: Study
) -> None:
    person = Person.ready(client)
    code = person.finish()["code"]
    manager.post(PAID, manager.form(PATH, PAID))
    person.post("withdraw", confirm=True).raise_for_status()
    assert payment_list(manager) == []
    assert verdicts(manager.send(PATH, PATH, codes=code).text) == [(code, "nobody’s")]
    assert code not in str(contents(database))


@pytest.mark.slow
@ONE
def test_a_code_of_another_study_is_nobodys(
    manager: Manager, database: Database, codes: list[str], study: Study
) -> None:
    with database.write() as session:
        row = session.get_one(Study, study.id)
        other = Study(name="other", title="Other", trials_each=1, build={}, rules={})
        session.add(other)
        session.flush()
        assert row.id != other.id
    path = PATH.replace("small", "other")
    assert verdicts(manager.send(path, path, codes=codes[0]).text) == [(codes[0], "nobody’s")]
    form = manager.form(path, path) | {"codes": codes[0], "paid": "yes"}
    form["form"] = manager.form(PATH, PAID)["form"]
    assert manager.post(f"{path}/paid", form).status_code == 403
    assert not any(paid(database).values())


@ONE
@pytest.mark.parametrize("change", [{"codes": ""}, {"codes": "x" * 90_001}])
def test_codes_that_cannot_be(manager: Manager, study: Study, change: dict[str, str]) -> None:
    response = manager.send(PATH, PATH, **change)
    assert response.status_code == 422 and "codes must" in response.text


def forms(page: str) -> list[tuple[str, dict[str, str]]]:
    return Forms(page).forms
