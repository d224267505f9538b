"""Which work counts as short: files that are made to look cheap do not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from demo.compute import cost
from demo.editing import sound
from demo.editing.piece_session import PieceSession
from fadernets.music import midi
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
