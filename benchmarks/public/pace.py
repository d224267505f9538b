"""How fast visitors move faders: a move a second, answered or not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


async def each_second(moves: int, action: Callable[[], Coroutine[Any, Any, object]]) -> None:
    """Begin something every second, whether or not the one before is done; wait for all."""
    loop, tasks = asyncio.get_running_loop(), []
    start = loop.time()
    for number in range(moves):
        await asyncio.sleep(max(0.0, start + number - loop.time()))
        tasks.append(asyncio.create_task(action()))
    await asyncio.gather(*tasks)
