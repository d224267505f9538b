"""Lanes of jobs: visitors take turns; what waits is taken in order of price and patience."""

from __future__ import annotations

from collections import Counter

import pytest

from demo.compute import jobs
from demo.compute.jobs import Full, Job, Lane
from tests.demo.compute.asking import job


def of(visitor: str, number: int, cost: float = 1.0) -> Job:
    return Job(float(number), number, "answer", visitor=visitor, cost=cost)


def order_of(lane: Lane) -> list[int]:
    """The numbers of all jobs that wait, in their order."""
    return [lane.take().number for _ in range(len(lane.jobs))]


def test_cheap_work_overtakes_but_nothing_waits_for_ever():
    lane = Lane()
    for queued in (job(1, due=10 + 2 * 5.0), job(2, due=11 + 2 * 0.5), job(3, due=25 + 2 * 0.1)):
        lane.put(queued)
    assert order_of(lane) == [2, 1, 3]
    lane.close()
    assert lane.take() is None


def test_visitors_take_turns_however_much_one_of_them_wants():
    lane = Lane()
    for number in range(5):
        lane.put(of("many", number))
    assert lane.take().number == 0
    lane.put(of("one", 10))
    lane.put(of("two", 11))
    assert lane.take().number == 10
    lane.put(of("one", 12))  # who comes again goes behind who waits
    lane.put(of("three", 13))
    assert order_of(lane) == [11, 13, 1, 12, 2, 3, 4]
    lane.put(of("many", 20))  # nobody waited: nothing is held against anybody
    lane.put(of("one", 21))
    assert order_of(lane) == [20, 21]


def test_turns_are_of_equal_work_not_of_equally_many_jobs():
    lane = Lane()
    lane.put(of("long", 0, cost=10.0))
    lane.put(of("long", 1, cost=10.0))
    for number in range(2, 8):
        lane.put(of("short", number, cost=4.0))
    assert order_of(lane) == [0, 2, 3, 4, 1, 5, 6, 7]


def test_turns_are_of_what_work_took_whatever_it_was_priced():
    lane = Lane()
    for number in range(4):
        lane.put(of("dear", number, cost=0.1))
        lane.put(of("cheap", 10 + number, cost=1.0))
    first = lane.take()
    assert first.number == 0
    lane.took(first, 2.5)
    assert order_of(lane) == [10, 11, 12, 1, 2, 3, 13]


def test_what_work_took_is_held_against_nobody_where_nobody_waited():
    lane = Lane()
    lane.put(of("dear", 0))
    lane.took(lane.take(), 100.0)
    lane.put(of("dear", 1))
    lane.put(of("cheap", 2))
    assert order_of(lane) == [1, 2]


def test_who_has_nothing_waiting_gets_a_place_while_others_have_several():
    """However many addresses one stranger has, up to as many as there are places."""
    lane = Lane(longest=8)
    waiting: dict[str, list[Job]] = {}
    for stranger in range(20):
        own = waiting[f"stranger {stranger}"] = []
        with pytest.raises(Full, match="try again"):
            for number in range(9):
                own.append(of(f"stranger {stranger}", 10 * stranger + number))
                lane.put(own[-1])
        if stranger < 7:
            assert any(job in lane.jobs for job in own), stranger
    first, *others = lane.jobs
    assert len(lane.jobs) == 8
    assert first is waiting["stranger 0"][0], "what has waited longest stays"
    refusals = [job for job in waiting["stranger 0"][1:4] if job.future.done()]
    assert refusals and all(isinstance(job.future.exception(), Full) for job in refusals)


def test_the_last_of_whoever_has_the_most_gives_way():
    lane = Lane(longest=8)
    own = [of("many", number) for number in range(4)]
    for waiting in (*own, of("few", 10), of("few", 11), of("one", 12)):
        lane.put(waiting)
    lane.put(of("new", 13))
    for number in (14, 15):  # one more of each than the first of the newcomers has
        lane.put(of(f"new {number}", number))
    assert [job.number for job in lane.jobs] == [0, 1, 10, 11, 12, 13, 14, 15]
    assert isinstance(own[3].future.exception(), Full)
    with pytest.raises(Full, match="try again"):
        lane.put(of("new", 16))  # nobody has two more


def test_one_visitor_leaves_room_for_as_many_of_others_who_then_share_it():
    lane = Lane(longest=20)
    counts = []
    for visitor in "abc":
        count = 0
        with pytest.raises(Full, match="try again"):
            while True:
                lane.put(of(visitor, len(lane.jobs)))
                count += 1
        counts.append(count)
    assert counts == [10, 7, 6]
    assert Counter(each.visitor for each in lane.jobs) == {"a": 6, "b": 6, "c": 6}
    lane.put(of("d", 99))


def test_turns_are_forgotten_of_those_who_want_nothing(monkeypatch):
    monkeypatch.setattr(jobs, "VISITORS_KNOWN", 3)
    lane = Lane()
    for number in range(4):
        lane.put(of("waits", number))
    for number in range(10, 30):
        lane.put(of(f"{number}", number))
        lane.take()
    assert len(lane._had) <= 5 and "waits" in lane._had
    order_of(lane)
    lane.put(of("comes", 99))
    assert set(lane._had) == {"comes"}


def test_dropped_work_is_not_taken_and_takes_no_room():
    lane, dropped = Lane(longest=3), job(1, 0)
    lane.put(dropped)
    lane.put(job(2, 1))
    with pytest.raises(Full, match="try again"):
        lane.put(job(3, 2))
    dropped.dropped = True
    lane.put(job(4, 3))
    assert order_of(lane) == [2, 4]
