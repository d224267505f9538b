"""What a command is busy with, told on stderr."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

STATUS_SECONDS = 1.0  # between two lines


@contextmanager
def status_lines(status: Callable[[], str]) -> Iterator[None]:
    """Print `status` every `STATUS_SECONDS` when it has changed."""
    finished = threading.Event()

    def report() -> None:
        reported = None
        while not finished.wait(STATUS_SECONDS):
            if (line := status()) != reported:
                print(line, file=sys.stderr)
                reported = line
        if reported and (line := status()) != reported:  # the last one is not left out
            print(line, file=sys.stderr)

    reporter = threading.Thread(target=report, daemon=True)
    reporter.start()
    try:
        yield
    finally:
        finished.set()
        reporter.join()
