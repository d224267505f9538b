"""How fast people may begin: a crowd at once, then a steady stream, whoever they are.

The limit is shared: every study lets in 60 people at once and one a second after that, all studies
together twice as many. Of 200 people who begin at the same moment the last waits two and a half
minutes, while the page tries again by itself; a script is no faster. As many more may begin at
addresses that few have begun at (`newcomers`): a script has one address, and uses up what all
have, not this. People with an invitation are not limited: an invitation is good for one person
anyway, and so scripts cannot keep out the people whom a researcher has invited.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable

from survey.core.rate_limit import Limit, RateLimiter

LONGEST_WAIT_SECONDS = 30  # after which a refused person is told to try again at the latest
OF_A_STUDY = Limit(burst=60, per_second=1.0, longest_wait=LONGEST_WAIT_SECONDS)
OF_ALL_STUDIES = Limit(burst=120, per_second=2.0, longest_wait=LONGEST_WAIT_SECONDS)


class JoinLimiter:
    """Lets people begin no faster than the limits allow; shared by threads.

    Parameters
    ----------
    clock : function, optional
        Returns seconds; only differences count.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._limiter = RateLimiter(clock)

    def admit(self, study_id: int, is_newcomer: bool = False) -> int:
        """Let a person begin; 0, or the seconds after which to try again.

        Parameters
        ----------
        study_id : int
            Of a study that exists: a bucket is kept for every id.
        is_newcomer : bool
            Whether few have begun at their address.
        """
        seconds = self._limiter.take({study_id: OF_A_STUDY, "all studies": OF_ALL_STUDIES})
        if seconds and is_newcomer:
            beside: dict[Hashable, Limit] = {
                f"{study_id}, new": OF_A_STUDY,
                "all studies, new": OF_ALL_STUDIES,
            }
            return seconds if self._limiter.take(beside) else 0
        return seconds
