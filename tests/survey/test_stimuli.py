"""Phrases of MIDI files by the command, and the studies that are made of them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from sqlalchemy import select

from db.database import Database
from db.models import Study
from fadernets.music import midi
from survey import stimuli
from survey.building import stimuli_file
from survey.building.create import build
from survey.building.study_spec import StudySpec
from survey.core.settings import Settings
from survey.designs import registry
from tests.fadernets import tiny
from tests.postgres import ONE

pytestmark = pytest.mark.slow
OPTIONS = "--phrases 2 --seconds 5 9 --seed 3".split()  # four bars last 6.9 s


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six pieces of sixteen bars, whose names are formulas to a spreadsheet."""
    folder = tmp_path_factory.mktemp("music")
    for number in range(6):
        piece = tiny.piece(tiny.bars(16, seed=number), tempo=((0, 140),))
        midi.write(piece, folder / f"=piece{number}.mid")
    return folder


@pytest.fixture(scope="module")
def phrases(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models at two strengths, three ways."""
    out = tmp_path_factory.mktemp("made") / "phrases"
    arguments = "--ways low tense valence-low --checkpoint arranger gmvae --strength 0.5 1".split()
    assert stimuli.main([str(out), "--midi", str(folder), *arguments, *OPTIONS]) == 0
    return out


def rows(phrases: Path) -> list[dict[str, str]]:
    """The table's cells, without what keeps a spreadsheet from computing them."""
    with (phrases / "stimuli.csv").open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    assert not [cell for row in table for cell in row.values() if cell.startswith("=")]
    return [{name: cell.removeprefix("'") for name, cell in row.items()} for row in table]


def test_every_phrase_by_every_system(phrases: Path) -> None:
    table = rows(phrases)
    assert len(table) == 3 * (2 + 1) * 4
    items = {row["item"] for row in table}
    assert items == {f"{way}-0{n}" for way in ("low", "tense", "valence-low") for n in (1, 2, 3)}
    for item in items:
        own = [row for row in table if row["item"] == item]
        assert [(row["model"], row["strength"]) for row in own] == [
            ("arranger", "0.5"),
            ("arranger", "1.0"),
            ("gmvae", "0.5"),
            ("gmvae", "1.0"),
        ]
        assert {row["practice"] for row in own} == {"true" if item.endswith("1") else "false"}
    directions = {(row["item"].rpartition("-")[0], row["direction"]) for row in table}
    assert directions == {("low", "lower"), ("tense", "higher"), ("valence-low", "")}
    places = {(row["source"], tuple(json.loads(row["settings"])["bars"])) for row in table}
    assert len(places) == len(items)  # no phrase comes twice


def test_an_original_is_what_the_piece_has_there(phrases: Path, folder: Path) -> None:
    for row in rows(phrases)[::4]:
        piece, settings = midi.read(folder / row["source"]), json.loads(row["settings"])
        first, last = settings["bars"]
        begin, end = 4.0 * (first - 1), 4.0 * last
        inside = (piece.notes.onset >= begin) & (piece.notes.onset < end)
        cut = midi.read(phrases / row["reference"])
        struck = piece.notes[inside]
        own = [(round(o - begin, 2), p) for o, p in zip(struck.onset, struck.pitch, strict=True)]
        there = [(round(o, 2), p) for o, p in zip(cut.notes.onset, cut.notes.pitch, strict=True)]
        assert set(own) <= set(there)
        assert cut.length == pytest.approx(end - begin, abs=0.1)
        for version in (r["file"] for r in rows(phrases) if r["item"] == row["item"]):
            changed = midi.read(phrases / version)
            assert changed.length == pytest.approx(end - begin, abs=0.1)
            assert (phrases / version).read_bytes() != (phrases / row["reference"]).read_bytes()


def test_energetic_phrases_are_lowered_and_calm_ones_raised(phrases: Path) -> None:
    arousal = {
        way: [
            json.loads(row["settings"])["arousal"]
            for row in rows(phrases)
            if row["item"].startswith(way)
        ]
        for way in ("low", "tense")
    }
    assert min(arousal["low"]) > max(arousal["tense"])


def test_the_seed_decides(folder: Path, tmp_path: Path) -> None:
    def files(name: str, seed: str) -> dict[str, bytes]:
        arguments = ["--ways", "calm", "--phrases", "2", "--seconds", "5", "9", "--seed", seed]
        assert stimuli.main([str(tmp_path / name), "--midi", str(folder), *arguments]) == 0
        return {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}

    first = files("one", "3")
    assert files("two", "3") == first != files("three", "4")


@ONE
def test_models_and_strengths_are_conditions_of_a_transfer_study(
    phrases: Path, settings: Settings, database: Database
) -> None:
    with (phrases / "stimuli.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))
    table = phrases / "two.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        names = ("item", "low-02", "tense-02")
        csv.writer(file).writerows([line for line in lines if line[0] in names])
    try:
        build(database, settings, StudySpec(name="phrases", stimuli=table))
    finally:
        table.unlink()
    with database.read() as session:
        study = session.scalars(select(Study)).one()
        transfers = [s for s in study.stimuli if s.kind == "transfer"]
        of = {(s.checkpoint, s.strength, s.intended) for s in transfers}
        assert of == {
            (model, strength, direction)
            for model in ("arranger", "gmvae")
            for strength in (0.5, 1.0)
            for direction in ("lower", "higher")
        }
        assert len(transfers) == 2 * 4


@pytest.mark.parametrize(("name", "trials"), [("mushra", 1), ("ab", 12), ("mos", 5)])
def test_any_design_takes_the_table(phrases: Path, name: str, trials: int) -> None:
    design = registry.find(name)
    for item in stimuli_file.read(phrases / "stimuli.csv"):
        assert len(design.stimuli(item.item)) == trials


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--ways", "up"], "There is no way 'up'"),
        (["--seconds", "20", "8"], "Phrases last 1 to 100 s, the shortest first."),
        (["--phrases", "0"], "There is nothing to rate without phrases."),
        (["--phrases", "60", "--seconds", "5", "9"], "phrases can be used for low"),
        (["--checkpoint", "nobody's"], "nobody's"),
        (["--midi", "nowhere"], "nowhere is not a folder."),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    sentence: str,
) -> None:
    out = tmp_path / "out"
    assert stimuli.main([str(out), "--midi", str(folder), *options]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1].startswith("survey.stimuli: ") and sentence in lines[-1]
    assert not list(tmp_path.iterdir())


def test_what_is_there_is_left_alone(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "mine"
    out.mkdir()
    (out / "diary.txt").write_text("dear diary")
    assert stimuli.main([str(out), "--midi", str(folder), *OPTIONS]) == 2
    assert "mine cannot be used: it is there already." in capsys.readouterr().err
    assert [path.name for path in out.iterdir()] == ["diary.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
