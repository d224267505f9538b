"""The end of a server's process: in good order, whatever its threads wait for."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn


def run(main: Callable[[], int]) -> NoReturn:
    """Run a server's `main`, and end the process with its status.

    Threads that still wait for a lost database are not waited for.
    """
    try:
        status = main()
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def leave_on_sigterm() -> None:
    """Have SIGTERM unwind what is under way, so that everything opened is closed, with status 0.

    uvicorn takes the signal while it serves, and sends it again when it has ended.
    """
    signal.signal(signal.SIGTERM, _leave)


def _leave(number: int, frame: object) -> NoReturn:
    signal.signal(number, signal.SIG_IGN)  # once is enough; a second would break off the closing
    raise SystemExit(0)
