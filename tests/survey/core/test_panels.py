"""Panels: which addresses lead people to a study and back, and which lead astray."""

from __future__ import annotations

import pytest

from db.models import Study
from survey.core import panels
from survey.core.panels import Panel

DONE = "https://app.prolific.com/submissions/complete?cc=C1"
SONA = (
    "https://lab.sona-systems.com/webstudy_credit.aspx"
    "?experiment_id=1&credit_token=a&survey_code={id}"
)
SUBMIT = "https://www.mturk.com/mturk/externalSubmit?assignmentId={assignmentId}"
KEY = "k" * 43


def prolific(**change: object) -> Panel:
    return Panel(**{"kind": "prolific", "finished": DONE, "key": KEY, **change})


def other(**change: object) -> Panel:
    fields = {"kind": "generic", "name": "Sounds", "parameter": "who", "key": KEY}
    return Panel(**{**fields, "finished": "https://sounds.example/end?who={who}", **change})


@pytest.mark.parametrize(
    "panel",
    [
        prolific(),
        prolific(declined=f"{DONE}2", failed=f"{DONE}3&sid={{SESSION_ID}}"),
        Panel("sona", finished=SONA, failed="https://lab.sona-systems.com/", key=KEY),
        Panel("mturk", key=KEY),
        Panel("mturk", finished=SUBMIT, key=KEY),
        other(),
        other(
            finished="https://sounds.example/end/{who}/{code}", declined="https://sounds.example"
        ),
    ],
)
def test_addresses_that_are_right(panel: Panel) -> None:
    assert panel.problems() == []


@pytest.mark.parametrize(
    ("panel", "words"),
    [
        (prolific(finished=""), "finished is missing"),
        (prolific(finished=DONE.replace(".com", ".co")), "leads to app.prolific.co;"),
        (prolific(finished=DONE.replace("https", "http")), "begin with https://"),
        (prolific(finished=DONE.replace("//app.", "//evil@app.")), "begin with https://"),
        (
            prolific(finished=DONE.replace(".com", ".com.evil.example")),
            "leads to app.prolific.com.",
        ),
        (prolific(finished=DONE.replace(".com", ".com:8443")), "begin with https://"),
        (prolific(finished=DONE.partition("?")[0]), "lacks cc="),
        (prolific(finished="https://app.prolific.com/?cc=C1"), "/submissions/complete"),
        (prolific(declined="https://app.prolific.com/submissions/complete"), "declined lacks cc="),
        (prolific(failed="https://sounds.example/"), "failed leads to sounds.example"),
        (prolific(finished=f"{DONE}&p={{{{%PROLIFIC_PID%}}}}"), "{%PROLIFIC_PID%}; there are"),
        (prolific(finished=f"{DONE}&p={{pid}}"), "placeholder {pid}; there are {PROLIFIC_PID}"),
        (prolific(declined=f"{DONE}&p={{code}}"), "placeholder {code}"),
        (prolific(finished=f"{DONE}&p=%SURVEY_CODE%"), "placeholder of another program"),
        (prolific(finished=f"{DONE}&p=${{e}}"), "placeholder {e}"),
        (prolific(finished=f"{DONE} "), "a character that no address has"),
        (prolific(finished="https://[::1/submissions/complete?cc=1"), "begin with https://"),
        (Panel("sona", finished=SONA.replace("{id}", "XXXX"), key=KEY), "lacks survey_code={id}"),
        (Panel("sona", finished=SONA.replace("credit_token", "t"), key=KEY), "credit_token"),
        (Panel("sona", finished=SONA.replace("lab.", ""), key=KEY), "YOURS.sona-systems.com"),
        (Panel("mturk", finished=SUBMIT.partition("?")[0], key=KEY), "assignmentId"),
        (Panel("mturk", finished=SUBMIT.replace("www", "api"), key=KEY), "leads to api.mturk.com"),
        (other(name=""), "needs a name"),
        (other(parameter="a b"), "begins with a letter"),
        (other(parameter="invite"), "neither code nor invite"),
        (other(finished="https://sounds.example/end"), "lacks {who}"),
        (other(finished="https://{who}.example/end"), "begin with https://"),
        (other(finished="https://localhost/{who}"), "begin with https://"),
        (other(finished="javascript:alert({who})"), "begin with https://"),
        (prolific(key=""), "once more"),
    ],
)
def test_addresses_that_lead_astray(panel: Panel, words: str) -> None:
    problems = panel.problems()
    assert len(problems) == 1 and words in problems[0]


def test_a_panel_s_numbers_are_read() -> None:
    query = {"PROLIFIC_PID": "5f", "STUDY_ID": "<b>", "SESSION_ID": "s", "utm": "x"}
    assert prolific().read(query) == {"PROLIFIC_PID": "5f", "SESSION_ID": "s"}
    assert prolific().number({"PROLIFIC_PID": "5f", "SESSION_ID": "s"}) == "5f"
    for nobody in ("", "{{%PROLIFIC_PID%}}", "a b", "x" * 101, "a\0b"):
        assert prolific().read({"PROLIFIC_PID": nobody}) is None
    assert prolific().read({}) is None and prolific().read({"SESSION_ID": "s"}) is None
    assert prolific().read({"PROLIFIC_PID": "x" * 100}) == {"PROLIFIC_PID": "x" * 100}


def test_who_only_looks_at_a_task_of_mturk_is_nobody() -> None:
    panel = Panel("mturk", key=KEY)
    accepted = {"workerId": "A1", "assignmentId": "B2", "hitId": "C3"}
    assert panel.read(accepted) == accepted
    looking = {**accepted, "assignmentId": "ASSIGNMENT_ID_NOT_AVAILABLE"}
    assert panel.read(looking) is None
    assert panel.is_preview(looking) and not panel.is_preview(accepted)


def test_a_panel_that_fills_in_no_links_is_given_html_of_one_line() -> None:
    html = Panel("mturk", key=KEY).entry("https://sounds.example/s/one</script>")
    assert '"https://sounds.example/s/one\\u003c/script>" + location.search' in html
    assert html.count("</script>") == 1 and "\n" not in html


def test_addresses_get_the_numbers_of_who_goes_back() -> None:
    panel = other(
        finished="https://sounds.example/{who}?c={code}", failed="https://sounds.example/"
    )
    assert panel.address("finished", {"who": "a~@b"}, "AB-CD") == (
        "https://sounds.example/a~%40b?c=AB-CD"
    )
    assert panel.address("failed", {"who": "a"}) == "https://sounds.example/"
    assert panel.address("declined", {"who": "a"}) is None
    assert panel.address("finished", {}) is None


def test_the_address_that_a_panel_is_given() -> None:
    at = "https://here.example/survey/s/mine"
    assert prolific().entry(at) == (
        f"{at}?PROLIFIC_PID={{{{%PROLIFIC_PID%}}}}"
        "&STUDY_ID={{%STUDY_ID%}}&SESSION_ID={{%SESSION_ID%}}"
    )
    assert Panel("sona").entry(at) == f"{at}?id=%SURVEY_CODE%"
    assert other().entry(at) == f"{at}?who={{who}}"


def test_a_hash_is_the_studys_own_and_no_token() -> None:
    one, another = prolific(), prolific(key="l" * 43)
    assert one.hashed("5f") == one.hashed("5f") != another.hashed("5f")
    assert one.hashed("5f") != one.hashed("5e") and len(one.hashed("5f")) == 64
    assert one.token("5f", None) == one.token("5f", "d" * 32) != another.token("5f", None)
    assert len(one.token("5f", None)) == 43


@pytest.mark.parametrize("panel", [other(), Panel("sona", finished=SONA, key=KEY)])
def test_numbers_that_can_be_guessed_make_no_token(panel: Panel) -> None:
    mine = panel.token("12", "d" * 32)
    assert mine == panel.token("12", "d" * 32) and len(mine) == 43
    others = [panel.token("12", "e" * 32), panel.token("13", "d" * 32), panel.token("12", None)]
    assert len({mine, *others, panel.token("12", None)}) == 5


def test_what_is_stored_comes_back() -> None:
    panel = other(fails_by_rules=True)
    assert panels.of(Study(panel=panels.checked(panel.stored()))) == panel
    assert panels.of(Study(panel=panels.checked({}))) is None and panels.of(Study()) is None
    for wrong in (
        {"kind": "x"},
        {"name": "a"},
        {"kind": "sona", "key": 1},
        {"kind": "sona", "x": ""},
    ):
        with pytest.raises(ValueError, match="no panel"):
            panels.checked(wrong)
    with pytest.raises(ValueError, match="no panel"):
        panels.checked({"kind": "sona", "fails_by_rules": "yes"})
