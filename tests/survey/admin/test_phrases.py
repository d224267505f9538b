"""A study of phrases, made from music that is sent to the admin's page, or from music21's."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import Response
from sqlalchemy import select

from db.database import Database
from db.models import Study
from survey import stimuli
from survey.admin.creating import sound_archive
from survey.building import create
from survey.building.study_spec import BuildError, StudySpec
from survey.core.settings import Settings
from survey.publishing.study_facts import facts
from tests.postgres import ONE
from tests.survey import music
from tests.survey.admin.test_sounds import zipped
from tests.survey.manager import SAME, Manager
from tests.survey.person import Person

PATH = "/new/phrases"
ASKED = {"phrases": "1", "practice": "1", "shortest": "2", "longest": "5", "seed": "3"}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Six pieces of sixteen bars, as MIDI files."""
    folder = music.write(tmp_path_factory.mktemp("music"), files=6, bars=16)
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*.mid"))}


def send(manager: Manager, archive: bytes | None, **fields: Any) -> Response:
    form = manager.form(PATH, PATH)
    form.pop("music", None)
    files = {"music": ("music.zip", archive, "application/zip") if archive else ("", b"")}
    return manager.client.post(
        f"/admin{PATH}",
        data=form | {"name": "mine", "design": "ab", "models": ["arranger", "gmvae"]} | fields,
        files=files,
        headers=manager.headers | SAME,
        follow_redirects=False,
    )


@ONE  # with PostgreSQL goes `test_sounds.test_from_a_zip_file_to_an_answer`: phrases are sounds
@pytest.mark.slow
def test_from_music_to_an_answer(
    bare: Manager,
    app: FastAPI,
    left: Callable[[], list[Path]],
    database: Database,
    settings: Settings,
    files: dict[str, bytes],
    tmp_path: Path,
) -> None:
    fields: dict[str, Any] = ASKED | {"ways": ["calm", "valence-high"], "strengths": "0.5, 1"}
    answer = send(bare, zipped(files | {"read.me": b"", "broken.mid": b"no music"}), **fields)
    assert answer.headers.get("location", "").endswith("/admin/build"), answer.text
    app.state.admin_services.builder.wait(300)
    page = bare.get("/build").text
    assert "mine is ready" in page, page
    assert "4 phrases of " in page and "gmvae 0.5 could change" in page
    assert "Left out: broken.mid: broken.mid is not a MIDI file." in page
    assert "4 systems: arranger 0.5, arranger 1, gmvae 0.5, gmvae 1" in page
    assert not [path for path in left() if path.suffix != ".mp3"]
    with database.read() as session:
        study = session.scalars(select(Study).where(Study.name == "mine")).one()
        assert (study.design, study.state) == ("ab", "draft")
        main = [s for s in study.stimuli if s.kind == "rated"]
        assert len(main) == 2 * 12 and {s.source for s in main} <= set(files)
        record = json.loads(study.build["items"][main[0].name]["settings"])
        assert "They are phrases of whole bars, drawn at random" in facts(study).sounds
    assert record["options"] in bare.get("/studies/mine/settings").text
    # What is kept of it makes the same again.
    (tmp_path / "again").mkdir()
    for name, content in files.items():
        (tmp_path / "again" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "again" / name).write_bytes(content)
    (tmp_path / "again" / "broken.mid").write_bytes(b"no music")
    out = tmp_path / "out"
    again = [str(out), "--midi", str(tmp_path / "again"), *record["options"].split()]
    assert stimuli.main(again) == 0
    lost = replace(settings, data=tmp_path / "lost")
    create.restore(database, lost, StudySpec("mine", stimuli=out / "stimuli.csv"))
    names = {clip for item in study.build["items"].values() for clip in item["clips"]}
    assert names <= {path.stem for path in lost.audio.iterdir()}
    assert bare.send("/studies/mine", "/studies/mine/open").status_code == 303
    person = Person.ready(bare.client, "mine")
    replies = [person.reply(lambda trial: {"preference": 1}) for _ in range(3)]
    assert replies[-1]["progress"]["done"] == 1  # the first two were practice


@ONE
@pytest.mark.slow
def test_checking_keeps_nothing(
    bare: Manager,
    app: FastAPI,
    left: Callable[[], list[Path]],
    database: Database,
    files: dict[str, bytes],
) -> None:
    answer = send(bare, zipped(files), **ASKED, ways=["low"], only="check")
    assert answer.status_code == 303, answer.text
    app.state.admin_services.builder.wait(240)
    page = bare.get("/build").text
    assert "The sounds can be used" in page and "low-01-1.mid: " in page, page
    assert "/admin/new/phrases" in page and left() == []
    with database.read() as session:
        assert list(session.scalars(select(Study.name))) == ["small"]


@ONE
@pytest.mark.slow
def test_too_little_music_leaves_nothing(
    bare: Manager,
    app: FastAPI,
    left: Callable[[], list[Path]],
    database: Database,
    files: dict[str, bytes],
) -> None:
    few = dict(list(files.items())[:1])
    answer = send(bare, zipped(few), **ASKED | {"phrases": "9"}, ways=["low"])
    assert answer.status_code == 303, answer.text
    app.state.admin_services.builder.wait(240)
    page = bare.get("/build").text
    assert "mine was not made" in page and "and 10 are needed, practice included" in page
    assert left() == []
    with database.read() as session:
        assert list(session.scalars(select(Study.name))) == ["small"]


@ONE
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "Not Good"}, "cannot name a study"),
        ({"ways": []}, "Give one way or several different ones"),
        ({"ways": ["up"]}, "There is no way"),
        ({"models": []}, "Choose one model or several"),
        ({"models": ["../../etc"]}, "There is no shipped model of this name"),
        ({"strengths": "x"}, "Strengths are numbers"),
        ({"strengths": "0"}, "The strength 0 is not between"),
        ({"phrases": "0"}, "phrases must be"),
        ({"phrases": "200"}, "201 phrases of each way"),
        ({"shortest": "nan"}, "A phrase lasts 1 to 100 s"),
        ({"shortest": "30"}, "Phrases last 1 to 100 s, the shortest first"),
        ({"seed": "-1"}, "seed must be a whole number"),
        ({"design": "none"}, "There is no design"),
        ({"models": ["gmvae"]}, "Item sad-01 has one system only; a comparison needs two"),
        (
            {"design": "transfer", "ways": ["sad", "valence-low"]},
            "The design transfer is of arousal, which valence-low leaves as it is",
        ),
    ],
)
def test_fields_that_cannot_be(
    bare: Manager,
    left: Callable[[], list[Path]],
    files: dict[str, bytes],
    fields: dict[str, Any],
    words: str,
) -> None:
    answer = send(bare, zipped(files), **{"contact": "Ada", "ways": ["sad"]} | fields)
    assert answer.status_code == 422 and words in answer.text, answer.text
    assert 'value="Ada"' in answer.text and left() == []


@ONE
def test_what_was_ticked_is_not_lost(bare: Manager, files: dict[str, bytes]) -> None:
    answer = send(bare, zipped(files), name="Not Good", ways=["sad", "high"], models=["gmvae"])
    for value, is_checked in (("sad", True), ("high", True), ("low", False), ("gmvae", True)):
        assert (f'value="{value}" checked' in answer.text) == is_checked


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "no ZIP file"),
        ({"a.csv": b""}, r"The archive has no MIDI files \(.mid or .midi\)"),
        ({"../a.mid": b""}, "a name that leads elsewhere"),
    ],
)
def test_archives_that_are_refused(tmp_path: Path, files: dict[str, bytes], words: str) -> None:
    inside = tmp_path / "inside"
    with pytest.raises(BuildError, match=words):
        sound_archive.unpack_music(io.BytesIO(zipped(files) if files else b"PK no"), inside)
    assert not list(tmp_path.iterdir())


def test_only_music_is_unpacked(tmp_path: Path) -> None:
    archive = zipped({"a/b.MID": b"1", "c.wav": b"2", "d.csv": b"3", "__MACOSX/._b.mid": b"4"})
    sound_archive.unpack_music(io.BytesIO(archive), tmp_path)
    assert [str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()] == ["a/b.MID"]
