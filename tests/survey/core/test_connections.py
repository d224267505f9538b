"""Which connection is ended when there are too many."""

from __future__ import annotations

import asyncio

import pytest
import uvicorn
from uvicorn.server import ServerState

from survey.core import connections
from survey.core.connections import Connection


class Transport(asyncio.Transport):
    """Of a client who is far away."""

    def __init__(self) -> None:
        super().__init__({"peername": ("10.0.0.1", 1), "sockname": ("10.0.0.2", 80)})
        self.ended, self.closing, self.unread = False, False, 0

    def abort(self) -> None:
        self.ended = True

    def is_closing(self) -> bool:
        return self.ended or self.closing

    def get_write_buffer_size(self) -> int:
        return self.unread

    def write(self, data: bytes) -> None:
        pass

    def close(self) -> None:
        self.closing = True


def connected(state: ServerState, request: bytes = b"") -> tuple[Connection, Transport]:
    """A new connection, after a request of its client."""
    config = uvicorn.Config(forever, log_config=None, http=Connection)
    connection, transport = Connection(config, state, {}), Transport()
    connection.connection_made(transport)
    if request:
        connection.data_received(request)
    return connection, transport


async def forever(scope, receive, send) -> None:
    await asyncio.sleep(100)


def test_those_that_ask_for_nothing_are_ended_first_and_the_oldest_of_them(monkeypatch):
    monkeypatch.setattr(connections, "most_connections", lambda: 3)

    async def steps() -> None:
        state = ServerState()

        def connect(request: bytes = b"") -> Transport:
            return connected(state, request)[1]

        whole = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        asks, half, idle, later = connect(whole), connect(whole[:-2]), connect(), connect(whole)
        assert [each.ended for each in (asks, half, idle, later)] == [False, True, False, False]
        last = connect(whole)
        assert [each.ended for each in (asks, idle, later, last)] == [False, True, False, False]
        connect(whole)
        assert [each.ended for each in (asks, later, last)] == [True, False, False]
        for task in state.tasks:
            task.cancel()

    asyncio.run(steps())


@pytest.mark.parametrize("is_closed", [False, True])
def test_answers_that_nobody_reads_are_given_up_the_oldest_first(monkeypatch, is_closed: bool):
    monkeypatch.setattr(connections, "MOST_UNREAD_BYTES", 10_000)

    async def steps() -> None:
        state = ServerState()
        (reads, its), *others = [connected(state) for _ in range(4)]
        reads.pause_writing()
        reads.resume_writing()
        its.unread = 9_000
        for connection, transport in others:
            transport.unread = 4_000
            connection.pause_writing()
            if is_closed:  # by uvicorn, which waited long enough for the next request
                transport.close()
        assert [transport.ended for _, transport in others] == [True, False, False]
        assert not its.ended

    asyncio.run(steps())


def test_there_are_as_many_as_the_system_allows(monkeypatch):
    resource = pytest.importorskip("resource")
    for files, most in ((1024, 774), (60, 50), (10**6, 2_000), (resource.RLIM_INFINITY, 2_000)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, files=files: (files, files))
        assert connections.most_connections() == most
