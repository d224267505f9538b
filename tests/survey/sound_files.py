"""Sound files of several systems, and a table of them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import soundfile

RATE = 48_000
SYSTEMS = ("alder", "birch", "cedar")
SECONDS = 0.6


def tone(
    pitch: float, level: float = 0.2, seconds: float = SECONDS, rate: int = RATE
) -> np.ndarray:
    """A sine, shape (n,)."""
    time = np.arange(round(seconds * rate)) / rate
    return level * np.sin(2 * np.pi * pitch * time)


def table(folder: Path, rows: list[dict[str, str]]) -> Path:
    """A table of sounds."""
    path = folder / "stimuli.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)
    return path


def write(folder: Path, items: int = 3, systems: tuple[str, ...] = SYSTEMS, **more: str) -> Path:
    """Files of every system and a reference for every item; the table of them."""
    rows = []
    for item in range(items):
        pitch = 300 + 40 * item
        soundfile.write(folder / f"{item}-reference.wav", tone(pitch), RATE)
        for at, system in enumerate(systems):
            name = f"{item}-{system}.flac"
            soundfile.write(folder / name, tone(pitch + 3 + at, 0.1 * (at + 1)), RATE)
            rows.append(
                {"item": f"item{item}", "system": system, "file": name}
                | {"reference": f"{item}-reference.wav", **more}
            )
    return table(folder, rows)
