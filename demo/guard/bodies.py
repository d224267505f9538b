"""Bodies of requests: read within a bound, put in anew, answered only while somebody waits."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send


async def body_of(receive: Receive, limit: int, keep: bool = True) -> bytes | None:
    """A request's body; None if it is longer than `limit` bytes or the sender has gone."""
    body, received = b"", 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        received += len(message.get("body", b""))
        if received > limit:
            return None
        if keep:
            body += message.get("body", b"")
        if not message.get("more_body"):
            return body


def with_length(scope: Scope, length: int) -> list[tuple[bytes, bytes]]:
    """The headers of a request whose body is JSON of so many bytes."""
    dropped = (b"content-length", b"content-type", b"transfer-encoding", b"content-encoding")
    others = [(name, value) for name, value in scope["headers"] if name not in dropped]
    return [
        *others,
        (b"content-length", str(length).encode()),
        (b"content-type", b"application/json"),
    ]


async def while_awaited(
    app: ASGIApp, scope: Scope, body: bytes, receive: Receive, send: Send
) -> None:
    """Answer a request; cancel the work when the sender hangs up."""
    was_read = False

    async def once() -> Message:
        nonlocal was_read
        if not was_read:
            was_read = True
            return {"type": "http.request", "body": body, "more_body": False}
        await departure.wait()
        return {"type": "http.disconnect"}

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        departure.set()

    departure = asyncio.Event()
    watching = asyncio.ensure_future(watch())
    answering = asyncio.ensure_future(app(scope, once, send))
    try:
        await asyncio.wait({watching, answering}, return_when=asyncio.FIRST_COMPLETED)
        if answering.done():
            answering.result()  # raises what it raised
    finally:
        # The visitor may have gone, or the server may stop: neither task outlives the request.
        watching.cancel()
        answering.cancel()
        await asyncio.gather(watching, answering, return_exceptions=True)
