"""Amounts that hold for the whole piece, of which a part is looked at."""

from __future__ import annotations

import numpy as np
import pytest

from demo.editing import service
from demo.editing.excerpts import excerpt
from demo.editing.piece_session import PieceSession
from demo.editing.requests import EditRequest
from fadernets.curve import Curve
from fadernets.lock_words import LockWords
from fadernets.music import examples

CURVE = Curve([(0, 0.9), (9, 0.9), (9, 0.0), (18, 0.0), (18, -0.8), (40, 0.7)])
GAPS = Curve([(0, None), (12, None), (12, 0.9), (24, 0.9), (24, None)])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("example", "amounts"),
    [
        ("chorale", {"faders": {"rhythm": CURVE}}),
        ("mazurka", {"faders": {"note": CURVE}, "positions": {"rhythm": GAPS}, "seed": 5}),
        ("chorale", {"arousal": CURVE, "lock": LockWords.read("melody")}),
    ],
    ids=["offsets", "positions, with a drone and pedal", "mood"],
)
def test_a_part_sounds_as_it_does_in_the_whole(net, example, amounts):
    piece = examples.load(example)
    whole = PieceSession(piece)
    last = len(whole.segments) - 1
    result = whole.result(net, EditRequest(0, last, **amounts))
    assert list(result.notes) != list(piece.notes)
    for first, length in ((0, 1), (1, 1), (2, 2), (5, 1), (6, 3), (last, 1)):
        request = EditRequest(first, min(last, first + length - 1), everywhere=True, **amounts)
        session = PieceSession(piece)
        ends = session.ends(request.span)
        part = excerpt(session.result(net, request), *ends)
        assert list(part.notes) == list(excerpt(result, *ends).notes), first
        nearby = PieceSession(piece).nearby(net, request, *ends)
        assert list(excerpt(nearby, *ends).notes) == list(part.notes)


@pytest.mark.slow
def test_only_what_bears_on_the_part_is_changed(net):
    session = PieceSession(examples.load("rag"))
    request = EditRequest(20, 21, faders={"rhythm": 0.5}, everywhere=True)
    assert session.bearing(request, *session.ends((20, 21))).span == (18, 24)
    session.result(net, request)
    assert set(session._codes) <= set(range(18, 25))
    alone = EditRequest(20, 21, faders={"rhythm": 0.5})
    assert session.bearing(alone, *session.ends((20, 21))).span == (20, 21)


@pytest.mark.slow
def test_a_part_that_nothing_moves_is_as_played(net):
    """Its neighbours are moved."""
    session = PieceSession(examples.load("rag"))
    end = session.ends((0, 3))[1]
    values = {
        "first": 8,
        "last": 9,
        "everywhere": True,
        "rhythm": [[0, 1.0], [end, 1.0], [end, 0]],
    }
    answer = service.answer(net, session, values)
    assert answer["summary"] == "As played. Move a fader to change it."
    moved = service.answer(net, session, {**values, "first": 0, "last": 1})
    assert "new" in moved["summary"]


@pytest.mark.slow
def test_locks_are_said_of_the_part_alone(net):
    session = PieceSession(examples.load("sonata"))
    values = {"everywhere": True, "rhythm": [[0, -1.0]], "lock": ["melody"]}
    reach = [
        session.lock_report(net, EditRequest.of({**values, **span}, 99, net.faders)).means()
        for span in ({"first": 2, "last": 3}, {"first": 2, "last": 3, "everywhere": False})
    ]
    targets = [each["rhythm"]["asked"] for each in reach]
    np.testing.assert_allclose(*targets)
