"""Who opens many connections keeps nobody out."""

from __future__ import annotations

import socket
import sys
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
