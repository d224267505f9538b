"""Answers are kept for those who may come for them, and no longer; in Gradio's own queue."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace

import gradio as gr
import pytest
from gradio.data_classes import PredictBodyInternal

from demo.guard import calls as module
from demo.guard.calls import CALLS_A_SESSION, Calls
from demo.guard.listeners import Listeners

RETURN = 0.1  # seconds


class Server:
    """A queue whose calls wait until they are finished here."""

    def __init__(self, longest: int | None = None) -> None:
        with gr.Blocks() as blocks:
            gr.Button().click(lambda: None, api_name="slide")
        blocks.queue(max_size=longest)
        self.queue, self.listeners = blocks._queue, Listeners()
        self.calls = Calls(self.queue, self.listeners)

    async def call(
        self, session: str | None = None, *, finished: bool = True, host: str | None = None
    ) -> str | None:
        """The session of a call; None if it is refused."""
        body = PredictBodyInternal(session_hash=session, fn_index=0, data=[])
        request = host and SimpleNamespace(client=SimpleNamespace(host=host))
        success, event, _ = await self.queue.push(body, request, None)
        if finished and success:
            self.queue.event_ids_to_events.pop(event)
        return body.session_hash if success else None

    @property
    def sessions(self) -> list[str]:
        names = list(self.queue.pending_messages_per_session)
        assert set(names) == set(self.queue.pending_event_ids_session)
        assert set(names) == set(self.calls._first)
        return names


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(module, "RETURN_SECONDS", RETURN)


def run(steps: Callable[[Server], Awaitable[None]]) -> None:
    async def running() -> None:
        await steps(Server())

    asyncio.run(running())


@pytest.mark.slow
def test_who_collects_nothing_calls_no_more():
    async def steps(server: Server) -> None:
        assert [await server.call("a") for _ in range(CALLS_A_SESSION)] == ["a"] * CALLS_A_SESSION
        assert await server.call("a") is None
        assert await server.call("b") == "b"
        server.queue.pending_event_ids_session["a"].pop()  # collected
        assert await server.call("a") == "a"

    run(steps)


def test_the_oldest_answers_make_room_but_none_that_somebody_waits_for(monkeypatch):
    monkeypatch.setattr(module, "SESSIONS_KEPT", 4)

    async def steps(server: Server) -> None:
        await server.call("unfinished", finished=False)
        await server.call("heard")
        with server.calls.listening("heard"):
            own = [await server.call() for _ in range(20)]
            assert server.sessions == ["unfinished", "heard", *own[-2:]]
        assert len(server.listeners._returns) == 1  # "heard" may come back

    run(steps)


def test_an_answer_that_nobody_comes_for_is_let_go(monkeypatch):
    async def steps(server: Server) -> None:
        first = await server.call()
        second = await server.call()
        assert server.sessions == [first, second]
        monkeypatch.setattr(module, "KEPT_SECONDS", 0.0)
        third = await server.call()
        assert server.sessions == [third]

    run(steps)


def test_nothing_is_kept_of_what_was_collected():
    async def steps(server: Server) -> None:
        session = await server.call()
        with server.calls.listening(session):
            with server.calls.listening(session):
                server.queue.pending_event_ids_session[session].clear()
            assert server.sessions == [session]
        with server.calls.listening("never called"):
            pass
        assert not server.sessions and not server.listeners._returns

    run(steps)


@pytest.mark.slow
@pytest.mark.parametrize("returns", [True, False])
def test_one_whose_connection_broke_may_come_back(returns: bool):
    """Gradio deletes the messages at once, and has the call answer nobody."""

    async def steps(server: Server) -> None:
        session = await server.call(finished=False)
        (event,) = server.queue.event_ids_to_events.values()
        server.queue.active_jobs.append([event])
        with server.calls.listening(session):
            pass
        del server.queue.pending_messages_per_session[session]
        await server.queue.clean_events(session_hash=session)
        await asyncio.sleep(RETURN / 4)
        if returns:
            with server.calls.listening(session):
                await asyncio.sleep(2 * RETURN)
        else:
            await asyncio.sleep(2 * RETURN)
        assert event.alive == returns and server.sessions == [session] * returns

    run(steps)


def test_a_call_after_a_connection_broke_has_its_own_time():
    async def steps(server: Server) -> None:
        session = await server.call("a", finished=False)
        (first,) = server.queue.event_ids_to_events.values()
        server.queue.active_jobs.append([first])
        with server.calls.listening("a"):
            pass
        await server.queue.clean_events(session_hash=session)
        await server.call("a", finished=False)
        second = list(server.queue.event_ids_to_events.values())[-1]
        server.queue.active_jobs.append([second])
        await asyncio.sleep(2 * RETURN)
        assert not first.alive and second.alive and server.sessions == ["a"]
        assert server.queue.pending_event_ids_session["a"] == {second._id}

    run(steps)


def test_one_address_keeps_nobody_from_calling():
    """Its last call gives way, with a sentence; one that has fewer gives way to nobody."""

    async def steps(server: Server) -> None:
        own = [await server.call(host="1.1.1.1", finished=False) for _ in range(6)]
        assert own[3:] == [None] * 3, "there is as much room for others"
        for number in range(3, 6):
            session = await server.call(host=f"1.1.1.{number}", finished=False)
            assert session is not None
        assert await server.call(host="1.1.1.3", finished=False) is not None
        assert await server.call(host="1.1.1.3", finished=False) is None
        (lane,) = server.queue.event_queue_per_concurrency_id.values()
        assert len(lane.queue) == len(server.queue.event_ids_to_events) == 6
        assert await server.call(host="1.1.1.6", finished=False) is not None
        hosts = [call.request.client.host[-1] for call in lane.queue]
        assert hosts == ["1", "1", "3", "4", "5", "6"]
        messages = server.queue.pending_messages_per_session[own[2]]
        *_, message = [messages.get_nowait() for _ in range(messages.qsize())]
        assert not message.success and "try again" in message.output["error"]

    async def running() -> None:
        await steps(Server(longest=6))

    asyncio.run(running())


def test_no_statistics_are_made_of_calls():
    async def steps(server: Server) -> None:
        assert server.queue.compute_analytics_summary([{"function": "slide"}]) == {}

    run(steps)
