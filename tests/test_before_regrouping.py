"""What was stored before the modules of ``survey/`` were grouped can still be opened.

`tests/fixtures/before_regrouping/make.py` says what is there. Everything is opened as a copy.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.fixtures.before_regrouping import opened
from tests.fixtures.before_regrouping.opened import HERE, STUDY, differences

pytestmark = pytest.mark.server

GOLDEN = json.loads((HERE / "golden.json").read_text())
STUDY_JSON, RATINGS = "study.json", "ratings.csv"
STATISTIC_TOLERANCE = 1e-6  # of a statistic, for another NumPy
WEIGHT_TOLERANCE = 1e-2  # of weights after twenty steps, for another processor
CODE_TOLERANCE = 1e-4  # of a code, for another processor
FIRST_LACKS = "seconds"  # column of answers that the first schema had not yet


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A survey's folder as it was kept."""
    shutil.copytree(HERE / "audio", tmp_path / "audio")
    shutil.copy(HERE / "survey.sqlite", tmp_path)
    return tmp_path


def stored_export(file: str) -> str:
    return (HERE / "export" / file).read_bytes().decode()


def stored_study() -> dict:
    """The study as it was exported; but when an invitation was used is not told any more."""
    record = json.loads(stored_export(STUDY_JSON))
    for invitation in record["study"]["invitations"]:
        if invitation["used_at"] is not None:
            invitation["used_at"] = invitation["created_at"]
    return record


def without(record, name: str):
    """A record of JSON without what goes by a name."""
    if isinstance(record, dict):
        return {key: without(value, name) for key, value in record.items() if key != name}
    return [without(entry, name) for entry in record] if isinstance(record, list) else record


def finish_study(server: opened.Server, clips: Path) -> None:
    """A participant who had begun the study finishes it with the old link."""
    token = GOLDEN["tokens"]["unfinished"]
    state = server.state(token)
    assert state["stage"] == "trial" and state["progress"] == {"done": 3, "total": 8}
    for address in state["trial"]["clips"].values():
        sound = hashlib.sha256(server.clip(address)).hexdigest()
        assert (clips / f"{sound}.mp3").exists()
    while state["trial"]:
        state = server.answer(token)
    assert state["stage"] == "finished" and state["code"]


def check_texts(file: Path) -> None:
    """What people agreed to is known again, as it was, for the words are still the same."""
    with closing(sqlite3.connect(file)) as database:
        people = set(database.execute("SELECT study_id, consent FROM participants"))
        texts = database.execute("SELECT study_id, sha256, text FROM consent_texts").fetchall()
    assert people and {(study, sha256) for study, sha256, _ in texts} == people
    for _, sha256, text in texts:
        assert hashlib.sha256(text.encode()).hexdigest() == sha256
        assert "Before the move" in text and "one year" in text


def check_codes(server: opened.Server, invitation: str) -> None:
    """Who finished with the older software can be paid, the invited one by their label."""
    codes = dict(
        re.findall(
            r"<code>([A-Z0-9-]{9})</code></th><td[^>]*>([^<]*)</td>", server.admin("/payments")
        )
    )
    assert len(codes) == GOLDEN["survey"]["finished"]
    assert sorted(codes.values()) == sorted([invitation, *["–"] * (len(codes) - 1)])
    checked = server.admin("/payments", codes="\n".join([*codes, "AAAA-AAAA"]))
    assert f"{len(codes)} to be paid" in checked and checked.count("nobody’s") == 1
    invited = server.admin("/invitations")
    assert invited.count("<td>finished") == 1 and invited.count("<td>not used") == 1


def test_a_database_opens_and_goes_on(data):
    file = data / "survey.sqlite"
    with opened.serving(data) as server:
        assert not differences(stored_study(), json.loads(server.exported(STUDY_JSON)))
        assert not differences(
            opened.rows(stored_export(RATINGS)), opened.rows(server.exported(RATINGS))
        )
        assert opened.counts(file) == GOLDEN["survey"]
        assert opened.answers(file) == GOLDEN["answers"]
        assert "somebody" in server.admin("/invitations")
        check_texts(file)
        check_codes(server, "somebody")
        finish_study(server, data / "audio")
        invited = server.join(invitation=GOLDEN["tokens"]["invitation"])
        assert server.state(invited)["stage"] == "practice"
        after = opened.counts(file)
    assert after["answers"] == GOLDEN["survey"]["answers"] + 5
    assert after["finished"] == GOLDEN["survey"]["finished"] + 1


def test_the_first_schema_is_brought_up_to_date(data):
    shutil.copy(HERE / "first_schema.sqlite", data / "survey.sqlite")
    with opened.serving(data) as server:
        expected = without(stored_study(), FIRST_LACKS)
        assert not differences(expected, json.loads(server.exported(STUDY_JSON)))
        check_texts(data / "survey.sqlite")
        check_codes(server, "somebody")
        finish_study(server, data / "audio")


def test_export_and_analysis_are_the_same(data):
    database = ("--database", f"sqlite:///{data / 'survey.sqlite'}", "--study", STUDY)
    opened.command("survey.export", *database, "--out", data / "export", data=data)
    exported = {path.name: path.read_bytes().decode() for path in (data / "export").iterdir()}
    assert not differences(stored_study(), json.loads(exported[STUDY_JSON]))
    assert not differences(opened.rows(stored_export(RATINGS)), opened.rows(exported[RATINGS]))
    shutil.copy(HERE / "survey.sqlite", data)  # for exporting has brought it up to date
    out = ("--out", data / "analysis", "--draws", opened.DRAWS, "--together")
    opened.command("survey.analyze", *database, *out, data=data)
    figures = opened.figures(data / "analysis" / "results.json")
    golden = opened.counted(GOLDEN["analysis"])
    del golden["kept"]["change"]["strengths"]  # of the whole study now, no longer of its averages
    for side in golden["kept"]["bias"].values():  # these have intervals now
        side |= {name: {"value": side[name]} for name in ("d_prime", "criterion")}
    assert not differences(golden, figures, STATISTIC_TOLERANCE)


def test_an_export_is_imported(tmp_path):
    file = tmp_path / "imported.sqlite"
    arguments = (HERE / "export" / STUDY_JSON, "--database", f"sqlite:///{file}")
    opened.command("survey.importing", *arguments, data=tmp_path)
    assert opened.counts(file) == GOLDEN["survey"]
    assert opened.answers(file) == GOLDEN["answers"]
    check_texts(file)


def test_a_journal_restores_the_answers(tmp_path):
    shutil.copytree(HERE / "audio", tmp_path / "audio")
    shutil.copytree(HERE / "journal", tmp_path / "journal")
    file = tmp_path / "survey.sqlite"
    with opened.journalling(tmp_path) as server:
        assert opened.counts(file) == GOLDEN["restored"]
        assert opened.answers(file) == GOLDEN["answers"]
        check_texts(file)
        check_codes(server, "somebody")
        finish_study(server, tmp_path / "audio")


def test_a_model_plays_the_same():
    assert not differences(GOLDEN["model"], opened.played(HERE / "model"), CODE_TOLERANCE)


def test_a_run_is_resumed(tmp_path):
    run = tmp_path / "run"
    shutil.copytree(HERE / "run", run)
    options = opened.run_options(run / "segments.zip", run)
    opened.command("train.fit", *options, "--resume", data=tmp_path)
    assert not differences(GOLDEN["run"], opened.last_rows(run / "log.csv"), WEIGHT_TOLERANCE)
    codes = opened.played(run)["codes"]
    assert not differences(GOLDEN["model"]["codes"], codes, WEIGHT_TOLERANCE)
