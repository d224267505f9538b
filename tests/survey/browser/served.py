"""An application served from a thread of this process."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

START = 20.0  # seconds


@contextmanager
def served(app: ASGIApp, listener: socket.socket) -> Iterator[None]:
    """Serve at a socket that listens, which is closed at the end."""
    config = uvicorn.Config(
        app, log_level="error", proxy_headers=False, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    until = time.monotonic() + START
    while not server.started:
        assert thread.is_alive() and time.monotonic() < until, "the survey does not start"
        time.sleep(0.02)
    yield
    server.should_exit = True
    thread.join(START)
    listener.close()
