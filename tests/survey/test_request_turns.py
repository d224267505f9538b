"""Turns of requests, as an application sees them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from starlette.types import Message, Receive, Scope, Send

from survey import request_turns
from survey.request_turns import MOST_UNDER_WAY, READ_AHEAD_BYTES, Turns, let_others

Work = Callable[[Receive], Awaitable[None]]
WHOLE: Message = {"type": "http.request", "body": b"", "more_body": False}


class Requests:
    """Requests of one address, which an application answers when it is let."""

    def __init__(self, work: Work | None = None) -> None:
        self.work, self.begun, self.go_on = work, 0, asyncio.Event()
        self.turns = Turns(self.app)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.begun += 1
        if self.work is not None:
            await self.work(receive)
        await self.go_on.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(self, message: Message) -> None:
        """Nothing reads it."""

    async def ask(self, *messages: Message, path: str = "/", host: str = "192.0.2.1") -> None:
        """A request whose body is these; then nothing comes."""
        coming = list(messages or (WHOLE,))

        async def receive() -> Message:
            if not coming:
                await asyncio.Event().wait()
            return coming.pop(0)

        await self.turns({"type": "http", "path": path, "client": (host, 1)}, receive, self.send)

    async def settle(self) -> int:
        """How many have begun, when no more begin."""
        for _ in range(100):
            await asyncio.sleep(0)
        return self.begun


def test_so_many_of_an_address_begin_and_the_others_follow_in_turn():
    async def run() -> None:
        requests = Requests()
        futures = [asyncio.ensure_future(requests.ask()) for _ in range(3 * MOST_UNDER_WAY)]
        assert await requests.settle() == MOST_UNDER_WAY
        other = asyncio.ensure_future(requests.ask(host="192.0.2.2"))
        assert await requests.settle() == MOST_UNDER_WAY + 1
        requests.go_on.set()
        await asyncio.gather(*futures, other)
        assert requests.begun == 3 * MOST_UNDER_WAY + 1
        await requests.settle()
        assert not requests.turns.under_way and not requests.turns.waiting

    asyncio.run(run())


def test_answers_that_wait_for_nothing_leave_the_loop_to_others():
    async def run() -> None:
        requests = Requests()
        requests.go_on.set()
        loop, begun = asyncio.get_running_loop(), []
        futures = [asyncio.ensure_future(requests.ask()) for _ in range(100)]
        loop.call_soon(lambda: loop.call_soon(lambda: begun.append(requests.begun)))
        await asyncio.gather(*futures)
        assert begun[0] <= 2 * MOST_UNDER_WAY  # not all hundred at one go
        assert requests.begun == 100

    asyncio.run(run())


async def _others(receive: Receive) -> None:
    let_others()


async def _long(receive: Receive) -> None:
    while (await receive()).get("more_body"):
        pass


PART: Message = {"type": "http.request", "body": bytes(READ_AHEAD_BYTES + 1), "more_body": True}


@pytest.mark.parametrize(
    ("work", "path", "messages"),
    [(_others, "/", (WHOLE,)), (_long, "/", (PART,)), (_long, "/gradio_api/upload", ())],
    ids=["work", "a long body", "an upload"],
)
def test_who_waits_for_something_lets_others_begin(
    work: Work, path: str, messages: tuple[Message, ...]
):
    async def run() -> None:
        requests = Requests(work)
        requests.go_on.set()
        stalled: Message = {"type": "http.request", "body": b"x", "more_body": True}
        more = messages or (stalled,)
        futures = [asyncio.ensure_future(requests.ask(*more, path=path)) for _ in range(20)]
        assert await requests.settle() == 20
        for each in futures:
            each.cancel()
        await asyncio.gather(*futures, return_exceptions=True)
        await requests.settle()
        assert not requests.turns.under_way

    asyncio.run(run())


def test_who_asks_for_health_waits_for_no_other_request():
    async def run() -> None:
        requests = Requests()
        futures = [asyncio.ensure_future(requests.ask()) for _ in range(20)]
        assert await requests.settle() == MOST_UNDER_WAY
        health = asyncio.ensure_future(requests.ask(path="/survey/healthz"))
        assert await requests.settle() == MOST_UNDER_WAY + 1
        requests.go_on.set()
        await asyncio.gather(*futures, health)

    asyncio.run(run())


def test_who_takes_long_lets_others_begin(monkeypatch):
    monkeypatch.setattr(request_turns, "LONGEST", 0.01)

    async def run() -> None:
        requests = Requests()
        futures = [asyncio.ensure_future(requests.ask()) for _ in range(20)]
        assert await requests.settle() >= MOST_UNDER_WAY  # a slow machine has let more begin

        async def all_begun() -> None:
            while requests.begun < 20:
                await asyncio.sleep(0.01)

        await asyncio.wait_for(all_begun(), 30)
        requests.go_on.set()
        await asyncio.gather(*futures)
        await requests.settle()
        assert not requests.turns.under_way

    asyncio.run(run())


def test_a_body_that_does_not_come_takes_no_turn():
    async def run() -> None:
        requests = Requests()
        half: Message = {"type": "http.request", "body": b"{", "more_body": True}
        stalled = [asyncio.ensure_future(requests.ask(half)) for _ in range(20)]
        assert await requests.settle() == 0
        whole = asyncio.ensure_future(requests.ask())
        assert await requests.settle() == 1
        for each in (*stalled, whole):
            each.cancel()
        await asyncio.gather(*stalled, whole, return_exceptions=True)
        await requests.settle()
        assert not requests.turns.under_way

    asyncio.run(run())


@pytest.mark.parametrize("way", ["hangs up", "is cancelled"])
def test_who_goes_while_waiting_is_not_begun(way: str):
    async def run() -> None:
        requests = Requests()
        futures = [asyncio.ensure_future(requests.ask()) for _ in range(MOST_UNDER_WAY)]
        await requests.settle()
        hang_up = {"type": "http.disconnect"}
        messages = (WHOLE, hang_up) if way == "hangs up" else (WHOLE,)
        going = [asyncio.ensure_future(requests.ask(*messages)) for _ in range(10)]
        assert await requests.settle() == MOST_UNDER_WAY
        if way == "is cancelled":
            for each in going:
                each.cancel()
        await asyncio.gather(*going, return_exceptions=True)
        requests.go_on.set()
        await asyncio.gather(*futures)
        assert requests.begun == MOST_UNDER_WAY
        await requests.settle()
        assert not requests.turns.under_way and not requests.turns.waiting

    asyncio.run(run())
