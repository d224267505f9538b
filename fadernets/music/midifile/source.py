"""The bytes of a MIDI file, read within bounds, and what sentences call it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from fadernets.music import user_file
from fadernets.music.midifile.error import MidiError
from fadernets.music.midifile.events import MidiFile
from fadernets.music.midifile.limits import check_counts
from fadernets.music.plain_text import plain_text

MOST_BYTES = 20_000_000  # a hundred times a long recital


def _bytes(path: Path, name: str) -> bytes:
    """The bytes of a regular file; anything else is refused before a byte of it is read."""
    try:
        with open(path, "rb", opener=_opener) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise MidiError(f"{name} cannot be read: not a regular file.")
            _check_size(status.st_size, name)
            data = file.read(MOST_BYTES + 1)  # it may have grown
    except OSError as error:
        raise MidiError(f"{name} cannot be read: {user_file.reason(error)}.") from error
    _check_size(len(data), name)
    return data


def _opener(path: str, flags: int) -> int:
    """Opens without waiting: else a pipe would not open before somebody writes to it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _check_size(size: int, name: str) -> None:
    if size > MOST_BYTES:
        raise MidiError(f"{name} is too large for a piece: more than {MOST_BYTES // 10**6} MB.")


def source_bytes(source: str | Path | bytes, name: str = "") -> tuple[bytes, str]:
    """A file's bytes, and what to call it: `name`, where its path does not tell."""
    if not isinstance(source, bytes):
        name = plain_text(name or Path(source).name) or "the path"
        return _bytes(Path(source), name), name
    name = plain_text(name) or "the MIDI data"
    _check_size(len(source), name)
    return source, name


def parsed(data: bytes, name: str) -> MidiFile:
    """A file's events, within the bounds."""
    file = MidiFile.parse(data, name)
    check_counts(file.counts(), name)
    return file
