"""Where bars mean something, places are bars; in a take without a click they are times."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from demo.editing import saving, service
from demo.editing.opening import open_example
from demo.editing.piece_session import PieceSession
from demo.editing.requests import EditRequest
from tests.fadernets.music.takes import take


@pytest.mark.slow
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


@pytest.mark.slow
def test_the_strip_knows_the_bars_of_each_segment():
    message = service.piece_message(open_example("rag"))
    assert message["has_bars"]
    assert [(s["bar"], s["last_bar"]) for s in message["segments"][:3]] == [(1, 2), (3, 4), (5, 6)]
