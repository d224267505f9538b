"""A folder of files of JSON lines, to which lines are added so that they stay.

Not safe for threads by itself: `survey.journal.journal` holds a lock around every use.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import time
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from db import private
from fadernets.atomic_file import PART, replacing, sync_folder
from survey.journal.lines import Line
from survey.records.to_json import dump

LINES = "*.jsonl"
FILE_BYTES = 1_000_000  # bytes after which a new file is begun: an upload sends files whole
log = logging.getLogger(__name__)


class Ledger:
    """The lines of one folder, and one file in it that is added to.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._touched = 0
        private.make_folder(folder)
        for part in folder.glob("*" + PART):
            part.unlink()
        self._path = self._new_path()

    def lines(self, having: str = "") -> Iterator[Line]:
        """All lines, or those with a word in them; those that were cut short are passed over."""
        for path in self.files():
            for raw in path.read_bytes().splitlines():
                if having.encode() not in raw:
                    continue
                line = parse(raw)
                if line is None:
                    log.warning("a line of %s was cut short", path.name)
                else:
                    yield line

    def files(self) -> list[Path]:
        """The files there are, the oldest first."""
        return sorted(self.folder.glob(LINES))

    def append(self, lines: list[Line]) -> None:
        """Add lines; when this returns they outlive a power cut.

        Raises
        ------
        OSError
            If the disk refuses; no line has been added then.
        """
        if not lines:
            return
        if self._path.exists() and self._path.stat().st_size > FILE_BYTES:
            self._path = self._new_path()
        new = not self._path.exists()
        data = "".join(dump(line) + "\n" for line in lines).encode()
        with open(self._path, "ab", buffering=0, opener=private.opener) as stream:
            start = stream.seek(0, os.SEEK_END)
            try:
                if stream.write(data) != len(data):
                    raise OSError(f"{self._path} took only a part: the disk is full")
                os.fsync(stream.fileno())
            except OSError:
                stream.truncate(start)  # no half line before the next try
                raise
        self._touch(self._path)
        if new:
            sync_folder(self.folder)

    def change(
        self, change: Callable[[Line], Line | None], having: Collection[str] = ("",)
    ) -> None:
        """Pass lines through a function, which changes some or drops them (None).

        Lines that were cut short are dropped: they may hold what must go.

        Parameters
        ----------
        change : function
        having : collection of str
            Only lines with one of these words in them.

        Raises
        ------
        OSError
            If the disk refuses; every file is as before or changed, none is in between.
        """
        words = [word.encode() for word in having]
        for path in self.files():
            before = path.read_bytes()
            after = b"".join(
                _changed(raw, change) if any(word in raw for word in words) else raw + b"\n"
                for raw in before.splitlines()
            )
            if after != before:
                replace(path, after)
                self._touch(path)

    def _touch(self, path: Path) -> None:
        # The scheduler knows changed files by their times, whose steps may be coarse.
        self._touched = max(time.time_ns(), self._touched + 1_000_000)
        os.utime(path, ns=(self._touched, self._touched))

    def _new_path(self) -> Path:
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        return self.folder / f"{moment}-{secrets.token_hex(4)}.jsonl"


def parse(raw: bytes) -> Line | None:
    """A line from its bytes, None if it was cut short or is none."""
    try:
        line = json.loads(raw)
    except ValueError:  # no JSON, or no UTF-8
        return None
    is_line = isinstance(line, dict) and isinstance(line.get("type"), str)
    return cast(Line, line) if is_line else None


def merge(source: Path, target: Path) -> None:
    """Bring a file's lines into another of the same name, which may not be there."""
    incoming = source.read_bytes()
    present = target.read_bytes() if target.exists() else b""
    if target.exists() and present.startswith(incoming):
        return
    known = set(present.splitlines())
    new = [line for line in incoming.splitlines() if line not in known]
    replace(target, b"".join(line + b"\n" for line in [*present.splitlines(), *new]))


def replace(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, and onto the disk."""
    with replacing(path, durable=True) as part:
        with open(part, "wb", opener=private.opener) as stream:
            stream.write(data)


def _changed(raw: bytes, change: Callable[[Line], Line | None]) -> bytes:
    line = parse(raw)
    if line is None:
        return b""
    after = change(line)
    if after is None:
        return b""
    return raw + b"\n" if after is line else (dump(after) + "\n").encode()
