"""The folder of uploads and of files to take away: one for each server, emptied by age.

Gradio keeps both below ``GRADIO_TEMP_DIR``. A server gets a folder of its own there, which nobody
else can read, so that only what was uploaded to this server or made by it can ever be named in a
request; what is older than its time is deleted, and the folder goes with the server.
"""

from __future__ import annotations

import logging
import math
import os
import shutil
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from gradio.route_utils import DEFAULT_TEMP_DIR

from survey.core.own_folder import HELD, make, remove_orphans

KEPT_SECONDS = 3600.0  # that files stay on disk; FADERNETS_KEEP_FILES sets another time
BYTES_HELD = 2_000_000_000  # in the folder; with more, nothing is taken in
BYTES_FREE = 300_000_000  # that must be free on the disk to take more in
# A new file stays so long even if the folder is full: the page is about to read it.
SAFE_SECONDS = 60.0
SMALLEST_COUNTED_BYTES = 65_536  # smaller files count as this many, since each takes a block
PREFIX = "fadernets-"
log = logging.getLogger(__name__)


class Files:
    """A folder of this server's own, until `close`.

    Parameters
    ----------
    base : path, optional
        Where the folder is made: GRADIO_TEMP_DIR, or the system's folder for temporary files.
    seconds_kept : float, optional
        Seconds that a file stays after it was last written.

    Attributes
    ----------
    folder : Path
    has_room : bool
        Whether the disk has room for more.
    """

    def __init__(self, base: str | Path | None = None, seconds_kept: float | None = None) -> None:
        base = Path(base or os.environ.get("GRADIO_TEMP_DIR") or tempfile.gettempdir())
        base.mkdir(parents=True, exist_ok=True)
        self.seconds_kept = float(
            seconds_kept or os.environ.get("FADERNETS_KEEP_FILES") or KEPT_SECONDS
        )
        remove_orphans(base, PREFIX)
        self.folder = make(base, PREFIX)
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._bytes = 0
        self.has_room = True
        self._sweeper = threading.Thread(target=self._run, name="files", daemon=True)
        self._sweeper.start()

    @property
    def is_full(self) -> bool:
        """Whether there is too much on disk to take in more."""
        return self._bytes > BYTES_HELD or not self.has_room

    def count(self, size: int) -> None:
        """Count an upload of `size` bytes until the next sweep sees it."""
        self._bytes += max(size, SMALLEST_COUNTED_BYTES)
        if self.is_full:
            self._wake.set()

    def new_folder(self) -> Path:
        """A folder for one file to take away; whoever writes the file makes it."""
        return self.folder / uuid4().hex

    def owns(self, path: str | Path) -> bool:
        """Whether a path is a regular file in the folder, links followed.

        Devices, pipes, sockets and folders are not, wherever they lie. Nothing is opened.
        """
        try:
            file = Path(path).resolve(strict=True)
        except (OSError, ValueError, RuntimeError):  # not there, a NUL byte, links in a circle
            return False
        is_inside = file.is_file() and file.is_relative_to(self.folder)
        return is_inside and file != self.folder / HELD

    def sweep(self) -> None:
        """Delete files older than `seconds_kept` and empty folders; when full, the oldest files."""
        now, remaining = time.time(), []
        for folder, _, names in os.walk(self.folder, topdown=False):
            for name in names:
                path = Path(folder) / name
                try:
                    status = path.lstat()
                    if name == HELD and path.parent == self.folder:
                        continue
                    if status.st_mtime < now - self.seconds_kept:
                        path.unlink()
                    else:
                        remaining.append(
                            (status.st_mtime, max(status.st_size, SMALLEST_COUNTED_BYTES), path)
                        )
                except OSError:  # gone meanwhile
                    continue
            self._remove_empty(Path(folder), now - self.seconds_kept)
        held = sum(size for _, size, _ in remaining)
        for written, size, path in sorted(remaining):
            if held <= BYTES_HELD / 2 or written > now - SAFE_SECONDS:
                break
            path.unlink(missing_ok=True)
            self._remove_empty(path.parent, math.inf)  # whose time is that of the file's end
            held -= size
        self._bytes = held
        self.has_room = shutil.disk_usage(self.folder).free > BYTES_FREE

    def _remove_empty(self, folder: Path, before: float) -> None:
        try:
            if folder != self.folder and folder.stat().st_mtime < before:
                folder.rmdir()
        except OSError:  # not empty
            pass

    def close(self) -> None:
        """Delete the folder."""
        self._stop.set()
        self._wake.set()
        shutil.rmtree(self.folder, ignore_errors=True)
        with suppress(OSError):
            (Path(DEFAULT_TEMP_DIR) / "vibe_edit_history").rmdir()  # of Gradio, unused

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(min(self.seconds_kept / 4, 30.0))
            self._wake.clear()
            if self._stop.is_set():
                return
            try:
                self.sweep()
            except OSError as error:  # a fault of the disk; the next sweep may succeed
                log.warning("the folder of uploads could not be swept: %s", type(error).__name__)
            self._stop.wait(1.0)


def plain(path: str) -> str:
    """A path without Gradio's kind of text, for which a worker would have to load all of Gradio."""
    return str(path)
