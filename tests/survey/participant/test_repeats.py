"""A study in which some trials come twice, from its table of sounds to its ratings."""

from __future__ import annotations

import random

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from db.database import Database
from db.models import Study, Trial
from survey.analyze import from_file
from survey.building.study_spec import BuildError, StudySpec
from survey.comparisons.repeats import SUFFIX
from survey.designs import ratings
from survey.participant.assignment import Candidate, with_repeats
from survey.records import export_files
from tests.survey.built import Build
from tests.survey.designs.answering import replies
from tests.survey.person import Person


@pytest.mark.slow
@pytest.mark.parametrize("design", ["ab", "mushra"])
def test_from_the_builder_to_the_ratings(
    rated: Build, served: TestClient, database: Database, tmp_path, design: str
) -> None:
    study = rated(design, items=4, repeats=2, trials_each=4, rules={"repeats_apart": 0.9})
    person = Person.ready(served, "rated")
    dice = random.Random(1)
    while person.state()["trial"]:
        person.reply(lambda trial: replies(database, study, trial, dice))
    with database.read() as session:
        stored = session.scalars(select(Study).where(Study.name == "rated")).one()
        trials = session.scalars(select(Trial).order_by(Trial.position)).all()
        names = [one.stimulus.name for one in trials if one.stimulus.kind != "practice"]
        table = ratings.of_study(session, stored)
        text = export_files.ratings_csv(session, stored)
        words = export_files.dictionary_csv(session, stored)
    again = [name for name in names if name.endswith(SUFFIX)]
    assert len(names) == 6 and len(again) == 2
    for name in again:
        first = names.index(name.removesuffix(SUFFIX))
        assert names.index(name) - first > 1  # after it, with another between
    repeats = table[table["kind"] == "repeat"]
    assert (
        repeats["apart"].between(0, 1).all()
        and table[table["kind"] == "rated"]["apart"].isna().all()
    )
    assert set(repeats["stimulus"]) == set(again) and "\napart," in words.replace("\r", "")
    file = tmp_path / "ratings.csv"
    file.write_text(text, encoding="utf-8")
    read = from_file(file, None)
    assert read.table["apart"].tolist() == pytest.approx(table["apart"].tolist(), nan_ok=True)
    assert read.rules == {"repeats_apart": 0.9}


def test_what_cannot_come_twice(rated: Build, tmp_path) -> None:
    with pytest.raises(BuildError, match="Of 4 trials of a participant up to 2 can be repeated"):
        rated("mos", items=2, repeats=3, trials_each=4)
    with pytest.raises(BuildError, match="repeats no trials; it has identical and swapped pairs"):
        StudySpec(repeats=1)
    with pytest.raises(BuildError, match="-1 trials cannot be repeated"):
        StudySpec(design="mos", stimuli=tmp_path, repeats=-1)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 20])
def test_others_come_between(count: int) -> None:
    trials = [Candidate(number, "rated", "g") for number in range(count)]
    again = {number: Candidate(100 + number, "repeat", "g") for number in range(count)}
    for seed in range(50):
        most = random.Random(seed).randint(0, count)
        order = [one.id for one in with_repeats(trials, again, most, random.Random(seed))]
        second = [one for one in order if one >= 100]
        assert len(second) == min(most, count // 2) and sorted(
            one for one in order if one < 100
        ) == list(range(count))
        assert all(order.index(one) - order.index(one - 100) > 1 for one in second)
