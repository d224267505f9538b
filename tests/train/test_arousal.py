"""``python -m train.arousal`` on generated music, and what it says of wrong input."""

from __future__ import annotations

import json

import numpy as np
import pytest

from fadernets.music.notes import Notes
from train import arousal, report
from train.data import dataset, unseen
from train.evaluation import arousal_classifiers
from train.evaluation.arousal_changes import ChangedSegments
from train.metrics.arousal_features import Heard
from train.reporting import arousal_table
from train.reporting.results.arousal import Arousal, ArousalTries


class ByCount:
    """A stand-in for a classifier: as high as there are notes."""

    def log_odds(self, music, piece=""):
        return np.array([len(each.notes) - 2.5 if len(each.notes) else np.nan for each in music])


def music(count: int) -> Heard:
    onset = np.arange(count) / 4
    return Heard(Notes.of(onset, onset + 0.25, [60] * count, [64] * count), 2.0)


def test_shares_by_hand():
    before, after = [3, 3, 4, 2], [2, 3, 5, 0]
    pairs = ChangedSegments(
        [music(n) for n in before],
        [music(n) for n in after],
        np.array(["a", "a", "b", "b"]),
        np.zeros((2, 4, 2)),
    )
    heard = arousal.heard_as(pairs, ByCount(), "low", seed=0)
    assert (heard.lower, heard.higher) == (0.25, 0.25)  # of silence nothing is heard
    assert heard.lower_interval == [0, 0.5]
    assert heard.not_there == 3  # 3, 3 and 4 notes are not low yet
    assert heard.moved_not_there == pytest.approx(1 / 3, abs=1e-4)
    assert heard.mean_change == 0  # -1, 0, +1, and silence counts for nothing
    assert (heard.excerpts_lower, heard.excerpts_higher) == (0.5, 0.5)


@pytest.mark.slow
def test_the_command_measures_models_and_rules(corpus, data_file, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(arousal_classifiers, "FOLDS", 3)
    monkeypatch.setattr(arousal, "names_of", names_of)
    monkeypatch.setattr(unseen, "split_of", lambda name: dataset.VALIDATION)
    monkeypatch.setattr(unseen, "names_of", names_of)
    out = tmp_path / "arousal.json"
    options = f"--data {data_file} --vgmidi {corpus.vgmidi} --piano {corpus.piano} --out {out}"
    options += f" --other scores={corpus.vgmidi}=*0.mid --excerpts 1 --length 2 --model arranger"
    status = arousal.main(options.split())
    assert status == 0, capsys.readouterr().err
    result = Arousal.model_validate_json(out.read_text())
    assert json.loads(capsys.readouterr().out) == json.loads(out.read_text())
    assert [m.name for m in result.music] == ["rated pieces", "performances", "scores"]
    arranger, rules = result.music[1].changed
    assert arranger.ways["arousal low"].fewer_onsets > 0.8
    assert rules.ways["a quarter slower"].heard["regression"].lower in (0, 1)
    for rows in ("classifiers", "heard", "relation", "ways", "contributions"):
        cells, head = getattr(arousal_table, rows)(result)
        assert cells, rows
        assert all(len(row) == len(head) for row in cells)


def names_of(data, splits):
    """All pieces, of which the toy corpus has few."""
    return set(data.piece_names)


def test_files_of_no_split_are_a_sentence(corpus, data_file, tmp_path, capsys):
    options = f"--data {data_file} --vgmidi {corpus.vgmidi} --piano {corpus.piano}"
    options += f" --out {tmp_path / 'x.json'} --other scores={corpus.vgmidi}=nothing.mid"
    assert arousal.main(options.split()) == 2
    assert "is in that split" in capsys.readouterr().err
    assert not (tmp_path / "x.json").exists()


def test_tries_are_rows_with_what_was_measured():
    tried = {"music": "scores", "way": "arousal high", "segments": 4}
    tries = [
        {"idea": "louder", **tried, "heard": {"trees": 0.5, "deaf": 0.25}, "aucs": {"trees": 0.9}},
        {"idea": "shorter", **tried, "heard": {"trees": 0.75}, "aucs": {"trees": 0.6, "forest": 1}},
    ]
    result = {"kind": "arousal_tries", "split": "validation", "tries": tries, "seed": 0}
    stored = json.dumps(result | {"commit": "c", "data_sha256": "d"})
    rows, head = arousal_table.tries(ArousalTries.model_validate_json(stored))
    assert rows[0][2:] == ("louder", "50 %", "25 %", "0.90")
    assert rows[1][2:] == ("shorter", "75 %", "–", "0.60 / 1.00")
    assert len(head) == 6


def test_the_page_has_the_tables():
    assert {"arousal_classifiers", "arousal_heard", "arousal_ways"} <= set(report.TABLES)
