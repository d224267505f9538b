"""An upload while it comes in: how long, how slowly and how much it may."""

from __future__ import annotations

import asyncio
import time

from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

SLOWEST = 2_000  # bytes a second that an upload must make; a poor telephone makes ten times that
STALLED = 10.0  # seconds without a byte after which an upload is given up
LONGEST_UPLOAD = 120.0  # seconds that an upload may take: 20 MB at 1.4 Mbit/s
MOST_BORDERS = 4  # between the parts of an upload, which has one file, and at its end


class Upload:
    """An upload that is coming in, ended when it takes too long, too slowly or too much."""

    def __init__(self, receive: Receive, largest: int, boundary: bytes) -> None:
        self.receive, self.largest, self.boundary = receive, largest, boundary
        self.borders, self._end = 0, b""
        self.taken, self.began = 0, time.monotonic()
        self.given_up = asyncio.Event()

    def rate(self) -> float:
        """Bytes a second, those of the first seconds taken for many."""
        return (self.taken + SLOWEST * STALLED) / (time.monotonic() - self.began + 0.1)

    async def message(self) -> Message:
        """The next part of the body; that the sender has gone when the upload is ended."""
        late = time.monotonic() - self.began
        if late > LONGEST_UPLOAD or (late > STALLED and self.taken < SLOWEST * late):
            return {"type": "http.disconnect"}
        coming = asyncio.ensure_future(self.receive())
        ending = asyncio.ensure_future(self.given_up.wait())
        try:
            await asyncio.wait(
                {coming, ending}, timeout=STALLED, return_when=asyncio.FIRST_COMPLETED
            )
            if not coming.done():
                return {"type": "http.disconnect"}
            message = coming.result()
        finally:
            coming.cancel()
            ending.cancel()
        body = message.get("body", b"")
        self.taken += len(body)
        if self.taken > self.largest:  # nothing was announced, and it does not end
            return {"type": "http.disconnect"}
        if self._count_borders(body) > MOST_BORDERS:  # Gradio opens a file for every part
            return {"type": "http.disconnect"}
        return message

    def _count_borders(self, body: bytes) -> int:
        """Borders of parts that have come, those across two messages included."""
        if self.boundary:
            seen = self._end + body
            self.borders += seen.count(self.boundary)
            self._end = seen[-(len(self.boundary) - 1) :] if len(self.boundary) > 1 else b""
        return self.borders


def boundary(scope: Scope) -> bytes:
    """What separates the parts of an upload; empty if it is none."""
    _, options = parse_options_header(Headers(scope=scope).get("content-type", ""))
    found = options.get(b"boundary", b"")
    return b"--" + found if found else b""
