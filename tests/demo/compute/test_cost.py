"""Which work counts as short: files that are made to look cheap do not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from demo.compute import cost
from demo.editing import sound
from demo.editing.piece_session import PieceSession
from demo.editing.requests import EditRequest
from fadernets.music import midi
from fadernets.music.notes import Notes, concatenate
from fadernets.playback import audio
from tests.fadernets import tiny
from tests.fadernets.music import midi_bytes as mb

ONE = {"first": 0, "last": 0, "rhythm": 0.5}


def session_of(*events: tuple[int, bytes]) -> PieceSession:
    return PieceSession(midi.read(mb.file(mb.track(*mb.music(16), *events))))


def test_a_selection_of_an_ordinary_piece_is_short_work():
    half_an_hour = PieceSession(tiny.piece(tiny.bars(850)))
    assert cost.of_answer(half_an_hour, ONE) < cost.SHORT_SECONDS
    session = PieceSession(tiny.piece(tiny.bars(200)))
    assert cost.of_saving(session, ONE | {"kind": "midi"}) < cost.SHORT_SECONDS


@pytest.mark.slow
def test_a_file_of_many_events_is_no_short_work_to_save():
    """However few of its notes change: all of its events are read and written."""
    pressure = [(3840, b"\xd0\1")] * 200_000
    session = session_of(*pressure)
    assert cost.of_answer(session, ONE) < cost.SHORT_SECONDS
    assert cost.of_saving(session, ONE | {"kind": "midi"}) > cost.SHORT_SECONDS


@pytest.mark.slow
def test_a_piece_of_very_many_segments_is_no_short_work():
    """Each process that does not know it yet has to work out all of them."""
    session = PieceSession(tiny.piece(tiny.bars(4_900)))
    assert cost.of_answer(session, ONE) > cost.SHORT_SECONDS


def test_sound_that_comes_with_the_notes_is_priced():
    session = PieceSession(tiny.piece(tiny.bars(40)))
    ten = {"first": 0, "last": 9, "rhythm": 0.5, "original": True}
    one_side = cost.of_answer(session, ten | {"original": False, "peak": 0.5})
    assert cost.of_answer(session, ten) > cost.SHORT_SECONDS
    assert cost.of_answer(session, ten) - one_side == pytest.approx(
        cost.SECONDS_PER_SOUND_SECOND * (10 * 4 * 60 / 117 + cost.TAIL_SECONDS)
    )
    assert (cost.WHOLE_SOUND_SECONDS, cost.TAIL_SECONDS) == (
        sound.CHUNKED_FROM_SECONDS,
        audio.TAIL,
    )
    assert cost.of_answer(session, ten | {"original": False}) == cost.of_answer(session, ten)


def test_segments_that_a_chunk_of_the_sound_takes_are_priced():
    """Without a gain all of them are: it is worked out from the whole result."""
    whole = {"first": 0, "last": 1_199, "rhythm": 0.5, "chunk": 1}
    slow = PieceSession(tiny.piece(tiny.bars(1_200)))
    piece = slow.piece
    quick = PieceSession(replace(piece, tempo=piece.tempo * [1, 20]))
    slow_chunk = cost.of_answer(slow, whole | {"gain": 1.0}, hear=True)
    assert slow_chunk < cost.MEDIUM_SECONDS < cost.of_answer(slow, whole, hear=True)
    changed = cost.of_answer(quick, whole | {"gain": 1.0}, hear=True) - slow_chunk
    assert changed > cost.SECONDS_PER_SEGMENT * 300


def test_locks_are_priced():
    session = PieceSession(tiny.piece(tiny.bars(400)))
    locked = cost.of_answer(session, ONE | {"lock": "melody"}) - cost.of_answer(session, ONE)
    assert locked >= cost.SECONDS_PER_NOTE_LOCKED * len(session.piece.notes)


def drone(bars: int) -> PieceSession:
    """A piece through all of which one note sounds."""
    piece = tiny.piece(tiny.bars(bars))
    notes = concatenate([piece.notes, Notes.of([0.0], [piece.length], [24], [64])])
    return PieceSession(replace(piece, notes=notes, original=None))


def test_a_note_that_sounds_through_the_piece_is_priced_with_all_that_it_takes():
    """What follows it back to its beginning changes every segment on the way."""
    one = {"first": 390, "last": 390, "rhythm": 0.5, "original": False, "peak": 0.5}
    everywhere = one | {"everywhere": True}
    long, plain = drone(400), PieceSession(tiny.piece(tiny.bars(400)))
    edit = EditRequest.of(everywhere, 400, ("rhythm",))
    assert long.bearing(edit, *long.ends((390, 390))).first == 0
    for values in (everywhere, everywhere | {"gain": 1.0, "chunk": 0}):
        for hear in (False, True):
            difference = cost.of_answer(long, values, hear=hear) - cost.of_answer(
                plain, values, hear=hear
            )
            assert difference >= 380 * cost.SECONDS_PER_SEGMENT
    assert cost.of_answer(long, one) < cost.SHORT_SECONDS  # by itself it depends on nothing


def test_all_that_is_drawn_once_more_is_priced():
    session = PieceSession(tiny.piece(tiny.bars(400)))
    length = session.piece.length
    whole = {"first": 0, "last": 399, "rhythm": 0.5, "scope": "piece", "kind": "midi"}
    once = cost.of_saving(session, whole)
    parts = [[0, length, seed] for seed in range(10)]
    ten = 10 * 400 * cost.SECONDS_PER_SEGMENT
    assert cost.of_saving(session, whole | {"redrawn": parts}) == pytest.approx(once + ten)
    one = {"first": 3, "last": 3, "rhythm": 0.5, "everywhere": True, "seeds": [1]}
    more = cost.of_varying(session, one | {"redrawn_now": parts}) - cost.of_varying(session, one)
    assert more > 10 * 20 * cost.SECONDS_PER_SEGMENT  # each part looks two segments further
    for nonsense in ("all", [[1]], [["a", "b", "c"]], [[9, 1, 0]], [[0, 1, 2]] * 99):
        assert cost.of_saving(session, whole | {"redrawn": nonsense}) == once


def test_the_whole_piece_is_priced_where_a_part_of_it_is_looked_at():
    session = PieceSession(tiny.piece(tiny.bars(400)))
    part = {"first": 0, "last": 1, "rhythm": 0.5, "scope": "piece", "kind": "midi"}
    assert cost.of_saving(session, part | {"everywhere": True}) == cost.of_saving(
        session, part | {"last": 399}
    )
