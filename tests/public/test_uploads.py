"""Uploads of one visitor cost no other's, and the server keeps nothing of what they are called."""

from __future__ import annotations

import json
import os
import select
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from demo.guard.refusals import BUSY
from demo.guard.uploads import UPLOADS_AT_ONCE
from fadernets.music import midi
from tests.conftest import ONE_WAY
from tests.fadernets import tiny
from tests.public.edits import edit_json
from tests.public.server import Answer, Server
from tests.public.test_sessions import MOST_MEGABYTES, megabytes

NAMED = 400  # uploads with a name of their own, of 50 kB: 20 MB
LARGE = 19_900_000  # bytes
EDGE = "edge"
DISPOSITION = 'Content-Disposition: form-data; name="files"; filename="a.mid"'
HEAD = f"--{EDGE}\r\n{DISPOSITION}\r\n\r\n".encode()
TAIL = f"\r\n--{EDGE}--\r\n".encode()
HEAD = (
    f'--{EDGE}\r\nContent-Disposition: form-data; name="files"; filename="a.mid"\r\n\r\n'.encode()
)
TAIL = f"\r\n--{EDGE}--\r\n".encode()


@ONE_WAY
def test_nothing_is_kept_of_what_uploads_are_called(server: Server):
    """Nor of those whose progress somebody asks for."""
    for _ in range(10):
        server.upload("a.mid", b"MThd")
    before = megabytes(server)
    for number in range(NAMED):
        name = f"{number}-" + "x" * 50_000
        assert server.upload("a.mid", b"MThd", query=f"?upload_id={name}").status == 200
    assert server.ask(f"gradio_api/upload_progress?upload_id={name}").status == 404
    assert megabytes(server) - before < MOST_MEGABYTES


def begun(stack: ExitStack, server: Server, visitor: str, size: int) -> socket.socket:
    """An upload of which no byte of the file has come yet."""
    place = urlsplit(server.url)
    connection = stack.enter_context(socket.create_connection((place.hostname, place.port), 30))
    head = (
        f"POST /gradio_api/upload HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: {visitor}\r\n"
        f"Content-Type: multipart/form-data; boundary={EDGE}\r\n"
        f"Content-Length: {len(HEAD) + size + len(TAIL)}\r\n\r\n"
    )
    connection.sendall(head.encode() + HEAD)
    return connection


@ONE_WAY
def test_who_has_many_uploads_ends_nobody_elses(server: Server):
    """Not the slowest either; and who is ended learns why."""
    with ExitStack() as stack:
        honest = begun(stack, server, "5.6.7.8", 20_000)
        others = []
        for _ in range(20):
            honest.sendall(b"x" * 1_000)
            for _ in range(3):
                others.append(begun(stack, server, "1.2.3.4", 2_000_000))
                others[-1].sendall(b"x" * 200_000)
            time.sleep(0.1)
        honest.sendall(TAIL)
        answer = honest.recv(10_000)
        assert answer.startswith(b"HTTP/1.1 200"), answer
        ended: list[socket.socket] = []
        until = time.monotonic() + 20
        while len(ended) < len(others) - UPLOADS_AT_ONCE and time.monotonic() < until:
            time.sleep(0.1)
            ended = select.select(others, [], [], 0)[0]
        assert len(ended) >= len(others) - UPLOADS_AT_ONCE
        answers = [connection.recv(10_000) for connection in ended]
        assert all(each.startswith(b"HTTP/1.1 503") and BUSY.encode() in each for each in answers)


@ONE_WAY
@pytest.mark.slow
def test_who_fills_the_folder_refuses_nobody_else(server: Server):
    """Half of the room for uploads is one address's at most; what others save has its own."""
    block = os.urandom(1_000) * (LARGE // 1_000)

    def send(_: int) -> Answer:
        return server.upload("a.mid", block + os.urandom(8), visitor="1.2.3.4")

    with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:  # none is counted before it has come
        answers = list(pool.map(send, range(90)))
    refused = [answer for answer in answers if answer.status != 200]
    assert refused and {answer.status for answer in refused} == {503}
    assert {answer.json()["error"] for answer in refused} == {BUSY}
    content = midi.dump(tiny.piece(tiny.bars(2)))
    for number in range(3):
        (path,) = server.upload(f"{number}.mid", content, visitor="5.6.7.8").json()
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    answer = server.run("upload", file)
    piece = json.loads(answer.json()["data"][0]["props"]["piece"])
    saved = server.run("save", edit_json(piece, kind="midi", scope="piece")).json()["data"]
    assert saved[0], saved
