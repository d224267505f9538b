"""How often something may happen: a burst at once, then a steady rate.

The limits count events, not people: nothing is kept that tells visitors apart.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Hashable, Mapping
from typing import NamedTuple


class Limit(NamedTuple):
    """A token bucket's size and rate.

    Attributes
    ----------
    burst : float
        Events at once; the bucket begins full.
    per_second : float
        Events per second after that.
    longest_wait : float
        Seconds after which a refused caller is told to try again at the latest.
    """

    burst: float
    per_second: float
    longest_wait: float


class RateLimiter:
    """Token buckets by name, shared by threads and kept in memory alone.

    Parameters
    ----------
    clock : function, optional
        Returns seconds; only differences count.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[Hashable, _Bucket] = {}

    def take(self, limits: Mapping[Hashable, Limit]) -> int:
        """Let an event happen if all its limits allow it.

        Parameters
        ----------
        limits : mapping of bucket name to Limit
            All of them lose one token, or none does.

        Returns
        -------
        int
            0, or the whole seconds after which to try again. Callers who are refused one after
            the other are told to come back one after the other.
        """
        with self._lock:
            now = self._clock()
            buckets = [
                self._buckets.setdefault(name, _Bucket(limit, now))
                for name, limit in limits.items()
            ]
            for bucket in buckets:
                bucket.refill(now)
            empty = next((bucket for bucket in buckets if bucket.tokens < 1), None)
            if empty is not None:
                return empty.wait(now)
            for bucket in buckets:
                bucket.tokens -= 1
            return 0


class _Bucket:
    """Tokens left under a limit."""

    def __init__(self, limit: Limit, now: float) -> None:
        self._limit = limit
        self.tokens = float(limit.burst)
        self._refilled_at = now
        self._last_return = now  # when the last refused caller is to come back

    def refill(self, now: float) -> None:
        seconds = now - self._refilled_at
        self.tokens = min(self._limit.burst, self.tokens + seconds * self._limit.per_second)
        self._refilled_at = now

    def wait(self, now: float) -> int:
        """Whole seconds until a token is there that no earlier refused caller comes back for."""
        interval = 1 / self._limit.per_second
        next_token = now + (1 - self.tokens) * interval
        self._last_return = min(
            max(next_token, self._last_return + interval), now + self._limit.longest_wait
        )
        return max(1, math.ceil(self._last_return - now))
