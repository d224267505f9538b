"""Who reads slowly gets all of it while others read nothing."""

from __future__ import annotations

import json
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from urllib.parse import urlsplit

import pytest

from tests.public import server as ways
from tests.public.edits import edit_json
from tests.public.server import Server, serving

MOST_UNREAD_BYTES = 5_000_000  # in place of 150 MB
SILENT = 16  # connections that read nothing of answers of a megabyte
RATE = 200_000  # bytes a second that a telephone reads
CODE = """
import runpy
from survey.core import connections
connections.MOST_UNREAD_BYTES = {most}
runpy.run_module('demo', run_name='__main__', alter_sys=True)
"""

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def few_bytes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that lets few bytes of answers wait for their readers."""
    way = "make-run"
    code = CODE.format(most=MOST_UNREAD_BYTES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ways.WAYS, way, ([sys.executable, "-c", code], ways.WAYS[way][1]))
        with serving(way, tmp_path_factory.mktemp(way)) as server:
            yield server


def connect(server: Server, path: str, body: bytes = b"") -> socket.socket:
    """Ask for something over a connection that takes few bytes before they are read."""
    place = urlsplit(server.url)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect((place.hostname, place.port))
    connection.settimeout(60)
    head = f"Host: {place.netloc}\r\nConnection: close\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    method = "POST" if body else "GET"
    connection.sendall(f"{method} /{path} HTTP/1.1\r\n{head}\r\n".encode() + body)
    return connection


def large_answer(server: Server, piece: dict, last: int) -> socket.socket:
    """A connection by which a large answer comes: its first byte is there."""
    data = [edit_json(piece, last=last, rhythm=0.5)]
    body = {"data": data, "fn_index": server.event("ask"), "session_hash": "tests"}
    connection = connect(server, "gradio_api/run/predict", json.dumps(body).encode())
    connection.recv(1, socket.MSG_PEEK)
    return connection


def read_slowly(connection: socket.socket) -> bytearray:
    """What comes, at `RATE`."""
    begun, received = time.monotonic(), bytearray()
    with suppress(ConnectionError):
        while part := connection.recv(8192):
            received += part
            time.sleep(max(0.0, begun + len(received) / RATE - time.monotonic()))
    return received


def read_until(
    ask: Callable[[], socket.socket], answers: list[bytearray], others: threading.Event
) -> None:
    """Ask and read slowly, again and again until others have come, and once more: a busy server
    may be slower in taking these than one answer is read."""
    are_there = False
    while not are_there:
        are_there = others.is_set()
        with ask() as connection:
            answers.append(read_slowly(connection))


def is_whole(connection: socket.socket) -> bool:
    """Whether all of an answer comes."""
    received = bytearray()
    with suppress(ConnectionError):
        while part := connection.recv(65536):
            received += part
    return is_answer(received)


def is_answer(received: bytearray) -> bool:
    head, _, body = bytes(received).partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head.lower())
    return length is not None and len(body) == int(length[1]) > MOST_UNREAD_BYTES / SILENT


def test_who_reads_slowly_gets_all_while_others_read_nothing(few_bytes: Server):
    piece = few_bytes.open_example("sonata")
    wish = edit_json(piece, last=3, rhythm=0.5, kind="wav", scope="selection")
    path = few_bytes.run("save", wish).json()["data"][0]["path"]
    others = threading.Event()
    answers: dict[str, list[bytearray]] = {"a file": [], "an answer": []}
    with ExitStack() as stack:
        stack.callback(others.set)
        edit = stack.enter_context(
            large_answer(few_bytes, piece, last=3)
        )  # a second one would end it
        of_file = partial(connect, few_bytes, f"gradio_api/file={path}")
        readers = [
            threading.Thread(target=read_until, args=(of_file, answers["a file"], others)),
            threading.Thread(target=lambda: answers["an answer"].append(read_slowly(edit))),
        ]
        for reader in readers:
            reader.start()
        silent = [
            stack.enter_context(large_answer(few_bytes, piece, last=1)) for _ in range(SILENT)
        ]
        others.set()
        assert few_bytes.ask("healthz").status == 200
        for reader in readers:
            reader.join(120)
        whole = sum(is_whole(connection) for connection in silent)
    assert not any(reader.is_alive() for reader in readers)
    assert len(answers["a file"]) > 1 and len(answers["an answer"]) == 1
    assert all(is_answer(each) for received in answers.values() for each in received)
    assert 0 < whole < SILENT / 2
