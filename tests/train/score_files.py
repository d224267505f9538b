"""Small MIDI files before and after a change, of which all scores are worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from fadernets.music import midi
from fadernets.music.notes import NO_PEDAL, Notes
from fadernets.music.piece import Piece
from train import score
from train.reporting.results.score import Score

# Onset, offset, pitch. Two bars of 4/4: a melody of quarter notes, a bass note in each bar, and a
# note in the middle that rings over the bar line.
BEFORE = [
    (0, 4, 48), (0, 1, 72), (1, 2, 74), (2, 3, 76), (3, 4, 77), (2, 5.5, 67),
    (4, 8, 52), (4, 5, 76), (5, 6, 74), (6, 7, 72), (7, 8, 71),
]  # fmt: skip
# The second note of the melody is gone, the bass is struck again at 1.5, the last note of the bar
# has one above it, and the note in the middle ends at the bar line.
AFTER = [
    (0, 1.5, 48), (1.5, 2, 48), (0, 1, 72), (2, 3, 76), (3, 4, 77), (3, 4, 84), (2, 4, 67),
    (4, 8, 52), (4, 5, 76), (5, 6, 74), (6, 7, 72), (7, 8, 71),
]  # fmt: skip


def piece(rows: list[tuple[float, float, int]], qpm: float = 120.0, length: float = 8.0) -> Piece:
    """A piece in 4/4 of notes as loud as each other."""
    onset, offset, pitch = zip(*rows, strict=True)
    notes = Notes.of(onset, offset, pitch, [80] * len(rows))
    meter = np.array([(0.0, 4, 4)])
    return Piece(notes, NO_PEDAL, np.array([(0.0, qpm)]), meter, length)


def write(folder: Path, name: str, music: Piece) -> None:
    """A MIDI file below a folder, which is made."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    midi.write(music, path)


def scored(folders, *options) -> Score:
    """The results file of a run."""
    before, after = folders
    out = before.parent / "score.json"
    command = ["--before", str(before), "--after", str(after), "--out", str(out)]
    assert score.main([*command, *map(str, options)]) == 0
    return Score.model_validate_json(out.read_text())


def refused(capsys, folders, *options) -> str:
    """The sentence with which a run ends."""
    before, after = folders
    command = ["--before", str(before), "--after", str(after), *map(str, options)]
    assert score.main(command) == 2
    return capsys.readouterr().err


def entries(path: Path, rows: list[dict]) -> Path:
    path.write_text(json.dumps(rows))
    return path
