"""A folder of MIDI files to build studies from, and a small study built from it."""

from __future__ import annotations

from pathlib import Path

from fadernets.music import midi
from tests.fadernets import tiny

FILES, BARS = 8, 8


def write(folder: Path, files: int = FILES, bars: int = BARS, tempo: float = 140) -> Path:
    """A folder with pieces of random segments, some of them in a folder below."""
    for number in range(files):
        below = folder / "below" if number % 2 else folder
        below.mkdir(parents=True, exist_ok=True)
        piece = tiny.piece(tiny.bars(bars, seed=number), tempo=((0, tempo),))
        midi.write(piece, below / f"piece{number}.mid")
    return folder
