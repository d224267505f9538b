"""What the server and its workers send each other: pickled objects over pipes."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:  # a worker answers to signals before it loads anything large
    from demo.editing.piece_session import PieceSession

LENGTH = struct.Struct(">Q")  # of the pickle that follows, in bytes


@dataclass(frozen=True)
class Request:
    """One piece of work.

    Attributes
    ----------
    number : int
        Comes back in each `Reply`.
    task : str
        One of `demo.compute.worker`'s.
    session_id : str or None
        The piece that the task is about.
    session : PieceSession or None
        That piece itself, for a worker that does not know it.
    arguments : tuple
        The task's further arguments, plain data.
    """

    number: int
    task: str
    session_id: str | None
    session: PieceSession | None
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Stop:
    """The message that nobody waits for the request with this number any more."""

    number: int


@dataclass(frozen=True)
class Forget:
    """The pieces with these ids were closed."""

    session_ids: Sequence[str]


class ReplyKind(StrEnum):
    """What a `Reply` says."""

    READY = "ready"  # the model is loaded
    PROGRESS = "progress"  # value: how many segments or samples are done, and how many there are
    RESULT = "result"  # value: the result
    REFUSED = "refused"  # value: a sentence for the visitor
    FAILED = "failed"  # value: type and place of the error, for the log
    UNKNOWN = "unknown"  # send the request again, with its `session`
    STOPPED = "stopped"


@dataclass(frozen=True)
class Reply:
    """What a worker answers to the request with the same number."""

    number: int
    kind: ReplyKind
    value: Any = None


def write(pipe: IO[bytes], message: Request | Stop | Forget | Reply) -> None:
    """Send a message; raises OSError if nobody reads any more."""
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.write(LENGTH.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def read(pipe: IO[bytes]) -> Any:
    """The next message; raises EOFError if nobody writes any more."""
    return pickle.loads(_exactly(pipe, LENGTH.unpack(_exactly(pipe, LENGTH.size))[0]))


def _exactly(pipe: IO[bytes], length: int) -> bytes:
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError
    return data
