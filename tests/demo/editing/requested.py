"""What the page asks for, and its answers read back."""

from __future__ import annotations

import base64
import io
import pickle
from dataclasses import replace

import numpy as np
import soundfile

from demo.editing.opening import open_example
from demo.editing.piece_session import PieceSession

CLOSED = 4  # a silent segment of `with_a_rest`


def ask(first: int = 0, last: int = 1, **values) -> dict:
    return {"number": 7, "first": first, "last": last, "original": True, **values}


def whole_piece_request(session: PieceSession, **values) -> dict:
    """A request for all segments of a piece."""
    return ask(0, len(session.segments) - 1, **values)


def elsewhere(session: PieceSession) -> PieceSession:
    """The same session as another process gets it, with empty caches."""
    copy = pickle.loads(pickle.dumps(session))
    return PieceSession(copy.piece, copy.id)


def decoded(message: dict) -> tuple[np.ndarray, int]:
    data = base64.b64decode(message["data"])
    return soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)


def with_a_rest() -> PieceSession:
    """The rag with nothing played in a segment."""
    piece = open_example("rag").piece
    begin, end = 4.0 * CLOSED, 4.0 * CLOSED + 4
    notes = piece.notes[(piece.notes.onset < begin - 0.1) | (piece.notes.onset >= end - 0.1)]
    early = notes.onset < begin
    notes = replace(notes, offset=np.where(early, np.minimum(notes.offset, begin), notes.offset))
    return PieceSession(replace(piece, notes=notes, original=None))
