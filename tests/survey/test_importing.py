import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from db.database import Database
from db.models import (
    LONGEST_SECONDS,
    Answer,
    Base,
    Clip,
    Invitation,
    Participant,
    Stimulus,
    Study,
    Trial,
    now,
)
from survey import importing
from survey.analysis.analyse import analyse
from survey.core.http_errors import Refused
from survey.core.settings import Settings
from survey.ratings.exclusion import DEFAULT_RULES
from survey.ratings.rating_table import ParticipantCounts, choose, flow, frame
from survey.records import export_files
from survey.records.import_study import import_study
from tests.postgres import KINDS, ONE
from tests.survey.crowd import fill, join
from tests.survey.panel_people import add_panel


def exported_crowd(database: Database) -> str:
    """A study with six people, one of whom used an invitation, and two who withdrew."""
    with database.write() as session:
        study = choose(session)
        study.withdrawn, study.rules = 2, DEFAULT_RULES
        for number in range(3):
            session.add(Invitation(study_id=study.id, token_hash=f"{number:064}", label="Jane"))
        fill(session, study, 6)
    with database.read() as session:
        return export_files.study_json(session, choose(session))


@pytest.fixture
def text(database: Database, study: Study) -> str:
    """An export of what is in `database`."""
    return exported_crowd(database)


@pytest.fixture(scope="module")
def example(stored_study: Settings, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An export, for tests that need not look into the database it is from."""
    path = tmp_path_factory.mktemp("exported") / "survey.sqlite"
    shutil.copy(stored_study.data / "survey.sqlite", path)
    database = Database(f"sqlite:///{path}")
    text = exported_crowd(database)
    database.close()
    return text


@pytest.fixture(params=KINDS)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Another database, without tables or with a schema."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated"), tmp_path / "other.sqlite")
        database = Database(f"sqlite:///{tmp_path}/other.sqlite")
        yield database
        database.close()
        return
    server = request.getfixturevalue("postgres")
    url = server.lend()
    database = Database(url)
    importing.upgrade(database)
    yield database
    database.close()
    server.give_back(url)


def counts(database: Database) -> dict[str, int]:
    with database.read() as session:
        tables = Base.metadata.sorted_tables
        return {t.name: session.scalar(select(func.count()).select_from(t)) for t in tables}


@pytest.mark.slow
def test_the_same_analysis_before_and_after(database: Database, text: str, target: Database):
    with target.write() as session:
        import_study(session, text)
    with database.read() as source_session, target.read() as target_session:
        before, after = choose(source_session), choose(target_session)
        assert (
            frame(target_session, after).equals(frame(source_session, before))
            and len(frame(target_session, after)) == 33
        )
        people = ParticipantCounts(invited=3, consented=8, began=8, finished=5, withdrawn=2)
        assert flow(target_session, after) == flow(source_session, before) == people
        results = [
            analyse(frame(s, study), flow(s, study), study.rules, seed=1, draws=100)
            for s, study in ((source_session, before), (target_session, after))
        ]
        assert results[0] == results[1]
        exported_again = json.loads(export_files.study_json(target_session, after))
        assert exported_again["study"].pop("state") == "closed" and exported_again["study"].pop(
            "closed_at"
        )
        first = json.loads(text)
        assert first["study"].pop("state") == "open" and first["study"].pop("closed_at") is None
        assert exported_again == first


@pytest.mark.slow
def test_nobody_can_go_on_with_an_imported_study(database: Database, text: str, target: Database):
    with target.write() as session:
        import_study(session, text)
    with database.read() as source_session, target.read() as target_session:
        for model, name in ((Participant, "token_hash"), (Trial, "token")):
            column = getattr(model, name)
            before, after = (
                set(source_session.scalars(select(column))),
                set(target_session.scalars(select(column))),
            )
            assert len(after) == len(before) and not before & after
        assert not set(target_session.scalars(select(Invitation.label))) - {""}
        assert not target_session.scalars(select(Participant.completion_code)).first()


@pytest.mark.slow
def test_beside_another_study_under_a_new_name(study: Study, database: Database, tmp_path: Path):
    """The clips are shared, a name or a participant that is here already is refused."""
    with database.write() as session:
        text = export_files.study_json(session, choose(session))
        with pytest.raises(ValueError, match="there is a study 'small' already"):
            import_study(session, text)
        clips = session.scalar(select(func.count(Clip.id)))
        copy = import_study(session, text, "copy")
        assert session.scalar(select(func.count(Clip.id))) == clips
        assert len(copy.stimuli) == 12
        join(session, session.get_one(Study, study.id))
    with database.write() as session:
        text = export_files.study_json(session, choose(session, "small"))
        with pytest.raises(ValueError, match="is here already, in study 'small'"):
            import_study(session, text, "third")
    with database.read() as session:
        assert session.scalars(select(Study.name).order_by(Study.name)).all() == ["copy", "small"]


@pytest.mark.parametrize("name", ["", "Ab", "a b", "a/b", "ü", "a" * 65, "a\n"])
@ONE
def test_a_name_no_address_can_have_is_refused(database: Database, example: str, name: str):
    with database.write() as session, pytest.raises(ValueError, match="study.name cannot be"):
        import_study(session, example, name)


def last_participant(exported: dict[str, Any]) -> dict[str, Any]:
    return exported["participants"][-1]


def answered_trial(exported: dict[str, Any]) -> dict[str, Any]:
    return next(trial for trial in last_participant(exported)["trials"] if trial["answer"])


SPOILT: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "no rating": (lambda f: answered_trial(f)["answer"].update(rhythm=6), "answer.rhythm"),
    "no direction": (
        lambda f: answered_trial(f)["answer"].update(direction="up"),
        "answer.direction",
    ),
    "half an answer": (
        lambda f: answered_trial(f)["answer"].pop("melody"),
        "answer.melody is missing",
    ),
    "endless": (lambda f: f["study"]["stimuli"][0]["measured"]["note"].update(after=1e999), "meas"),
    "no stimulus": (lambda f: answered_trial(f).update(stimulus="x"), "the study does not have"),
    "twice a trial": (
        lambda f: last_participant(f)["trials"].append(answered_trial(f)),
        "contradicts itself",
    ),
    "twice a person": (
        lambda f: f["participants"].append(last_participant(f)),
        "contradicts itself",
    ),
    "long comment": (
        lambda f: answered_trial(f)["answer"].update(comment="x" * 1001),
        "answer.comment cannot be",
    ),
    "no trials": (lambda f: last_participant(f).update(trials=None), "trials: expected a list"),
    "no person": (lambda f: f["participants"].append(5), "expected an object"),
    "no hash": (lambda f: f["study"]["stimuli"][0]["first"].update(sha256="a"), "contradicts"),
    "another size": (lambda f: f["study"]["stimuli"][-1]["first"].update(bytes=1), "has 1 bytes|"),
    "same for lower": (lambda f: f["study"]["stimuli"][0].update(intended="same"), "contradicts"),
    "finished never": (
        lambda f: last_participant(f).update(finished_at=None, stage="finished"),
        "contradicts",
    ),
    "no study": (lambda f: f.pop("study"), "study is missing"),
    "a version to come": (lambda f: f.update(version=2), "version 2"),
    "another format": (lambda f: f.update(format="x"), "not a study"),
}


@pytest.mark.parametrize(
    ("target", "spoilt"),
    [
        *(("sqlite", spoilt) for spoilt in SPOILT),
        *(
            pytest.param("postgresql", spoilt, marks=pytest.mark.postgres)
            for spoilt in ("no rating", "twice a person", "no hash")
        ),
    ],
    indirect=["target"],
)
def test_all_or_nothing(example: str, target: Database, spoilt: str):
    change, sentence = SPOILT[spoilt]
    exported = json.loads(example)
    change(exported)
    if spoilt == "another size":  # of a clip that another study has
        with target.write() as session:
            clip = json.loads(example)["study"]["stimuli"][-1]["first"]
            session.add(Clip(**clip))
        sentence = "bytes here"
    before = counts(target)
    with pytest.raises(ValueError, match=sentence), target.write() as session:
        import_study(session, json.dumps(exported).replace("Infinity", "1e999"))
    assert counts(target) == before


def test_an_export_from_before_seconds_had_a_bound(example: str, target: Database):
    exported = json.loads(example)
    answered_trial(exported)["answer"].update(seconds=1e308)
    with target.write() as session:
        import_study(session, json.dumps(exported))
        assert session.scalar(select(func.max(Answer.seconds))) == LONGEST_SECONDS
        assert session.scalar(select(func.count(Answer.id))) == 45


class TestCommand:
    def run(self, file: Path, *arguments: str) -> int:
        return importing.main([str(file), *arguments])

    @pytest.mark.slow
    def test_into_an_empty_database(
        self, example: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ):
        (tmp_path / "study.json").write_text(example)
        url = f"sqlite:///{tmp_path}/new/one.sqlite"
        assert self.run(tmp_path / "study.json", "--database", url, "--name", "again") == 0
        output = capsys.readouterr().out
        assert output == "again: 12 stimuli, 6 participants, 45 answers\n"
        database = Database(url)
        with database.read() as session:
            assert session.scalar(select(func.count(Answer.id))) == 45
            assert session.scalar(select(func.count(Stimulus.id))) == 12
        database.close()
        assert self.run(tmp_path / "study.json", "--database", url, "--name", "again") == 2
        assert "there is a study 'again' already" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (b"study,participant\r\na,b\r\n", "survey.analyze --csv"),
            (b"", "survey.analyze --csv"),
            (b"[" * 100_000, "no study.json"),
            (b'{"format": NaN}', "NaN is not a number"),
            (b"[]", "not a study"),
            (b"\xff\xfe", "not UTF-8"),
        ],
    )
    def test_what_is_no_export_makes_no_database(
        self, tmp_path: Path, content: bytes, sentence: str, capsys: pytest.CaptureFixture[str]
    ):
        (tmp_path / "file").write_bytes(content)
        url = f"sqlite:///{tmp_path}/new.sqlite"
        assert self.run(tmp_path / "file", "--database", url) == 2
        err = capsys.readouterr().err
        assert sentence in err and len(err.splitlines()) == 1
        assert not (tmp_path / "new.sqlite").exists()

    def test_a_missing_file_is_named(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        assert self.run(tmp_path / "none.json") == 2
        assert "none.json" in capsys.readouterr().err


def test_an_imported_study_lets_nobody_in(example: str, target: Database):
    with target.write() as session:
        study = import_study(session, example)
        assert study.closed_at <= now()
    with target.write() as session, pytest.raises(Refused, match="closed"):
        join(session, study)


@pytest.mark.slow
def test_a_panel_comes_in_without_what_pays_people(database: Database, study: Study) -> None:
    """Nor can an export bring addresses or a key of somebody else's."""
    exported_crowd(database)
    panel = add_panel(database, study)
    with database.read() as session:
        text = export_files.study_json(session, choose(session))
    assert panel.key not in text and panel.finished not in text
    record = json.loads(text)
    assert record["study"]["panel"] == {"kind": "prolific", "name": "", "parameter": ""}
    for person in record["participants"]:
        person["public_id"] = person["public_id"][::-1] + "x"
    record["study"]["panel"] = panel.stored()
    with database.write() as session:
        imported = import_study(session, json.dumps(record), "other")
        assert imported.panel == {"kind": "prolific", "name": "", "parameter": ""}
    record["participants"] = []
    for wrong in ({"kind": "x"}, [], {"kind": "sona", "finished": 1}):
        record["study"]["panel"] = wrong
        with pytest.raises(ValueError, match="study.panel cannot be"), database.write() as session:
            import_study(session, json.dumps(record), "wrong")
