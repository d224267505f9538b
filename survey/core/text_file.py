"""Texts that researchers write in files of their own."""

from __future__ import annotations

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
