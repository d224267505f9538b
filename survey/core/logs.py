"""What the server writes down: one line an event, without values of requests.

To the standard error stream, or to the file that FADERNETS_LOG names, which is put away when it is
full. No request is logged: addresses of the listening test hold tokens, and visitors have
addresses. Of an exception only its type and place are written, since its text may repeat what
somebody sent.
"""

from __future__ import annotations

import asyncio
import logging
import logging.handlers
import os
import traceback
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import cast

FILE_BYTES = 5_000_000  # of a log file, at most
OLDER_FILES = 3  # kept beside it


class Private(logging.handlers.RotatingFileHandler):
    """A file that is put away when it is full; a new one is closed to other users."""

    def _open(self) -> TextIOWrapper:
        file = open(
            self.baseFilename,
            self.mode,
            encoding=self.encoding,
            errors=self.errors,
            opener=lambda path, flags: os.open(path, flags, 0o600),
        )
        return cast(TextIOWrapper, file)


# Messages of uvicorn and asyncio that strangers can cause at will: broken requests, pages that are
# open when the server stops, a server without free descriptors (logged again and again).
NO_NEWS = (
    "Cancel %s running task",
    "Invalid HTTP request received",
    "Unsupported upgrade request",
    "No supported WebSocket library",
    "socket.accept() out of system resource",
)


def is_news(record: logging.LogRecord) -> bool:
    """Whether the person who runs the server should see a record."""
    cancelled = record.exc_info and record.exc_info[0] is asyncio.CancelledError
    return not (cancelled or str(record.msg).startswith(NO_NEWS))


class OneLine(logging.Formatter):
    """A record as one line; an exception as its type and the place that raised it."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatException(
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        """As the base class, without values and without a traceback."""
        return without_values(ei[1]) if ei[1] else "error"

    def format(self, record: logging.LogRecord) -> str:
        """As the base class, on one line."""
        return super().format(record).replace("\r", " ").replace("\n", " | ")


def without_values(error: BaseException) -> str:
    """The type of an exception and where it was raised, for instance "KeyError at app.py:12"."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"


def set_up() -> None:
    """Have everything that is logged written as `OneLine` writes it, warnings and worse.

    Raises
    ------
    ValueError
        If the file that FADERNETS_LOG names cannot be written; one sentence.
    """
    name = os.environ.get("FADERNETS_LOG")
    handler: logging.Handler = logging.StreamHandler()
    if name:
        try:
            handler = Private(name, maxBytes=FILE_BYTES, backupCount=OLDER_FILES, encoding="utf-8")
        except OSError as error:
            reason = (error.strerror or "it cannot be written").lower()
            raise ValueError(f"FADERNETS_LOG cannot be used: {reason}") from error
    handler.setFormatter(OneLine())
    handler.addFilter(is_news)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    # What it says of a broken upload are bytes of the request; the sender is told by the gate.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    logging.getLogger("uvicorn.access").handlers[:] = [logging.NullHandler()]
    logging.getLogger("uvicorn.access").propagate = False
