"""Where new notes go: to which track, and within its end."""

from dataclasses import replace

import numpy as np
import pytest

from fadernets.music.midi import file_bytes, read
from fadernets.music.notes import (
    Notes,
    concatenate,
)
from fadernets.music.segments import segments
from fadernets.music.stitching import stitch
from tests.fadernets.music import midi_bytes as mb


def test_new_notes_go_to_the_nearest_hand():
    right = mb.track(*[e for e in mb.music() if e[1][1] >= 72])
    left = mb.track(*[(t, bytes([e[0] | 1, *e[1:]])) for t, e in mb.music() if e[1] < 72])
    piece = read(mb.file(right, left))
    own = segments(piece)[0].notes
    new = Notes.of(
        [*own.onset, 1.3, 1.3], [*own.offset, 1.6, 1.6], [*own.pitch, 80, 40], [*own.velocity, 9, 9]
    )
    data = file_bytes(stitch(piece, {0: new}))
    added = set(mb.notes_of(data)) - set(mb.notes_of(piece.original.data))
    assert {(row[0], row[1], row[4]) for row in added} == {(0, 0, 80), (1, 1, 40)}


def test_a_new_note_leaves_what_another_track_holds_on_its_key():
    """The low track's long note goes on under the high one's strike of its key."""
    low = mb.track(*mb.note(120, 4080, 40, 1), *mb.note(1900, 1930, 43, 60), end=5760)
    high = mb.track(*mb.note(960, 1440, 40, 70, 1), end=5760)
    piece = read(mb.file(low, high))
    new = Notes.of([4], [5], [40], [60])  # nearer to the notes of the low track
    result = file_bytes(replace(piece, notes=concatenate([piece.notes, new])))
    before, after = set(mb.notes_of(piece.original.data)), set(mb.notes_of(result))
    assert before <= after
    assert [row[:6] for row in after - before] == [(1, 1, 1920, 2400, 40, 60)]


def test_a_new_note_does_not_go_to_a_track_that_ends_before_it():
    """Not even where its key is down in the track that goes on: the long note ends for it."""
    low = mb.track(*mb.note(120, 4080, 40, 1), *mb.note(1900, 1930, 43, 60), end=5760)
    high = mb.track(*mb.note(960, 1440, 40, 70, 1), end=2300)
    piece = read(mb.file(low, high))
    new = Notes.of([4], [5], [40], [60])
    result = file_bytes(replace(piece, notes=concatenate([piece.notes, new])))
    assert [rows[-1][0] for rows in mb.events(result)] == [5760, 2300]
    rows = {row[:6] for row in mb.notes_of(result)}
    assert {(0, 0, 1920, 2400, 40, 60), (0, 0, 120, 1920, 40, 1)} <= rows


def test_a_new_note_at_the_very_end_leaves_the_end_of_its_track():
    """Half a tick before the end is the end: the note gets the tick before it."""
    piece = read(mb.file(mb.track(*mb.note(0, 2400, 40)), kind=0))
    end = 2399.5 / 480
    new = Notes.of([end], [end + 0.001], [60], [64])
    result = file_bytes(replace(piece, notes=concatenate([piece.notes, new])))
    assert mb.events(result)[0][-1][0] == 2400
    assert {row[2:5] for row in mb.notes_of(result)} == {(0, 2400, 40), (2399, 2400, 60)}


@pytest.mark.parametrize("start", [30, 31])
@pytest.mark.parametrize("is_new", [False, True])
def test_a_new_note_at_the_very_end_strikes_no_key_that_is_struck_a_tick_before(start, is_new):
    """Of a coarse clock the last tick may be a sixteenth: what comes too late is left out."""
    own = [] if is_new else mb.note(31, 32, 60)
    piece = read(mb.file(mb.track(*mb.note(0, 32, 40), *own), kind=0, division=4))
    new = Notes.of([start / 4, 8], [8, 8.25], [60, 60], [64, 64])[slice(not is_new, None)]
    result = file_bytes(replace(piece, notes=concatenate([piece.notes, new])))
    assert mb.events(result)[0][-1][0] == 32
    begins = start if is_new else 31
    assert [row[2:5] for row in mb.notes_of(result) if row[4] == 60] == [(begins, 32, 60)]


@pytest.mark.parametrize("end", [4.0, 4.12, 4.25, 7.5])
@pytest.mark.parametrize("is_new", [False, True])
def test_a_note_ends_with_its_track(end, is_new):
    left = mb.track(*mb.note(0, 1910, 40))
    right = mb.track(*mb.note(0, 480, 72), *mb.note(2400, 3840, 76))
    piece = read(mb.file(left, right))
    was = piece.notes
    if is_new:  # beside the left hand's note; the right hand's track, which is longer, is closed
        new = Notes.of([1.0], [end], [43], [64])
        piece = replace(piece, original=replace(piece.original, closed=(1,)))
        result = replace(piece, notes=concatenate([was, new]))
    else:
        result = replace(
            piece, notes=replace(was, offset=np.where(was.pitch == 40, end, was.offset))
        )
    output = file_bytes(result)
    assert [rows[-1][0] for rows in mb.events(output)] == [1910, 3840]
    ends = {row[4]: row[3] for row in mb.notes_of(output) if row[0] == 0}
    assert ends[43 if is_new else 40] == 1910


def test_a_track_ends_later_only_for_a_note_that_begins_behind_it():
    """Of two tracks the longer one is closed: a new note has nowhere else to go."""
    left = mb.track(*mb.note(0, 1910, 40))
    right = mb.track(*mb.note(0, 480, 72), *mb.note(2400, 3840, 76))
    piece = read(mb.file(left, right))
    new = Notes.of([5.0], [6.0], [43], [64])
    closed = replace(piece.original, closed=(1,))
    result = replace(piece, original=closed, notes=concatenate([piece.notes, new]))
    assert [rows[-1][0] for rows in mb.events(file_bytes(result))] == [2880, 3840]


@pytest.mark.parametrize("is_locked", [False, True])
@pytest.mark.parametrize("closed", [(), (0,), (1,)])
def test_a_new_note_sees_a_long_one_beneath_a_short_one_of_its_key(is_locked, closed):
    """Hands on one channel: the right one has struck and let go what the left one holds."""
    right = mb.track(*mb.note(480, 600, 60, 80), *mb.note(1000, 1100, 72, 80), end=3840)
    left = mb.track(*mb.note(0, 1920, 60, 60), *mb.note(1920, 2400, 48, 60), end=3840)
    piece = read(mb.file(right, left))
    locked = piece.notes if is_locked else Notes.empty()
    piece = replace(piece, original=replace(piece.original, closed=closed, locked=locked))
    new = Notes.of([2.0], [2.25], [60], [50])
    result = file_bytes(replace(piece, notes=concatenate([piece.notes, new])))
    if is_locked:  # over before the left hand lets go
        assert result == piece.original.data
        return
    rows = {row[2:5] for row in mb.notes_of(result)}
    assert rows >= {(960, 1080, 60), (0, 960, 60)} and (0, 1920, 60) not in rows


@pytest.mark.parametrize("channel", [0, 1])
def test_a_key_that_another_hand_plays_on_the_channel_is_that_hand_s_alone(channel):
    """Hands on one channel share the strings: the release of either would end the other's note."""
    right = mb.track(*mb.note(0, 480, 72), *mb.note(240, 480, 60), end=3840)
    left = mb.track(*mb.note(960, 1440, 60, channel=channel), end=3840)
    piece = read(mb.file(right, left), parts=[0])
    longer = replace(piece.notes, offset=np.array([1.0, 2.5])[(piece.notes.pitch == 60) * 1])
    earlier, inside = (Notes.of([on], [on + 0.5], [60], [70]) for on in (1.75, 2.5))
    written = {
        (240, 960 if channel == 0 else 1200): longer,
        (840, 960 if channel == 0 else 1080): concatenate([piece.notes, earlier]),
        (1200, 1440) if channel else None: concatenate([piece.notes, inside]),
    }
    for expected, now in written.items():
        rows = mb.notes_of(file_bytes(replace(piece, notes=now)))
        own = [row[2:4] for row in rows if row[0] == 0 and row[4] == 60]
        assert own[-1] == (expected or (240, 480))
        assert (1, channel, 960, 1440, 60) in [row[:5] for row in rows]
