"""What counts as hung: work that does not get on, however long it takes."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from demo.compute import processes
from demo.compute.jobs import Job, Lane
from demo.compute.messages import Reply, ReplyKind

STEP = 200.0  # seconds between two replies
PARTS = 4


class Replying(processes.WorkerProcess):
    """A process that says how far its job is, after `STEP` seconds each, and then that it is done.

    Parameters
    ----------
    parts : list of int
        Done of `PARTS`.
    """

    def __init__(self, parts: list[int]) -> None:
        self.seconds, self.is_hung, self.lane = 0.0, False, Lane()
        progress = [Reply(1, ReplyKind.PROGRESS, (count, PARTS)) for count in parts]
        self.replies = iter([*progress, Reply(1, ReplyKind.RESULT, "done")])

    def _write(self, message: object) -> None:
        pass

    def _read(self) -> Reply:
        self.seconds += STEP
        self.kill_if_hung()
        return next(self.replies)

    def stop(self) -> None:
        pass


@pytest.mark.parametrize(
    ("parts", "is_hung"), [(list(range(PARTS)), False), ([0] * PARTS, True), ([], False)]
)
def test_long_work_is_hung_only_where_it_does_not_get_on(monkeypatch, parts, is_hung):
    process, job = Replying(parts), Job(0.0, 1, "save")
    clock = SimpleNamespace(monotonic=lambda: process.seconds)
    monkeypatch.setattr(processes, "time", clock)
    process._do(job)
    assert process.is_hung == is_hung
    assert job.future.result() == "done"


@pytest.mark.parametrize("parts", [list(range(PARTS)), [0] * PARTS])
def test_what_work_took_counts_in_its_visitor_s_turns(monkeypatch, parts):
    """Work that hangs, too: whoever sends it again and again does not hold the worker."""
    process = Replying(parts)
    monkeypatch.setattr(processes, "time", SimpleNamespace(monotonic=lambda: process.seconds))
    for number, visitor in ((1, "dear"), (2, "dear"), (3, "cheap")):
        process.lane.put(Job(float(number), number, "save", visitor=visitor, cost=0.1))
    process._do(process.lane.take())
    assert [process.lane.take().number for _ in range(2)] == [3, 2]
