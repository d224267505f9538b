"""Token buckets: what passes, what is told to wait, and for how long."""

from __future__ import annotations

import pytest

from survey.core.rate_limit import Limit, RateLimiter
from tests.survey.clock import Clock
from tests.survey.together import together

SLOW = {"slow": Limit(burst=2, per_second=0.1, longest_wait=25)}
FAST = {"fast": Limit(burst=3, per_second=1.0, longest_wait=25)}


@pytest.fixture
def limiter(clock: Clock) -> RateLimiter:
    return RateLimiter(clock)


def test_a_burst_and_then_the_rate(limiter: RateLimiter, clock: Clock) -> None:
    assert [limiter.take(SLOW) for _ in range(3)] == [0, 0, 10]
    clock.now += 9.9
    assert limiter.take(SLOW) > 0
    clock.now += 0.11
    assert limiter.take(SLOW) == 0 and limiter.take(SLOW) > 0


def test_a_bucket_never_holds_more_than_the_burst(limiter: RateLimiter, clock: Clock) -> None:
    limiter.take(SLOW)
    clock.now += 1e6
    assert [limiter.take(SLOW) for _ in range(3)] == [0, 0, 10]


def test_refused_callers_come_back_one_after_the_other(limiter: RateLimiter) -> None:
    assert [limiter.take(SLOW) for _ in range(6)] == [0, 0, 10, 20, 25, 25]


def test_refusals_take_no_token(limiter: RateLimiter, clock: Clock) -> None:
    passed = 0
    for _ in range(1000):
        passed += limiter.take(FAST) == 0
        clock.now += 0.01
    assert passed == pytest.approx(3 + 10, abs=1)


def test_of_two_limits_both_lose_a_token_or_none(limiter: RateLimiter) -> None:
    assert [limiter.take(SLOW | FAST) for _ in range(3)] == [0, 0, 10]
    assert [limiter.take(FAST) for _ in range(2)] == [0, 1]
    assert limiter.take(FAST | {"other": SLOW["slow"]}) > 0
    assert [limiter.take({"other": SLOW["slow"]}) for _ in range(2)] == [0, 0]


def test_threads_share_the_limit(limiter: RateLimiter) -> None:
    waits = together([lambda: limiter.take(FAST)] * 40)
    assert waits.count(0) == 3
