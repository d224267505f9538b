"""Who sends many requests at once keeps nobody else waiting for all of them."""

from __future__ import annotations

import json
import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from tests.conftest import ONE_WAY
from tests.public.server import ALONE, Server, serving

REQUESTS = 400
MOST_FIRST = REQUESTS // 2  # that may be answered before another address's: others take turns
CROWD, NEWCOMER = "127.7.0.1", "127.7.0.2"  # addresses of this machine's many


def connect(stack: ExitStack, server: Server, address: str) -> socket.socket:
    place = urlsplit(server.url)
    return stack.enter_context(
        socket.create_connection((place.hostname, place.port), 60, source_address=(address, 0))
    )


def answered_first(server: Server, request: bytes, later: bytes) -> int:
    """How many of one address's requests go before one of another's that came last.

    Those that were answered before it was asked went before nobody.
    """
    with ExitStack() as stack:
        crowd = [connect(stack, server, CROWD) for _ in range(REQUESTS)]
        newcomer = connect(stack, server, NEWCOMER)
        waiting = select.poll()
        for connection in crowd:
            connection.sendall(request[:-1])  # so that all are complete at about one time
            waiting.register(connection, select.POLLIN)
        for connection in crowd:
            connection.sendall(request[-1:])
        before = len(waiting.poll(0))
        newcomer.sendall(later)
        assert newcomer.recv(100).startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 303 "))
        first = len(waiting.poll(0)) - before
        # The others get theirs, too.
        assert all(connection.recv(100).startswith(b"HTTP/1.1 ") for connection in crowd)
    return first


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def event(server: Server, name: str, **values: object) -> bytes:
    data = {"data": [json.dumps(values)], "fn_index": server.event(name), "session_hash": "many"}
    body = json.dumps(data).encode()
    head = "POST /gradio_api/run/predict HTTP/1.1\r\nHost: x\r\n"
    return head.encode() + f"Content-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.parametrize("kind", ["event", "page", "listening test"])
@ONE_WAY
def test_many_requests_of_one_address_do_not_go_before_anothers(server: Server, kind: str):
    requests = {
        "event": event(server, "look", piece="none", number=1),
        "page": get("/"),
        "listening test": get("/survey/"),
    }
    later = event(server, "look", piece="none", number=1)
    for _ in range(2):  # the second time, pages are ready
        assert answered_first(server, requests[kind], later) < MOST_FIRST


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """``python -m survey``."""
    with serving(ALONE, tmp_path_factory.mktemp("alone")) as server:
        yield server


@pytest.mark.server
def test_nor_where_the_listening_test_is_alone(alone: Server):
    assert answered_first(alone, get("/survey/"), get("/survey/")) < MOST_FIRST


@ONE_WAY
def test_who_hangs_up_while_waiting_leaves_nothing(server: Server):
    with ExitStack() as stack:
        for _ in range(REQUESTS):
            connect(stack, server, CROWD).sendall(get("/"))
    with ExitStack() as stack:
        last = connect(stack, server, CROWD)
        last.sendall(get("/healthz"))
        assert last.recv(100).startswith(b"HTTP/1.1 200 ")


@ONE_WAY
def test_requests_that_wait_for_work_let_others_of_their_address_begin(server: Server):
    piece = server.open_example("sonata")
    last = len(piece["segments"]) - 1
    values = {"piece": piece["id"], "first": 0, "last": last, "kind": "mp3", "scope": "piece"}
    pieces = [server.open_example("sonata")["id"] for _ in range(6)]
    with ExitStack() as stack:
        for number, name in enumerate(pieces):
            work = connect(stack, server, CROWD)
            work.sendall(event(server, "save", **{**values, "piece": name, "seed": number}))
        beside = connect(stack, server, CROWD)
        beside.sendall(get("/healthz"))
        assert beside.recv(100).startswith(b"HTTP/1.1 200 ")
        waiting = select.poll()
        waiting.register(work, select.POLLIN)
        assert not waiting.poll(0)  # the last of the six still waits
