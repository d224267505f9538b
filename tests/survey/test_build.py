"""The command that builds studies, in this process and in others."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from db.database import Database
from db.models import Study
from survey import build
from survey.building import create, insert
from survey.core.settings import Settings
from tests.postgres import ONE
from tests.survey.built import PAIRS, contents, stored

pytestmark = pytest.mark.slow


def run(arguments: list[str], data: Path, **variables) -> subprocess.CompletedProcess:
    env = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "SPACE_ID")}
    env |= {"FADERNETS_DATA": str(data), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "survey.build", *arguments]
    return subprocess.run(command, env=env | variables, capture_output=True, text=True, timeout=120)


@ONE
def test_the_same_seed_gives_the_same_bytes(two, spec, tmp_path, folder):
    """In another process, into another folder and another database."""
    arguments = ["--midi", str(folder), "--pairs", str(PAIRS), "--seed", "5", "--name", "again"]
    process = run(arguments, tmp_path / "other")
    assert process.returncode == 0, process.stderr
    assert "left out: broken.mid: broken.mid is" in process.stderr
    assert "4 transfer, 2 identical, 2 swapped, 2 practice (seed 5" in process.stdout
    other_database = Database(f"sqlite:///{tmp_path}/other/survey.sqlite")
    rebuilt = stored(other_database, "again")
    other_database.close()
    assert contents(rebuilt) == contents(two) and rebuilt.build == two.build
    names = {path.stem for path in (tmp_path / "other" / "audio").iterdir()}
    assert names == {clip.sha256 for s in two.stimuli for clip in (s.first, s.second)}


@ONE
def test_killed_in_the_middle_and_built_again(spec, two, folder, tmp_path):
    arguments = ["--midi", str(folder), "--pairs", str(PAIRS), "--seed", "5", "--name", "two"]
    env = os.environ | {"FADERNETS_DATA": str(tmp_path / "k"), "OMP_NUM_THREADS": "1"}
    child = subprocess.Popen([sys.executable, "-m", "survey.build", *arguments], env=env)
    audio = tmp_path / "k" / "audio"
    deadline = time.monotonic() + 60
    while not list(audio.glob("*.mp3")) and time.monotonic() < deadline:
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL and list(audio.glob("*.mp3"))
    other_database = Database(f"sqlite:///{tmp_path}/k/survey.sqlite")
    with other_database.read() as session:
        assert session.scalars(select(Study)).all() == []
    settings = Settings(data=tmp_path / "k")
    create.build(other_database, settings, spec)
    assert contents(stored(other_database, "two")) == contents(two)
    other_database.close()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[]", "holds no rules"),
        ("{", "is not JSON, as line 1, column 2 shows."),
        ("[" * 100_000, "is JSON that is nested too deep."),
        ("9" * 5000, "is JSON with a number that is too long."),
    ],
    ids=["list", "broken", "deep", "long"],
)
def test_a_file_of_rules_that_is_none_is_refused(text, reason, tmp_path, capsys):
    path = tmp_path / "rules.json"
    path.write_text(text)
    assert build.main(["--rules", str(path)]) == 2
    assert reason in capsys.readouterr().err


def test_a_file_of_what_participants_read(tmp_path, capsys):
    path = tmp_path / "ethics.txt"
    path.write_bytes("\ufeffGrüße.\r\n".encode())
    arguments = build._parser().parse_args(["--information", str(path), "--statement", "Yes."])
    spec = build._spec(arguments)
    assert (spec.information, spec.statement) == ("Grüße.", "Yes.")
    assert build._spec(build._parser().parse_args([])).information == ""
    path.write_bytes("Grüße".encode("latin-1"))
    assert build.main(["--information", str(path)]) == 2
    assert capsys.readouterr().err == f"survey.build: {path} is not UTF-8 text.\n"


@pytest.fixture(scope="module")
def built_folder(tmp_path_factory, spec, recorded) -> Path:
    """A data folder whose database has the study `two`."""
    data = tmp_path_factory.mktemp("taken")
    database = Database(f"sqlite:///{data}/survey.sqlite")
    build.upgrade(database)
    insert.register(database, recorded[0].audio, spec, recorded[1])
    database.close()
    return data


@pytest.mark.parametrize(
    ("arguments", "env", "sentence"),
    [
        (["--name", "two"], {}, "There is a study named two already; choose another name"),
        (["--name", "Two"], {}, "'Two' cannot name a study"),
        (["--pairs", "x"], {}, "argument --pairs: x is not a whole number of 0 or more"),
        (["--strength", "1", "-2"], {}, "unrecognized arguments|argument --strength"),
        (["--midi", "/nowhere"], {}, "/nowhere is not a folder"),
        (["--checkpoint", "nobody"], {}, "no model named 'nobody'"),
        (["--database", "mysql://x/y"], {}, "DATABASE_URL is for mysql"),
        (["--database", "postgresql://127.0.0.1:9/none"], {}, "The database cannot be used"),
        (["--open"], {"SPACE_ID": "a/b"}, "This host wipes its disk at every restart"),
        (["--restore", "--name", "none"], {}, "There is no study named none"),
        ([], {"FADERNETS_ADMIN_TOKEN": "short"}, "FADERNETS_ADMIN_TOKEN has 5 characters"),
        ([], {"FADERNETS_DATA": "/proc/none"}, "/proc/none cannot be used"),
    ],
)
def test_refusals_are_one_sentence(arguments, env, sentence, built_folder, capsys, monkeypatch):
    before = (built_folder / "survey.sqlite").read_bytes()
    for name in ("DATABASE_URL", "SPACE_ID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ({"FADERNETS_DATA": str(built_folder)} | env).items():
        monkeypatch.setenv(name, value)
    try:
        status = build.main(arguments)
    except SystemExit as error:  # of the parser
        status = error.code
    output = capsys.readouterr()
    assert status == 2 and output.out == ""
    assert re.match(rf"survey\.build: ({sentence})", output.err), output.err
    assert output.err.count("\n") == 1
    assert (built_folder / "survey.sqlite").read_bytes() == before


@pytest.mark.parametrize(
    ("problem", "ending"),
    [("is it running?", "running?"), ("no route..", "route."), ("it is gone", "gone.")],
)
def test_a_message_ends_once(problem, ending):
    error = OperationalError("SELECT 1", {}, ValueError(f"no server,\n\t{problem}"))
    sentence = build.sentence(error)
    assert sentence.startswith("The database cannot be used: no server, ")
    assert sentence.endswith(f" {ending}")
