"""Requests of one address wait for each other where it has many: nobody's many keep others waiting.

A server has one loop, which does what has come in the order in which it came: a hundred requests
that somebody sends at once are done before the one that comes next.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Hashable
from contextlib import suppress
from contextvars import ContextVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from survey.core.connections import place

MOST_UNDER_WAY = 4  # requests of an address: while one reads a file, others use the loop
READ_AHEAD_BYTES = 64 * 1024  # of a request's body, before its turn
LONGEST = (
    1.0  # second for which a request keeps its turn: one that takes longer waits for something
)
SLOW_BODIES = "/upload"  # how addresses end whose bodies are looked after while they come
HEALTH = (
    "/healthz"  # who asks for it waits for no other request: all may be waiting for what is ill
)


class Turns:
    """Has requests of an address wait while as many of its others are under way as may be.

    A request is under way from when it has been read until its answer begins, or until `let_others`
    says that it waits for something, or for `LONGEST`, as one that waits for a locked database does
    or computes in a thread; long bodies are not waited for.

    Parameters
    ----------
    app : ASGI application
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.under_way: Counter[Hashable] = Counter()
        self.waiting: dict[Hashable, deque[asyncio.Future[None]]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        client = scope.get("client")
        turn = _Turn(self, (client and place(client[0]), scope["path"].endswith(HEALTH)))
        came: deque[Message] = deque()
        is_whole = False
        if not scope["path"].endswith(SLOW_BODIES):
            is_whole = await _read_ahead(receive, came)

        async def receiving() -> Message:
            if came:
                return came.popleft()
            if not is_whole:
                turn.end()
            return await receive()

        async def sending(message: Message) -> None:
            turn.end()
            await send(message)

        token = _current.set(turn)
        try:
            if await _begins(turn, receive if is_whole else None):
                await self.app(scope, receiving, sending)
        finally:
            _current.reset(token)
            turn.end()


class _Turn:
    """A request's, which it has from `begin` to `end`."""

    def __init__(self, turns: Turns, whose: Hashable) -> None:
        self.turns, self.whose, self.has_begun = turns, whose, False
        self.timer: asyncio.TimerHandle | None = None

    @property
    def has_to_wait(self) -> bool:
        return self.turns.under_way[self.whose] >= MOST_UNDER_WAY

    async def begin(self) -> None:
        if self.has_to_wait:
            place_in_line = asyncio.get_running_loop().create_future()
            line = self.turns.waiting.setdefault(self.whose, deque())
            line.append(place_in_line)
            try:
                await place_in_line
            except asyncio.CancelledError:
                if place_in_line.cancelled():
                    with suppress(ValueError):
                        line.remove(place_in_line)
                else:  # its turn had come
                    self._pass_on()
                raise
        else:
            self.turns.under_way[self.whose] += 1
        self.has_begun = True
        self.timer = asyncio.get_running_loop().call_later(LONGEST, self.end)

    def end(self) -> None:
        """Let the next one begin; more than once does nothing.

        It begins when the loop has looked for what came from others: requests whose answers wait
        for nothing would all be done before that.
        """
        if self.has_begun:
            self.has_begun = False
            if self.timer is not None:
                self.timer.cancel()
            asyncio.get_running_loop().call_soon(self._pass_on)

    def _pass_on(self) -> None:
        line = self.turns.waiting.get(self.whose, deque())
        while line:
            next_one = line.popleft()
            if not next_one.done():
                next_one.set_result(None)
                return
        self.turns.waiting.pop(self.whose, None)
        self.turns.under_way[self.whose] -= 1
        if not self.turns.under_way[self.whose]:
            del self.turns.under_way[self.whose]


_current: ContextVar[_Turn | None] = ContextVar("turn", default=None)


def let_others() -> None:
    """The request under way waits for something, so that another one may begin."""
    turn = _current.get()
    if turn is not None:
        turn.end()


async def _read_ahead(receive: Receive, came: deque[Message]) -> bool:
    """Put what comes of a request's body into a queue; whether that is all of it."""
    size = 0
    while size <= READ_AHEAD_BYTES:
        message = await receive()
        came.append(message)
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            return True
    return False


async def _begins(turn: _Turn, receive: Receive | None) -> bool:
    """Wait for a turn; False if the sender, who is listened to, has gone meanwhile."""
    if not turn.has_to_wait or receive is None:
        await turn.begin()
        return True
    begun, departure = asyncio.ensure_future(turn.begin()), asyncio.ensure_future(receive())
    try:
        await asyncio.wait({begun, departure}, return_when=asyncio.FIRST_COMPLETED)
        return not departure.done()
    finally:
        begun.cancel()
        departure.cancel()
        await asyncio.gather(begun, departure, return_exceptions=True)
