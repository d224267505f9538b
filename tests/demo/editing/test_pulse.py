"""Where bars mean something, places are bars; in a take without a click they are times."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from demo.editing import saving, service
from demo.editing.opening import open_example
from demo.editing.piece_session import PieceSession
from demo.editing.pulse import follows_beats
from demo.editing.requests import EditRequest
from fadernets.music.examples import EXAMPLES
from fadernets.music.notes import Notes
from fadernets.music.piece import Piece


def take(piece: Piece, seconds: float = 0.0, *, rate: float = 1.0) -> Piece:
    """A piece as a player might play it: each onset off by so much (sd), the tempo by a rate."""
    rng = np.random.default_rng(3)
    beats = rng.normal(0, seconds * piece.tempo[0, 1] / 60, len(piece.notes))
    drift = 0.3 * np.sin(piece.notes.onset / 7) if rate != 1 else 0.0
    onset = (piece.notes.onset * rate + beats + drift).clip(0)
    length = (piece.notes.offset - piece.notes.onset).clip(0.02)
    notes = Notes.of(onset, onset + length, piece.notes.pitch, piece.notes.velocity)
    end = float(notes.offset.max())
    return replace(piece, notes=notes, length=end, original=None)


@pytest.mark.slow
@pytest.mark.parametrize("key", EXAMPLES)
def test_scores_and_takes_to_a_click_follow_the_beats(key):
    piece = open_example(key).piece
    assert follows_beats(piece) and follows_beats(take(piece, 0.015))
    assert not follows_beats(take(piece, 0.02, rate=1.0713))


def test_places_are_bars_or_times(session):
    assert session.has_bars and session.places([0, 1, 2, 5]) == ["1–3", "6"]
    rag = open_example("rag")  # two bars of two beats in a segment
    assert rag.places([4]) == ["9–10"] and rag.bars_of[4] == (9, 10)
    long = PieceSession(replace(session.piece, meter=np.array([[0, 5, 4]]), original=None))
    assert long.places([0, 1]) == ["1"] and long.bars_of[3] == (2, 2)
    free = PieceSession(take(session.piece, 0.02, rate=1.0713))
    assert not free.has_bars and not service.piece_message(free)["has_bars"]
    begin, end = (free.piece.seconds(beat) for beat in free.ends((8, 9)))
    expected = "–".join(f"{int(at) // 60}:{int(at) % 60:02d}" for at in (begin, end))
    assert free.places([8, 9]) == [expected]
    name = saving.file_name(free, EditRequest(8, 9), is_whole=False)
    assert name.endswith("_" + expected.replace(":", "-").replace("–", "-"))


def test_the_strip_knows_the_bars_of_each_segment():
    message = service.piece_message(open_example("rag"))
    assert message["has_bars"]
    assert [(s["bar"], s["last_bar"]) for s in message["segments"][:3]] == [(1, 2), (3, 4), (5, 6)]
