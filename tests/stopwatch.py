"""Seconds that something takes, without those in which it was ready and no core was free.

What the product promises in seconds, it promises for a machine with a core to spare. Linux counts
how long a thread stands in the queue for a core: on an idle machine that is next to nothing, and
the promise is tested as it is; on a busy one the queue is no fault of the product's.
"""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

OWN = Path("/proc/thread-self/schedstat")


def queued(schedstat: Path = OWN) -> float:
    """Seconds that a thread, by default this one, has waited for a core; 0 once it has ended."""
    try:
        return int(schedstat.read_text().split()[1]) / 1e9
    except OSError:
        return 0.0


class Stopwatch:
    """Takes the time of this thread, from its making on."""

    def __init__(self) -> None:
        self._began, self._queued = time.monotonic(), queued()

    @property
    def seconds(self) -> float:
        """Seconds until now, those in the queue left out."""
        return time.monotonic() - self._began - (queued() - self._queued)


def seconds_to_end(process: subprocess.Popen, patience: float) -> float:
    """Wait until a process has ended; the seconds it took, its threads' queueing left out.

    Raises
    ------
    AssertionError
        If it has not ended after `patience` seconds.
    """
    watch, until = Stopwatch(), time.monotonic() + patience
    before: dict[Path, float] | None = None
    last: dict[Path, float] = {}
    while process.poll() is None:
        assert time.monotonic() < until, f"the process goes on after {patience} s"
        threads = Path(f"/proc/{process.pid}/task").glob("*/schedstat")
        last |= {thread: seconds for thread in threads if (seconds := queued(thread))}
        before = dict(last) if before is None else before
        time.sleep(0.02)
    waits = (seconds - (before or {}).get(thread, 0.0) for thread, seconds in last.items())
    return watch.seconds - sum(waits)
