"""Personal data that the survey keeps, searched in all places where it stores anything."""

import io
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import inspect, select

from db.database import Database
from db.models import Base, Invitation, Participant, Study
from survey.admin import invitations
from survey.core.settings import Settings
from survey.journal.journal import Journal, connect
from survey.ratings.rating_table import read_csv
from survey.records import export_files
from tests.postgres import ONE
from tests.survey.hub import Hub
from tests.survey.journalling import DATASET
from tests.survey.person import Person

AGENT = "Mozilla/5.0 (Privacy; a browser nobody else has)"
ADDRESS = "198.51.100.23"
REMARK = "I heard this on my grandmother's piano"
WORDS = (
    "address",
    "agent",
    "browser",
    "cookie",
    "email",
    "host",
    "ip",
    "location",
    "name",
    "phone",
)


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    return Hub(tmp_path / "hub")


@pytest.fixture
def journal(app: FastAPI, settings: Settings, hub: Hub) -> Iterator[Journal]:
    """The journal that the application writes."""
    journal = connect(replace(settings, dataset=DATASET, hf_token="hf_not_real"), hub, 60)
    assert journal is not None
    journal.restore(app.state.database)
    app.state.journal = journal
    yield journal
    app.state.journal = None
    journal.close(10)


@pytest.fixture
def visitor(app: FastAPI, journal: Journal) -> Iterator[TestClient]:
    """A browser with an address and a name of its own."""
    headers = {
        **{"User-Agent": AGENT, "X-Forwarded-For": ADDRESS, "X-Real-IP": ADDRESS},
        **{"Forwarded": f"for={ADDRESS}", "Cookie": f"id={ADDRESS}", "Referer": f"//{ADDRESS}/"},
    }
    with TestClient(app, client=(ADDRESS, 4711), headers=headers) as client:
        yield client


def table_text(database: Database) -> str:
    """Every value of every table."""
    with database.read() as session:
        return "\n".join(
            json.dumps([str(value) for value in row], ensure_ascii=False)
            for table in Base.metadata.sorted_tables
            for row in session.execute(select(table))
        )


def exports(database: Database) -> str:
    """All exports of the study."""
    with database.read() as session:
        study = session.scalars(select(Study)).one()
        return "".join(
            [
                export_files.ratings_csv(session, study),
                export_files.study_json(session, study),
                export_files.dictionary_csv(session, study),
            ]
        )


def files(folder: Path) -> bytes:
    """All bytes of all files below a folder."""
    return b"".join(
        path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".mp3"
    )


def test_no_column_is_for_who_somebody_is():
    """A new column of that kind needs a reason to be added here."""
    allowed = {
        *("studies.name", "stimuli.name"),  # of things, not of people
    }
    columns = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if set(column.name.split("_")) & set(WORDS)
    }
    assert columns == allowed


@pytest.mark.slow
def test_neither_address_nor_browser_nor_token_is_kept(
    visitor: TestClient,
    database: Database,
    settings: Settings,
    journal: Journal,
    hub: Hub,
    study: Study,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
):
    with database.write() as session:
        invited = invitations.create(session, session.get_one(Study, study.id), 1, "batch")[0]
        session.flush()
        hashes = list(session.scalars(select(Invitation.token_hash)))
    invitation = invited.rsplit("=", 1)[-1]
    person = Person.join(visitor, invitation=invitation)
    person.post("questions", device="headphones", age_band="25-34").raise_for_status()
    person.post("sound", left="left", right="right", ok=True).raise_for_status()
    trials = {person.state()["trial"]["id"]}
    assert person.finish(comment=REMARK)["stage"] == "finished"
    assert journal.flush()
    with database.read() as session:
        participant = session.scalars(select(Participant)).one()
        hashes.append(participant.token_hash)
    texts = {
        "tables": table_text(database),
        "journal": files(settings.data / "journal").decode(),
        "dataset": hub.everything(DATASET).decode(),
        "exports": exports(database),
        "log": caplog.text + "".join(capfd.readouterr()),
    }
    for place in ("tables", "journal", "dataset", "exports"):
        assert REMARK in texts[place] and participant.public_id in texts[place]
    for place, text in texts.items():
        for secret in (AGENT, ADDRESS, person.token, invitation, "hf_not_real"):
            assert secret not in text, place
    for place in ("journal", "dataset", "exports", "log"):
        assert not [secret_value for secret_value in trials if secret_value in texts[place]], place
    for place in ("exports", "log"):
        assert not [
            secret_value
            for secret_value in [*hashes, participant.completion_code]
            if secret_value in texts[place]
        ], place
    assert REMARK not in texts["log"] and participant.public_id not in texts["log"]


@pytest.mark.slow
def test_nothing_stays_of_who_withdraws(
    visitor: TestClient,
    database: Database,
    settings: Settings,
    journal: Journal,
    hub: Hub,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
):
    leaving, staying = Person.ready(visitor), Person.ready(visitor)
    staying.finish(comment="this stays")
    leaving.finish(comment=REMARK)
    out = tmp_path / "out"
    export_files.export(database, out)
    assert journal.flush()
    with database.read() as session:
        withdrawn = session.scalars(select(Participant).order_by(Participant.id)).first()
        assert withdrawn is not None
    traces = [REMARK, withdrawn.public_id, withdrawn.token_hash, withdrawn.completion_code]
    assert all(trace in table_text(database) for trace in traces)
    for places_before in (files(out), hub.everything(DATASET), files(settings.data / "journal")):
        assert withdrawn.public_id.encode() in places_before and REMARK.encode() in places_before
    assert leaving.post("withdraw", confirm=True).json() == {"withdrawn": True}
    assert journal.flush()
    places = {
        "tables": table_text(database).encode(),
        "exports": exports(database).encode(),
        "journal": files(settings.data / "journal"),
        "dataset": hub.everything(DATASET),
        "export made before": files(out),
        "data folder": files(settings.data),  # with SQLite's file and its log
        "log": caplog.text.encode(),
    }
    for place, text in places.items():
        for trace in traces:
            assert trace.encode() not in text, place
    for place in ("tables", "exports", "journal", "dataset", "export made before"):
        assert b"this stays" in places[place], place
    ratings = read_csv(io.StringIO((out / "ratings.csv").read_text(), newline=""))
    assert ratings["participant"].nunique() == 1


@ONE
def test_the_looking_finds_what_is_there(database: Database, study: Study, settings: Settings):
    """A test of the tests: bytes that SQLite keeps are seen in the folder."""
    with database.write() as session:
        session.get_one(Study, study.id).retention = REMARK
    assert REMARK.encode() in files(settings.data) and REMARK in table_text(database)
    assert os.path.basename(str(database.url.database)) == "survey.sqlite"
    assert inspect(database.engine).has_table("participants")


@pytest.mark.slow
def test_other_users_can_read_neither_journal_nor_log(tmp_path: Path, root: Path) -> None:
    """Whatever the user's mask; what is there already stays as it is."""
    code = (
        "import os, logging\nos.umask(0)\n"
        "from pathlib import Path\nfrom survey.core import logs\nfrom survey.journal import jsonl\n"
        "logs.FILE_BYTES = 100\nlogs.set_up()\n"
        "for _ in range(3): logging.getLogger('demo').warning('x' * 60)\n"
        "here = jsonl.Ledger(Path('journal'))\nhere.append([{'type': 'start'}])\n"
        "jsonl.replace(here.folder / 'again.jsonl', b'')\n"
        "here.change(lambda line: line | {'changed': True})\n"
    )
    env = os.environ | {"FADERNETS_LOG": "log", "PYTHONPATH": str(root)}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, check=True)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
    assert modes.pop(tmp_path / "journal") == 0o700
    assert len(modes) == 5 and set(modes.values()) == {0o600}
    (tmp_path / "log").chmod(0o640)
    code = "from survey.core import logs\nlogs.set_up()"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, check=True)
    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o640
