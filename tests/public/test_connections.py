"""Who opens many connections keeps nobody out."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import urlsplit

import pytest

from tests.public.server import Server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limit is another process's")

FILES = 400  # that the server may open
CONNECTIONS = 600
REQUESTS = {
    "nothing": b"",
    "half a request": b"GET / HTTP/1.1\r\nHost: x\r\n",
    "a request without its body": (
        b"POST /gradio_api/run/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
    ),
    "a page that stays open": b"GET /gradio_api/heartbeat/many HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.fixture
def few_files(server: Server) -> Iterator[Server]:
    import resource

    pid = server.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (FILES, before[1]))
    try:
        yield server
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


@contextmanager
def crowd(server: Server, request: bytes) -> Iterator[None]:
    """Connections of somebody who waits for nothing."""
    place = urlsplit(server.url)
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):
            connection = stack.enter_context(socket.create_connection((place.hostname, place.port)))
            with suppress(OSError):  # it was ended already
                connection.sendall(request)
        yield


@pytest.mark.parametrize("kind", REQUESTS)
def test_who_opens_many_connections_keeps_nobody_out(few_files: Server, kind: str):
    with crowd(few_files, REQUESTS[kind]):
        assert few_files.ask("healthz").status == 200
        assert few_files.open_example("sonata")["id"]
        assert few_files.ask("survey/").status == 200
    assert few_files.ask("healthz").status == 200


def open_page(stack: ExitStack, server: Server, address: str) -> socket.socket:
    """The connection that a page keeps, from an address of this machine's many."""
    place = urlsplit(server.url)
    connection = stack.enter_context(
        socket.create_connection((place.hostname, place.port), 30, source_address=(address, 0))
    )
    connection.sendall(REQUESTS["a page that stays open"])
    return connection


def test_who_sends_a_byte_now_and_then_from_many_addresses_ends_nobodys_page(few_files: Server):
    with ExitStack() as stack:
        held = [open_page(stack, few_files, f"127.1.0.{number}") for number in range(1, 50)]
        time.sleep(1.0)
        visitor = open_page(stack, few_files, "127.2.0.1")
        received = b""
        while b"ALIVE" not in received:
            received += (part := visitor.recv(10_000))
            assert part
        for number in range(1, 9):
            for connection in held:
                with suppress(OSError):  # it was ended already
                    connection.sendall(b"x")
            time.sleep(0.1)
            open_page(stack, few_files, f"127.3.0.{number}")
        visitor.settimeout(1.0)
        with pytest.raises(TimeoutError):  # nothing comes, and its end neither
            assert visitor.recv(10_000), "the visitor's page was ended"
    assert few_files.ask("healthz").status == 200
