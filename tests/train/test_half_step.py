"""``python -m train.half_step`` on generated music: models, real windows and the table."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from fadernets.music import midi
from fadernets.music.notes import Notes
from fadernets.music.piece import Piece
from fadernets.music.segments import segments
from tests.fadernets.tiny import bars, piece
from train import half_step, naturalness, report
from train.data import corpora
from train.evaluation.half_step import (
    LEAST_WINDOWS,
    CountedWindows,
    by_position,
    of_densities,
    of_real,
)
from train.metrics.half_step import HALF_STEP
from train.reporting import half_step_table
from train.reporting.results.half_step import BothCounts, HalfStep


def counts(own: list[float], later: list[float], steps: int = 16) -> CountedWindows:
    """Windows of one step each of their own piece."""
    return CountedWindows(
        {"rhythm": np.array(own)},
        {"rhythm": np.array(later)},
        np.full(len(own), steps),
        np.arange(len(own)),
    )


def test_windows_at_each_density_by_hand() -> None:
    """In units of .25 the spreads are 0 and a half, by both counts: their mean is a quarter."""
    at = [counts([0.5, 0.5], [0.25, 0.25]), counts([1.0, 0.75], [0.75, 0.5])]
    part = by_position([0.5, 1.0], at, "rhythm", 0.25)
    assert part.windows == [2, 2]
    assert part.errors == [0, 0.125]
    assert part.reached == [1, 0.5]
    assert (part.consistency, part.later) == (0.75, 0.75)
    assert part.later_by == [-0.25, -0.25]


def test_real_windows_are_those_of_the_nearest_density() -> None:
    """Asked .3 and 12 steps: four of them, .333. Too few have the other density that was asked."""
    some = [4 / 12] * LEAST_WINDOWS + [3 / 12] * (LEAST_WINDOWS - 1)
    part = of_densities([0.25, 0.3], counts(some, some, 12), "rhythm", 1.0)
    assert part.densities == [0.3]
    assert part.windows == [LEAST_WINDOWS]
    assert part.errors == [pytest.approx(4 / 12 - 0.3, abs=1e-4)]
    assert part.reached == [1]
    with pytest.raises(ValueError, match="rhythm that was asked for"):
        of_densities([1.0], counts(some, some, 12), "rhythm", 1.0)


def test_real_segments_are_counted_as_they_measure_themselves() -> None:
    """In whatever order they were drawn; later, as the piece begun half a step later does."""
    source = piece(bars(4))
    late = piece([Notes.empty(), *bars(4)])
    late = replace(late, notes=late.notes.shifted(-HALF_STEP))
    real = of_real([[segments(source)[n] for n in (3, 1, 2)], []], ("rhythm", "note"))
    for name in ("rhythm", "note"):
        assert real.own[name].tolist() == [s.measure()[name] for s in segments(source)[1:]]
        assert real.later[name].tolist() == [s.measure()[name] for s in segments(late)[2:]]
    assert real.piece.tolist() == [0] * 3


def music(seed: int) -> Piece:
    """Bars of many densities, off the grid by up to most of a step."""
    source, rng = piece(bars(40, seed=seed)), np.random.default_rng(seed)
    begin, end, pitch, velocity = (
        getattr(source.notes, name) for name in ("onset", "offset", "pitch", "velocity")
    )
    begin, end = begin + rng.uniform(0, 0.2, len(begin)), begin + 0.25 + 2 * rng.random(len(end))
    return replace(source, notes=Notes.of(begin, end, pitch, velocity))


@pytest.mark.slow
def test_the_command_counts_models_and_real_music(data_file, tmp_path, monkeypatch, capsys) -> None:
    """The arranger meets rhythms in their own windows, and not so later."""
    for number in range(3):
        midi.write(music(number), tmp_path / f"{number}.mid")
    monkeypatch.setattr(
        naturalness, "unseen", lambda folder, match, data, split: corpora.performances(folder)
    )
    monkeypatch.setattr("train.evaluation.half_step.LEAST_WINDOWS", 1)
    monkeypatch.setattr(half_step, "POSITIONS", np.array([0.0, 0.5, 1.0]))
    out = tmp_path / "half_step.json"
    options = f"--midi {tmp_path} --data {data_file} --out {out} --excerpts 2 --length 3"
    assert half_step.main(options.split()) == 0, capsys.readouterr().err
    result = HalfStep.model_validate_json(out.read_text())
    assert json.loads(capsys.readouterr().out) == json.loads(out.read_text())
    arranger, gmvae = result.changed
    assert (result.excerpts, arranger.faders["rhythm"].windows) == (2, [6] * 3)
    assert arranger.faders["rhythm"].errors == [0] * 3
    assert arranger.faders["rhythm"].consistency == 1 > arranger.faders["rhythm"].later
    assert arranger.faders["rhythm"].consistency > gmvae.faders["rhythm"].consistency
    assert result.real.faders["rhythm"].consistency == 1
    rows, head = half_step_table.rows([result])
    assert [row[1] for row in rows] == ["arranger", "gmvae", half_step.REAL]
    assert all(len(row) == len(head) for row in rows)


def test_music_that_is_too_short_is_a_sentence(data_file, tmp_path, monkeypatch, capsys) -> None:
    midi.write(piece(bars(3)), tmp_path / "short.mid")
    options = f"--midi {tmp_path} --out {tmp_path / 'x.json'}"
    monkeypatch.setattr(
        naturalness, "unseen", lambda folder, match, data, split: corpora.performances(folder)
    )
    assert half_step.main(options.split()) == 2
    assert "no piece has 14 segments with notes in them" in capsys.readouterr().err
    assert not (tmp_path / "x.json").exists()


def test_the_table_says_where_real_music_lacks_densities() -> None:
    part = BothCounts(
        densities=[0.5], windows=[12], errors=[0.0125], reached=[0.952], consistency=1.0,
        later=0.754, later_interval=[0.7, 0.8], later_by=[-0.003],
    )  # fmt: skip
    every = {"real": {"name": "real", "faders": {"rhythm": part.model_dump()}}, "changed": []}
    settings = {"kind": "half_step", "music": "scores", "split": "validation", "pieces": 2}
    rest = {"excerpts": 1, "sd": {}, "seed": 0, "commit": None, "data_sha256": None, "seconds": 1.0}
    result = HalfStep.model_validate(settings | rest | every | {"positions": [0.0, 1.0]})
    rows, head = half_step_table.rows([result])
    assert dict(zip(head, rows[0], strict=True)) == {
        "music": "scores",
        "of": "real",
        "rhythm: mean error": "0.013",
        "rhythm: reached": "95.2 %",
        "rhythm: consistency": "1.000",
        "rhythm: half a step later": "0.75 [0.70, 0.80] (1 of 2 densities)",
        "rhythm: counts more then": "+0.00 to +0.00",
    }
    assert "half_step" in report.TABLES
