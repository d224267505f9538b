"""One process at a time trains into a folder, and none goes on after the one that started it."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE_SECONDS = 60.0  # for a process that is about to save and end
POLL_SECONDS = 0.2


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
    descriptor = os.open(folder, os.O_RDONLY)  # a folder can be locked, so no file is left in it
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise ValueError(
                        f"another process is training into {folder}: wait for its end, or end it"
                    ) from None
                time.sleep(POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)


def when_orphaned(action: Callable[[], None]) -> None:
    """Call a function once the process that started this one has ended, from a thread."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(POLL_SECONDS)
        action()

    threading.Thread(target=watch, daemon=True).start()
