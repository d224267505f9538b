"""Pieces stay open while they are used, and no longer than memory and time allow."""

from __future__ import annotations

from contextlib import suppress

import pytest

from demo.compute import open_pieces as module
from demo.compute.jobs import Full
from demo.compute.open_pieces import OpenPieces
from demo.editing.piece_session import PieceSession
from tests.fadernets import tiny


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def session() -> PieceSession:
    return PieceSession(tiny.piece(tiny.bars(1)))


def test_a_piece_stays_while_it_is_used(clock):
    pieces, piece = OpenPieces(unused_seconds=100, clock=clock), session()
    pieces.add(piece, "me")
    for _ in range(5):
        clock.now += 99
        assert pieces.get(piece.id) is piece
    clock.now += 100
    assert pieces.get(piece.id) is None
    assert len(pieces) == 0
    assert pieces.get("unknown") is None


def test_a_closed_page_lets_go_of_its_pieces_soon_and_of_no_others(clock):
    pieces, own, foreign = (
        OpenPieces(unused_seconds=100, closed_seconds=10, clock=clock),
        session(),
        session(),
    )
    pieces.add(own, "me")
    pieces.add(foreign, "other")
    pieces.leave("me")
    clock.now += 9
    assert pieces.get(own.id) is own, "a reload within the grace keeps it"
    pieces.leave("me")
    clock.now += 10
    assert pieces.get(own.id) is None and pieces.get(foreign.id) is foreign


def test_the_piece_used_longest_ago_makes_room(clock):
    first, second, third = session(), session(), session()
    notes = sum(len(opened.piece.notes) for opened in (first, third))
    closed: list[str] = []
    pieces = OpenPieces(most_notes=notes + 1, clock=clock, closed=closed.extend)
    pieces.add(first, None)
    clock.now += 1
    pieces.add(second, None)
    clock.now += 1
    pieces.get(first.id)
    pieces.add(third, None)
    assert pieces.get(second.id) is None and closed == [second.id]
    assert pieces.get(third.id) is third
    large = OpenPieces(most_notes=1, clock=clock)
    large.add(first, None)
    assert large.get(first.id) is first, "one piece is always kept"


@pytest.mark.slow
def test_who_opens_many_large_pieces_closes_their_own(clock):
    """Not those of another visitor, who thinks for a while between two moves."""
    small, large = session(), [PieceSession(tiny.piece(tiny.bars(60))) for _ in range(20)]
    notes = len(large[0].piece.notes)
    pieces = OpenPieces(most_notes=5 * notes, clock=clock)
    pieces.add(small, "me")
    for opened in large:
        clock.now += 3
        pieces.add(opened, "other")
    assert pieces.get(small.id) is small
    assert sum(pieces.get(opened.id) is not None for opened in large) in (4, 5)


@pytest.mark.parametrize(("limit", "bars"), [("pieces", 1), ("notes", 30)])
def test_who_opens_many_pieces_closes_their_own_however_small(clock, monkeypatch, limit, bars):
    """Also where the other's is larger than each of them, or than all, and not used for longer."""
    monkeypatch.setattr(module, "PIECES_OPEN", 10 if limit == "pieces" else 1000)
    large, small = (PieceSession(tiny.piece(tiny.bars(count))) for count in (60, bars))
    most = 10 * small.piece.weight + large.piece.weight if limit == "notes" else 10**6
    pieces = OpenPieces(clock=clock, most_notes=most)
    pieces.add(large, "me", "1.1.1.1")
    for number in range(30):
        clock.now += 1
        pieces.add(PieceSession(small.piece), f"page {number}", "2.2.2.2")
    assert pieces.get(large.id) is large
    assert len(pieces) == (10 if limit == "pieces" else 11)


def test_pieces_go_without_anybody_asking(clock):
    pieces, piece = OpenPieces(unused_seconds=100, clock=clock), session()
    pieces.add(piece, "me")
    clock.now += 101
    pieces.expire()
    assert len(pieces) == 0


def test_there_are_only_so_many_pieces_however_small(clock, monkeypatch):
    monkeypatch.setattr(module, "PIECES_OPEN", 10)
    pieces = OpenPieces(clock=clock)
    for _ in range(30):
        clock.now += 1
        pieces.add(session(), "one who opens and opens")
    assert len(pieces) == 10


def crowd(pieces: OpenPieces, count: int, bars: int) -> list[PieceSession]:
    """Large pieces, each from another address, as far as there is room."""
    piece = tiny.piece(tiny.bars(bars))
    opened = [PieceSession(piece) for _ in range(count)]
    for number, session in enumerate(opened):
        with suppress(Full):
            pieces.add(session, f"page {number}", f"2.2.2.{number}")
    return opened


def test_what_somebody_works_on_makes_no_room_for_newcomers(clock, monkeypatch):
    """However many addresses come with large ones: these are told to come again."""
    mine = PieceSession(tiny.piece(tiny.bars(61)))
    pieces = OpenPieces(clock=clock, most_notes=5 * mine.piece.weight)
    pieces.add(mine, "me", "1.1.1.1")
    for _ in range(3):
        clock.now += module.IN_USE_SECONDS / 2
        assert pieces.get(mine.id) is mine
        crowd(pieces, 20, 60)
    assert pieces.get(mine.id) is mine
    with pytest.raises(Full, match="try again in a minute"):
        pieces.add(PieceSession(mine.piece), "page", "3.3.3.3")
    assert len(pieces) == 5
    pieces.add(PieceSession(mine.piece), "mine", "1.1.1.1")  # whose own one makes room
    assert pieces.get(mine.id) is None


def test_what_nobody_works_on_makes_room(clock):
    piece = tiny.piece(tiny.bars(60))
    pieces = OpenPieces(clock=clock, most_notes=3 * piece.weight)
    left, recent, idle = (PieceSession(piece) for _ in range(3))
    for number, session in enumerate((left, recent, idle)):
        pieces.add(session, f"page {number}", f"2.2.2.{number}")
    clock.now += 1
    pieces.leave("page 0")  # it was closed, and may be used again
    pieces.add(PieceSession(piece), "new", "3.3.3.3")
    assert pieces.get(left.id) is None and pieces.get(recent.id) is recent
    clock.now += module.IN_USE_SECONDS - 0.5
    pieces.get(recent.id)
    clock.now += 1
    pieces.add(PieceSession(piece), "new", "4.4.4.4")
    assert pieces.get(idle.id) is None and pieces.get(recent.id) is recent


def test_large_pieces_leave_room_for_small_ones(clock, monkeypatch):
    monkeypatch.setattr(module, "LARGE_NOTES", 300)
    large = tiny.piece(tiny.bars(60))
    pieces = OpenPieces(clock=clock, most_notes=6 * large.weight + 5)
    crowd(pieces, 20, 60)
    assert len(pieces) == 5
    small = session()
    pieces.add(small, "me", "1.1.1.1")
    assert pieces.get(small.id) is small


def test_one_visitor_cannot_keep_all_room_by_touching_what_they_opened(clock):
    weight = session().piece.weight
    pieces = OpenPieces(most_notes=16 * weight, clock=clock)
    mine = [session() for _ in range(16)]
    for piece in mine:
        clock.now += 1
        pieces.add(piece, "many", "one address")
    for piece in mine:
        clock.now += 1
        pieces.get(piece.id)
    newcomers = [session() for _ in range(14)]
    for number, piece in enumerate(newcomers):
        clock.now += 1
        pieces.add(piece, "new", f"newcomer {number}")
    assert all(pieces.get(piece.id) is piece for piece in newcomers)
    left = [piece for piece in mine if pieces.get(piece.id) is not None]
    assert left == mine[-2:]  # their share, an eighth
