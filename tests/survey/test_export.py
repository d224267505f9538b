import csv
import io
import json
import os
import random
import stat
from pathlib import Path

import pytest
from sqlalchemy import select

from db.database import Database
from db.models import Participant, Study
from survey import export
from survey.admin import invitations
from survey.ratings.columns import COLUMNS, STUDY_COLUMNS
from survey.ratings.rating_table import frame, read_csv
from survey.records import export_files
from survey.records.erasure import erase
from tests.postgres import ONE
from tests.survey.crowd import answer, fill, join


@pytest.fixture
def filled(database: Database, study: Study) -> Study:
    with database.write() as session:
        fill(session, study, 4)
    return study


def test_ratings_csv_is_the_frame_and_safe_in_a_spreadsheet(database: Database, filled: Study):
    with database.read() as session:
        text = export_files.ratings_csv(session, filled)
        table = frame(session, filled)
    assert read_csv(io.StringIO(text, newline="")).equals(table) and len(table) == 3 * 6 + 3
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    comments = [row[header.index("comment")] for row in rows]
    assert sum(cell.startswith("'=") for cell in comments) > 4
    numbers = {column for column, name in enumerate(header) if name.startswith("change_")}
    cells = [cell for row in rows for column, cell in enumerate(row) if column not in numbers]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]


def test_study_json_is_all_there_is_of_it(database: Database, filled: Study):
    with database.read() as session:
        text = export_files.study_json(session, filled)
        assert text == export_files.study_json(session, filled)
    exported = json.loads(text)
    assert (exported["format"], exported["version"]) == (export_files.FORMAT, 1)
    assert len(exported["study"]["stimuli"]) == 12 and exported["study"]["build"] == {"seed": 0}
    assert [len(record["trials"]) for record in exported["participants"]] == [8] * 4
    answers = [t["answer"] for record in exported["participants"] for t in record["trials"]]
    assert sum(record is not None for record in answers) == 3 * 8 + 5


def test_the_dictionary_has_a_row_for_every_column(database: Database, filled: Study):
    with database.read() as session:
        text = export_files.dictionary_csv(session, filled).removeprefix("\ufeff")
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert header == ["column", "form", "values", "meaning"]
    names = [column.name for column in (*COLUMNS, *STUDY_COLUMNS)]
    assert [row[0] for row in rows] == [*names, "change_<attribute>"]
    assert all(row[3] for row in rows)


@pytest.mark.slow
def test_the_command_writes_three_files(
    database: Database, filled: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    url = database.url.render_as_string(hide_password=False)
    out = tmp_path / "a" / "folder"
    assert export.main(["--database", url, "--out", str(out)]) == 0
    assert {path.name for path in out.iterdir()} == {"ratings.csv", "study.json", "dictionary.csv"}
    assert capsys.readouterr().out.split() == [
        str(out / name) for name in ("ratings.csv", "study.json", "dictionary.csv")
    ]
    with database.read() as session:
        assert (out / "ratings.csv").read_bytes().decode() == export_files.ratings_csv(
            session, filled
        )
        assert (out / "study.json").read_text() == export_files.study_json(session, filled)


@pytest.mark.slow
@ONE
def test_the_command_says_in_one_sentence_what_it_cannot(
    database: Database, filled: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    url = database.url.render_as_string()
    cases = [
        (["--database", url, "--study", "other"], "there is no study 'other'"),
        (["--database", f"sqlite:///{tmp_path}/none.sqlite"], "there is no database"),
        (["--database", "mysql://host/name"], "DATABASE_URL is for mysql"),
    ]
    for arguments, sentence in cases:
        assert export.main([*arguments, "--out", str(tmp_path / "out")]) == 2
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 1 and sentence in lines[0]
    assert not (tmp_path / "none.sqlite").exists() and not (tmp_path / "out").exists()
    (tmp_path / "file").touch()
    assert export.main(["--database", url, "--out", str(tmp_path / "file")]) == 2


@pytest.mark.slow
def test_an_erasure_reaches_exports_that_were_made_before(
    database: Database, filled: Study, tmp_path: Path
):
    emptied, untouched, edited = tmp_path / "gone", tmp_path / "kept", tmp_path / "edited"
    for folder in (emptied, untouched, untouched, edited):
        export_files.export(database, folder)
    for path in emptied.iterdir():
        path.unlink()
    (edited / "study.json").unlink()
    with database.write() as session:
        person, _ = join(session, filled)
        answer(session, person, random.Random(1), "a secret remark")
        for _ in range(3):
            answer(session, person, random.Random(1), "a secret remark")
    export_files.export(database, untouched)
    assert b"a secret remark" in (untouched / "ratings.csv").read_bytes()
    with database.write() as session:
        query = select(Participant).where(Participant.public_id == person.public_id)
        erase(session, session.scalars(query).one())
    renewed = export_files.renew(database)
    assert sorted(renewed) == [
        edited / "ratings.csv",
        untouched / "ratings.csv",
        untouched / "study.json",
    ]
    assert not list(emptied.iterdir())
    for path in renewed:
        text = path.read_text()
        assert person.public_id not in text and "a secret remark" not in text
        assert "ümlaut" in text or "\\u00fc" in text


@pytest.mark.parametrize("remaining", ["study.json", "ratings.csv"])
def test_a_folder_is_of_the_study_exported_to_it_last(
    database: Database, filled: Study, tmp_path: Path, remaining: str
):
    """Another study's withdrawal does not bring back what was overwritten."""
    out = tmp_path / "out"
    export_files.export(database, out)
    with database.write() as session:  # as if the folder had been another study's since
        session.get_one(Study, filled.id).name = "renamed"
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    for name in {"study.json", "ratings.csv"} - {remaining}:
        (out / name).unlink()
    assert export_files.renew(database) == []
    assert (out / remaining).read_bytes() == before[remaining]


@pytest.mark.slow
def test_two_studies_in_one_folder(database: Database, filled: Study, tmp_path: Path):
    """Both are remembered as having written there; the files are the later one's."""
    with database.write() as session:
        session.add(Study(name="other", title="", trials_each=1))
    out = tmp_path / "same"
    for name in ("small", "other"):
        export_files.export(database, out, name)
    renewed = export_files.renew(database)
    assert sorted(path.name for path in renewed) == ["ratings.csv", "study.json"]
    assert json.loads((out / "study.json").read_text())["study"]["name"] == "other"
    assert len((out / "ratings.csv").read_text().splitlines()) == 1
    export_files.export(database, out, "small")
    export_files.renew(database)
    assert json.loads((out / "study.json").read_text())["study"]["name"] == "small"


@pytest.mark.slow
def test_a_study_of_the_same_name_elsewhere_keeps_its_folder(
    database: Database, filled: Study, tmp_path: Path
):
    out = tmp_path / "out"
    export_files.export(database, out)
    exported = json.loads((out / "study.json").read_text())
    exported["study"]["created_at"] = "2020-01-01T00:00:00+00:00"  # of another database
    (out / "study.json").write_text(json.dumps(exported))
    assert export_files.renew(database) == []


@pytest.mark.slow
@ONE
def test_an_export_that_cannot_be_renewed_is_logged(
    database: Database,
    filled: Study,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
):
    rename = Path.replace

    def refusing(part: Path, path: Path) -> Path:
        if path.parent.name == "first":
            raise OSError(28, "No space left on device")
        return rename(part, path)

    export_files.export(database, tmp_path / "first")
    export_files.export(database, tmp_path / "second")
    monkeypatch.setattr(Path, "replace", refusing)
    renewed = export_files.renew(database)
    assert {path.parent.name for path in renewed} == {"second"}
    assert "could not be written again" in caplog.text
    names = {path.name for path in (tmp_path / "second").iterdir()}
    assert {path.name for path in (tmp_path / "first").iterdir()} == names


@pytest.mark.slow
@ONE
def test_labels_are_exported_if_they_are_asked_for(
    database: Database, study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """And go from the file when their person withdraws."""
    with database.write() as session:
        tokens = invitations.create_labelled(session, study, ["Ada", "=Grace"])
        people = [join(session, study, token)[0] for token in tokens]
    url = database.url.render_as_string(hide_password=False)
    out = tmp_path / "out"
    assert export.main(["--database", url, "--out", str(out)]) == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "dictionary.csv",
        "ratings.csv",
        "study.json",
    ]
    assert export.main(["--database", url, "--out", str(out), "--participants"]) == 0
    assert str(out / "participants.csv") in capsys.readouterr().out
    text = (out / "participants.csv").read_text("utf-8-sig")
    rows = {row["label"]: row for row in csv.DictReader(io.StringIO(text))}
    assert set(rows) == {"Ada", "'=Grace"}
    assert [rows[label]["participant"] for label in ("Ada", "'=Grace")] == [
        person.public_id for person in people
    ]
    with database.write() as session:
        erase(session, session.get_one(Participant, people[0].id))
    assert out / "participants.csv" in export_files.renew(database)
    text = (out / "participants.csv").read_text("utf-8-sig")
    assert "Ada" not in text and people[0].public_id not in text and "Grace" in text


def test_labels_come_into_no_folder_where_nobody_asked_for_them(
    database: Database, study: Study, tmp_path: Path
):
    """Versions before wrote a table of the analysis under the name of that of participants."""
    with database.write() as session:
        (token,) = invitations.create_labelled(session, study, ["Ada"])
        join(session, study, token)
    export_files.export(database, tmp_path)
    analysed = "participant,answers,agreement\n0042,12,0.5\n"
    (tmp_path / "participants.csv").write_text(analysed)
    renewed = export_files.renew(database)
    assert [path.name for path in renewed] == ["ratings.csv", "study.json"]
    assert (tmp_path / "participants.csv").read_text() == analysed


@pytest.mark.slow
def test_other_users_cannot_read_an_export(database: Database, filled: Study, tmp_path: Path):
    """Unless whoever made it lets them, which the next writing heeds."""
    out = tmp_path / "out"
    before = os.umask(0)
    try:
        export_files.export(database, out)
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (out, *out.iterdir())}
    files = (export_files.RATINGS, export_files.STUDY, export_files.DICTIONARY)
    assert modes == {"out": 0o700, **dict.fromkeys(files, 0o600)}
    (out / export_files.RATINGS).chmod(0o640)
    assert len(export_files.renew(database)) == 2
    assert stat.S_IMODE((out / export_files.RATINGS).stat().st_mode) == 0o640
    assert stat.S_IMODE((out / export_files.STUDY).stat().st_mode) == 0o600
