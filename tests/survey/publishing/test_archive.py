"""A closed study as one file: the same bytes, without persons, read by pandas alone."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from db.database import Database
from db.models import Participant, Study
from survey.admin.opening import close_study, open_study
from survey.analyze import main as analyze
from survey.archive import main as archive
from survey.core.settings import Settings
from survey.designs.questions import Question
from survey.records.export_files import export
from tests.survey.answers import add_answers
from tests.survey.built import Build
from tests.survey.person import Person

QUICK = ["--draws", "50"]
LICENCE = ["--licence", "CC-BY-4.0"]
ASKED = (
    Question(name="quality", text="How good?"),
    Question(name="why", kind="text", text="Why?"),
)
SECRET = "My name is Ada Lovelace"


@pytest.fixture
def where(settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The arguments of commands for the study."""
    monkeypatch.setenv("FADERNETS_DATA", str(settings.data))
    return ["--database", database.url.render_as_string(hide_password=False)]


@pytest.fixture
def closed(rated: Build, served: TestClient, database: Database) -> Callable[..., None]:
    """Makes a closed study that two people finished."""

    def make(people: int = 2) -> None:
        rated("mos", items=3, rules={"finished": True}, questions=ASKED, contact="ada@example.org")
        for number in range(people):
            person = Person.ready(served, "rated")
            place = 0
            while person.state().get("trial"):
                place += 1
                replies = {"quality": 1 + (place + number) % 5, "why": SECRET}
                person.reply(lambda trial, replies=replies: replies)
        with database.write() as session:
            close_study(session, session.scalars(select(Study)).one())

    return make


def read(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as whole:
        assert whole.testzip() is None
        return {name: whole.read(name) for name in whole.namelist()}


@pytest.mark.slow
def test_it_is_read_by_pandas_alone(
    closed: Callable[..., None], where: list[str], tmp_path: Path
) -> None:
    closed()
    out = tmp_path / "a.zip"
    assert archive([*where, *LICENCE, "--out", str(out)]) == 0
    files = read(out)
    ratings, stimuli, dictionary = (
        pd.read_csv(io.BytesIO(files[f"{name}.csv"]))
        for name in ("ratings", "stimuli", "dictionary")
    )
    assert len(ratings) == 2 * 12 and set(ratings["participant"]) == {"p1", "p2"}
    joined = ratings.merge(stimuli, on=["stimulus", "system", "item", "source"])
    assert len(joined) == len(ratings)
    assert all(name in files for name in joined["clip"])
    assert ratings.groupby("system")["quality"].mean().between(1, 5).all()
    columns = dictionary.groupby("file")["column"].apply(set)
    assert columns["ratings.csv"] == set(ratings.columns)
    assert columns["stimuli.csv"] == set(stimuli.columns)
    assert dictionary["meaning"].notna().all()


@pytest.mark.slow
def test_the_same_bytes_twice_and_sums_that_hold(
    closed: Callable[..., None], where: list[str], tmp_path: Path
) -> None:
    closed()
    for name in ("a.zip", "b.zip"):
        assert archive([*where, *LICENCE, "--out", str(tmp_path / name)]) == 0
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    files = read(tmp_path / "a.zip")
    assert list(files) == sorted(files)
    sums = dict(line.split("  ")[::-1] for line in files.pop("SHA256SUMS").decode().splitlines())
    assert sums == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert files["LICENCE.txt"] == b"CC-BY-4.0\n"
    versions = json.loads(files["versions.json"])
    assert {"code", "python", "pandas"} <= versions["analysis"].keys() and versions["build"]
    clips = [name for name in files if name.startswith("clips/")]
    assert all(hashlib.sha256(files[name]).hexdigest() in name for name in clips) and clips


@pytest.mark.slow
def test_nobody_is_in_it_by_name_unless_they_wrote_it_and_it_is_asked_for(
    closed: Callable[..., None], where: list[str], database: Database, tmp_path: Path
) -> None:
    closed()
    arguments = [*where, *LICENCE, "--out", str(tmp_path / "a.zip")]
    assert archive(arguments) == 0
    with database.read() as session:
        people = session.scalars(select(Participant)).all()
        secrets = [person.public_id for person in people]
        secrets += [str(person.completion_code) for person in people]
    texts = {
        name: content.decode()
        for name, content in read(tmp_path / "a.zip").items()
        if not name.endswith(".mp3")
    }
    for text in texts.values():
        assert not [
            name for name in (*secrets, SECRET, "Lovelace", "ada@example.org") if name in text
        ]
    table = pd.read_csv(io.StringIO(texts["ratings.csv"].removeprefix("\ufeff")))
    assert not {"comment", "why", "answered_at"} & set(table.columns)
    assert set(table["source"]) == {"piece-1", "piece-2", "piece-3"}
    assert [one["name"] for one in json.loads(texts["design.json"])["questions"]] == ["quality"]
    assert "Left out are what participants wrote" in texts["README.md"]

    assert archive([*arguments, "--comments", "--moments", "--sources"]) == 0
    files = read(tmp_path / "a.zip")
    table = pd.read_csv(io.BytesIO(files["ratings.csv"]))
    assert {"comment", "why", "answered_at"} <= set(table.columns)
    assert set(table["why"]) == {SECRET} and not table["source"].str.startswith("piece-").any()
    assert b"Left out" not in files["README.md"]
    dictionary = pd.read_csv(io.BytesIO(files["dictionary.csv"]))
    of_ratings = dictionary[dictionary["file"] == "ratings.csv"]["column"]
    assert set(of_ratings) == set(table.columns)


@pytest.mark.slow
def test_the_ratings_give_the_results_of_the_study(
    closed: Callable[..., None], where: list[str], database: Database, tmp_path: Path
) -> None:
    closed()
    assert archive([*where, *LICENCE, "--out", str(tmp_path / "a.zip")]) == 0
    (tmp_path / "ratings.csv").write_bytes(read(tmp_path / "a.zip")["ratings.csv"])
    export(database, tmp_path / "e", "rated")
    documents = []
    for name, file in (("one", "ratings.csv"), ("two", "e/ratings.csv")):
        out = tmp_path / name
        assert analyze(["--csv", str(tmp_path / file), "--out", str(out), *QUICK]) == 0
        documents.append(json.loads((out / "results.json").read_text()))
    people = []
    for results in documents:
        del results["provenance"]["data_sha256"]
        # Own words are not in the archive, and people have other names there.
        results["questions"] = [one for one in results["questions"] if one["kind"] != "text"]
        table = results["tables"].pop("by_participant")
        people.append(sorted(str({**row, "participant": ""}) for row in table))
    assert documents[0] == documents[1] and people[0] == people[1]


@pytest.mark.slow
def test_a_study_of_transfers(
    study: Study, where: list[str], database: Database, tmp_path: Path, capsys
) -> None:
    add_answers(database, study, 3)
    with database.write() as session:
        close_study(session, session.get_one(Study, study.id))
        first = session.scalars(select(Participant).order_by(Participant.id)).first()
        first.age_band = "65+"
    text = tmp_path / "licence.txt"
    text.write_text("All of it is free.\n")
    arguments = [*where, "--licence-file", str(text), "--out", str(tmp_path / "a.zip")]
    assert archive(arguments) == 0
    assert "1 participant is the only one with their age" in capsys.readouterr().out
    files = read(tmp_path / "a.zip")
    assert files["LICENCE.txt"] == b"All of it is free.\n"
    ratings, stimuli = (
        pd.read_csv(io.BytesIO(files[f"{name}.csv"])) for name in ("ratings", "stimuli")
    )
    assert ratings["participant"].nunique() == 3 and "comment" not in ratings
    pairs = stimuli[stimuli["kind"].isin(["transfer", "identical", "swapped"])]
    assert set(ratings["item"]) <= set(pairs["stimulus"])
    systems = pairs.sort_values("place").groupby(["kind", "stimulus"])["system"].apply(list)
    for kind, reference in (("transfer", [0]), ("identical", [0, 1]), ("swapped", [1])):
        if kind in systems.index.get_level_values(0):
            for both in systems[kind]:
                assert [at for at, name in enumerate(both) if name == "reference"] == reference


@pytest.mark.slow
def test_what_cannot_be_published(
    closed: Callable[..., None],
    where: list[str],
    database: Database,
    settings: Settings,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    closed()
    out = tmp_path / "a.zip"

    def refused(words: str, *licence: str) -> None:
        capsys.readouterr()
        assert archive([*where, *(licence or LICENCE), "--out", str(out)]) == 2
        error = capsys.readouterr().err
        assert words in error and len(error.splitlines()) == 1 and not out.exists()

    refused("under which licence", "--licence", " ")
    latin = tmp_path / "latin.txt"
    latin.write_bytes(b"\xe9")
    refused("is not UTF-8", "--licence-file", str(latin))
    with database.write() as session:
        open_study(session, session.scalars(select(Study)).one())
    refused("is open: people may still answer")
    with database.write() as session:
        close_study(session, session.scalars(select(Study)).one())
    with database.read() as session:
        hashes = {
            one.sha256 for s in session.scalars(select(Study)).one().stimuli for one in s.clips
        }
    clip = settings.audio / f"{min(hashes)}.mp3"
    content = clip.read_bytes()
    clip.write_bytes(content + b"!")
    refused("is not what people heard")
    clip.unlink()
    refused("cannot be read")


@pytest.mark.slow
def test_a_study_without_answers(
    closed: Callable[..., None], where: list[str], tmp_path: Path, capsys
) -> None:
    closed(people=0)
    assert archive([*where, *LICENCE, "--out", str(tmp_path / "a.zip")]) == 2
    assert "has no answers" in capsys.readouterr().err
