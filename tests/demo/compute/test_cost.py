"""Which work counts as short: files that are made to look cheap do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.pieces.bombs import few_bytes
from demo.compute import cost
from demo.editing import sound
from demo.editing.piece_session import PieceSession
from demo.editing.requests import EditRequest
from fadernets.music import midi
from fadernets.music.notes import Notes, concatenate
from fadernets.playback import audio
from fadernets.score.expressing import MOST_OCTAVES
from tests.fadernets import tiny
from tests.fadernets.music import midi_bytes as mb

ONE = {"first": 0, "last": 0, "rhythm": 0.5}


def session_of(*events: tuple[int, bytes]) -> PieceSession:
    return PieceSession(midi.read(mb.file(mb.track(*mb.music(16), *events))))


@pytest.mark.slow
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
    notes = np.searchsorted(session.piece.notes.onset, 40.0)
    assert cost.of_answer(session, ten) - one_side == pytest.approx(
        cost.SECONDS_PER_SOUND_SECOND * (10 * 4 * 60 / 117 + cost.TAIL_SECONDS)
        + cost.SECONDS_PER_NOTE_HEARD * notes
    )
    assert (cost.WHOLE_SOUND_SECONDS, cost.TAIL_SECONDS) == (
        sound.CHUNKED_FROM_SECONDS,
        audio.TAIL,
    )
    assert cost.of_answer(session, ten | {"original": False}) == cost.of_answer(session, ten)


def test_a_slower_result_is_priced_by_how_long_it_lasts():
    session = PieceSession(tiny.piece(tiny.bars(40)))
    ten = {"first": 0, "last": 9, "original": False, "peak": 0.5}
    seconds = 10 * 4 * 60 / 117 + cost.TAIL_SECONDS
    plain = cost.of_answer(session, ten)

    def more(**values: object) -> float:
        return (cost.of_answer(session, ten | values) - plain) / cost.SECONDS_PER_SOUND_SECOND

    assert more(tempo=-1) == pytest.approx(seconds)
    assert more(tempo=[[0, 0.0], [8, -0.5]]) == pytest.approx((2**0.5 - 1) * seconds)
    assert more(tempo=-1, arousal=-1) == pytest.approx(seconds)  # a half is the least
    assert 0 < more(arousal=-1) < seconds / 2
    assert more(tempo=1) == more(articulation=-1) == more(tempo="fast") == 0
    whole = {"scope": "piece", "kind": "wav"}
    slow = cost.of_saving(session, whole | {"tempo": -1})
    assert slow > 1.3 * cost.of_saving(session, whole) and MOST_OCTAVES == cost.MOST_OCTAVES


@pytest.mark.slow
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


@pytest.mark.slow
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
    planned = 400 * cost.SECONDS_PER_SEGMENT + 2 * 7 * cost.SECONDS_PER_BATCH  # 200 = 6 * 32 + 8
    looked_at = 400 * cost.SECONDS_PER_SEGMENT_REDRAWN
    looked_at += len(session.piece.notes) * cost.SECONDS_PER_NOTE_REDRAWN
    ten = cost.of_saving(session, whole | {"redrawn": parts}) - once
    assert ten == pytest.approx(10 * (planned + looked_at))
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


def sparse(minutes: int) -> PieceSession:
    """A note a minute: some 300 bytes of a file."""
    bars = tiny.bars(30 * minutes)[::30]
    notes = concatenate([bar[:1].shifted(120.0 * i) for i, bar in enumerate(bars)])
    whole = tiny.piece(tiny.bars(1))
    piece = replace(whole, notes=notes, tempo=whole.tempo * [1, 120 / 117], length=120.0 * minutes)
    return PieceSession(replace(piece, original=None))


@pytest.mark.slow
def test_a_program_s_call_is_priced_by_what_its_file_holds():
    """However few bytes it has: seconds of sound, segments, notes, as the page's work is."""
    short, long = (PieceSession(tiny.piece(tiny.bars(count))) for count in (4, 2_000))
    for task in ("change", "mix"):
        assert cost.of_call(task, short, {}) < cost.MEDIUM_SECONDS < cost.of_call(task, long, {})
        assert cost.of_call(task, long, {}) > 2_000 * cost.SECONDS_PER_SEGMENT
    assert cost.of_call("describe", short, {}) < cost.SHORT_SECONDS
    assert cost.of_call("describe", long, {}) > cost.SHORT_SECONDS
    assert cost.of_call("render", short, {"kind": None}) < cost.MEDIUM_SECONDS
    for kind in ("wav", "ogg", "mp3", None):
        assert cost.of_call("render", sparse(29), {"kind": kind}) > cost.MEDIUM_SECONDS
    one = {"first": 5, "last": 5, "lock": None}
    assert cost.of_call("change", short, one) == cost.of_call("change", short, {})  # no segment 5


def test_sound_costs_more_the_more_its_coding_takes():
    session = PieceSession(tiny.piece(tiny.bars(100)))
    wav, ogg, mp3 = (cost.of_saving(session, {"kind": kind}) for kind in ("wav", "ogg", "mp3"))
    assert wav < ogg < mp3


@pytest.mark.slow
def test_a_part_drawn_once_more_costs_the_more_the_larger_the_piece_is():
    """A hundredth of a second in an ordinary one; 110,000 notes make it a tenth."""
    for bars, few in ((100, 1.5), (4_000, 5.0)):
        session = PieceSession(tiny.piece(tiny.bars(bars)))
        parts = ONE | {"redrawn": [[0, 4, seed] for seed in range(32)]}
        more = cost.of_answer(session, parts) - cost.of_answer(session, ONE)
        assert 32 * cost.SECONDS_PER_SEGMENT <= more < few
    notes = len(session.piece.notes)
    assert more > 32 * (cost.SECONDS_PER_SEGMENT + 5e-7 * notes)


def test_dense_music_takes_longer_to_be_heard():
    loose = PieceSession(tiny.piece(tiny.bars(40)))
    notes = concatenate([loose.piece.notes.shifted(place / 100) for place in range(20)])
    dense = PieceSession(replace(loose.piece, notes=notes, original=None))
    for values in ({"kind": "wav"}, {"kind": "mp3"}):
        assert cost.of_saving(dense, values) > 3.0 + cost.of_saving(loose, values)
    chunk = {"first": 0, "last": 39, "chunk": 1, "gain": 1.0}
    more = cost.of_answer(dense, chunk, hear=True) - cost.of_answer(loose, chunk, hear=True)
    assert more > cost.SHORT_SECONDS


def test_a_small_file_is_read_for_little_and_opened_for_what_it_holds():
    """Some hundred bytes with thousands of short segments take half a second."""
    session = PieceSession(midi.read(few_bytes()))
    assert len(session.spans) > 4_000
    assert cost.of_choosing(session) < 0.1 < cost.SHORT_SECONDS < cost.of_opening(session)
    assert cost.of_opening(PieceSession(tiny.piece(tiny.bars(200)))) < cost.SHORT_SECONDS
    few = PieceSession(tiny.piece(tiny.bars(4)))
    by_many, by_few = (cost.of_call("mix", few, {}, donor) for donor in (session, few))
    assert by_many - by_few > 4_000 * cost.SECONDS_PER_SEGMENT_KNOWN


def test_each_part_drawn_once_more_is_planned_by_itself():
    """One segment takes the model as long as a dozen do together."""
    session = PieceSession(tiny.piece(tiny.bars(40)))
    begin, end = session.ends((0, 0))
    parts = ONE | {"redrawn": [[begin, end, seed] for seed in range(8)]}
    more = cost.of_answer(session, parts) - cost.of_answer(session, ONE)
    assert more >= 8 * (cost.SECONDS_PER_BATCH + cost.SECONDS_PER_SEGMENT)


def test_locks_let_no_part_drawn_once_more_be_planned_twice():
    session = PieceSession(tiny.piece(tiny.bars(40)))
    one, locked = ({**ONE, "lock": lock} for lock in (None, "melody"))
    parts = {"redrawn": [[0, 4, 1]]}
    differences = [
        cost.of_answer(session, values | parts) - cost.of_answer(session, values)
        for values in (one, locked)
    ]
    assert differences[0] == pytest.approx(differences[1])


def test_notes_that_sound_through_all_of_a_chunk_are_dear_to_hear():
    piece = tiny.piece(tiny.bars(40))
    low = 24 + np.arange(10)
    drone = Notes.of([0.0] * 10, [160.0] * 10, low, [60] * 10)
    short = Notes.of([0.0] * 10, [1.0] * 10, low, [60] * 10)
    chunk = {"first": 0, "last": 39, "rhythm": 0.5, "gain": 1.0}
    held, struck = (
        cost.of_answer(
            PieceSession(replace(piece, notes=concatenate([piece.notes, notes]))), chunk, hear=True
        )
        for notes in (drone, short)
    )
    assert held - struck == pytest.approx(2 * 10 * cost.SECONDS_PER_LONG_NOTE_HEARD)
