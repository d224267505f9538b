"""The end of a server's process: asked for by a signal, in good order, whatever threads wait for.

A signal only leaves a note. To raise something from it would not do while a server starts: whoever
runs just then may catch it, and what is half made would not be closed. `leave_if_asked` is called
where nothing is half made.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import NoReturn

end_requested = threading.Event()  # set when somebody wants the process to end


def take_signals() -> None:
    """Have SIGTERM and SIGINT leave a note; uvicorn, while it serves, takes them first."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end_requested.set())


def leave_if_asked() -> None:
    """Raise SystemExit with status 0 if somebody wants the process to end."""
    if end_requested.is_set():
        raise SystemExit(0)


def run(main: Callable[[], int]) -> NoReturn:
    """Run a process's `main`, and end the process with its status.

    Threads that still wait, for a lost database or for more input, are not waited for.
    """
    try:
        status = main()
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
