"""A design is a file: one that only this test knows goes the whole way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from db.database import Database
from db.migrate import upgrade
from db.models import Answer, Study, Trial
from survey.analyze import main as analyze
from survey.designs import registry
from survey.designs.design import REFERENCE, Design, Findings, Item, Resampling
from survey.designs.questions import Question
from survey.records.export_files import export
from survey.records.import_study import import_study
from survey.records.to_json import of_participant, of_study, people
from tests.postgres import ONE
from tests.survey.built import Build
from tests.survey.person import Person
from tests.survey.sound_files import SYSTEMS

BEST = {"alder": 10, "birch": 20, "cedar": 30, REFERENCE: 90}


def all_at_once(item: Item) -> list[tuple[str, ...]]:
    return [(REFERENCE, *item.systems, REFERENCE)]


def highest(table: pd.DataFrame, questions: list[Question], resampling: Resampling) -> Findings:
    best = table.groupby("system", sort=True)["likeness"].max().reset_index()
    return Findings({"highest": best}, [f"Seed {resampling.seed}."])


OWN = Design(
    "likeness",
    all_at_once,
    lambda say: [
        Question(name="likeness", kind="slider", text="How alike?", least=0, most=100, each=True),
        Question(name="why", kind="text", text="Why?"),
    ],
    highest,
    labels=("reference",),
    has_reference=True,
    is_shuffled=True,
    in_order=False,
)


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(registry.DESIGNS, OWN.name, OWN)
    yield


@pytest.fixture
def answered(rated: Build, served: TestClient, database: Database) -> Study:
    """Three have finished, a fourth has answered once; faster than the clips, all of them."""
    study = rated("likeness", rules={"finished": True})
    for number in range(4):
        person = Person.ready(served, "rated")
        for _ in range(2 if number < 3 else 1):
            person.reply(lambda trial: {"likeness": likenesses(database, trial["id"]), "why": "so"})
    return study


def likenesses(database: Database, token: str) -> list[int]:
    """What who knows all systems says of a trial's clips, in the order heard."""
    with database.read() as session:
        trial = session.scalars(select(Trial).where(Trial.token == token)).one()
        return [BEST[trial.stimulus.systems[clip]] for clip in trial.arrangement[1:]]


@pytest.mark.slow
@ONE
def test_what_a_participant_is_asked(rated: Build, served: TestClient, database: Database) -> None:
    rated("likeness")
    person = Person.ready(served, "rated")
    trial = person.state()["trial"]
    assert list(trial["clips"]) == ["first", "second", "third", "fourth", "fifth"]
    assert not any(trial["heard"].values())
    sounds = {place: served.get(url).content for place, url in trial["clips"].items()}
    assert len({len(sound) for sound in sounds.values()}) == 1  # size tells nothing
    assert len(set(sounds.values())) == 4 and list(sounds.values()).count(sounds["first"]) == 2
    page = served.get(f"/p/{person.token}").text
    assert page.count('type="range"') == 4 and "Why?" in page
    assert not any(system in page for system in SYSTEMS)


@pytest.mark.slow
@ONE
def test_the_order_is_another_each_time_but_for_the_reference(
    rated: Build, served: TestClient, database: Database
) -> None:
    rated("likeness", items=3)
    for _ in range(4):
        Person.ready(served, "rated")
    with database.read() as session:
        orders = [tuple(order) for order in session.scalars(select(Trial.arrangement))]
    assert len(orders) == 12 and len(set(orders)) > 6
    assert all(order[0] == 0 and sorted(order) == [0, 1, 2, 3, 4] for order in orders)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("replies", "field"),
    [
        ({"likeness": [1, 2, 3]}, "likeness"),
        ({"likeness": [1, 2, 3, 101]}, "likeness"),
        ({"likeness": [1, 2, 3, 4.5]}, "likeness"),
        ({"likeness": [1, 2, 3, "4"]}, "likeness"),
        ({"likeness": [1, 2, 3, None]}, "likeness"),
        ({"likeness": 3}, "likeness"),
        ({"why": "so"}, "likeness"),
        ({"likeness": [1, 2, 3, 4], "why": 5}, "why"),
        ({"likeness": [1, 2, 3, 4], "why": "a\0b"}, "why"),
        ({"likeness": [1, 2, 3, 4], "other": 1}, None),
    ],
)
@ONE
def test_impossible_replies_are_refused(
    rated: Build,
    served: TestClient,
    database: Database,
    replies: dict[str, object],
    field: str | None,
) -> None:
    rated("likeness")
    person = Person.ready(served, "rated")
    trial = person.state()["trial"]
    person.hear(trial["id"], trial["clips"])
    ask = {"trial": trial["id"], "submission": "x" * 16}
    refused = person.post("replies", **ask, replies=replies)
    assert refused.status_code == 422 and refused.json()["error"] == "invalid"
    assert field is None or field in refused.json()["message"]
    assert person.answer(trial["id"]).status_code == 422  # that of the design transfer
    with database.read() as session:
        assert session.scalar(select(Answer.id)) is None


@pytest.mark.slow
@ONE
def test_an_unheard_trial_is_refused_in_words_of_its_own(rated: Build, served: TestClient) -> None:
    rated("likeness")
    person = Person.ready(served, "rated")
    trial = person.state()["trial"]
    person.hear(trial["id"], list(trial["clips"])[:-1])
    replies = {"likeness": [1, 2, 3, 4]}
    ask = {"trial": trial["id"], "submission": "x" * 16, "replies": replies}
    refused = person.post("replies", **ask)
    assert (refused.status_code, refused.json()["error"]) == (422, "unheard")
    assert "both" not in refused.json()["message"]
    person.hear(trial["id"], list(trial["clips"])[-1:])
    assert person.post("replies", **ask).status_code == 200
    again = person.post("replies", **ask)
    assert again.status_code == 200 and again.json()["progress"]["done"] == 1
    stale = person.post("replies", **ask | {"submission": "y" * 16})
    assert stale.status_code == 409 and "pair" not in stale.json()["message"]


@pytest.mark.slow
def test_the_ratings_come_out_and_are_analysed(
    answered: Study, database: Database, tmp_path: Path
) -> None:
    export(database, tmp_path / "out", "rated")
    table = pd.read_csv(tmp_path / "out" / "ratings.csv")
    assert len(table) == 7 * 4 and set(table["system"]) == {*SYSTEMS, REFERENCE}
    assert (table["likeness"] == table["system"].map(BEST)).all()
    assert set(table["why"]) == {"so"} and set(table["design"]) == {"likeness"}
    dictionary = pd.read_csv(tmp_path / "out" / "dictionary.csv").set_index("column")
    assert set(dictionary.index) == set(table.columns)
    assert "How alike?" in dictionary.loc["likeness", "meaning"]

    url = database.url.render_as_string(hide_password=False)
    by_database = ["--database", url, "--study", "rated", "--out", str(tmp_path / "a")]
    assert analyze(by_database) == 0
    by_table = ["--csv", str(tmp_path / "out" / "ratings.csv"), "--out", str(tmp_path / "b")]
    assert analyze(by_table) == 0
    reports = [json.loads((tmp_path / name / "results.json").read_text()) for name in "ab"]
    assert reports[0] == reports[1]
    highest = reports[0]["tables"]["highest"]
    rows = [row for row in highest if row["participants"] == "with exclusions"]
    assert {row["system"]: row["likeness"] for row in rows} == BEST
    assert (reports[0]["flow"]["kept"], reports[0]["flow"]["answered"]) == (3, 4)


@pytest.mark.slow
def test_an_export_comes_back(answered: Study, database: Database, tmp_path: Path) -> None:
    export(database, tmp_path, "rated")
    text = (tmp_path / "study.json").read_text()
    other = Database(f"sqlite:///{tmp_path}/other.sqlite")
    upgrade(other)
    with other.write() as session:
        import_study(session, text)
    with database.read() as one, other.read() as two:
        studies = [
            session.scalars(select(Study).where(Study.name == "rated")).one()
            for session in (one, two)
        ]
        assert of_study(studies[1])["stimuli"] == of_study(studies[0])["stimuli"]
        before, after = (
            [of_participant(person) for person in people(session, study)]
            for session, study in zip((one, two), studies, strict=True)
        )
        assert before == after and len(before) == 4
    other.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        {"design": "unheard-of"},
        {"questions": [{"name": "likeness", "text": "?", "kind": "guess"}]},
        {"questions": []},
        {"design": "transfer"},
    ],
)
@ONE
def test_a_damaged_export_is_refused(
    answered: Study, database: Database, tmp_path: Path, change: dict[str, object]
) -> None:
    export(database, tmp_path, "rated")
    record = json.loads((tmp_path / "study.json").read_text())
    record["study"] |= change
    other = Database(f"sqlite:///{tmp_path}/other.sqlite")
    upgrade(other)
    with pytest.raises(ValueError), other.write() as session:
        import_study(session, json.dumps(record))
    other.close()
