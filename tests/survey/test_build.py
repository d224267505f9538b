from __future__ import annotations

import ast
import base64
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from sqlalchemy import func, select

from db.database import Database
from db.models import Audit, Clip, Stimulus, Study
from fadernets import FaderNet, checkpoint
from survey import build
from survey.building import clips, create, insert
from survey.building.create import make
from survey.building.study_spec import BuildError, StudySpec
from survey.core import texts
from survey.core.settings import Settings
from survey.ratings import exclusion
from tests.fadernets import tiny
from tests.survey import music

pytestmark = pytest.mark.slow

PAIRS = 2
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    """MIDI files, and one that is none."""
    folder = music.write(tmp_path_factory.mktemp("music"))
    (folder / "broken.mid").write_bytes(b"MThd")
    return folder


@pytest.fixture(scope="session")
def plan(folder) -> StudySpec:
    return StudySpec(name="two", midi=folder, pairs=PAIRS, seed=5)


@pytest.fixture(scope="session")
def made(plan, tmp_path_factory) -> tuple[Settings, insert.Made]:
    settings = Settings(data=tmp_path_factory.mktemp("data"))
    return settings, make(settings, plan)


@pytest.fixture
def two(database, plan, made) -> Study:
    """The study, detached, with its stimuli and their clips."""
    insert.register(database, plan, made[1])
    return stored(database, "two")


def stored(database: Database, name: str) -> Study:
    with database.read() as session:
        study = session.scalars(select(Study).where(Study.name == name)).one()
        assert all(stimulus.first and stimulus.second for stimulus in study.stimuli)
    return study


def run(arguments: list[str], data: Path, **more) -> subprocess.CompletedProcess:
    env = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "SPACE_ID")}
    env |= {"FADERNETS_DATA": str(data), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "survey.build", *arguments]
    return subprocess.run(command, env=env | more, capture_output=True, text=True, timeout=120)


def contents(study: Study) -> list[tuple]:
    return [
        (s.name, s.kind, s.intended, s.strength, s.source, s.segment, s.measured, s.checkpoint)
        + (s.first.sha256, s.second.sha256)
        for s in study.stimuli
    ]


def test_a_study_has_what_it_should(two):
    assert Counter((s.kind, s.intended) for s in two.stimuli) == {
        ("transfer", "higher"): PAIRS,
        ("transfer", "lower"): PAIRS,
        ("identical", "same"): 2,
        ("swapped", "lower"): 1,
        ("swapped", "higher"): 1,
        ("practice", "higher"): 1,
        ("practice", "lower"): 1,
    }
    assert [s.name for s in two.stimuli][:5] == ["lh-01", "lh-02", "hl-01", "hl-02", "identical-1"]
    assert two.state == "draft" and two.opened_at is None
    assert two.trials_each == 2 * PAIRS
    assert two.rules == exclusion.DEFAULT_RULES and exclusion.checked(two.rules)


def test_a_transfer_is_heard_after_its_original(two):
    for stimulus in two.stimuli:
        before, after = two.build["items"][stimulus.name]["arousal"]
        if stimulus.kind == "transfer":
            assert stimulus.strength == 1.0 and stimulus.checkpoint == checkpoint.DEFAULT
            assert before < 0.5 if stimulus.intended == "higher" else before > 0.5
        if stimulus.kind != "identical":
            assert stimulus.first_id != stimulus.second_id
            assert stimulus.measured["rhythm"]["before"] > 0
        assert set(stimulus.measured) == {"rhythm", "note"}


def test_catch_trials_are_of_the_study(two):
    kinds = {kind: [s for s in two.stimuli if s.kind == kind] for kind in ("transfer", "swapped")}
    originals = {s.first_id: s for s in kinds["transfer"]}
    for stimulus in (s for s in two.stimuli if s.kind == "identical"):
        assert stimulus.first_id == stimulus.second_id and stimulus.first_id in originals
        assert all(m["before"] == m["after"] for m in stimulus.measured.values())
        assert stimulus.strength == 0
    for stimulus in kinds["swapped"]:
        main = originals[stimulus.second_id]
        assert stimulus.first_id == main.second_id
        assert {stimulus.intended, main.intended} == {"lower", "higher"}
        for name, measured in stimulus.measured.items():
            assert measured["before"] == main.measured[name]["after"]
            assert measured["after"] == main.measured[name]["before"]
    practised = {(s.source, s.segment) for s in two.stimuli if s.kind == "practice"}
    assert not practised & {(s.source, s.segment) for s in kinds["transfer"]}
    used = [(s.source, s.segment) for s in two.stimuli if s.kind in ("identical", "swapped")]
    assert len(set(used)) == 4  # of other segments while there are enough


def test_clips_are_files_of_one_size(two, made):
    settings, _ = made
    seen = {clip.sha256: clip for s in two.stimuli for clip in (s.first, s.second)}
    assert len(seen) == 2 * (2 * PAIRS + 2)
    assert len({(clip.bytes, clip.seconds) for clip in seen.values()}) == 1
    for name, clip in seen.items():
        data = (settings.audio / f"{name}.mp3").read_bytes()
        assert hashlib.sha256(data).hexdigest() == name and len(data) == clip.bytes
        assert len(clips.decode(data)) / two.build["clips"]["rate"] == clip.seconds


def test_how_it_was_built_is_kept(two, folder):
    record = two.build
    sums = b"".join((part / checkpoint.SUMS).read_bytes() for part in checkpoint.parts())
    assert record["checkpoint"] == {
        "name": checkpoint.DEFAULT,
        "sums_sha256": hashlib.sha256(sums).hexdigest(),
    }
    assert record["seed"] == 5 and record["strengths"] == [1.0] and record["pairs"] == PAIRS
    assert {"python", "torch", "libsndfile", "midirenderer"} <= set(record["versions"])
    for name, digest in record["music"]["works"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert list(record["music"]["left_out"]) == ["broken.mid"]
    assert str(folder) not in json.dumps(record)


@SQLITE
def test_the_same_seed_gives_the_same_bytes(two, plan, tmp_path, folder):
    """In another process, into another folder and another database."""
    arguments = ["--midi", str(folder), "--pairs", str(PAIRS), "--seed", "5", "--name", "again"]
    ran = run(arguments, tmp_path / "other")
    assert ran.returncode == 0, ran.stderr
    assert "left out: broken.mid: broken.mid is" in ran.stderr
    assert "4 transfer, 2 identical, 2 swapped, 2 practice (seed 5" in ran.stdout
    other = Database(f"sqlite:///{tmp_path}/other/survey.sqlite")
    again = stored(other, "again")
    other.close()
    assert contents(again) == contents(two) and again.build == two.build
    names = {path.stem for path in (tmp_path / "other" / "audio").iterdir()}
    assert names == {clip.sha256 for s in two.stimuli for clip in (s.first, s.second)}


@SQLITE
def test_another_seed_gives_another_study(two, plan, tmp_path):
    other = make(Settings(data=tmp_path), replace(plan, seed=6))
    chosen = {(pair.source, pair.segment) for pair in other.pairs}
    assert chosen != {(s.source, s.segment) for s in two.stimuli}


@SQLITE
def test_every_segment_at_every_strength(database, plan, tmp_path):
    settings = Settings(data=tmp_path)
    create.build(database, settings, replace(plan, pairs=1, strengths=(0.5, 1.0), trials_each=2))
    study = stored(database, "two")
    transfers = [s for s in study.stimuli if s.kind == "transfer"]
    assert [s.name for s in transfers] == ["lh-01-0.5", "lh-01-1", "hl-01-0.5", "hl-01-1"]
    assert [s.strength for s in transfers] == [0.5, 1.0] * 2
    for first, second in zip(transfers[::2], transfers[1::2], strict=True):
        assert first.first_id == second.first_id  # the original, at one gain for both
        assert first.second_id != second.second_id
    assert {s.strength for s in study.stimuli if s.kind in ("swapped", "practice")} == {1.0}
    assert study.trials_each == 2


def test_studies_share_clips(two, database, plan, made):
    insert.register(database, replace(plan, name="twin", is_open=True), made[1])
    twin = stored(database, "twin")
    assert contents(twin) == contents(two) and twin.id != two.id
    assert twin.state == "open" and twin.opened_at is not None
    with database.read() as session:
        assert session.scalar(select(func.count(Clip.id))) == 2 * (2 * PAIRS + 2)
        actions = session.scalars(select(Audit.action).order_by(Audit.id)).all()
    assert actions == ["built", "built", "opened"]


def test_a_name_is_taken_once(database, plan, made):
    """By eight at once: one has it, the others are told, and nothing is there twice."""
    outcomes: list[str] = []
    start = threading.Barrier(8)

    def attempt() -> None:
        start.wait()
        try:
            insert.register(database, plan, made[1])
            outcomes.append("there")
        except BuildError as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = "There is a study named two already; choose another name with --name."
    assert sorted(outcomes) == sorted(["there", *[taken] * 7])
    with database.read() as session:
        assert session.scalar(select(func.count(Stimulus.id))) == len(made[1].pairs)


def test_a_failure_at_the_end_leaves_nothing(database, plan, made, monkeypatch):
    def fail(**_):
        raise RuntimeError("power cut")

    monkeypatch.setattr(insert, "Audit", fail)
    with pytest.raises(RuntimeError, match="power cut"):
        insert.register(database, plan, made[1])
    with database.read() as session:
        for table in (Study, Stimulus, Clip):
            assert session.scalar(select(func.count(table.id))) == 0


@SQLITE
def test_killed_in_the_middle_and_built_again(plan, two, folder, tmp_path):
    arguments = ["--midi", str(folder), "--pairs", str(PAIRS), "--seed", "5", "--name", "two"]
    env = os.environ | {"FADERNETS_DATA": str(tmp_path / "k"), "OMP_NUM_THREADS": "1"}
    child = subprocess.Popen([sys.executable, "-m", "survey.build", *arguments], env=env)
    audio = tmp_path / "k" / "audio"
    deadline = time.monotonic() + 60
    while not list(audio.glob("*.mp3")) and time.monotonic() < deadline:
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL and list(audio.glob("*.mp3"))
    other = Database(f"sqlite:///{tmp_path}/k/survey.sqlite")
    with other.read() as session:
        assert session.scalars(select(Study)).all() == []
    settings = Settings(data=tmp_path / "k")
    create.build(other, settings, plan)
    assert contents(stored(other, "two")) == contents(two)
    other.close()


@SQLITE
def test_lost_clips_are_written_anew(two, database, plan, tmp_path):
    settings = Settings(data=tmp_path / "bare")
    create.restore(database, settings, replace(plan, seed=99))
    names = {path.stem for path in settings.audio.iterdir()}
    assert names == {clip.sha256 for s in two.stimuli for clip in (s.first, s.second)}
    with pytest.raises(BuildError, match="There is no study named three that was built here"):
        create.restore(database, settings, replace(plan, name="three"))
    less = music.write(tmp_path / "less", files=6)
    with pytest.raises(BuildError, match="The clips of two came out different"):
        create.restore(database, settings, replace(plan, midi=less))


def test_progress_is_told_step_by_step(plan, tmp_path):
    told: list[tuple[str, int, int]] = []
    make(Settings(data=tmp_path), replace(plan, pairs=1), lambda *step: told.append(step))
    assert list(dict.fromkeys(step for step, _, _ in told)) == [
        "reading MIDI files",
        "listening",
        "recording",
    ]
    for step in {step for step, _, _ in told}:
        done = [(d, total) for name, d, total in told if name == step]
        assert done == sorted(done) and done[-1][0] == done[-1][1]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "My study"}, "'My study' cannot name a study"),
        ({"name": "../x"}, "cannot name a study"),
        ({"name": "a" * 65}, "cannot name a study"),
        ({"title": " "}, "The title is empty"),
        ({"language": "tlh"}, "no texts in 'tlh'; there are: de, en."),
        ({"contact": "x" * 201}, "The contact is longer than 200"),
        ({"pairs": 0}, "0 pairs are not between 1 and 200"),
        ({"strengths": (0.0,)}, "The strength 0 is not between"),
        ({"strengths": (float("nan"),)}, "The strength nan"),
        ({"strengths": (1.0, 1.0)}, "several different ones"),
        ({"strengths": ()}, "Give one strength"),
        ({"seed": -1}, "The seed -1"),
        ({"rules": {"finnished": True}}, "These rules cannot be: "),
        ({"lease": 0}, "A lease of 0 minutes"),
        ({"trials_each": 21}, "cannot have 21 of 20 trials"),
    ],
)
def test_a_plan_that_makes_no_sense(values, message):
    with pytest.raises(BuildError, match=re.escape(message)):
        StudySpec(**values)


def test_a_study_has_rules_and_a_lease_of_its_own(database, plan, made):
    own = replace(plan, name="own", rules={"swapped_wrong": 0.5}, lease=90)
    insert.register(database, own, made[1])
    study = stored(database, "own")
    assert (study.rules, study.lease_minutes) == ({"swapped_wrong": 0.5}, 90)


@pytest.mark.parametrize(("text", "says"), [("[]", "holds no rules"), ("{", "is not JSON")])
def test_a_file_of_rules_that_is_none_is_refused(text, says, tmp_path, capsys):
    path = tmp_path / "rules.json"
    path.write_text(text)
    assert build.main(["--rules", str(path)]) == 2
    assert says in capsys.readouterr().err


def test_a_study_speaks_its_language(database, plan, made):
    german = replace(plan, name="german", language="de", title=None)
    insert.register(database, german, made[1])
    study = stored(database, "german")
    assert (study.language, study.title) == ("de", "Wie wirkt diese Musik?")
    assert texts.load("de")("consent.agree") in texts.consent(study)
    assert StudySpec().title == "How does this music feel?"


def test_a_model_without_arousal_is_refused(tmp_path):
    pytest.importorskip("fadernets.models.vanilla")
    model = tiny.model(replace(tiny.TINY, model="vanilla"))
    checkpoint.save(model, FaderNet.load().scales, tmp_path / "plain")
    with pytest.raises(BuildError, match="The model plain cannot transfer arousal"):
        make(Settings(data=tmp_path), StudySpec(checkpoint=str(tmp_path / "plain")))


@pytest.fixture(scope="module")
def taken(tmp_path_factory, plan, made) -> Path:
    """A data folder whose database has the study `two`."""
    data = tmp_path_factory.mktemp("taken")
    database = Database(f"sqlite:///{data}/survey.sqlite")
    build.upgrade(database)
    insert.register(database, plan, made[1])
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
def test_refusals_are_one_sentence(arguments, env, sentence, taken, capsys, monkeypatch):
    before = (taken / "survey.sqlite").read_bytes()
    for name in ("DATABASE_URL", "SPACE_ID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ({"FADERNETS_DATA": str(taken)} | env).items():
        monkeypatch.setenv(name, value)
    try:
        status = build.main(arguments)
    except SystemExit as error:  # of the parser
        status = error.code
    told = capsys.readouterr()
    assert status == 2 and told.out == ""
    assert re.match(rf"survey\.build: ({sentence})", told.err), told.err
    assert told.err.count("\n") == 1
    assert (taken / "survey.sqlite").read_bytes() == before


@SQLITE
def test_open_at_once_where_answers_are_kept(database, plan, tmp_path):
    wiped = Settings(data=tmp_path, ephemeral=True)
    with pytest.raises(BuildError, match="wipes its disk"):
        create.check(database, wiped, replace(plan, is_open=True))
    create.check(database, wiped, plan)
    for settings in (replace(wiped, force_open=True), replace(wiped, dataset="a/b")):
        create.check(database, settings, replace(plan, is_open=True))


def test_only_the_public_model_is_used(root):
    """Nothing of the model's insides, of the demo or of training; no private names of others."""
    for path in [*(root / "survey" / "building").glob("*.py"), *(root / "survey").glob("b*.py")]:
        check_imports(path)


def check_imports(path: Path) -> None:
    tree = ast.parse(path.read_text())
    music = {f"music.{name}" for name in ("examples", "midi", "notes", "piece")}
    public = {"arguments", "checkpoint", "music", "playback", "playback.audio", *music}
    aliases = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            origin = getattr(node, "module", None)
            names = [origin] if origin else [alias.name for alias in node.names]
            if {name.split(".")[0] for name in names} & {"fadernets", "survey"}:
                aliases |= {alias.asname or alias.name for alias in node.names}
            assert not {name.split(".")[0] for name in names} & {"demo", "train"}
            assert not any(alias.name.startswith("_") for alias in node.names)
            for name in names:
                package, _, inner = name.partition(".")
                assert package != "fadernets" or not inner or inner in public, name
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            private = node.attr.startswith("_") and not node.attr.startswith("__")
            assert not (private and node.value.id in aliases), node.attr


@pytest.mark.browser
def test_a_browser_plays_every_clip(two, made, chromium):
    """Decoded by the browser: all of one length, none silent, an identical pair identical."""
    settings, _ = made
    decode = """async (coded) => {
        const bytes = Uint8Array.from(atob(coded), (c) => c.charCodeAt(0));
        const context = new OfflineAudioContext(2, 48000, 48000);
        const sound = await context.decodeAudioData(bytes.buffer);
        const peak = sound.getChannelData(0).reduce((m, x) => Math.max(m, Math.abs(x)), 0);
        return [sound.length, sound.numberOfChannels, peak];
    }"""
    names = {clip.sha256 for s in two.stimuli for clip in (s.first, s.second)}
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"]) as browser,
    ):
        page = browser.new_page()
        found = []
        for name in sorted(names):
            data = (settings.audio / f"{name}.mp3").read_bytes()
            found.append(page.evaluate(decode, base64.b64encode(data).decode()))
    assert {(length, channels) for length, channels, _ in found} == {
        (two.build["clips"]["samples"], 2)
    }
    assert all(0.03 < peak <= 1.0 for _, _, peak in found)
