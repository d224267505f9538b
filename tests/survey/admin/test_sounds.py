"""A study of one's own sounds, sent to the admin's page as a ZIP file."""

from __future__ import annotations

import io
import random
import stat
import struct
import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import Response
from sqlalchemy import select

from db.database import Database
from db.models import Study
from survey.admin.creating import sound_archive
from survey.building.study_spec import BuildError
from tests.postgres import ONE
from tests.survey import sound_files
from tests.survey.manager import SAME, Manager
from tests.survey.person import Person

PATH = "/new/sounds"


def zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def sounds(folder: Path, items: int = 2) -> dict[str, bytes]:
    """A table and its sounds, by name."""
    folder.mkdir(exist_ok=True)
    sound_files.write(folder, items)
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def send(manager: Manager, archive: bytes, **fields: str) -> Response:
    form = manager.form(PATH, PATH)
    form.pop("sounds", None)
    return manager.client.post(
        f"/admin{PATH}",
        data=form | {"name": "mine", "design": "ab"} | fields,
        files={"sounds": ("sounds.zip", archive, "application/zip")},
        headers=manager.headers | SAME,
        follow_redirects=False,
    )


def names(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Study.name)))


@pytest.mark.slow
def test_from_a_zip_file_to_an_answer(
    bare: Manager, app: FastAPI, left, database: Database, tmp_path: Path
) -> None:
    questions = '[{"name": "liking", "kind": "scale", "text": "Which?", "least": -2, "most": 2}]'
    answer = send(
        bare, zipped(sounds(tmp_path / "s")), questions=questions, anchors="none", seed="3"
    )
    assert answer.headers.get("location", "").endswith("/admin/build"), answer.text
    app.state.admin_services.builder.wait(240)
    page = bare.get("/build").text
    assert "mine is ready" in page and "8 files of 2 items can be used, at -" in page
    assert "3 systems: alder, birch, cedar; beside them reference." in page
    assert len(left()) == 8 and not [path for path in left() if path.suffix != ".mp3"]
    with database.read() as session:
        study = session.scalars(select(Study).where(Study.name == "mine")).one()
        assert (study.design, study.state, study.build["seed"]) == ("ab", "draft", 3)
        assert [question["name"] for question in study.questions] == ["liking"]
        assert len(study.stimuli) == 12
    assert bare.send("/studies/mine", "/studies/mine/open").status_code == 303
    person = Person.ready(bare.client, "mine")
    assert person.reply(lambda trial: {"liking": 1})["progress"]["done"] == 1


@pytest.mark.slow
@ONE
def test_checking_keeps_nothing(
    bare: Manager, app: FastAPI, left, database: Database, tmp_path: Path
) -> None:
    answer = send(bare, zipped(sounds(tmp_path / "s", 1)), design="mushra", only="check")
    assert answer.status_code == 303, answer.text
    app.state.admin_services.builder.wait(240)
    page = bare.get("/build").text
    assert "The sounds can be used" in page and "0-alder.flac: 0.60 s, " in page
    assert "4 files of 1 item, and 2 anchors made of references, can be used" in page
    assert left() == []
    assert names(database) == ["small"]


@pytest.mark.slow
@ONE
@pytest.mark.parametrize(
    ("broken", "fields", "words"),
    [
        ({"0-alder.flac": b"no sound"}, {}, "1 of 8 files cannot be used: 0-alder.flac: it is no"),
        ({}, {"trials": "999"}, "A participant cannot have 999 of 6 trials"),
        ({}, {"design": "transfer"}, "says no direction for"),
        ({}, {"questions": '[{"name": "why", "kind": "text", "text": "Why?"}]'}, "that has to be"),
    ],
)
def test_a_study_that_cannot_be_leaves_nothing(
    bare: Manager,
    app: FastAPI,
    left: Callable[[], list[Path]],
    database: Database,
    tmp_path: Path,
    broken: dict[str, bytes],
    fields: dict[str, str],
    words: str,
) -> None:
    answer = send(bare, zipped(sounds(tmp_path / "s") | broken), **fields)
    assert answer.status_code == 303, answer.text
    app.state.admin_services.builder.wait(240)
    page = bare.get("/build").text
    assert "mine was not made" in page and words in page.replace("&#39;", "'")
    assert left() == []
    assert names(database) == ["small"]


@ONE
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "Not Good"}, "cannot name a study"),
        ({"design": "none"}, "There is no design"),
        ({"questions": "{}"}, "a JSON list of objects"),
        ({"questions": "["}, "The questions are not JSON"),
        ({"questions": "[" * 15_000}, "JSON that is nested too deep"),
        ({"questions": '[{"name": "item", "text": "?", "kind": "?"}]'}, "Question 1 cannot be"),
        ({"anchors": "3,5 kHz"}, "Anchors are kilohertz"),
        ({"anchors": "99"}, "Anchors are cut off at 0.5 to 16 kHz"),
        ({"seed": "-1"}, "seed must be a whole number"),
        ({"loudness": "loud"}, "Loudness is aligned or kept"),
    ],
)
def test_fields_that_cannot_be(
    bare: Manager, left, tmp_path: Path, fields: dict[str, str], words: str
) -> None:
    answer = send(bare, zipped(sounds(tmp_path / "s", 1)), contact="Ada", **fields)
    assert answer.status_code == 422 and words in answer.text and 'value="Ada"' in answer.text
    assert left() == []


def link(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return member


ROW = "item,system,file\none,a,{}\n"
BAD = {
    "no archive": ({}, "no ZIP file"),
    "nothing": ({"a.wav": b""}, "needs one table of its sounds, a CSV file; it has none"),
    "two tables": ({"a.csv": b"", "b.csv": b""}, "it has 2"),
    "a way out": ({"../a.csv": b""}, "a name that leads elsewhere"),
    "a root": ({"/etc/a.csv": b""}, "a name that leads elsewhere"),
    "a drive": ({"c:\\a.csv": b""}, "a name that leads elsewhere"),
    "another file": ({"a.csv": ROW.format("/etc/passwd").encode()}, "is not in the archive"),
    "a file above": ({"a.csv": ROW.format("../x.wav").encode()}, "is not in the archive"),
    "no table": ({"a.csv": b"one,two\n1,2\n"}, "has no column 'item'"),
    "a NUL": ({"a.csv": ROW.format("a\0b").encode()}, "is not in the archive|cannot be read"),
}


@pytest.mark.parametrize("case", BAD)
def test_archives_that_are_refused(tmp_path: Path, case: str) -> None:
    files, words = BAD[case]
    inside = tmp_path / "inside"
    inside.mkdir()
    with pytest.raises(BuildError, match=words):
        sound_archive.unpack(io.BytesIO(zipped(files) if files else b"PK no"), inside)
    assert [path.name for path in tmp_path.iterdir()] == ["inside"]


def test_links_are_no_files(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.csv", ROW.format("a.wav"))
        archive.writestr(link("a.wav"), "/etc/passwd")
    with pytest.raises(BuildError, match=r"a\.wav of the archive is a link"):
        sound_archive.unpack(buffer, tmp_path)
    assert not list(tmp_path.iterdir())


def test_no_more_is_unpacked_than_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    big = zipped({"a.csv": ROW.format("a.wav").encode(), "a.wav": bytes(1_000_000)})
    monkeypatch.setattr(sound_archive, "LARGEST_UNPACKED", 999_999)
    with pytest.raises(BuildError, match="Unpacked the archive has more than"):
        sound_archive.unpack(io.BytesIO(big), tmp_path)
    # An entry that says less than comes.
    lying = bytearray(zipped({"a.csv": ROW.format("a.wav").encode(), "a.wav": bytes(100_000)}))
    at = lying.rindex(b"PK\1\2")
    lying[at + 24 : at + 28] = (10).to_bytes(4, "little")
    with pytest.raises(BuildError):
        sound_archive.unpack(io.BytesIO(lying), tmp_path)
    assert all(path.stat().st_size <= 1000 for path in tmp_path.iterdir())


def test_what_is_not_needed_is_passed_over(tmp_path: Path) -> None:
    files = sounds(tmp_path / "s", 1) | {"__MACOSX/x.csv": b"", ".DS_Store": b"", "read.me": b""}
    inside = tmp_path / "inside"
    table = sound_archive.unpack(
        io.BytesIO(zipped({f"f/{n}": c for n, c in files.items()})), inside
    )
    assert table.parent == inside / "f" and len(list(table.parent.iterdir())) == 5


@pytest.mark.slow
@pytest.mark.parametrize(
    "packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_a_damaged_archive_is_refused_or_read(tmp_path: Path, packing: int) -> None:
    """Any byte may be wrong: names that are no text, places before the file, broken packing."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        archive.writestr("ä.csv", ROW.format("a.wav"))
        archive.writestr("a.wav", b"RIFF" + bytes(range(60)))
    whole, outcomes = buffer.getvalue(), set()
    for at in range(len(whole)):
        for value in {0, 0x80, 0xFF} - {whole[at]}:
            damaged = bytearray(whole)
            damaged[at] = value
            with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
                try:
                    sound_archive.unpack(io.BytesIO(damaged), Path(folder))
                    outcomes.add("read")
                except BuildError as error:
                    outcomes.add(str(error))
    assert {"read", sound_archive.UNREADABLE} <= outcomes


def test_an_archive_of_too_many_files_is_refused_before_they_are_listed(tmp_path: Path) -> None:
    """200,000 entries of 47 bytes each: as objects they would take 120 MB."""
    entry = b"PK\1\2" + struct.pack("<6H3L5H2L", 20, 20, *[0] * 7, 1, *[0] * 6) + b"a"
    entries = entry * 200_000
    end = b"PK\5\6" + struct.pack("<4H2LH", 0, 0, 0xFFFF, 0xFFFF, len(entries), 0, 0)
    tracemalloc.start()
    try:
        with pytest.raises(BuildError, match="too many files; 5001 can be taken in"):
            sound_archive.unpack(io.BytesIO(entries + end), tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 3 * sound_archive.LARGEST_DIRECTORY
    finally:
        tracemalloc.stop()


@ONE
def test_a_disk_that_takes_nothing_is_said_so(bare: Manager, left, tmp_path: Path) -> None:
    archive = zipped(sounds(tmp_path / "s", 1) | {"much": random.Random(0).randbytes(2_000_000)})
    assert left() == []
    tempfile.tempdir = str(tmp_path / "none")  # `bare` sets it back
    answer = send(bare, archive)
    assert answer.status_code == 503 and "The disk fails: No such file or dir" in answer.text


@ONE
def test_who_may_not_send_is_not_read(bare: Manager, left, tmp_path: Path) -> None:
    archive = zipped(sounds(tmp_path / "s", 1))
    files = {"sounds": ("sounds.zip", archive, "application/zip")}
    path = f"/admin{PATH}"
    assert bare.client.post(path, files=files).status_code == 401
    foreign = bare.headers | {"Sec-Fetch-Site": "cross-site"}
    assert bare.client.post(path, files=files, headers=foreign).status_code == 403
    assert bare.client.post(path, files=files, headers=bare.headers | SAME).status_code == 403
    # Elsewhere a large body is refused as ever.
    large = {"sounds": ("sounds.zip", bytes(300_000), "application/zip")}
    assert bare.client.post("/admin/new", files=large, headers=bare.headers).status_code == 413
    assert send(bare, archive, design="mos", trials="x").status_code == 422
    assert left() == []
