"""``python -m train.naturalness`` on generated music, and what it says of wrong input."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from fadernets.music import midi
from fadernets.music.midifile.events import MidiFile
from fadernets.music.notes import Notes, concatenate
from fadernets.music.piece import Piece
from fadernets.music.segments import segments
from fadernets.net import FaderNet
from tests.fadernets.tiny import piece
from train import naturalness, report
from train.data import corpora
from train.evaluation.naturalness import (
    Excerpt,
    became_of,
    by_rule,
    changed,
    excerpt,
    in_place,
    joined,
    of_notes,
)
from train.metrics import naturalness as metric
from train.reporting import naturalness_table
from train.reporting.results.naturalness import Naturalness, NaturalnessTries

PIECES, BARS = 10, 16


def played(seed: int) -> Piece:
    """Bars of chords and single notes, a hair off the grid."""
    rng = np.random.default_rng(seed)
    parts = []
    for _ in range(BARS):
        steps = np.flatnonzero(rng.random(16) < 0.55)
        onset = np.repeat(steps, rng.integers(1, 3, len(steps))) / 4
        onset = onset + rng.uniform(0, 0.05, len(onset))
        length = rng.choice([0.2, 0.5, 0.9], len(onset))
        pitch, velocity = rng.integers(40, 84, len(onset)), rng.integers(40, 100, len(onset))
        parts.append(Notes.of(onset, onset + length, pitch, velocity))
    return piece(parts)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Ten performances."""
    path = tmp_path_factory.mktemp("music")
    for number in range(PIECES):
        midi.write(played(number), path / f"{number:02}.mid")
    return path


def test_an_excerpt_has_two_neighbours_and_successive_segments():
    source = played(0)
    part = excerpt(source, 3, 5, np.random.default_rng(0))
    assert np.diff(part.numbers).tolist() == [1] * 4
    assert part.numbers[0] > 0
    assert part.numbers[-1] < len(segments(source)) - 1
    assert excerpt(source, 3, 99, np.random.default_rng(0)) is None


def test_rules_leave_out_what_is_off_the_beat_and_split_what_is_long():
    source = played(1)
    part = excerpt(source, 0, 4, np.random.default_rng(0))
    before = np.array([list(s.measure().values())[:1] for s in part.segments()])[:, 0]
    fewer, more = (by_rule(part, side).windows for side in (-1, 1))
    assert (fewer.densities[:, 0] <= 0.25).all()  # four beats of sixteen steps
    assert (more.densities[:, 0] >= before).all()
    assert more.densities[:, 0].mean() > before.mean()


def test_what_is_judged_is_the_saved_file(folder) -> None:
    """New notes begin and end on ticks, as all notes of the file do."""
    source = midi.read(folder / "00.mid")
    part = excerpt(source, 0, 4, np.random.default_rng(0))
    assert part is not None and source.original is not None
    division = MidiFile.parse(source.original.data, source.name).division
    result = changed(FaderNet.load(), part, ("rhythm", 1), np.array([0.2, 1.0]))
    assert sum(len(notes) for notes, _ in result.windows.cuts) > sum(len(n) for n in part.notes)
    for notes, _ in result.windows.cuts:
        ticks = np.concatenate([notes.onset, notes.offset]) * division
        assert np.abs(ticks - np.rint(ticks)).max() < 1e-6


@pytest.mark.slow
def test_the_command_measures_models_and_rules(folder, data_file, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(
        naturalness, "unseen", lambda folder, match, data, split: corpora.performances(folder)
    )
    monkeypatch.setattr(metric, "FARTHEST", 4.0)  # of the little music there is here
    monkeypatch.setattr(  # the real ones are tested beside the metric
        metric,
        "classifiers",
        lambda seed: {"boosted trees": HistGradientBoostingClassifier(max_iter=10)},
    )
    out = tmp_path / "naturalness.json"
    options = f"--midi {folder} --data {data_file} --out {out} --excerpts 6 --length 5"
    status = naturalness.main([*options.split(), "--model", "arranger"])
    assert status == 0, capsys.readouterr().err
    result = Naturalness.model_validate_json(out.read_text())
    assert json.loads(capsys.readouterr().out) == json.loads(out.read_text())
    arranger, rules = result.changed
    assert set(arranger.ways) == {
        "rhythm -1 sd", "rhythm +1 sd", "note -1 sd", "note +1 sd", "arousal low", "arousal high"
    }  # fmt: skip
    assert set(rules.ways) == {"rhythm -1 sd", "rhythm +1 sd"}
    assert result.floor.pairs > 20
    assert rules.ways["rhythm -1 sd"].aucs["boosted trees"] > 0.6
    rows, head = naturalness_table.rows(result)
    names = ["nothing (real against real)", naturalness.IN_PLACE, "arranger", "rules"]
    assert [row[0] for row in rows] == names
    assert all(len(row) == len(head) for row in rows)
    assert ["deaf" in cell for cell in rows[2]] == [way.startswith("arousal") for way in head]
    assert set(result.in_place.ways) == set(arranger.ways)
    busier = arranger.ways["rhythm +1 sd"]
    assert busier.changes["melody kept"].mean > 0.9
    assert 0 < busier.changes["new notes"].mean < 0.5
    assert set(busier.measures) == set(result.floor.measures) > set(naturalness_table.BESIDE[:3])
    assert rules.ways["rhythm +1 sd"].changes == result.floor.changes == {}
    rows, head = naturalness_table.measures(result)
    assert [row[0] for row in rows] == list(arranger.ways)
    assert all(len(row) == len(head) for row in rows)


def test_what_became_of_notes_is_counted_in_the_excerpt_alone() -> None:
    """The piece loses one note of the excerpt and one before it, and gets one after it."""
    source = piece([Notes.of([0, 1, 2], [1, 2, 3], [60, 62, 64], [80] * 3) for _ in range(4)])
    part = Excerpt(source, (1, 2), 0)
    keeps = ~np.isin(np.arange(len(source.notes)), [1, 4])
    new = Notes.of([13.5], [14], [70], [80])
    after = replace(source, notes=concatenate([source.notes[keeps], new]))
    became = became_of(part, after)
    assert became["notes kept"] == (5, 6)
    assert became["new notes"] == (0, 5)


def test_real_windows_in_place_are_as_loud_and_as_high_as_the_music_was() -> None:
    """Each real window stands in once, never in its own performance, and is real no more."""
    rng = np.random.default_rng(0)
    notes = [Notes.of([0, 1], [1, 2], pitch, [50, 70]) for pitch in rng.integers(50, 70, (30, 2))]
    real = joined([of_notes([each], [16], group) for group, each in enumerate(notes)])
    before = [Notes.of([-1, 0, 2], [1, 1, 3], [30, 80, 90], [9, 100, 110])]
    dense = of_notes([notes[0]], [16], 0)
    stand_ins, others = in_place(dense, before, real, np.ones(2), seed=0)
    (place,) = np.flatnonzero([not features for features in others.features])
    assert stand_ins.group.tolist() == [place] != [0]
    assert stand_ins.densities.tolist() == dense.densities.tolist()
    (heard,) = stand_ins.features
    assert (heard["velocity, mean"], heard["pitch, mean"]) == (105, pytest.approx(85, abs=0.5))
    assert np.diff(stand_ins.cuts[0].notes.pitch) == np.diff(notes[place].pitch)
    assert all(real.features)


def test_no_unseen_file_is_a_sentence(data_file, tmp_path, capsys):
    (tmp_path / "other").mkdir()
    midi.write(played(0), tmp_path / "other" / "unknown.mid")
    options = f"--midi {tmp_path / 'other'} --data {data_file} --out {tmp_path / 'x.json'}"
    assert naturalness.main(options.split()) == 2
    assert "is in that split" in capsys.readouterr().err
    assert not (tmp_path / "x.json").exists()


def test_the_page_has_the_tables():
    tables = ("naturalness", "naturalness_scores", "naturalness_pop", "naturalness_tells")
    assert set(tables) <= set(report.TABLES)


def test_ideas_that_were_tried_are_a_table() -> None:
    idea = {"idea": "louder", "music": "scores", "way": "note +1 sd", "pairs": 9}
    values = {"top_kept": 0.9, "bottom_kept": 0.8, "new": 0.0125, "beats_alike": 0.7}
    tried = idea | values | {"aucs": {"one": 0.6, "other": 0.555}, "beats_alike_real": 0.85}
    stored = {"kind": "naturalness_tries", "split": "validation", "tries": [tried], "seed": 0}
    result = NaturalnessTries.model_validate(stored | {"commit": "c", "data_sha256": "d"})
    rows, head = naturalness_table.tries(result)
    assert dict(zip(head, rows[0], strict=True)) == {
        "way": "note +1 sd",
        "music": "scores",
        "idea": "louder",
        "AUC": "0.60 / 0.56",
        "melody kept": "–",
        "highest notes kept": "0.90",
        "lowest kept": "0.80",
        "new notes": "0.013",
        "beats alike (real)": "0.70 (0.85)",
    }
