"""Who waits for the answers of calls: work that nobody waits for is given up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

COLLECT_SECONDS = 30.0  # in which a program has to ask for the answer of its call
RETURN_SECONDS = 5.0  # in which one whose connection broke has to ask again
LOOK_SECONDS = 0.5

Answer = TypeVar("Answer")


class GivenUp(Exception):
    """Raised where nobody waited for an answer."""


@dataclass(eq=False)
class _Work:
    until: float  # the time up to which somebody has to listen, or to have come back


class Listeners:
    """The sessions to which answers are sent just now."""

    def __init__(self) -> None:
        self._open: dict[str, int] = {}
        self._works: dict[str, list[_Work]] = {}
        self._returns: dict[str, float] = {}  # up to when one whose connection broke may return

    def is_heard(self, session: str) -> bool:
        """Whether somebody waits for answers of a session."""
        return session in self._open

    def forget(self, session: str) -> None:
        """Let go of what waits for a session's visitor to come back."""
        self._returns.pop(session, None)

    @contextmanager
    def listening(self, session: str) -> Iterator[None]:
        """While a program waits for answers of a session."""
        self._open[session] = self._open.get(session, 0) + 1
        try:
            yield
        finally:
            self._open[session] -= 1
            if not self._open[session]:
                del self._open[session]
            self._returns[session] = time.monotonic() + RETURN_SECONDS
            for work in self._works.get(session, ()):
                work.until = self._returns[session]

    async def while_awaited(
        self, session: str, work: Coroutine[Any, Any, Answer], called: float
    ) -> Answer:
        """The result of work for a session.

        Parameters
        ----------
        session : str
        work : coroutine
        called : float
            When it was asked for, in seconds of the monotonic clock.

        Raises
        ------
        GivenUp
            If nobody listened for too long; the work is cancelled.
        """
        task = asyncio.ensure_future(work)
        mine = _Work(max(called + COLLECT_SECONDS, self._returns.get(session, 0.0)))
        self._works.setdefault(session, []).append(mine)
        try:
            while not (await asyncio.wait({task}, timeout=LOOK_SECONDS))[0]:
                if not self.is_heard(session) and time.monotonic() > mine.until:
                    raise GivenUp
            return task.result()
        finally:
            task.cancel()
            self._works[session].remove(mine)
            if not self._works[session]:
                del self._works[session]
