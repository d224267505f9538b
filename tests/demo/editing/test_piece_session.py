"""A part of a piece keeps its time and its pedal."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from demo.editing import service
from demo.editing.piece_session import excerpt


def test_what_another_process_gets_is_small_and_the_same(session):
    small = len(pickle.dumps(session))
    service.piece_message(session)
    session.peak = (0, 1), 0.5
    data = pickle.dumps(session)
    assert len(data) < small + 10  # nothing that it works out anew
    copy = pickle.loads(data)
    assert copy.peak is None and "segments" not in copy.__dict__
    assert service.piece_message(copy) == service.piece_message(session)


def test_excerpt_keeps_time(session):
    piece = replace(session.piece, tempo=np.array([[0.0, 60.0], [6.0, 120.0], [20.0, 90.0]]))
    part = excerpt(piece, 4.0, 12.0)
    assert part.tempo.tolist() == [[0.0, 60.0], [2.0, 120.0]]
    assert part.duration == pytest.approx(piece.seconds(12.0) - piece.seconds(4.0))
    inside = (piece.notes.onset >= 4.0) & (piece.notes.onset < 12.0)
    assert part.notes.pitch.tolist() == piece.notes.pitch[inside].tolist()
    assert part.notes.offset.max() <= 8.0
    assert excerpt(piece, 0.0, piece.length) is piece


def test_excerpt_keeps_the_pedal(session):
    piece = replace(session.piece, pedal=np.array([[1.0, 5.0], [7.0, 9.0], [13.0, 14.0]]))
    assert excerpt(piece, 4.0, 12.0).pedal.tolist() == [[0.0, 1.0], [3.0, 5.0]]
