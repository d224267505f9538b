"""Locked notes of files with several tracks: their events in the saved file are the same bytes."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fadernets.lock_words import NAMES, LockWords
from fadernets.music import midi
from fadernets.music.notes import Notes, concatenate
from fadernets.music.segments import segments
from fadernets.net import FaderNet
from fadernets.whole_piece import changed
from tests.fadernets.music import midi_bytes as mb

BEATS, TICK = 12, 120  # of the file; ticks of a sixteenth
METERS = [(4, 4), (3, 4), (5, 8), (6, 8), (7, 16), (1, 4)]


@pytest.fixture(scope="module")
def net() -> FaderNet:
    return FaderNet.load()


@st.composite
def hands(draw, channel):
    """A track of notes, one string a key, on the grid or beside it, with releases of their own."""
    events = []
    for pitch in draw(st.lists(st.integers(40, 80), min_size=1, max_size=8, unique=True)):
        tick = st.one_of(st.integers(0, BEATS * 480), st.integers(0, BEATS * 4).map(TICK.__mul__))
        edges = sorted(draw(st.sets(tick, min_size=2, max_size=12)))
        for start, end in zip(edges[::2], edges[1::2], strict=False):
            loud, release = draw(st.tuples(st.integers(1, 127), st.integers(0, 127)))
            events += mb.note(start, end, pitch, loud, channel, release)
    pedal = draw(st.lists(st.tuples(st.integers(0, BEATS * 480), st.integers(0, 127)), max_size=4))
    events += [(at, mb.control(64, value, channel)) for at, value in pedal]
    # Where a new note ends behind its track, the end of the track moves: not so here.
    return mb.track(*events, end=BEATS * 480)


@st.composite
def files(draw):
    """A piano's hands on one track or two, meters, and drums in some."""
    meters = draw(st.lists(st.sampled_from(METERS), min_size=1, max_size=3))
    rows = [
        (0 if k == 0 else draw(st.integers(1, BEATS - 1)) * 480, (top, bottom))
        for k, (top, bottom) in enumerate(meters)
    ]
    head = [
        (at, mb.meta(0x58, bytes([top, bottom.bit_length() - 1, 24, 8])))
        for at, (top, bottom) in rows
    ]
    tracks = [mb.track(*head)] + [draw(hands(k)) for k in range(draw(st.integers(1, 2)))]
    if draw(st.booleans()):
        beats = (mb.note(480 * beat, 480 * beat + 60, 36, 90, 9) for beat in range(BEATS))
        tracks.insert(draw(st.integers(0, len(tracks))), mb.track(*itertools.chain(*beats)))
    return mb.file(*tracks)


POSITION, OFFSET = st.floats(0, 1), st.floats(-1, 1)
MOVES = st.one_of(
    st.fixed_dictionaries({"rhythm": POSITION, "note": POSITION}).map(
        lambda positions: lambda net, part, seed: net.slide(part, positions, seed=seed)
    ),
    st.fixed_dictionaries({"rhythm": OFFSET, "note": OFFSET}).map(
        lambda offsets: lambda net, part, seed: net.slide(part, offsets=offsets, seed=seed)
    ),
    st.tuples(st.sampled_from(["low", "high"]), st.sampled_from(["low", "high"])).map(
        lambda sides: (
            lambda net, part, seed: net.transfer(
                part, dict(zip(("arousal", "valence"), sides, strict=True)), seed=seed
            )
        )
    ),
)
LOCKS = st.lists(
    st.sampled_from([*NAMES, "note:1", "note:1-2", "track:1", "track:2"]), min_size=1, max_size=3
)


@pytest.mark.slow
@given(files(), LOCKS, MOVES, st.sampled_from([None, 3]))
def test_events_of_locked_notes_are_the_same_bytes(net, data, words, move, seed):
    piece = midi.read(data)
    try:
        locks = LockWords.read(words).on(piece)
    except ValueError as error:  # there is no such track or note
        assert "there is no" in str(error)
        return
    usable = [s.index for s in segments(piece) if s.problem is None]
    result = changed(piece, usable, lambda part: move(net, part, seed), locks=locks)
    saved = midi.file_bytes(result)
    locked = piece.notes[locks.of(piece.notes)]
    places = {(round(480 * on), pitch) for on, _, pitch, _ in locked}
    before, after = mb.notes_of(data), set(mb.notes_of(saved))
    stay = {row for row in before if row[1] == 9 or (row[2], row[4]) in places}
    assert stay <= after
    assert mb.others(data) == mb.others(saved)
    if locks.rhythm:
        assert {row[2] for row in after} <= {row[2] for row in before}
    if locks.pitches:
        assert {row[4] for row in after} <= {row[4] for row in before}


@pytest.mark.parametrize(("end", "strikes"), [(900, [0, 829]), (700, [0])])
def test_a_locked_note_goes_on_under_another_part(end, strikes):
    """As written it lasts longer than as played; what strikes its key meanwhile waits for its end.

    The second part may not play the new note: it is locked. What would be over by then is left out.
    """
    long = mb.track(*mb.note(0, 829, 41))
    data = mb.file(long, mb.track(*mb.note(362, 435, 41, channel=1), *mb.music(2, 1, base=60)))
    piece = midi.read(data)
    locks = LockWords.read(["melody", "bass", "track:2"]).on(piece)
    new = Notes.of([500 / 480], [end / 480], [41], [64])
    original = replace(piece.original, closed=locks.parts, locked=piece.notes)
    changed_piece = replace(piece, notes=concatenate([piece.notes, new]), original=original)
    rows = mb.notes_of(midi.file_bytes(changed_piece))
    assert set(mb.notes_of(data)) <= set(rows)
    assert [start for part, _, start, _, pitch, *_ in rows if (part, pitch) == (0, 41)] == strikes
