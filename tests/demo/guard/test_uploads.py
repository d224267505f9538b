"""Uploads at the gate: bounded, in time, one file each."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import pytest
from starlette.requests import Request

from demo.guard import uploads
from demo.guard.refusals import BUSY
from demo.guard.uploads import UPLOADS_AT_ONCE, IncomingUploads, Upload
from tests.demo.guard.gates import ask, run


def test_uploads_are_bounded_announced_or_not(gate, behind):
    path = "/gradio_api/upload"
    announced = [(b"content-length", b"999999")]
    assert run(gate, "POST", path, b"x" * 99, headers=announced)[0] == 413
    assert run(gate, "POST", path, headers=[(b"content-length", b"-1")])[0] == 413
    assert behind.scopes == []
    endless = [{"type": "http.request", "body": b"x" * 9000, "more_body": True}] * 20
    run(gate, "POST", path, messages=endless)
    assert len(behind.bodies[0]) <= gate.largest_upload


@pytest.mark.parametrize(
    ("kind", "boundary"),
    [
        (b"multipart/form-data; boundary=x", b"--x"),
        (b"multipart/form-data", b""),
        (b"text/plain", b""),
        (None, b""),
    ],
)
def test_what_separates_the_parts_is_what_the_upload_says(kind, boundary):
    headers = [] if kind is None else [(b"content-type", kind)]
    assert uploads.boundary({"type": "http", "headers": headers}) == boundary


def test_an_upload_that_stalls_is_given_up(gate, behind, monkeypatch):
    monkeypatch.setattr(uploads, "STALL_SECONDS", 0.05)
    part = [{"type": "http.request", "body": b"x", "more_body": True}]
    run(gate, "POST", "/gradio_api/upload", messages=part)
    assert behind.bodies == [b"x"] and gate._uploads.coming == []


def test_an_upload_that_drips_is_given_up(gate, behind, monkeypatch):
    monkeypatch.setattr(uploads, "STALL_SECONDS", 0.1)
    monkeypatch.setattr(uploads, "SLOWEST_RATE", 1e9)

    async def drip():
        message = {"type": "http.request", "body": b"x", "more_body": True}
        scope = {
            "type": "http", "method": "POST", "path": "/gradio_api/upload", "query_string": b"",
            "headers": [], "root_path": "",
        }  # fmt: skip

        async def receive():
            await asyncio.sleep(0.02)
            return message

        async def send(message):
            pass

        await asyncio.wait_for(gate(scope, receive, send), 5)

    asyncio.run(drip())
    assert 1 <= len(behind.bodies[0]) < 20 and gate._uploads.coming == []


def test_the_slowest_upload_makes_room_and_none_comes_when_there_is_none(gate, behind, monkeypatch):
    """A few slow uploads do not keep others out, and quick uploads are not ended."""
    monkeypatch.setattr(uploads, "SLOWEST_RATE", 0)
    scope = {
        "type": "http", "method": "POST", "path": "/gradio_api/upload", "query_string": b"",
        "headers": [], "root_path": "",
    }  # fmt: skip

    async def crowd():
        async def receive(wait):
            await asyncio.sleep(wait)
            return {"type": "http.request", "body": b"x", "more_body": True}

        async def send(message):
            pass

        async def upload(wait):
            await gate(scope, lambda: receive(wait), send)

        quick = [asyncio.ensure_future(upload(0.01)) for _ in range(UPLOADS_AT_ONCE - 1)]
        slow = asyncio.ensure_future(upload(0.5))
        await asyncio.sleep(0.7)
        path = "/gradio_api/upload"
        assert (await ask(gate, "POST", path))[0] == 200
        await asyncio.wait_for(slow, 5)
        assert not any(task.done() for task in quick)
        gate.is_full = lambda visitor: True
        assert (await ask(gate, "POST", path))[0] == 503
        for task in quick:
            task.cancel()
        await asyncio.gather(*quick, return_exceptions=True)

    asyncio.run(crowd())


def test_who_has_most_uploads_loses_own_ones():
    """However fast these are, and however slow another's is."""
    coming, upload = IncomingUploads(), lambda visitor: Upload(None, 10, b"", visitor)
    with ExitStack() as stack:
        other = upload("other")
        other.began -= 50
        own = [upload("many") for _ in range(UPLOADS_AT_ONCE + 3)]
        for number, each in enumerate(own):
            each.received = 1_000_000 * (1 + number)
            each.began -= 10
        for each in (other, *own):
            stack.enter_context(coming.among(each))
        newcomer = stack.enter_context(coming.among(upload("newcomer")))
        assert not other.given_up.is_set() and newcomer is None
        assert [each.given_up.is_set() for each in own] == [True] * 5 + [False] * 30
    assert coming.coming == []


def test_an_upload_that_made_room_gets_the_reason(gate, behind):
    async def given_up():
        async def receive():
            await asyncio.sleep(60)

        messages = []
        scope = {
            "type": "http", "method": "POST", "path": "/gradio_api/upload", "query_string": b"",
            "headers": [], "root_path": "",
        }  # fmt: skip

        async def send(message):
            messages.append(message)

        async def reads(scope, receive, send):
            await Request(scope, receive).body()

        gate.app = reads
        task = asyncio.ensure_future(gate(scope, receive, send))
        await asyncio.sleep(0.05)
        gate._uploads.coming[0].given_up.set()
        await asyncio.wait_for(task, 5)
        return messages

    start, body = asyncio.run(given_up())
    assert start["status"] == 503 and BUSY.encode() in body["body"]


def test_no_name_of_an_upload_reaches_gradio(gate, behind):
    """It would keep each for good."""
    assert run(gate, "POST", "/gradio_api/upload", query=b"upload_id=a")[0] == 200
    assert behind.scopes[0]["query_string"] == b""
    assert run(gate, "GET", "/gradio_api/upload_progress", query=b"upload_id=a")[0] == 404


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_an_upload_holds_one_file(gate, behind, size):
    """Gradio opens a file for every part; a thousand of them would leave nobody a descriptor."""
    head = [(b"content-type", b'multipart/form-data; boundary="edge"')]
    path = "/gradio_api/upload"
    part = b"--edge\r\nContent-Disposition: form-data\r\n\r\nx\r\n"

    def messages_of(parts: int) -> list[dict]:
        body = part * parts + b"--edge--\r\n"
        cut = [body[start : start + size] for start in range(0, len(body), size)]
        return [
            {"type": "http.request", "body": piece, "more_body": number < len(cut) - 1}
            for number, piece in enumerate(cut)
        ]

    assert run(gate, "POST", path, headers=head, messages=messages_of(1))[0] == 200
    assert behind.bodies[-1] == part + b"--edge--\r\n"
    run(gate, "POST", path, headers=head, messages=messages_of(9))
    assert behind.bodies[-1].count(b"--edge") <= 4
