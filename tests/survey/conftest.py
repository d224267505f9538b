"""Databases, a small study whose clips are real MP3 files, and the survey that serves it."""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.database import Database
from db.migrate import upgrade
from db.models import Clip, Stimulus, Study, now
from survey.app import close, create_app
from survey.building import insert
from survey.building.study_spec import StudySpec
from survey.core.settings import Settings
from tests.postgres import KINDS, Server
from tests.survey import music, sound_files
from tests.survey.built import PAIRS, stored
from tests.survey.client import Client
from tests.survey.clock import Clock

RATE, SECONDS = 44_100, 0.25
CODING = {"bitrate_mode": "CONSTANT", "compression_level": 0.4}  # all files of one size
EACH = 4  # lowering and raising stimuli
ADMIN = "a long token for the tests"
Recorded = tuple[Path, insert.RecordedStudy]  # the folder of its clips, and what they make
ROOT_OF_TESTS = Path(__file__).resolve().parents[2]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the newest schema, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "survey.sqlite"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    database.close()
    return path


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database with the newest schema; every test runs with both kinds.

    For one of them only: `tests.postgres.ONE`.
    """
    if request.param == "sqlite":
        path = tmp_path / "data" / "survey.sqlite"
        path.parent.mkdir(exist_ok=True)
        shutil.copy(request.getfixturevalue("migrated"), path)
        database = Database(f"sqlite:///{path}")
        yield database
        database.close()
        return
    server: Server = request.getfixturevalue("postgres")
    url = server.lend()
    database = Database(url)
    yield database
    database.close()
    server.give_back(url)


@pytest.fixture
def settings(tmp_path: Path, database: Database) -> Settings:
    """Settings of a survey with this database, in a folder of its own."""
    data = tmp_path / "data"
    (data / "audio").mkdir(parents=True, exist_ok=True)
    url = database.url.render_as_string(hide_password=False)
    return Settings(data=data, database_url=url, admin_token=ADMIN)


@pytest.fixture(scope="session")
def mp3s() -> list[bytes]:
    """MP3 files of one length, every one another tone."""
    time = np.arange(int(RATE * SECONDS)) / RATE
    files = []
    for number in range(4 * EACH + 4):
        file = io.BytesIO()
        tone = 0.3 * np.sin(2 * np.pi * (220 + 20 * number) * time)
        samples = np.stack([tone, tone], axis=1)
        soundfile.write(file, samples, RATE, format="MP3", **CODING)
        files.append(file.getvalue())
    return files


@pytest.fixture(scope="session")
def stored_study(
    migrated: Path, mp3s: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """A data folder with the small study in SQLite, to be copied."""
    data = tmp_path_factory.mktemp("small")
    shutil.copy(migrated, data / "survey.sqlite")
    settings = Settings(data=data, database_url=f"sqlite:///{data}/survey.sqlite")
    settings.audio.mkdir()
    database = Database(settings.database_url)
    small_study(database, settings, mp3s)
    database.scrub()
    database.close()
    return settings


@pytest.fixture
def study(request: pytest.FixtureRequest, database: Database, settings: Settings) -> Study:
    """An open study: `EACH` stimuli either way, two catch trials, two of practice; detached."""
    if not database.is_sqlite:
        return small_study(database, settings, request.getfixturevalue("mp3s"))
    template: Settings = request.getfixturevalue("stored_study")
    database.close()
    shutil.copy(template.data / "survey.sqlite", str(database.url.database))
    shutil.copytree(template.audio, settings.audio, dirs_exist_ok=True)
    with database.read() as session:
        return session.scalars(select(Study)).one()


def small_study(database: Database, settings: Settings, mp3s: list[bytes]) -> Study:
    """What the fixture `study` gives."""
    with database.write() as session:
        clips = [_clip(session, settings, content) for content in mp3s]
        study = Study(
            name="small",
            title="A small study",
            state="open",
            opened_at=now(),
            trials_each=EACH,
            contact="someone@example.org",
            retention="one year",
            rules={},
            build={"seed": 0},
        )
        session.add(study)
        session.flush()
        pairs = list(zip(clips[::2], clips[1::2], strict=True))
        for number, pair in enumerate(pairs[: 2 * EACH]):
            intended = ("lower", "higher")[number % 2]
            _stimulus(session, study, f"{intended}-{number // 2 + 1}", "transfer", intended, pair)
        _stimulus(session, study, "identical-1", "identical", "same", (pairs[0][0], pairs[0][0]))
        _stimulus(session, study, "swapped-1", "swapped", "higher", pairs[0][::-1])
        for number, pair in enumerate(pairs[2 * EACH :]):
            _stimulus(session, study, f"practice-{number + 1}", "practice", "lower", pair)
    return study


@pytest.fixture
def app(settings: Settings, study: Study) -> Iterator[FastAPI]:
    """The survey's application, with the small study open."""
    app = create_app(settings)
    yield app
    close(app)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A browser without scripts; errors of the server are answers, as they are for browsers."""
    with Client(app) as client:
        yield client


def _clip(session: Session, settings: Settings, content: bytes) -> Clip:
    sha256 = hashlib.sha256(content).hexdigest()
    (settings.audio / f"{sha256}.mp3").write_bytes(content)
    clip = Clip(sha256=sha256, bytes=len(content), seconds=SECONDS)
    session.add(clip)
    return clip


def _stimulus(
    session: Session,
    study: Study,
    name: str,
    kind: str,
    intended: str,
    pair: tuple[Clip, Clip],
) -> None:
    sign = {"lower": -1, "same": 0, "higher": 1}[intended]
    rhythm = {"before": 4.0, "after": 4.0 + sign}
    session.add(
        Stimulus(
            study_id=study.id,
            name=name,
            kind=kind,
            intended=intended,
            strength=0.0 if kind == "identical" else 1.0,
            checkpoint="" if kind == "identical" else "gm-vae",
            source="bach/bwv66.6",
            segment=0,
            measured={"rhythm": rhythm, "note": {"before": 2.0, "after": 2.0 + sign}},
            first_id=pair[0].id,
            second_id=pair[1].id,
        )
    )


@pytest.fixture(scope="session")
def recorded_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Recorded]:
    """Records the clips of a study of sounds, those of equal fields once for all tests."""
    recorded: dict[str, Recorded] = {}

    def record(spec: StudySpec, items: int) -> Recorded:
        from survey.building.from_sounds import study  # SciPy takes a second to import

        key = repr((items, replace(spec, stimuli=Path("stimuli.csv"))))  # of equal content
        if key not in recorded:
            settings = Settings(data=tmp_path_factory.mktemp("recorded"))
            recording = study.make(settings, spec, discard=lambda _: None)
            recorded[key] = settings.audio, recording
        return recorded[key]

    return record


@pytest.fixture
def rated(
    database: Database,
    settings: Settings,
    tmp_path: Path,
    recorded_once: Callable[..., Recorded],
) -> Callable[..., Study]:
    """Makes an open study of a design, "rated", of sounds; gives it detached."""

    def make(design: str, items: int = 2, **fields: object) -> Study:
        folder = tmp_path / "sounds"
        folder.mkdir(exist_ok=True)
        table = sound_files.write(folder, items)
        spec = StudySpec(name="rated", design=design, stimuli=table, is_open=True, **fields)
        audio, study = recorded_once(spec, items)
        shutil.copytree(audio, settings.audio, dirs_exist_ok=True)
        insert.register(database, settings.audio, spec, study)
        with database.read() as session:
            return session.scalars(select(Study).where(Study.name == "rated")).one()

    return make


@pytest.fixture
def served(settings: Settings, database: Database) -> Iterator[TestClient]:
    """A browser without scripts, at a survey of this database; `client` has the small study."""
    app = create_app(settings)
    with Client(app) as client:
        yield client
    close(app)


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    """MIDI files, and one that is none."""
    folder = music.write(tmp_path_factory.mktemp("music"))
    (folder / "broken.mid").write_bytes(b"MThd")
    return folder


@pytest.fixture(scope="session")
def spec(folder) -> StudySpec:
    return StudySpec(name="two", midi=folder, pairs=PAIRS, seed=5)


@pytest.fixture(scope="session")
def recorded(spec, tmp_path_factory) -> tuple[Settings, insert.RecordedStudy]:
    from survey.building.create import make  # PyTorch takes seconds to import

    settings = Settings(data=tmp_path_factory.mktemp("data"))
    return settings, make(settings, spec)


@pytest.fixture
def two(database, spec, recorded) -> Study:
    """The study, detached, with its stimuli and their clips."""
    insert.register(database, recorded[0].audio, spec, recorded[1])
    return stored(database, "two")
