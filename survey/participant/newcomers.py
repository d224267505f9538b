"""From which addresses few people have begun lately, without keeping any address.

Limits of `survey.participant.join_rate` and `survey.participant.unused_places` are for all
together, so that one address alone, such as a script's, could use them up. What is kept beyond them
is for addresses that few come from. An address is turned into a hash by a key that is drawn when
the server starts and is known to its memory alone; the hash is forgotten after `MEMORY` seconds.
People who share an address, as in a lecture hall, have what all together have.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import Callable

from survey.core.connections import place

FEW = 5  # people of an address
MEMORY = 300.0  # seconds


class Newcomers:
    """Counts who began, by hashes of addresses; shared by threads.

    Parameters
    ----------
    clock : function, optional
        Returns seconds; only differences count.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._began: deque[tuple[float, bytes]] = deque()
        self._counts: Counter[bytes] = Counter()

    def is_one(self, address: str | None) -> bool:
        """Whether fewer than `FEW` have begun at an address; nobody's is none's."""
        if address is None:
            return False
        with self._lock:
            self._forget()
            return self._counts[self._hashed(address)] < FEW

    def began(self, address: str | None) -> None:
        """Count somebody who has begun."""
        if address is None:
            return
        with self._lock:
            self._forget()
            hashed = self._hashed(address)
            self._began.append((self._clock(), hashed))
            self._counts[hashed] += 1

    def _hashed(self, address: str) -> bytes:
        return hashlib.blake2b(repr(place(address)).encode(), key=self._key).digest()

    def _forget(self) -> None:
        """What is older than `MEMORY`."""
        while self._began and self._began[0][0] <= self._clock() - MEMORY:
            _, hashed = self._began.popleft()
            self._counts[hashed] -= 1
            if not self._counts[hashed]:
                del self._counts[hashed]
