"""What strangers' connections may hold of a server: nobody keeps others out by opening many.

A process may open so many files and connections, often 1,024; uvicorn takes connections until
there are no more, and waits without an end for the request of each, and until its answer is read.
"""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import os
import socket
from collections import Counter
from collections.abc import Hashable
from typing import Any

import h11
from h11._connection import DEFAULT_MAX_INCOMPLETE_EVENT_SIZE  # as uvicorn does
from uvicorn.protocols.http.h11_impl import H11Protocol

try:
    import resource
except ImportError:  # Windows, where sockets do not count as files
    resource = None  # type: ignore[assignment]

MOST_CONNECTIONS = 2_000  # 30 kB each
FILES_WANTED = 4_096
OTHER_FILES = 350  # of a process: the database, files, pipes, connections that are being taken
FEWEST_CONNECTIONS = 50
MOST_BUSY = 3 / 4  # of the connections: the others are for those that have not asked yet
ENDED_AT_ONCE = 1 / 40  # of the connections: to look through all for each new one takes too long
TAKEN_AT_ONCE = 64  # that wait to be taken, before others are ended for them
MOST_UNREAD_BYTES = 150_000_000  # of answers: a large piece has 3 MB
IPV6_BITS = 72  # of an address, which one home may choose: providers give it a /56 (RIPE-690)
SENT_RATE = 2_000  # bytes a second: who sends fewer seems to send nothing for part of the time
FIRST_SECONDS = 2.0  # after a reader falls behind: until then it counts as reading
FIRST_RATE = 10_000  # bytes a second
FREE_CHUNKS = 1_000  # of a body, of any size
LEAST_CHUNK_BYTES = 64  # of those beyond, on average: 1 MB in chunks of a byte takes a second
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


def port_number(text: str) -> int:
    """A port as a command line or a variable names it; 0 is one that is free."""
    if not (text.isascii() and text.isdigit() and int(text) < 2**16):
        raise argparse.ArgumentTypeError(f"{text!r} is no port, which is a number up to 65535")
    return int(text)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens at an address of this machine.

    Raises
    ------
    ValueError
        If that cannot be, with a sentence that says why.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except UnicodeError:
        reason = "that is no name of a host"
    except OSError as error:  # those of looking a name up have numbers of their own
        number = error.errno or 0
        reason = os.strerror(number) if number > 0 else "there is no such host"
    raise ValueError(f"cannot use {host}, port {port}: {reason}")


def local_address(host: str, port: int) -> str:
    """Where this machine's own programs reach a server that listens at a host."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def place(host: str) -> Hashable:
    """What one stranger has of addresses: one of IPv4, a /56 of IPv6; what is none is itself."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return address
    return address.ipv4_mapped or int(address) >> IPV6_BITS


class Requests(h11.Connection):
    """What comes in by a connection, read by h11; a body in very small chunks is none."""

    chunks = 0
    body_bytes = 0

    def next_event(self) -> Any:
        """As h11's; raises `h11.RemoteProtocolError` for a body in too many chunks, too."""
        event = super().next_event()
        if isinstance(event, h11.Request):
            self.chunks = self.body_bytes = 0
        elif isinstance(event, h11.Data):
            self.chunks += event.chunk_start
            self.body_bytes += len(event.data)
            if self.body_bytes < (self.chunks - FREE_CHUNKS) * LEAST_CHUNK_BYTES:
                raise h11.RemoteProtocolError("The chunks of the body are too small.")
        return event


class Connection(H11Protocol):
    """A connection as uvicorn has it, which ends others where all hold too much.

    Where there are too many, those are of the address that has the most; behind a proxy all have
    one. Of these the ones that have waited longest for a request are ended; where three quarters
    have one, those that have had it longest. Where too much of answers is not read, it
    is the one that is read slowest.

    Attributes
    ----------
    place : hashable
        Whose it is.
    since : float
        When it was opened, its last request came, or its last answer ended, in seconds of the
        loop's clock; later by the seconds that what came since would take at `SENT_RATE`.
    unread_since : float or None
        When its reader fell behind.
    unread : int
        Bytes that waited for the reader then.
    """

    connections: set[Connection]  # type: ignore[assignment]
    place: Hashable = None
    since = 0.0
    unread_since: float | None = None
    unread = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        most = self.config.h11_max_incomplete_event_size
        self.conn = Requests(h11.SERVER, most or DEFAULT_MAX_INCOMPLETE_EVENT_SIZE)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.place = self.client and place(self.client[0])
        self.since = self.loop.time()
        if (own := transport.get_extra_info("socket")) is not None:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
            if own.family in (socket.AF_INET, socket.AF_INET6):
                # asyncio does so only where the listener was made with TCP's number. Else an
                # answer's body waits 40 ms for its head to be confirmed.
                own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        self._make_room()

    def data_received(self, data: bytes) -> None:
        """As uvicorn's."""
        before, was_asking = self.cycle, self.is_asking
        super().data_received(data)
        now = self.loop.time()
        has_asked = self.cycle is not before and not was_asking
        # A byte now and then is no privilege.
        self.since = now if has_asked else min(now, self.since + len(data) / SENT_RATE)

    def send_400_response(self, msg: str) -> None:
        """As uvicorn's, which fails where an answer has begun; that one ends here."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.transport.close()

    def on_response_complete(self) -> None:
        """As uvicorn's."""
        self.since = self.loop.time()
        super().on_response_complete()

    @property
    def is_asking(self) -> bool:
        """Whether a request was read that is not answered."""
        return self.cycle is not None and not self.cycle.response_complete

    @property
    def is_busy(self) -> bool:
        """Whether a request was read that is not answered, or an answer is not read."""
        return self.is_asking or self.unread_since is not None

    def end(self) -> None:
        """Hang up at once: to close in order would wait for the reader."""
        self.connections.discard(self)
        self.transport.abort()

    def pause_writing(self) -> None:
        """As uvicorn's; the answers that are read slowest make room."""
        super().pause_writing()
        now = self.loop.time()
        self.unread_since, self.unread = now, self.transport.get_write_buffer_size()
        behind = [each for each in self.connections if each.unread_since is not None]
        unread = sum(each.transport.get_write_buffer_size() for each in behind)
        if unread <= MOST_UNREAD_BYTES:
            return
        behind.sort(key=lambda each: (each.read_rate(now), -each.unread, each.unread_since))
        for each in behind:
            if unread <= MOST_UNREAD_BYTES:
                break
            unread -= each.transport.get_write_buffer_size()
            each.end()

    def read_rate(self, now: float) -> float:
        """Bytes a second that were read since the reader fell behind; some at first."""
        seconds = 0.0 if self.unread_since is None else now - self.unread_since
        read: int = self.unread - self.transport.get_write_buffer_size()
        return max(read / max(seconds, 1e-3), FIRST_RATE if seconds < FIRST_SECONDS else 0.0)

    def resume_writing(self) -> None:
        """As uvicorn's."""
        self.unread_since = None
        super().resume_writing()

    def _make_room(self) -> None:
        most = most_connections()
        # All that take memory count: those, too, that uvicorn closes when they have been read.
        if len(self.connections) <= most:
            return
        excess = len(self.connections) - most + int(most * ENDED_AT_ONCE)
        busy = {each for each in self.connections if each.is_busy}
        busy_first = len(busy) > most * MOST_BUSY
        others = [each for each in self.connections if each is not self]
        others.sort(key=lambda each: ((each in busy) != busy_first, each.since))
        held = Counter(each.place for each in self.connections)
        # How many its address would still have, with it, without those before it.
        ranks: list[tuple[int, int, Connection]] = []
        for each in others:
            ranks.append((-held[each.place], len(ranks), each))
            held[each.place] -= 1
        for _, _, each in sorted(ranks)[:excess]:
            each.end()


# Of uvicorn, which otherwise takes 2,048 connections at a time, and does not count websockets.
LIMITS: dict[str, Any] = {"http": Connection, "ws": "none", "backlog": TAKEN_AT_ONCE}
