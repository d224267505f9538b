"""The folder of uploads and of files to take away: one for each server, emptied by age.

Of either kind a visitor may have as much as there is room left for others, and who has the most
loses the oldest first: nobody's uploads keep out those of others, nor what others save.

Gradio keeps both below ``GRADIO_TEMP_DIR``. A server gets a folder of its own there, which nobody
else can read, so that only what was uploaded to this server or made by it can ever be named in a
request; what is older than its time is deleted, and the folder goes with the server.
"""

from __future__ import annotations

import heapq
import logging
import math
import os
import shutil
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Hashable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from gradio.route_utils import DEFAULT_TEMP_DIR

from survey.core.environment import positive_number
from survey.core.own_folder import HELD, hold, make, remove_orphans

KEPT_SECONDS = 3600.0  # that files stay on disk; FADERNETS_KEEP_FILES sets another time
BYTES_HELD = 1_000_000_000  # of uploads, and as many of files to take away, at most
# Of one visitor's, of which the oldest go when there are more; half an hour as WAV has 320 MB.
BYTES_OF_ONE = 400_000_000
BYTES_FREE = 300_000_000  # that must be free on the disk to take more in
# A new file stays so long even if the folder is full: the page is about to read it.
SAFE_SECONDS = 60.0
MADE = "made"  # the folder of files to take away
SMALLEST_COUNTED_BYTES = 65_536  # smaller files count as this many, since each takes a block
PREFIX = "fadernets-"
log = logging.getLogger(__name__)


class _File(NamedTuple):
    """A file, when it was written, what it counts and whose it is."""

    written: float
    size: int
    path: Path
    owner: Hashable


class _Counted(NamedTuple):
    """What came while a sweep may be looking through the folder."""

    path: str | None  # None: what is left of an upload
    size: int
    owner: Hashable
    is_made: bool


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
        self.seconds_kept = seconds_kept or positive_number("FADERNETS_KEEP_FILES", KEPT_SECONDS)
        remove_orphans(base, PREFIX)
        self.folder = make(base, PREFIX)
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._owners: dict[str, Hashable] = {}  # of files, by path
        self._uploads: Counter[Hashable] = Counter()  # bytes by visitor
        self._made: Counter[Hashable] = Counter()
        self._coming: Counter[Hashable] = Counter()  # bytes of uploads that are under way
        self._counts = threading.Lock()  # of owners and counters
        self._sweeping = threading.Lock()
        self._making = threading.Lock()  # of the folder, which is made no more once it is deleted
        self._since: list[_Counted] = []  # the latest sweep began
        self.has_room = True
        self._make_again()
        self._sweeper = threading.Thread(target=self._run, name="files", daemon=True)
        self._sweeper.start()

    def is_full(self, visitor: Hashable, *, downloads: bool = False) -> bool:
        """Whether one visitor may have no more uploads, or files to take away, for now."""
        if not self._make_again():
            return True
        held = self._made if downloads else self._uploads + self._coming
        return not self.has_room or held[visitor] > BYTES_HELD - held.total()

    @contextmanager
    def coming(self, size: int, visitor: Hashable) -> Iterator[None]:
        """While an upload of so many bytes comes in: others that begin meanwhile find less room."""
        size = max(size, SMALLEST_COUNTED_BYTES)
        self._coming[visitor] += size
        try:
            yield
        finally:
            self._coming[visitor] -= size
            if not self._coming[visitor]:
                del self._coming[visitor]

    def count(self, path: str | Path, visitor: Hashable) -> None:
        """Count a file that has come, or was made, as a visitor's."""
        with suppress(OSError):  # it is gone again
            self._add(_Counted(str(path), os.stat(path).st_size, visitor, self._is_made(path)))

    def count_bytes(self, size: int, visitor: Hashable) -> None:
        """Count what is left of an upload that broke off, until the next sweep sees it."""
        self._add(_Counted(None, size, visitor, is_made=False))

    def _add(self, counted: _Counted) -> None:
        path, size, visitor, is_made = counted
        with self._counts:
            if path is not None:
                self._owners[path] = visitor
            self._since.append(counted)
            held = self._made if is_made else self._uploads
            held[visitor] += max(size, SMALLEST_COUNTED_BYTES)
        if held[visitor] > BYTES_OF_ONE or held.total() > BYTES_HELD / 2:
            self._wake.set()

    def _is_made(self, path: str | Path) -> bool:
        return Path(path).is_relative_to(self.folder / MADE)

    def new_folder(self) -> Path:
        """A folder for one file to take away; whoever writes the file makes it."""
        self._make_again()
        return self.folder / MADE / uuid4().hex

    def _make_again(self) -> bool:
        """Make what somebody removed of the folder, as systems tidy theirs; whether it is there."""
        try:
            with self._making:
                if self._stop.is_set():
                    return False
                hold(self.folder)
                (self.folder / MADE).mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            if self.has_room:
                log.warning("the folder of uploads cannot be made: %s", type(error).__name__)
            self.has_room = False  # until a sweep finds otherwise
            return False
        return True

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
        """Delete files older than `seconds_kept` and empty folders; of too many, the oldest."""
        with self._sweeping:
            self._sweep()

    def _sweep(self) -> None:
        if not self._make_again():
            return
        with self._counts:
            self._since = []
        now = time.time()
        remaining: tuple[list[_File], list[_File]] = ([], [])
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
                        size = max(status.st_size, SMALLEST_COUNTED_BYTES)
                        owner = self._owners.get(str(path))
                        file = _File(status.st_mtime, size, path, owner)
                        remaining[self._is_made(path)].append(file)
                except OSError:  # gone meanwhile
                    continue
            if folder != str(self.folder / MADE):
                self._remove_empty(Path(folder), now - self.seconds_kept)
        uploads, downloads = (self._trimmed(files, now - SAFE_SECONDS) for files in remaining)
        remaining_paths = {str(file.path) for file in (*uploads, *downloads)}
        with self._counts:
            for known in list(self._owners):
                if known not in remaining_paths and not os.path.exists(known):
                    self._owners.pop(known, None)
            self._uploads, self._made = self._held(uploads), self._held(downloads)
            for each in self._since:
                if (
                    each.path is None or each.path not in remaining_paths
                ):  # the sweep did not see it
                    held = self._made if each.is_made else self._uploads
                    held[each.owner] += max(each.size, SMALLEST_COUNTED_BYTES)
        self.has_room = shutil.disk_usage(self.folder).free > BYTES_FREE

    def _held(self, files: list[_File]) -> Counter[Hashable]:
        """The bytes that visitors have: whose a file is may have been told since it was seen."""
        held: Counter[Hashable] = Counter()
        for file in files:
            held[self._owners.get(str(file.path))] += file.size
        return held

    def _trimmed(self, files: list[_File], before: float) -> list[_File]:
        """The files that are left, once whoever has too many has lost the oldest of them.

        Parameters
        ----------
        before : float
            When a file must have been written to be deleted.
        """
        held: Counter[Hashable] = Counter()
        own: dict[Hashable, deque[_File]] = {}
        for file in sorted(files, key=lambda file: file.written):
            held[file.owner] += file.size
            own.setdefault(file.owner, deque()).append(file)
        most = [(-size, number, owner) for number, (owner, size) in enumerate(held.items())]
        heapq.heapify(most)
        while most and (-most[0][0] > BYTES_OF_ONE or held.total() > BYTES_HELD / 2):
            _, number, owner = heapq.heappop(most)
            if own[owner] and own[owner][0].written <= before:
                file = own[owner].popleft()
                file.path.unlink(missing_ok=True)
                self._remove_empty(file.path.parent, math.inf)  # whose time is the file's end
                held[owner] -= file.size
                heapq.heappush(most, (-held[owner], number, owner))
        return [file for files in own.values() for file in files]

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
        with self._making:
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
