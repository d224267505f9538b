"""Files and folders that only the user who runs the software can read: answers are in them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

FILE, FOLDER = 0o600, 0o700


def opener(path: str | os.PathLike[str], flags: int) -> int:
    """An opener for `open`: a new file is closed to others; one that is there stays as it is."""
    return os.open(path, flags, FILE)


def make_folder(folder: Path) -> None:
    """Make a folder that is closed to others; one that is there stays as it is.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(FOLDER, exist_ok=True)


def tighten(path: Path) -> None:
    """Close a file to others, if it is there and this user's own."""
    try:
        status = path.lstat()
        is_own = stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid()
        if is_own and stat.S_IMODE(status.st_mode) & ~FOLDER:
            path.chmod(status.st_mode & FOLDER)
    except (OSError, AttributeError):  # not there, or a system that knows no such users
        pass
