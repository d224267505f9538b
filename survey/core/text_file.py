"""Texts that researchers write in files of their own."""

from __future__ import annotations

import json
from pathlib import Path


def read(path: Path | None) -> str:
    """The text of a file, "" without one.

    Raises
    ------
    ValueError
        If it is not UTF-8.
    OSError
        If it cannot be read.
    """
    try:
        return "" if path is None else path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 text.") from error


def from_json(text: str) -> object:
    """What a text of JSON holds.

    Raises
    ------
    ValueError
        If it is none; the message goes on after "it is".
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"not JSON, as {place} shows") from error
    except ValueError as error:
        raise ValueError("JSON with a number that is too long") from error
    except RecursionError as error:
        raise ValueError("JSON that is nested too deep") from error
