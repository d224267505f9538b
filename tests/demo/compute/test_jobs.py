"""Lanes of jobs: what waits is taken in order of price and patience."""

from __future__ import annotations

import pytest

from demo.compute import jobs
from demo.compute.jobs import Full, Lane
from tests.demo.compute.asking import job


def test_cheap_work_overtakes_but_nothing_waits_for_ever():
    lane = Lane()
    for queued in (job(1, due=10 + 2 * 5.0), job(2, due=11 + 2 * 0.5), job(3, due=25 + 2 * 0.1)):
        lane.put(queued)
    assert [lane.take().number for _ in range(3)] == [2, 1, 3]
    lane.close()
    assert lane.take() is None


def test_dropped_work_is_not_taken_and_a_full_lane_says_so(monkeypatch):
    monkeypatch.setattr(jobs, "LONGEST_LANE", 2)
    lane, dropped = Lane(), job(1, 0)
    lane.put(dropped)
    lane.put(job(2, 1))
    with pytest.raises(Full, match="try again"):
        lane.put(job(3, 2))
    dropped.dropped = True
    lane.put(job(4, 3))
    assert [lane.take().number for _ in range(2)] == [2, 4]
