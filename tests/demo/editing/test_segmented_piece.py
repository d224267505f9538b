"""Where the segments of a piece lie, and on which of them others depend."""

from __future__ import annotations

import numpy as np
import pytest

from demo.editing.piece_session import PieceSession
from fadernets.music.notes import NO_PEDAL, Notes
from fadernets.music.piece import Piece

METER = np.array([[0.0, 4, 4]])
TEMPO = np.array([[0.0, 120]])


def session(*ringing: tuple[float, float], pedal: np.ndarray = NO_PEDAL) -> PieceSession:
    """Twenty segments with a short note on every beat, and notes that ring."""
    beats = np.arange(80.0)
    onset = np.append(beats, [begin for begin, _ in ringing])
    offset = np.append(beats + 0.5, [end for _, end in ringing])
    pitch = np.append(np.full(80, 60), np.arange(len(ringing)) + 30)
    notes = Notes.of(onset, offset, pitch, np.full(len(pitch), 64))
    return PieceSession(Piece(notes, pedal, TEMPO, METER, 80.0))


def test_the_middle_of_a_segment_lies_between_its_ends():
    assert session().middles[:3].tolist() == [2.0, 6.0, 10.0]


@pytest.mark.parametrize(
    ("ringing", "first"),
    [
        ([], 8),  # two segments before that of the beat
        ([(12.0, 41.0)], 1),  # back to the note that rings on
        ([(12.0, 41.0), (20.0, 44.0)], 1),  # back to the first of several
        ([(12.0, 40.0)], 8),  # one that ends there does not ring
        ([(40.0, 44.0)], 8),  # nor does one that begins there
    ],
)
def test_what_rings_into_a_span_bears_on_it(ringing, first):
    assert session(*ringing).bearing_span(40.0, 44.0) == (first, 13)


@pytest.mark.parametrize(
    ("pedal", "first"),
    [
        ([(22.0, 41.0)], 3),  # back to where the pedal went down
        ([(1.0, 41.0)], 0),  # eight segments at most, less two
        ([(22.0, 40.0)], 8),
        ([(40.0, 44.0)], 8),
        ([(22.0, 41.0), (30.0, 42.0)], 3),
    ],
)
def test_what_the_pedal_holds_bears_on_it_for_eight_segments_at_most(pedal, first):
    assert session(pedal=np.array(pedal)).bearing_span(40.0, 44.0) == (first, 13)


def test_bars_that_are_drawn_once_more_need_neighbours_of_their_own():
    assert session().bearing_span(40.0, 44.0, redrawn=2) == (4, 17)
    assert session().bearing_span(0.0, 80.0, redrawn=2) == (0, 19)
