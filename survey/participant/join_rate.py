"""How fast people may begin: a crowd at once, then a steady stream, whoever they are.

Nothing is kept that tells visitors apart, so the limit is one for all: every study lets in `BURST`
people at once and one a second after that, all studies together twice as many. Of 200 people who
are told to begin in one moment the last waits two and a half minutes, while the page tries again by
itself; a script gets no further either. Who has an invitation passes by: that is good for one
person anyway, and so scripts cannot keep out whom a researcher has invited.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

BURST, RATE = 60, 1.0  # people of one study at once, and then so many a second
ALL_BURST, ALL_RATE = 120, 2.0  # of all studies together
LONGEST = 30  # seconds after which somebody is to try again at the latest


class Bucket:
    """What is left of an allowance that fills up by itself.

    Parameters
    ----------
    size : float
        The most that can be in it; it begins full.
    rate : float
        What comes in a second.
    now : float
        Seconds by any clock.
    """

    def __init__(self, size: float, rate: float, now: float) -> None:
        self.size, self.rate = size, rate
        self._left, self._at = float(size), now
        self._promised = now  # when the last of those who were sent away is to come back

    def has(self, now: float) -> bool:
        """Whether there is one left."""
        self._left = min(self.size, self._left + (now - self._at) * self.rate)
        self._at = now
        return self._left >= 1

    def take(self) -> None:
        """Take one that is there."""
        self._left -= 1

    def wait(self, now: float) -> int:
        """In how many seconds to try again: those sent away come back one after the other."""
        missing = max(0.0, 1 - self._left) / self.rate
        after = max(now + missing, self._promised + 1 / self.rate)
        self._promised = min(after, now + LONGEST)
        return max(1, math.ceil(self._promised - now))


class Turnstile:
    """Lets people begin no faster than the limits say; shared by threads, kept in memory alone.

    Parameters
    ----------
    clock : function, optional
        Gives seconds; only differences count.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._all = Bucket(ALL_BURST, ALL_RATE, clock())
        self._studies: dict[int, Bucket] = {}

    def pass_(self, study: int) -> int:
        """Let somebody begin; 0, or the seconds after which to try again.

        Parameters
        ----------
        study : int
            The id of a study that there is.
        """
        with self._lock:
            now = self._clock()
            own = self._studies.setdefault(study, Bucket(BURST, RATE, now))
            free, common = own.has(now), self._all.has(now)
            if free and common:
                own.take()
                self._all.take()
                return 0
            return (self._all if free else own).wait(now)
