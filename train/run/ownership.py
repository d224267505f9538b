"""One process at a time trains into a folder, and none goes on after the one that started it."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

PATIENCE_SECONDS = 60.0  # for a process that is about to save and end
POLL_SECONDS = 0.2
OWNED = ".owned"  # file that is locked on Windows


@contextmanager
def owned(folder: Path, seconds: float = PATIENCE_SECONDS) -> Iterator[None]:
    """The folder is this process's own while in the context; it is made if it is not there.

    Raises
    ------
    ValueError
        If another process still owns it after some seconds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + seconds
    descriptor = _opened(folder)
    try:
        while True:
            try:
                _lock(descriptor)
                break
            except (BlockingIOError, PermissionError):
                if time.monotonic() >= until:
                    raise ValueError(
                        f"another process is training into {folder}: wait for its end, or end it"
                    ) from None
                time.sleep(POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)


def _opened(folder: Path) -> int:
    """What is locked for a folder: itself, so that no file is left in it, but on Windows a file."""
    if sys.platform == "win32":
        return os.open(folder / OWNED, os.O_RDWR | os.O_CREAT)
    return os.open(folder, os.O_RDONLY)


def _lock(descriptor: int) -> None:
    """Lock it; raises BlockingIOError, or PermissionError on Windows, if another process has it."""
    if sys.platform == "win32":
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def when_orphaned(action: Callable[[], None]) -> None:
    """Call a function once the process that started this one has ended, from a thread."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(POLL_SECONDS)
        action()

    threading.Thread(target=watch, daemon=True).start()
