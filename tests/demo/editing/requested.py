"""What the page asks for, and its answers read back."""

from __future__ import annotations

import base64
import io
import pickle

import numpy as np
import soundfile

from demo.editing.piece_session import PieceSession


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
