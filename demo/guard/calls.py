"""What Gradio's queue keeps of programs' calls: as long as somebody may come for an answer.

By itself Gradio refuses whoever calls while so many calls wait, though all may be one caller's. It
lets go of an answer as soon as the connection that it was to come by breaks, keeps those that
nobody collects until two thousand others came, and something of every call for good.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Any

from gradio.queueing import Event
from gradio.server_messages import ProcessCompletedMessage

from demo.guard.listeners import RETURN_SECONDS, Listeners
from demo.guard.public_address import visitor
from demo.guard.refusals import QUEUED
from demo.guard.shares import gives_way, has_room

KEPT_SECONDS = 600.0  # of an answer that nobody collects
SESSIONS_KEPT = 2_000  # with calls that were not collected, at most
CALLS_A_SESSION = 20  # not collected, at most


class _Messages(dict[str, Any]):
    """Messages by session, which are let go of by `let_go` alone."""

    def __delitem__(self, session: str) -> None:
        """Do nothing: Gradio asks for it when a connection breaks, and its caller may come back."""

    let_go = dict.pop


class Calls:
    """The calls in a queue that were not collected.

    Parameters
    ----------
    queue : gradio.queueing.Queue
        Its methods are replaced where it keeps too much, or too little.
    listeners : Listeners
        Who waits for answers.
    """

    def __init__(self, queue: Any, listeners: Listeners) -> None:
        self.queue, self.listeners = queue, listeners
        self._messages = queue.pending_messages_per_session = _Messages()
        self._first: dict[str, float] = {}  # of each session the time of its first call
        self._push, self._clean = queue.push, queue.clean_events
        self._leaving: set[asyncio.Task[None]] = set()
        queue.push, queue.clean_events = self.push, self.clean_events
        # Statistics for a page that is closed here: after each call, over the last ten thousand.
        queue.compute_analytics_summary = lambda records: {}
        queue.ANALYTICS_MAX_EVENTS = 1

    async def push(self, body: Any, request: Any, username: str | None) -> tuple[bool, Any, str]:
        """As Gradio's, but addresses share the places.

        Refused where a session does not collect what it calls for.
        """
        self._make_room()
        session = body.session_hash
        if len(self.queue.pending_event_ids_session.get(session, ())) >= CALLS_A_SESSION:
            return False, "", "queue_full"
        if not await self._has_place(visitor(request)):
            return False, "", "queue_full"
        success, answer, state = await self._push(body, request, username)
        if success:  # without a session of its own a call is one
            self._first.setdefault(body.session_hash, time.monotonic())
        return success, answer, state

    async def _has_place(self, caller: Hashable) -> bool:
        """Whether a call may wait; another's gives its place where that one has more."""
        lanes = self.queue.event_queue_per_concurrency_id.values()
        calls: list[Event] = [call for lane in lanes for call in lane.queue]
        calls.sort(key=lambda call: call.enqueue_time)
        waiting = [visitor(call.request) for call in calls]
        if self.queue.max_size is None or has_room(caller, waiting, self.queue.max_size):
            return True
        place = gives_way(caller, waiting)
        if place is None:
            return False
        call = calls[place]
        await self.queue.remove_from_queue(call._id)
        if call._id not in self.queue.event_ids_to_events:  # else it began just before
            answer = ProcessCompletedMessage(output={"error": QUEUED}, success=False)
            self.queue.send_message(call, answer)
        return True

    async def clean_events(
        self, *, session_hash: str | None = None, event_id: str | None = None
    ) -> None:
        """As Gradio's, `RETURN_SECONDS` later and only if nobody has come back.

        Calls that come meanwhile have their own time to be collected.
        """
        events_left = set(self.queue.pending_event_ids_session.get(session_hash, ()))
        leaving = asyncio.create_task(self._leave(session_hash, event_id, events_left))
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)

    async def _leave(
        self, session: str | None, event_id: str | None, events_left: set[str]
    ) -> None:
        await asyncio.sleep(RETURN_SECONDS)
        if session is not None and self.listeners.is_heard(session):
            return
        own = self.queue.pending_event_ids_session.get(session, set())
        if own <= events_left:
            await self._clean(session_hash=session, event_id=event_id)
            if session is not None:
                self._let_go(session)
            return
        own -= events_left
        for call in events_left:
            await self._clean(event_id=call)

    @contextmanager
    def listening(self, session: str) -> Iterator[None]:
        """While a program waits for answers of a session."""
        try:
            with self.listeners.listening(session):
                yield
        finally:
            is_collected = not self.queue.pending_event_ids_session.get(session)
            if is_collected and not self.listeners.is_heard(session):
                self._let_go(session)

    def _make_room(self) -> None:
        """Let go of answers that nobody came for, the oldest first."""
        until = time.monotonic() - KEPT_SECONDS
        for session, first in list(self._first.items()):
            if first > until and len(self._first) < SESSIONS_KEPT:
                break
            if not self._is_waited_for(session):
                self._let_go(session)

    def _is_waited_for(self, session: str) -> bool:
        unfinished = self.queue.event_ids_to_events.keys()
        own = self.queue.pending_event_ids_session.get(session, set())
        return self.listeners.is_heard(session) or not unfinished.isdisjoint(own)

    def _let_go(self, session: str) -> None:
        self._messages.let_go(session, None)
        self.queue.pending_event_ids_session.pop(session, None)
        self._first.pop(session, None)
        self.listeners.forget(session)
