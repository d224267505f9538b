"""The folder of uploads and of files to take away: one for each server, emptied by age.

Gradio keeps both below ``GRADIO_TEMP_DIR``. A server gets a folder of its own there, which nobody
else can read, so that only what was uploaded to this server or made by it can ever be named in a
request; what is older than its time is deleted, and the folder goes with the server.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import threading
import time
from pathlib import Path

KEPT = 3600.0  # seconds that files stay on disk; FADERNETS_KEEP_FILES sets another time
FULL = 2_000_000_000  # bytes on disk from which on nothing more is taken in
PREFIX = "fadernets-"
HELD = "held-by"  # file with the number of the process that the folder belongs to
log = logging.getLogger(__name__)


class Files:
    """A folder of this server's own, until `close`.

    Parameters
    ----------
    base : path, optional
        Where the folder is made: GRADIO_TEMP_DIR, or the system's folder for temporary files.
    kept : float, optional
        Seconds that a file stays after it was last written.

    Attributes
    ----------
    folder : Path
    """

    def __init__(self, base: str | Path | None = None, kept: float | None = None) -> None:
        base = Path(base or os.environ.get("GRADIO_TEMP_DIR") or tempfile.gettempdir())
        base.mkdir(parents=True, exist_ok=True)
        self.kept = float(kept or os.environ.get("FADERNETS_KEEP_FILES") or KEPT)
        _remove_orphans(base)
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base)).resolve()
        (self.folder / HELD).write_text(str(os.getpid()))
        self._stop = threading.Event()
        self._bytes = 0
        self._sweeper = threading.Thread(target=self._run, name="files", daemon=True)
        self._sweeper.start()

    @property
    def is_full(self) -> bool:
        """Whether there is too much on disk to take in more; counted at every sweep."""
        return self._bytes > FULL

    def owns(self, path: str | Path) -> bool:
        """Whether a path is a regular file in the folder, links followed.

        Devices, pipes, sockets and folders are not, wherever they lie. Nothing is opened.
        """
        try:
            found = Path(path).resolve(strict=True)
        except (OSError, ValueError, RuntimeError):  # not there, a NUL byte, links in a circle
            return False
        return found.is_file() and found.is_relative_to(self.folder) and found.name != HELD

    def sweep(self) -> None:
        """Delete what is older than `kept`, and folders that are empty by then."""
        oldest, held = time.time() - self.kept, 0
        for folder, _, names in os.walk(self.folder, topdown=False):
            for name in names:
                path = Path(folder) / name
                try:
                    status = path.lstat()
                    if name == HELD and path.parent == self.folder:
                        continue
                    if status.st_mtime < oldest:
                        path.unlink()
                    else:
                        held += status.st_size
                except OSError:  # gone meanwhile
                    continue
            try:
                if Path(folder) != self.folder and Path(folder).stat().st_mtime < oldest:
                    os.rmdir(folder)
            except OSError:  # not empty
                continue
        self._bytes = held

    def close(self) -> None:
        """Delete the folder."""
        self._stop.set()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self) -> None:
        while not self._stop.wait(min(self.kept / 4, 30.0)):
            self.sweep()


def _remove_orphans(base: Path) -> None:
    """Delete folders of servers that were killed."""
    for folder in base.glob(f"{PREFIX}*"):
        try:
            holder = int((folder / HELD).read_text())
            os.kill(holder, 0)  # signal 0 only asks whether the process is there
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (OSError, ValueError):  # another user's, or not one of ours
            continue
