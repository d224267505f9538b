"""Work that nobody waits for is given up; that of others goes on."""

from __future__ import annotations

import asyncio
import time

import pytest

from demo.guard import listeners as module
from demo.guard.listeners import GivenUp, Listeners


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(module, "COLLECT_SECONDS", 0.1)
    monkeypatch.setattr(module, "RETURN_SECONDS", 0.1)


async def work(ended: list[str], seconds: float) -> str:
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        ended.append("cancelled")
        raise
    ended.append("done")
    return "answer"


def test_what_is_awaited_is_done():
    async def calls() -> str:
        with Listeners().listening("x"):
            pass
        listeners, ended = Listeners(), []
        with listeners.listening("a"):
            answer = await listeners.while_awaited("a", work(ended, 0.4), time.monotonic())
        assert ended == ["done"]
        return answer

    assert asyncio.run(calls()) == "answer"


def test_what_nobody_asks_for_is_given_up_in_time():
    async def calls() -> list[str]:
        listeners, ended = Listeners(), []
        with pytest.raises(GivenUp):
            await listeners.while_awaited("a", work(ended, 60), time.monotonic())
        with pytest.raises(GivenUp):  # called long ago, and begun only now
            await listeners.while_awaited("a", work(ended, 60), time.monotonic() - 1)
        await asyncio.sleep(0)
        soon = listeners.while_awaited("a", work(ended, 0.01), time.monotonic())
        assert await soon == "answer"
        return ended

    assert asyncio.run(calls()) == ["cancelled", "cancelled", "done"]


def test_one_who_hangs_up_may_come_back(monkeypatch):
    monkeypatch.setattr(module, "RETURN_SECONDS", 2.0)  # a busy machine keeps them away for longer

    async def calls() -> None:
        listeners, ended, now = Listeners(), [], time.monotonic()
        task = asyncio.ensure_future(listeners.while_awaited("a", work(ended, 0.5), now))
        other = asyncio.ensure_future(listeners.while_awaited("b", work(ended, 60), now))
        for _ in range(8):
            with listeners.listening("a"):
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.02)
        with listeners.listening("a"):
            assert await task == "answer"
        with pytest.raises(GivenUp):
            await other
        assert not listeners._works and not listeners._open

    asyncio.run(calls())
