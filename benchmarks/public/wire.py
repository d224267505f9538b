"""A connection to a server with little work: what a client that times others can afford."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

LOCAL = "127.0.0.1"


class Wire:
    """A connection that is kept: HTTP/1.1 with little work, for clients that time others.

    Parameters
    ----------
    port : int
        Of this machine.
    source : str
        The address to connect from.
    """

    def __init__(self, port: int, source: str = LOCAL) -> None:
        self.port, self.source = port, source
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(
        self, method: str, path: str, body: bytes = b"", kind: str = ""
    ) -> asyncio.StreamReader:
        """Send a request; its answer comes by the stream."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(
                LOCAL, self.port, local_addr=(self.source, 0)
            )
        reader, writer = self._streams
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}"]
        if method == "POST":
            lines += [f"Content-Type: {kind or 'application/json'}", f"Content-Length: {len(body)}"]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await writer.drain()
        return reader

    async def ask(
        self, method: str, path: str, body: bytes = b"", kind: str = ""
    ) -> tuple[int, bytes]:
        """Send a request and wait for its answer: status and body.

        Raises
        ------
        OSError, EOFError
            If the connection ends.
        """
        try:
            reader = await self.send(method, path, body, kind)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
            if length:
                data = await reader.readexactly(int(length))
            else:
                data = b"".join([part async for part in _parts(reader)])
            return int(head[9:12]), data
        except BaseException:  # what comes next would not be the next answer
            self.close()
            raise

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
        self._streams = None


async def _parts(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """The chunks of an answer without a length."""
    while size := int(await reader.readline(), 16):
        yield await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
