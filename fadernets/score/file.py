"""Settings from a file: JSON, or a MIDI file that carries them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fadernets.music import midi, user_file
from fadernets.score import controllers

MOST_BYTES = 2_000_000  # of JSON: a thousand breakpoints for each of a dozen curves take 300,000
NO_SETTINGS = "holds no settings of faders"


def read(path: Path) -> dict[str, Any]:
    """The settings in a file, as `fadernets.score.settings.PieceSettings.read` takes them.

    Parameters
    ----------
    path : Path
        Of JSON as the page saves it, or of a MIDI file that carries curves.

    Raises
    ------
    ValueError
        If it is neither; one sentence with the file's name.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ValueError(f"{path.name} cannot be read: {user_file.reason(error)}") from None
    if data[:4] in (b"MThd", b"RIFF"):
        piece = midi.read(path)
        settings = controllers.read(piece.original.data if piece.original else data, piece)
        if settings is None:
            raise ValueError(f"{path.name} {NO_SETTINGS}")
        return settings
    return from_json(data, path.name)


def from_json(data: bytes, name: str) -> dict[str, Any]:
    """The settings in the bytes of a JSON file; `name` is what a sentence calls it.

    Raises
    ------
    ValueError
        If they are none; one sentence.
    """
    if len(data) > MOST_BYTES:
        raise ValueError(f"{name} is too large for settings: more than {MOST_BYTES // 10**6} MB")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise ValueError(f"{name} is no JSON of settings") from None
    settings = document.get("settings") if isinstance(document, dict) else None
    if not isinstance(settings, dict):
        raise ValueError(f"{name} {NO_SETTINGS}: JSON of settings is saved on the page")
    return settings
