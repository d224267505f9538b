"""A text frozen before a study is opened: what it fixes, and when it is too late."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from sqlalchemy import select

from db.database import Database
from db.migrate import upgrade
from db.models import Audit
from survey.admin.opening import close_study, open_study
from survey.designs.questions import Question
from survey.preregister import main as preregister
from survey.records import preregistration
from survey.records.export_files import export
from survey.records.import_study import import_study
from tests.postgres import ONE
from tests.survey.publishing.frozen import EXPECTED, Draft, freeze, of

QUALITY = Question(name="quality", text="How good?", margin=0.5)


@pytest.mark.slow
def test_the_text_is_kept_and_says_what_was_fixed(
    draft: Draft, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = draft(questions=(QUALITY,))
    reason = tmp_path / "sample.txt"
    reason.write_text("Planned by survey.plan.")
    assert freeze(where, tmp_path, "--participants", "30", "--sample", str(reason)) == 0
    content = (tmp_path / "frozen.md").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    assert digest in capsys.readouterr().out
    text = content.decode()
    for words in (
        *(
            "cedar is better than alder.",
            r"50 % of \*all\* people",
            "30 participants are to finish",
        ),
        *("Planned by survey.plan.", "design mos", "“How good?” (scale from 1 to 5)"),
        *("differences of less than 0.5 do not matter", "two one-sided tests", "mixed model"),
        *("finished: who did not reach the end", "alder, birch, cedar", "LUFS"),
    ):
        assert words in text, words
    with database.read() as session:
        study = of(session)
        record = study.build["preregistration"]
        assert (record["text"], record["sha256"]) == (text, digest)
        assert study.build["participants"] == 30
        stimuli = preregistration.settings_of(study)["stimuli_sha256"]
        assert f"hashes of their clips: {stimuli}" in text
        row = session.scalars(select(Audit).where(Audit.action == "preregistered")).one()
        assert row.detail == {"sha256": digest}
    (tmp_path / "frozen.md").unlink()
    assert preregister([*where, "--out", str(tmp_path / "again.md")]) == 0
    assert (tmp_path / "again.md").read_bytes() == content


@pytest.mark.slow
def test_stimuli_that_nobody_would_hear_are_warned_of(
    draft: Draft, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = draft(questions=(QUALITY,), trials_each=2)
    assert freeze(where, tmp_path, "--participants", "1") == 0
    assert "as are wanted, 1, hear 2 at most of" in capsys.readouterr().out


@pytest.mark.slow
@ONE
def test_trials_that_come_once_more_are_fixed(
    draft: Draft, database: Database, tmp_path: Path
) -> None:
    where = draft(questions=(QUALITY,), repeats=2, rules={"repeats_apart": 0.4})
    assert freeze(where, tmp_path, "--participants", "30") == 0
    text = (tmp_path / "frozen.md").read_text(encoding="utf-8")
    assert " trials and 2 of them once more in an order of their own" in text
    assert "Second answers count in no estimate." in text
    with database.write() as session:
        study = of(session)
        assert preregistration.of_study(study).changed == ()
        study.build = study.build | {"repeats": 1}
        (changed,) = preregistration.of_study(study).changed
    assert changed == "The trials that come once more are not as preregistered: 1, not 2."


@pytest.mark.slow
@pytest.mark.parametrize(("check", "is_compared"), [("covariate", True), ("gate", False)])
def test_groups_by_the_headphone_check_are_compared_as_said(
    draft: Draft, database: Database, tmp_path: Path, check: str, is_compared: bool
) -> None:
    where = draft(questions=(QUALITY,))
    with database.write() as session:
        of(session).headphones = check
    assert freeze(where, tmp_path, "--participants", "30") == 0
    text = (tmp_path / "frozen.md").read_text(encoding="utf-8")
    assert ("Those who passed the headphone check are compared" in text) == is_compared


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "text", "words"),
    [
        ([], EXPECTED, "--participants says how many"),
        (["--participants", "100001"], EXPECTED, "--participants says how many"),
        (["--participants", "5"], " \n\n ", "cannot be empty"),
        (["--participants", "5"], "x" * 20_001, "longer than 20000"),
        (["--participants", "5"], "a\0b", "hold a NUL"),
    ],
)
@ONE
def test_what_cannot_be_frozen(
    draft: Draft,
    database: Database,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    more: list[str],
    text: str,
    words: str,
) -> None:
    where = draft()
    assert freeze(where, tmp_path, *more, text=text) == 2
    error = capsys.readouterr().err
    assert words in error and len(error.splitlines()) == 1
    assert not (tmp_path / "frozen.md").exists()
    with database.read() as session:
        assert not {"preregistration", "participants"} & of(session).build.keys()
    assert preregister([*where, "--out", str(tmp_path / "a.md")]) == 2
    assert "is not preregistered" in capsys.readouterr().err


@pytest.mark.slow
@ONE
def test_it_is_too_late_after_the_opening_and_once_is_enough(
    draft: Draft, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = draft()
    with database.write() as session:
        open_study(session, of(session))
    assert freeze(where, tmp_path, "--participants", "5") == 2
    assert "has been opened" in capsys.readouterr().err
    with database.write() as session:  # closed and opened again is no draft either
        close_study(session, of(session))
    assert freeze(where, tmp_path, "--participants", "5") == 2
    with database.write() as session:
        study = of(session)
        study.state, study.opened_at, study.withdrawn = "draft", None, 1
    assert freeze(where, tmp_path, "--participants", "5") == 2
    with database.write() as session:
        of(session).withdrawn = 0
    capsys.readouterr()
    assert freeze(where, tmp_path, "--participants", "5") == 0
    assert freeze(where, tmp_path, "--participants", "6") == 2
    assert "cannot be done twice" in capsys.readouterr().err
    latin = tmp_path / "latin.txt"
    latin.write_bytes(b"\xe9")
    assert preregister([*where, "--hypotheses", str(latin), "--participants", "5"]) == 2
    assert "is not UTF-8" in capsys.readouterr().err


@pytest.mark.slow
@ONE
def test_it_goes_along_with_an_export(draft: Draft, database: Database, tmp_path: Path) -> None:
    where = draft()
    assert freeze(where, tmp_path, "--participants", "3") == 0
    export(database, tmp_path / "e", "rated")
    other = Database(f"sqlite:///{tmp_path}/other.sqlite")
    upgrade(other)
    with other.write() as session:
        import_study(session, (tmp_path / "e" / "study.json").read_text(encoding="utf-8"))
    with other.read() as session:
        frozen = preregistration.of_study(of(session))
        assert frozen is not None and frozen.changed == () and frozen.participants == 3
    other.close()
