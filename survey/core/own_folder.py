"""Temporary folders that belong to one process, and their end when the process was killed."""

from __future__ import annotations

import ctypes
import os
import secrets
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Any

HELD = "held-by"  # file with the number of the process that a folder belongs to, and its run
# Of Windows: winnt.h, winerror.h, minwinbase.h.
QUERY_LIMITED_INFORMATION, ACCESS_DENIED, STILL_ACTIVE = 0x1000, 5, 259
RUN = secrets.token_hex(8)  # in a container every server has the same number


def make(base: Path, prefix: str) -> Path:
    """A new folder of this process, closed to other users."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=base)).resolve()
    hold(folder)
    return folder


def hold(folder: Path) -> None:
    """Make a folder this process's, also where somebody has removed it.

    Raises
    ------
    OSError
        If it cannot be made, or another user, or a link, has taken its place.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    own = os.getuid() if hasattr(os, "getuid") else status.st_uid  # Windows has no such numbers
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != own:
        raise PermissionError(f"{folder.name} is not this user's own")
    if not (folder / HELD).exists():
        (folder / HELD).write_text(f"{os.getpid()} {RUN}")


def remove_orphans(base: Path, prefix: str) -> None:
    """Delete the folders of processes that were killed."""
    for folder in base.glob(f"{prefix}*"):
        try:
            number, run = ((folder / HELD).read_text().split() + [RUN])[:2]
            if int(number) == os.getpid():
                is_orphan = run != RUN
            else:
                is_orphan = not _lives(int(number))
        except (OSError, ValueError):  # another user's, or not one of ours
            continue
        if is_orphan:
            shutil.rmtree(folder, ignore_errors=True)


def _lives(number: int, on_windows: bool = os.name == "nt") -> bool:
    """Whether there is a process of that number."""
    if on_windows:  # there `os.kill` presses Ctrl+C in it, or ends it
        return _lives_on_windows(number, ctypes.windll.kernel32)  # type: ignore[attr-defined]
    try:
        os.kill(number, 0)  # signal 0 only asks whether the process is there
    except ProcessLookupError:
        return False
    except PermissionError:  # it is, and is another user's
        pass
    return True


def _lives_on_windows(number: int, kernel: Any) -> bool:
    handle = kernel.OpenProcess(QUERY_LIMITED_INFORMATION, False, number)
    if not handle:
        return bool(kernel.GetLastError() == ACCESS_DENIED)  # it is there, and another user's
    try:
        code = ctypes.c_ulong()
        kernel.GetExitCodeProcess(handle, ctypes.byref(code))
        return code.value == STILL_ACTIVE
    finally:
        kernel.CloseHandle(handle)
