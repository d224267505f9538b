"""Bars that are drawn once more, while all others stay note for note."""

from __future__ import annotations

from collections import Counter

import pytest

from demo.editing.excerpts import excerpt
from demo.editing.piece_session import PieceSession
from demo.editing.requests import EditRequest
from fadernets.curve import Curve
from fadernets.lock_words import LockWords
from fadernets.music import examples
from fadernets.net import FaderNet
from fadernets.score.settings import PieceSettings, Redrawn
from tests.fadernets import tiny

MOVED = {
    "busy": {"faders": {"rhythm": 0.8}},
    "calm": {"arousal": -1.0, "lock": LockWords.read("melody")},
    "curve": {"faders": {"note": Curve([(0, 0.9), (40, -0.5)])}, "seed": 3},
}


@pytest.fixture(scope="module")
def net() -> FaderNet:
    return FaderNet.load()


def whole(session: PieceSession, **values) -> EditRequest:
    return EditRequest(0, len(session.segments) - 1, **values)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("example", "settings"),
    list(zip(("mazurka", "chorale", "chorale"), MOVED.values(), strict=True)),
    ids=MOVED,
)
def test_other_bars_stay_note_for_note(net, example, settings):
    session = PieceSession(examples.load(example))
    before = session.result(net, whole(session, **settings))
    begin, end = session.ends((3, 5))
    after = before
    variants = set()
    for seed in range(3):
        redrawn = (Redrawn(begin, end, seed),)
        after = session.result(net, whole(session, **settings, redrawn=redrawn))
        notes = [Counter(map(tuple, piece.notes)) for piece in (before, after)]
        differ = (notes[0] - notes[1]) + (notes[1] - notes[0])
        assert all(begin - 0.2 < onset < end for onset, *_ in differ)
        variants.add(tuple(sorted(differ.elements())))
    assert len(variants) > 1 or "lock" in settings  # seeds draw otherwise where something is free
    once_more = Redrawn(*session.ends((8, 8)), 5)
    both = session.result(net, whole(session, **settings, redrawn=(*redrawn, once_more)))
    early = [
        [tuple(note) for note in piece.notes if note[0] < session.ends((8, 8))[0] - 0.2]
        for piece in (after, both)
    ]
    assert early[0] == early[1]


@pytest.mark.slow
def test_a_part_sounds_as_it_does_in_the_whole(net):
    piece = examples.load("mazurka")
    session = PieceSession(piece)
    ends = session.ends
    redrawn = (Redrawn(*ends((3, 5)), 1), Redrawn(*ends((5, 6)), 2))
    settings = {"faders": {"rhythm": 0.8}, "redrawn": redrawn}
    result = session.result(net, whole(session, **settings))
    for first, last in ((2, 2), (4, 5), (6, 7), (0, 1)):
        own = PieceSession(piece)
        request = EditRequest(first, last, everywhere=True, **settings)
        part = excerpt(own.result(net, request), *ends((first, last)))
        assert list(part.notes) == list(excerpt(result, *ends((first, last))).notes)


@pytest.mark.parametrize(
    ("redrawn", "sentence"),
    [
        (3, "redrawn is no list of up to 32"),
        ([[0, 4, 1]] * 33, "redrawn is no list of up to 32"),
        ([[0, 4]], "no .begin, end, seed."),
        ([[4, 4, 1]], "from beat to beat by a seed"),
        ([[0, None, 1]], "from beat to beat by a seed"),
        ([[0, 4, 1.5]], "seed 1.5 is not a whole number"),
        ([[-1, 4, 1]], "begin -1 is outside 0"),
    ],
)
def test_what_cannot_be_is_refused(redrawn, sentence):
    with pytest.raises(ValueError, match=sentence):
        PieceSettings.read({"redrawn": redrawn}, ["rhythm"])


def test_they_are_read_as_they_are_written():
    settings = PieceSettings.read({"redrawn": [[0, 4.5, 1], [4, 8, 0]], "rhythm": 0.5}, ["rhythm"])
    assert settings.redrawn == (Redrawn(0, 4.5, 1), Redrawn(4, 8, 0))
    assert PieceSettings.read(settings.to_json(), ["rhythm"]) == settings


@pytest.mark.slow
def test_the_same_bars_are_not_drawn_without_end(net):
    """One save of 1,200 bars, each part all of them, once held the server until it was killed."""
    session = PieceSession(tiny.piece(tiny.bars(100)))
    parts = tuple(Redrawn(i / 10, session.piece.length, i) for i in range(5))
    edit = EditRequest(0, 99, faders={"rhythm": 0.5}, redrawn=parts)
    with pytest.raises(ValueError, match="have 500 segments together, more than 400"):
        session.result(net, edit)
    few = EditRequest(0, 1, faders={"rhythm": 0.5}, redrawn=parts * 6)
    assert session.result(net, few) is not session.piece  # thirty times two are not many
