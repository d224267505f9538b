"""What differs from the text that was frozen before a study was opened."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from markupsafe import escape
from sqlalchemy import select

from db.database import Database
from db.models import Clip, Stimulus, Study
from survey.admin.opening import close_study, open_study
from survey.analyze import AVERAGED, from_file
from survey.analyze import main as analyze
from survey.designs import registry
from survey.paper import main as paper
from survey.preregister import main as preregister
from survey.publishing import preregistration_text
from survey.publishing.markdown import markdown
from survey.publishing.paper_document import BY_CONDITION
from survey.publishing.study_facts import facts
from survey.records import preregistration
from survey.records.export_files import export
from survey.records.preregistration import NO_DEVIATION, Preregistered
from tests.postgres import ONE
from tests.survey.publishing import golden
from tests.survey.publishing.frozen import Draft, answered, freeze, of

QUICK = ["--draws", "50"]


@pytest.mark.slow
def test_report_and_paper_list_deviations(
    draft: Draft, served: TestClient, database: Database, tmp_path: Path
) -> None:
    where = draft()
    assert freeze(where, tmp_path, "--participants", "3") == 0
    with database.write() as session:
        open_study(session, of(session))
    answered(served, 2)
    arguments = [*where, "--study", "rated", *QUICK]

    def reported(*more: str) -> list[str]:
        assert analyze([*arguments, *more, "--out", str(tmp_path / "a")]) == 0
        results = json.loads((tmp_path / "a" / "results.json").read_text())
        lines = results["provenance"]["preregistration"]
        page = (tmp_path / "a" / "report.html").read_text()
        assert all(str(escape(sentence)) in page for sentence in lines[1:])
        return lines

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
    assert paper([*arguments, "--out", str(tmp_path / "p")]) == 0
    text = (tmp_path / "p" / "paper.md").read_text(encoding="utf-8")
    assert "## Deviations from the preregistration" in text
    assert "- What the test is to find out, and the hypotheses: as the preregistration has" in text
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
    assert paper([*arguments, "--out", str(tmp_path / "p")]) == 0
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
    arguments = ["--csv", str(tmp_path / "ratings.csv"), *QUICK]
    assert analyze([*arguments, "--together", "--out", str(tmp_path / "a")]) == 0
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


@pytest.mark.slow
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
@ONE
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
        after = preregistration.of_study(study)
        assert after is not None and any(words in sentence for sentence in after.changed)


@pytest.mark.slow
@ONE
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
        after = preregistration.of_study(study)
        assert after is not None and after.changed == (
            "The text of the preregistration is not the one that was frozen.",
            "The number of participants wanted is not as preregistered: 4, not 3.",
            "The trials, with the hashes of their clips are not as preregistered.",
        )


@pytest.mark.slow
@pytest.mark.parametrize(
    "record", ["so", {"at": 5}, {"at": "2026", "sha256": 1, "code_version": "", "settings": []}]
)
@ONE
def test_what_is_damaged_is_said(
    draft: Draft,
    database: Database,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    record: object,
) -> None:
    where = draft()
    with database.write() as session:
        study = of(session)
        study.build = study.build | {"preregistration": record}
        after = preregistration.of_study(study)
        assert after is not None and after.changed == (preregistration.DAMAGED,)
    assert export(database, tmp_path / "e", "rated")
    assert preregister([*where, "--out", str(tmp_path / "a.md")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.slow
@ONE
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
        after = preregistration.of_study(study)
        assert after is not None and after.changed == ()


def test_another_version_of_the_code_is_named() -> None:
    frozen = Preregistered("2026-11-28", "0" * 64, "1.0", 5, True, ())
    assert frozen.deviations(5, "study", "1.0") == ()
    (other,) = frozen.deviations(5, "study", "2.0")
    assert "2.0, not 1.0" in other
    (unknown,) = frozen.deviations(None, "study", "1.0")
    assert "it is not known how many of 5" in unknown
    assert preregistration.parsed(json.loads(preregistration.as_json(frozen))) == frozen
