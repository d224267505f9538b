"""What strangers' connections may hold of a server: nobody keeps others out by opening many.

A process may open so many files and connections, often 1,024; uvicorn takes connections until
there are no more, and waits without an end for the request of each, and until its answer is read.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

try:
    import resource
except ImportError:  # Windows, where sockets do not count as files
    resource = None  # type: ignore[assignment]

MOST_CONNECTIONS = 2_000  # 30 kB each
FILES_WANTED = 4_096
OTHER_FILES = 250  # of a process: the database, files that are read and written, pipes
FEWEST_CONNECTIONS = 50
ENDED_AT_ONCE = 5  # for a new one, at most
MOST_UNREAD_BYTES = 150_000_000  # of answers: a large piece has 3 MB
SEND_BUFFER_BYTES = 128 * 1024  # of a connection, beside; else the system's take 4 MB


def allow_files() -> None:
    """Have the system allow this process enough files, as far as it may ask for that."""
    if resource is not None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY and soft < FILES_WANTED:
            most = hard if hard != resource.RLIM_INFINITY else FILES_WANTED
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES_WANTED, most), hard))


def most_connections() -> int:
    """How many connections may be open at once."""
    if resource is None:
        return MOST_CONNECTIONS
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return max(FEWEST_CONNECTIONS, min(MOST_CONNECTIONS, files - OTHER_FILES))


class Connection(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """A connection as uvicorn has it, which ends others where all hold too much.

    Where there are too many, that is the one that has waited longest for a request; where all have
    one, the oldest. Where too much of answers is not read, it is the one that reads none longest.

    Attributes
    ----------
    since : float
        When it was opened, or its last answer ended, in seconds of the loop's clock.
    unread_since : float or None
        When its reader fell behind.
    """

    since = 0.0
    unread_since: float | None = None
    is_ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.since = self.loop.time()
        if (own := transport.get_extra_info("socket")) is not None:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        self._make_room()

    def on_response_complete(self) -> None:
        """As uvicorn's."""
        self.since = self.loop.time()
        super().on_response_complete()

    @property
    def is_busy(self) -> bool:
        """Whether a request was read that is not answered, or an answer is not read."""
        is_asking = self.cycle is not None and not self.cycle.response_complete
        return is_asking or self.unread_since is not None

    def end(self) -> None:
        """Hang up at once: to close in order would wait for the reader."""
        self.is_ended = True
        self.transport.abort()

    def pause_writing(self) -> None:
        """As uvicorn's; the answers that wait longest for their readers make room."""
        super().pause_writing()
        self.unread_since = self.loop.time()
        behind = [each for each in self._held() if each.unread_since is not None]
        unread = sum(each.transport.get_write_buffer_size() for each in behind)
        for each in sorted(behind, key=lambda each: each.unread_since):
            if unread <= MOST_UNREAD_BYTES:
                break
            unread -= each.transport.get_write_buffer_size()
            each.end()

    def resume_writing(self) -> None:
        """As uvicorn's."""
        self.unread_since = None
        super().resume_writing()

    def _make_room(self) -> None:
        held = self._held()
        excess = len(held) - most_connections()
        if excess > 0:
            others = [each for each in held if each is not self]
            others.sort(key=lambda each: (each.is_busy, each.since))
            for other in others[: min(excess, ENDED_AT_ONCE)]:
                other.end()

    def _held(self) -> list[Any]:
        """All that take memory: those, too, that uvicorn closes as soon as they have been read."""
        return [each for each in self.connections if not each.is_ended]
