"""A text frozen before a study is opened, and what differs from it afterwards."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from markupsafe import escape
from sqlalchemy import select

from db.database import Database
from db.migrate import upgrade
from db.models import Audit, Clip, Stimulus, Study
from survey.admin.opening import close_study, open_study
from survey.analyze import AVERAGED, from_file
from survey.analyze import main as analyze
from survey.designs import registry
from survey.designs.questions import Question
from survey.paper import main as paper
from survey.preregister import main as preregister
from survey.publishing import preregistration_text
from survey.publishing.markdown import markdown
from survey.publishing.paper_document import BY_CONDITION
from survey.publishing.study_facts import facts
from survey.records import preregistration
from survey.records.export_files import export
from survey.records.import_study import import_study
from survey.records.preregistration import NO_DEVIATION, Preregistered
from tests.survey.built import Build
from tests.survey.person import Person
from tests.survey.publishing import golden

QUICK = ["--draws", "50"]
EXPECTED = "cedar is better than alder.\n\nBirch lies between: 50 % of *all* people hear it.\n"
QUALITY = Question(name="quality", text="How good?", margin=0.5)

Draft = Callable[..., list[str]]


@pytest.fixture
def draft(rated: Build, database: Database) -> Draft:
    """A draft of a study; gives the arguments of commands for it."""

    def make(design: str = "mos", **fields: object) -> list[str]:
        rated(design, **({"rules": {"finished": True}} | fields))
        with database.write() as session:
            study = of(session)
            study.state, study.opened_at = "draft", None
        return ["--database", database.url.render_as_string(hide_password=False)]

    return make


def of(session) -> Study:
    return session.scalars(select(Study).where(Study.name == "rated")).one()


def freeze(where: list[str], folder: Path, *more: str, text: str = EXPECTED) -> int:
    file = folder / "hypotheses.txt"
    file.write_text(text, encoding="utf-8")
    out = ["--out", str(folder / "frozen.md")]
    return preregister([*where, "--hypotheses", str(file), *out, *more])


def answered(served: TestClient, people: int) -> None:
    for _ in range(people):
        person = Person.ready(served, "rated")
        while person.state().get("trial"):
            person.reply(lambda trial: {"quality": 1 + len(str(trial["id"])) % 5})


def test_the_text_is_kept_and_says_what_was_fixed(
    draft: Draft, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = draft(questions=(QUALITY,))
    reason = tmp_path / "sample.txt"
    reason.write_text("Planned by survey.plan.")
    assert freeze(where, tmp_path, "--participants", "30", "--sample", str(reason)) == 0
    content = (tmp_path / "frozen.md").read_bytes()
    told = hashlib.sha256(content).hexdigest()
    assert told in capsys.readouterr().out
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
        kept = study.build["preregistration"]
        assert (kept["text"], kept["sha256"]) == (text, told)
        assert study.build["participants"] == 30
        stimuli = preregistration.settings_of(study)["stimuli_sha256"]
        assert f"hashes of their clips: {stimuli}" in text
        row = session.scalars(select(Audit).where(Audit.action == "preregistered")).one()
        assert row.detail == {"sha256": told}
    (tmp_path / "frozen.md").unlink()
    assert preregister([*where, "--out", str(tmp_path / "again.md")]) == 0
    assert (tmp_path / "again.md").read_bytes() == content


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
def test_report_and_paper_list_deviations(
    draft: Draft, served: TestClient, database: Database, tmp_path: Path
) -> None:
    where = draft()
    assert freeze(where, tmp_path, "--participants", "3") == 0
    with database.write() as session:
        open_study(session, of(session))
    answered(served, 2)
    asked = [*where, "--study", "rated", *QUICK]

    def reported(*more: str) -> list[str]:
        assert analyze([*asked, *more, "--out", str(tmp_path / "a")]) == 0
        results = json.loads((tmp_path / "a" / "results.json").read_text())
        said = results["provenance"]["preregistration"]
        page = (tmp_path / "a" / "report.html").read_text()
        assert all(str(escape(sentence)) in page for sentence in said[1:])
        return said

    first, *early = reported()
    assert "preregistered on" in first
    assert early == [
        "The analysis was run before the study was closed: 2 of 3 planned participants have "
        "finished."
    ]
    assert "other rules of exclusion than" in reported("--keep-all")[1]
    with database.write() as session:
        close_study(session, of(session))
    assert reported()[1:] == [
        "The number of participants is another: 2 of 3 planned participants have finished."
    ]
    with database.write() as session:
        study = of(session)
        open_study(session, study)
        study.rules = {"finished": False}
    answered(served, 1)
    with database.write() as session:
        close_study(session, of(session))
    changed = reported()[1:]
    assert changed == [
        'The rules of exclusion are not as preregistered: {"finished": false}, not '
        '{"finished": true}.'
    ]
    assert paper([*asked, "--out", str(tmp_path / "p")]) == 0
    text = (tmp_path / "p" / "paper.md").read_text(encoding="utf-8")
    assert "## Deviations from the preregistration" in text
    assert "The rules of exclusion are not as preregistered" in text
    assert "- Preregistration: on 2" in text

    export(database, tmp_path / "e", "rated")
    table = pd.read_csv(tmp_path / "e" / "ratings.csv")
    dictionary = pd.read_csv(tmp_path / "e" / "dictionary.csv").set_index("column")
    assert set(dictionary.index) == set(table.columns)
    ratings = ["--csv", str(tmp_path / "e" / "ratings.csv"), *QUICK]
    assert analyze([*ratings, "--out", str(tmp_path / "b")]) == 0
    one, other = ((tmp_path / name / "results.json").read_bytes() for name in "ab")
    assert one == other
    with database.write() as session:
        of(session).rules = {"finished": True}
    assert reported()[1:] == [NO_DEVIATION]
    assert paper([*asked, "--out", str(tmp_path / "p")]) == 0
    assert "## Deviations" not in (tmp_path / "p" / "paper.md").read_text(encoding="utf-8")

    broken = table.assign(preregistration='{"day": 5}')
    broken.to_csv(tmp_path / "broken.csv", index=False)
    assert analyze(["--csv", str(tmp_path / "broken.csv"), "--out", str(tmp_path / "c")]) == 2


@pytest.mark.slow
def test_an_average_over_conditions_is_a_deviation(tmp_path: Path) -> None:
    frozen = Preregistered("2026-11-28", "0" * 64, "1.0", 5, True, ())
    table = pd.read_csv(golden.RATINGS["transfer"], dtype=str, keep_default_na=False)
    table[preregistration.KEY] = preregistration.as_json(frozen)

    table.to_csv(tmp_path / "ratings.csv", index=False)
    asked = ["--csv", str(tmp_path / "ratings.csv"), *QUICK]
    assert analyze([*asked, "--together", "--out", str(tmp_path / "a")]) == 0
    results = json.loads((tmp_path / "a" / "results.json").read_text())
    assert AVERAGED in results["provenance"]["preregistration"]

    data = from_file(tmp_path / "ratings.csv", None)
    assert AVERAGED not in data.deviations("1.0")
    assert AVERAGED in replace(data, together=True).deviations("1.0")
    one = data.table[data.table["strength"] != 0.5]
    assert AVERAGED not in replace(data, table=one, together=True).deviations("1.0")


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_strengths_and_their_comparison_are_fixed(strength: float) -> None:
    pairs = [
        Stimulus(name=f"lh-{at}", kind="transfer", item="", systems=[], checkpoint="arranger")
        for at in range(2)
    ]
    for pair, step in zip(pairs, (strength, 1.0), strict=True):
        pair.strength, pair.source, pair.segment = step, "piece", 0
        pair.first = pair.second = Clip(sha256="0" * 64, bytes=1, seconds=4.0)
    study = Study(name="dose", title="", trials_each=2, headphones="none", invited_only=False)
    study.stimuli, study.build, study.panel, study.statement = pairs, {}, {}, "I agree."
    settings = {"rules": {}, "participants": 9, "stops_at_wanted": False}
    hashes = {"stimuli_sha256": "", "consent_sha256": ""}
    text = markdown(
        preregistration_text.preregistration(
            "dose", registry.find("transfer"), (), facts(study), settings | hashes, [], [], "1.0"
        )
    )
    assert (BY_CONDITION in text) == (strength == 0.5)
    assert ("2 items, which are 1 segment of 1 piece" in text) and "reference." in text
    assert ("arranger (strength 0.5 and 1)" in text) == (strength == 0.5)
    assert "2 trials in an order of their own, without practice;" in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"trials_each": 2}, "The trials of one participant are not as preregistered: 2, not "),
        ({"language": "de"}, "The language is not as preregistered: de, not en."),
        ({"title": "Another"}, "What people agree to is not as preregistered."),
        ({"stops_at_wanted": True}, "Whether it lets nobody in when as many"),
        ({"questions": []}, "The questions are not as preregistered."),
        ({"panel": {"kind": "prolific"}}, "The panel that sends participants is not"),
    ],
)
def test_every_changed_setting_is_named(
    draft: Draft, database: Database, tmp_path: Path, change: dict[str, object], words: str
) -> None:
    where = draft()
    assert freeze(where, tmp_path, "--participants", "3") == 0
    with database.write() as session:
        study = of(session)
        before = preregistration.of_study(study)
        assert before is not None and before.changed == ()
        for name, value in change.items():
            setattr(study, name, value)
        found = preregistration.of_study(study)
        assert found is not None and any(words in sentence for sentence in found.changed)


def test_another_clip_number_or_text_is_named(
    draft: Draft, database: Database, tmp_path: Path
) -> None:
    where = draft()
    assert freeze(where, tmp_path, "--participants", "3") == 0
    with database.write() as session:
        study = of(session)
        one = session.scalars(select(Stimulus).where(Stimulus.study_id == study.id)).first()
        one.first = one.second = Clip(sha256="f" * 64, bytes=1, seconds=1.0)
        frozen = study.build["preregistration"] | {"text": "We foresaw it all."}
        study.build = study.build | {"participants": 4, "preregistration": frozen}
        session.flush()
        found = preregistration.of_study(study)
        assert found is not None and found.changed == (
            "The text of the preregistration is not the one that was frozen.",
            "The number of participants wanted is not as preregistered: 4, not 3.",
            "The trials, with the hashes of their clips are not as preregistered.",
        )


@pytest.mark.parametrize(
    "kept", ["so", {"at": 5}, {"at": "2026", "sha256": 1, "code_version": "", "settings": []}]
)
def test_what_is_damaged_is_said(
    draft: Draft,
    database: Database,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    kept: object,
) -> None:
    where = draft()
    with database.write() as session:
        study = of(session)
        study.build = study.build | {"preregistration": kept}
        found = preregistration.of_study(study)
        assert found is not None and found.changed == (preregistration.DAMAGED,)
    assert export(database, tmp_path / "e", "rated")
    assert preregister([*where, "--out", str(tmp_path / "a.md")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_what_later_versions_settle_is_not_taken_for_a_change(
    draft: Draft, database: Database, tmp_path: Path
) -> None:
    where = draft()
    assert freeze(where, tmp_path, "--participants", "3") == 0
    with database.write() as session:
        study = of(session)
        frozen = study.build["preregistration"]
        before = {name: one for name, one in frozen["settings"].items() if name != "headphones"}
        study.build = study.build | {"preregistration": frozen | {"settings": before}}
        found = preregistration.of_study(study)
        assert found is not None and found.changed == ()


def test_another_version_of_the_code_is_named() -> None:
    frozen = Preregistered("2026-11-28", "0" * 64, "1.0", 5, True, ())
    assert frozen.deviations(5, "study", "1.0") == ()
    (other,) = frozen.deviations(5, "study", "2.0")
    assert "2.0, not 1.0" in other
    (unknown,) = frozen.deviations(None, "study", "1.0")
    assert "it is not known how many of 5" in unknown
    assert preregistration.parsed(json.loads(preregistration.as_json(frozen))) == frozen


def test_it_goes_along_with_an_export(draft: Draft, database: Database, tmp_path: Path) -> None:
    where = draft()
    assert freeze(where, tmp_path, "--participants", "3") == 0
    export(database, tmp_path / "e", "rated")
    other = Database(f"sqlite:///{tmp_path}/other.sqlite")
    upgrade(other)
    with other.write() as session:
        import_study(session, (tmp_path / "e" / "study.json").read_text(encoding="utf-8"))
    with other.read() as session:
        found = preregistration.of_study(of(session))
        assert found is not None and found.changed == () and found.participants == 3
    other.close()
