"""An application behind the gate that records its requests, and ways to ask it."""

from __future__ import annotations

import asyncio

from demo.guard.refusals import note_status


class Behind:
    """An application that records requests, and answers them unless a test holds it."""

    def __init__(self) -> None:
        self.scopes: list[dict] = []
        self.bodies: list[bytes] = []
        self.cancelled = 0
        self.hold: asyncio.Event | None = None
        self.error: Exception | None = None
        self.status = 200
        self.refusals: list[int] = []  # statuses noted, one a request; Gradio's own is 500

    async def __call__(self, scope, receive, send):
        self.scopes.append(scope)
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.bodies.append(body)
        if self.error is not None:
            raise self.error
        if self.hold is not None:
            try:
                await self.hold.wait()
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
        status = self.status
        if self.refusals:
            note_status(self.refusals.pop(0))
            status = 500
            await asyncio.sleep(0)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})


async def ask(gate, method, path, body=b"", *, headers=(), query=b"", root="", messages=None):
    """Status and body of an answer."""
    scope = {
        "type": "http", "method": method, "path": root + path, "query_string": query,
        "headers": list(headers), "root_path": root,
    }  # fmt: skip
    messages_sent = []
    queue = asyncio.Queue()
    for message in messages or [{"type": "http.request", "body": body, "more_body": False}]:
        queue.put_nowait(message)

    async def send(message):
        messages_sent.append(message)

    await gate(scope, queue.get, send)
    starts = [m["status"] for m in messages_sent if m["type"] == "http.response.start"]
    return starts[0] if starts else None, b"".join(m.get("body", b"") for m in messages_sent[1:])


def run(*arguments, **options):
    return asyncio.run(ask(*arguments, **options))


EVENT = {"data": ["x"], "fn_index": 1, "session_hash": "abc"}
