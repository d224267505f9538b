"""Which connection is ended when there are too many."""

from __future__ import annotations

import asyncio
import resource
import socket
from collections.abc import Callable

import pytest
import uvicorn
from uvicorn.server import ServerState

from survey.core import connections
from survey.core.connections import Connection

WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


class Transport(asyncio.Transport):
    """Of a client who is far away."""

    def __init__(self, host: str) -> None:
        super().__init__({"peername": (host, 1), "sockname": ("10.0.0.2", 80)})
        self.ended, self.closing, self.unread = False, False, 0

    def abort(self) -> None:
        self.ended = True

    def is_closing(self) -> bool:
        return self.ended or self.closing

    def get_write_buffer_size(self) -> int:
        return self.unread

    def write(self, data: bytes) -> None:
        pass

    def pause_reading(self) -> None:
        pass

    def close(self) -> None:
        self.closing = True


def connected(
    state: ServerState, request: bytes = b"", host: str = "10.0.0.1"
) -> tuple[Connection, Transport]:
    """A new connection, after a request of its client."""
    config = uvicorn.Config(forever, log_config=None, http=Connection)
    connection, transport = Connection(config, state, {}), Transport(host)
    connection.connection_made(transport)
    if request:
        connection.data_received(request)
    return connection, transport


def on_a_server(steps: Callable[[ServerState], None]) -> None:
    """Take steps in a loop that runs; what they have begun ends with them."""

    async def run() -> None:
        state = ServerState()
        steps(state)
        for task in state.tasks:
            task.cancel()

    asyncio.run(run())


async def forever(scope, receive, send) -> None:
    await asyncio.sleep(100)


def test_those_that_ask_for_nothing_are_ended_first_and_the_oldest_of_them(monkeypatch):
    monkeypatch.setattr(connections, "most_connections", lambda: 3)

    def steps(state: ServerState) -> None:
        def connect(request: bytes = b"") -> Transport:
            return connected(state, request)[1]

        asks, half, idle, later = connect(WHOLE), connect(WHOLE[:-2]), connect(), connect(WHOLE)
        assert [each.ended for each in (asks, half, idle, later)] == [False, True, False, False]
        last = connect(WHOLE)
        assert [each.ended for each in (asks, idle, later, last)] == [False, True, False, False]
        connect(WHOLE)
        assert [each.ended for each in (asks, later, last)] == [True, False, False]

    on_a_server(steps)


def test_those_of_the_address_that_has_the_most_are_ended_first(monkeypatch):
    monkeypatch.setattr(connections, "most_connections", lambda: 5)

    def steps(state: ServerState) -> None:
        ours = [connected(state, host=host)[1] for host in ("10.0.0.1", "::ffff:10.0.0.1", "::1")]
        theirs = [connected(state, WHOLE, f"2001:db8:0:{number}::1")[1] for number in range(5)]
        assert [each.ended for each in ours] == [False] * 3
        assert [each.ended for each in theirs] == [True] * 3 + [False] * 2

    on_a_server(steps)


def test_who_has_not_asked_yet_is_not_ended_for_those_who_hold_their_answers(monkeypatch):
    monkeypatch.setattr(connections, "most_connections", lambda: 8)

    def steps(state: ServerState) -> None:
        before = [connected(state, WHOLE)[1] for _ in range(7)]
        new = connected(state)[1]
        for _ in range(20):
            connected(state, WHOLE)
        assert not new.ended
        assert all(each.ended for each in before)

    on_a_server(steps)


def test_who_still_sends_is_not_the_one_that_is_ended(monkeypatch):
    monkeypatch.setattr(connections, "most_connections", lambda: 4)

    async def steps() -> None:
        state = ServerState()
        sends, its = connected(state, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n")
        others = [connected(state, WHOLE)[1] for _ in range(3)]
        sends.data_received(b"some of it")
        connected(state, WHOLE)
        assert [each.ended for each in (its, *others)] == [False, True, False, False]
        for task in state.tasks:
            task.cancel()

    asyncio.run(steps())


HELD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n"  # its body is awaited


@pytest.mark.parametrize("request_", [WHOLE[:-2], WHOLE, HELD], ids=["half", "whole", "no body"])
def test_who_sends_a_byte_now_and_then_is_ended_before_who_has_just_come(monkeypatch, request_):
    """However many addresses they have, and whether or not they hold requests."""
    monkeypatch.setattr(connections, "most_connections", lambda: 40)
    now = 0.0

    def steps(state: ServerState) -> None:
        nonlocal now
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now)
        held = [connected(state, request_, f"10.1.0.{number}") for number in range(38)]
        now = 60.0
        asks, waits = WHOLE, WHOLE[:-2]
        news = [connected(state, asks, "10.2.0.1")[1], connected(state, waits, "10.2.0.2")[1]]
        for second in range(6):
            now += 1
            for connection, transport in held:
                if not transport.ended:
                    connection.data_received(b"x")
            connected(state, host=f"10.3.0.{second}")
        assert [each.ended for each in news] == [False, False]
        assert sum(each.ended for _, each in held) >= 6

    on_a_server(steps)


def test_who_sends_a_file_is_not_ended_for_those_who_came_later(monkeypatch):
    monkeypatch.setattr(connections, "most_connections", lambda: 4)
    now = 0.0

    def steps(state: ServerState) -> None:
        nonlocal now
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now)
        sends, its = connected(state, HELD)
        for number in range(10):
            now += 2
            sends.data_received(bytes(4_000))
            connected(state, WHOLE, f"10.3.0.{number}")
        assert not its.ended

    on_a_server(steps)


@pytest.mark.slow
@pytest.mark.parametrize("most", [1, 2_000])
def test_to_take_many_looks_through_all_of_them_seldom(monkeypatch, most: int):
    looks = 0

    def is_busy(connection: Connection) -> bool:
        nonlocal looks
        looks += 1
        return False

    monkeypatch.setattr(connections, "most_connections", lambda: most)
    monkeypatch.setattr(Connection, "is_busy", property(is_busy))
    state = ServerState()

    async def steps() -> None:
        for _ in range(most + 500):
            connected(state)

    asyncio.run(steps())
    assert len(state.connections) <= most
    assert looks < 50 * (most + 500)


@pytest.mark.parametrize("seconds", [0, 10])
def test_who_reads_slowly_keeps_its_answer_and_who_reads_nothing_does_not(
    monkeypatch, seconds: int
):
    monkeypatch.setattr(connections, "MOST_UNREAD_BYTES", 10_000_000)
    now = 0.0

    async def steps() -> None:
        nonlocal now
        state = ServerState()
        (phone, its), *others, (new, news) = [connected(state) for _ in range(4)]
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now)
        for connection, transport in ((phone, its), *others):
            transport.unread = 3_400_000
            connection.pause_writing()
            now += 1
            its.unread -= 100_000
        now += seconds
        news.unread = 3_400_000
        new.pause_writing()
        ended = [transport.ended for _, transport in ((phone, its), *others, (new, news))]
        assert ended == [False, True, False, False]

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


TINY, SMALL = b"1\r\na\r\n", b"40\r\n" + b"a" * 64 + b"\r\n"


@pytest.mark.parametrize(
    ("tiny", "small", "is_refused"),
    [(1_020, 0, True), (60_000, 0, True), (1_000, 0, False), (0, 1_500, False), (900, 900, False)],
)
def test_a_body_in_very_many_small_chunks_is_not_read(tiny: int, small: int, is_refused: bool):
    """Each takes the server as long as a large one."""

    def steps(state: ServerState) -> None:
        connection, transport = connected(state, CHUNKED)
        connection.data_received(SMALL * small + TINY * tiny)
        assert transport.closing is is_refused

    on_a_server(steps)


def test_an_answer_does_not_wait_for_its_head_to_be_confirmed():
    """Also where the listener was made by `socket.create_server`, as ``python -m demo`` does."""

    async def steps() -> None:
        with (
            socket.create_server(("127.0.0.1", 0)) as listener,
            socket.create_connection(listener.getsockname()),
        ):
            accepted, _ = listener.accept()
            config = uvicorn.Config(forever, log_config=None, http=Connection)
            protocol = Connection(config, ServerState(), {})
            await asyncio.get_running_loop().connect_accepted_socket(lambda: protocol, accepted)
            own = protocol.transport.get_extra_info("socket")
            assert own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            protocol.transport.abort()

    asyncio.run(steps())


def test_there_are_as_many_as_the_system_allows(monkeypatch):
    for files, most in ((1024, 674), (60, 50), (10**6, 2_000), (resource.RLIM_INFINITY, 2_000)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, files=files: (files, files))
        assert connections.most_connections() == most


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("0.0.0.0", "http://127.0.0.1:7860"),
        ("::", "http://[::1]:7860"),
        ("fd00::2", "http://[fd00::2]:7860"),
        ("localhost", "http://localhost:7860"),
    ],
)
def test_the_address_that_is_printed_can_be_opened(host: str, address: str) -> None:
    assert connections.local_address(host, 7860) == address


@pytest.mark.parametrize("host", ["no host", "x" * 70, "203.0.113.7"])
def test_an_address_of_no_machine_here_is_one_sentence(host: str) -> None:
    with pytest.raises(ValueError, match=f"^cannot use {host}, port 0: [^.\\[]+$"):
        connections.listen(host, 0)
