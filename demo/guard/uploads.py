"""Uploads while they come in: how many at once, the time of each, its slowest rate and its size."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

# Bytes a second that an upload must make; a poor telephone makes ten times that.
SLOWEST_RATE = 2_000
STALL_SECONDS = 10.0  # seconds without a byte after which an upload is given up
UPLOAD_SECONDS = 120.0  # seconds that an upload may take: 20 MB at 1.4 Mbit/s
UPLOADS_AT_ONCE = 32
BOUNDARIES = 4  # at most, in the body of an upload: it has one file


class IncomingUploads:
    """Uploads that are coming in; of too many, the slowest of whoever has the most is given up.

    So a few slow senders do not keep all others out, and one with many loses only own ones.
    """

    def __init__(self) -> None:
        self.coming: list[Upload] = []

    @contextmanager
    def among(self, upload: Upload) -> Iterator[None]:
        """While an upload comes in."""
        going_on = [each for each in self.coming if not each.given_up.is_set()]
        if len(going_on) >= UPLOADS_AT_ONCE:
            counts = Counter(each.visitor for each in [*going_on, upload])
            most = max(counts[each.visitor] for each in going_on)
            mine = (each for each in going_on if counts[each.visitor] == most)
            min(mine, key=Upload.rate).given_up.set()
        self.coming.append(upload)
        try:
            yield
        finally:
            self.coming.remove(upload)


class Upload:
    """An upload that is coming in, ended when it takes too long, too slowly or too much."""

    def __init__(
        self, receive: Receive, largest: int, boundary: bytes, visitor: Hashable = None
    ) -> None:
        self.visitor = visitor
        self.receive, self.largest, self.boundary = receive, largest, boundary
        self.boundaries, self._end = 0, b""
        self.received, self.began = 0, time.monotonic()
        self.given_up = asyncio.Event()

    def rate(self) -> float:
        """Bytes a second; an upload that has just begun counts as a quick one."""
        return (self.received + SLOWEST_RATE * STALL_SECONDS) / (
            time.monotonic() - self.began + 0.1
        )

    async def message(self) -> Message:
        """The next part of the body; a disconnect when the upload is ended."""
        late = time.monotonic() - self.began
        if late > UPLOAD_SECONDS or (late > STALL_SECONDS and self.received < SLOWEST_RATE * late):
            return {"type": "http.disconnect"}
        coming = asyncio.ensure_future(self.receive())
        ending = asyncio.ensure_future(self.given_up.wait())
        try:
            await asyncio.wait(
                {coming, ending}, timeout=STALL_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if not coming.done():
                return {"type": "http.disconnect"}
            message = coming.result()
        finally:
            coming.cancel()
            ending.cancel()
        body = message.get("body", b"")
        self.received += len(body)
        if self.received > self.largest:  # nothing was announced, and it does not end
            return {"type": "http.disconnect"}
        if self._count_boundaries(body) > BOUNDARIES:  # Gradio opens a file for every part
            return {"type": "http.disconnect"}
        return message

    def _count_boundaries(self, body: bytes) -> int:
        """Boundaries that have come, those that two messages share included."""
        if self.boundary:
            # The end of the message before may hold the beginning of a boundary.
            unseen = self._end + body
            self.boundaries += unseen.count(self.boundary)
            self._end = unseen[-(len(self.boundary) - 1) :] if len(self.boundary) > 1 else b""
        return self.boundaries


def boundary(scope: Scope) -> bytes:
    """What separates the parts of an upload; empty if it is none."""
    _, options = parse_options_header(Headers(scope=scope).get("content-type", ""))
    value = options.get(b"boundary", b"")
    return b"--" + value if value else b""
