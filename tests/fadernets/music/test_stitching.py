"""Segments put back into their piece, changed or not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fadernets.music.notes import BEATS, EARLY, Notes, struck_once
from fadernets.music.segments import segment_count, segments
from fadernets.music.stitching import stitch
from tests.fadernets.music.generated import notes, piece, pieces, rows


def test_without_changes_the_piece_stays():
    music = piece([(0, 5, 60, 64)])
    assert stitch(music, {}) is music


@pytest.mark.parametrize("index", [-1, 4])
def test_a_segment_that_is_not_there_is_refused(index):
    with pytest.raises(ValueError, match=f"segment {index} is outside 0 to 3"):
        stitch(piece([(0, 5, 60, 64)]), {index: Notes.empty()})


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ([Notes.empty()], r"^new notes go with the index of their segment, such as \{0: notes\}$"),
        (Notes.empty(), "^new notes go with the index of their segment"),
        ({0: Notes.empty(), 2: [Notes.empty()]}, "^segment 2 is given a list and no Notes$"),
        ({1: segments(piece([(0, 5, 60, 64)]))[0]}, "^segment 1 is given a Segment and no Notes$"),
    ],
)
def test_what_is_no_mapping_to_notes_is_refused(changed, message):
    with pytest.raises(TypeError, match=message):
        stitch(piece([(0, 5, 60, 64)]), changed)


NEW = Notes.of([0, 1, 3], [2, 4, 9], [72, 60, 76], [30, 40, 50])


def test_new_notes_replace_the_old_and_stay_in_their_segment():
    old = [(0, 1, 50, 64), (4, 5, 50, 64), (7, 9, 51, 64), (8, 9, 50, 64)]
    result = stitch(piece(old), {1: NEW})
    assert rows(result.notes) == [
        (0, 1, 50, 64),
        (4, 6, 72, 30),
        (5, 8, 60, 40),
        (7, 8, 76, 50),
        (8, 9, 50, 64),
    ]


def test_a_note_that_ends_at_a_border_may_be_held_on_over_it():
    """If the next segment is given it with another end, and else not."""
    old = [(1, 3.95, 50, 64), (1, 3.95, 60, 64), (4, 5, 52, 64), (5, 6, 53, 64)]
    second = Notes.of([-3, 1], [0.5, 2], [50, 53], [64, 64])
    result = stitch(piece(old, length=8), {1: second})
    assert rows(result.notes) == [(1, 4.5, 50, 64), (1, 3.95, 60, 64), (5, 6, 53, 64)]


@pytest.mark.parametrize("early", [4 - EARLY, 4 - EARLY / 2])
def test_a_note_that_came_early_goes_with_its_segment(early):
    old = [(0, 1, 50, 64), (early, 5, 51, 64), (early + BEATS, 9, 52, 64)]
    result = stitch(piece(old), {1: Notes.empty()})
    assert rows(result.notes) == [rows(piece(old).notes)[k] for k in (0, 2)]


def test_a_new_note_too_late_for_its_segment_is_left_out():
    late = Notes.of([0, 4 - EARLY / 2], [1, 4], [60, 61], [64, 64])
    assert rows(stitch(piece([(0, 1, 50, 64)]), {1: late}).notes)[1:] == [(4, 5, 60, 64)]


def test_the_pedal_stays_and_notes_have_the_lengths_of_keys():
    music = piece([(0, 1, 50, 64)], pedal=[(1, 2), (3, 9), (10, 11)])
    result = stitch(music, {1: NEW})
    assert result.pedal is music.pedal
    assert rows(result.notes)[1:] == [(4, 6, 72, 30), (5, 8, 60, 40), (7, 8, 76, 50)]
    assert rows(result.sounding)[1:] == [(4, 9, 72, 30), (5, 9, 60, 40), (7, 9, 76, 50)]


def test_a_note_that_the_segment_has_already_stays_that_note():
    """Also where it came early or is held past the segment's end."""
    old = [(3.99, 5, 60, 64), (5 + 1 / 3, 9.5, 64, 70), (7, 7.5, 67, 64)]
    music = piece(old, pedal=[(4, 12)])
    (_, segment, *_) = segments(music)
    result = stitch(music, {1: segment.notes[:2]})
    assert list(result.notes) == list(music.notes[:2])
    shorter = Notes.of([0.0, segment.notes.onset[1]], [0.5, 3], [60, 64], [64, 90])
    assert rows(stitch(music, {1: shorter}).notes) == [
        (3.99, 4.5, 60, 64),
        (round(5 + 1 / 3, 6), 7, 64, 90),
    ]


def test_a_note_from_before_rings_on_as_it_did():
    old = [(0, 1, 40, 64), (1, 2, 41, 64), (2, 9, 42, 64), (6, 7, 41, 64)]
    music = piece(old, pedal=[(0.5, 7), (7.5, 12)])
    result = stitch(music, {1: NEW})
    assert rows(result.notes)[:3] == old[:3]
    assert rows(result.sounding)[:3] == [(0, 7, 40, 64), (1, 7, 41, 64), (2, 12, 42, 64)]


def test_a_new_note_ends_one_that_rings_on_its_key():
    result = stitch(piece([(0, 7, 60, 64)], pedal=[(0.5, 10)]), {1: NEW})
    assert rows(result.sounding)[0] == (0, 5, 60, 64)
    assert rows(result.notes)[0] == (0, 5, 60, 64)


def test_new_notes_end_with_the_piece():
    result = stitch(piece([(0, 1, 60, 64)], length=6.5), {1: NEW})
    assert rows(result.notes)[1:] == [(4, 6, 72, 30), (5, 6.5, 60, 40)]
    assert result.length == 6.5


@st.composite
def changes(draw):
    """A piece and other notes for some of its segments, some of them overlong or overlapping."""
    music = draw(pieces())
    indices = st.integers(0, segment_count(music) - 1)
    return music, draw(st.dictionaries(indices, notes(BEATS + 2, max_count=12)))


@pytest.mark.slow
@given(changes())
def test_stitching_keeps_everything_else(change):
    music, changed = change
    result = stitch(music, changed)
    assert result.length == music.length and result.pedal is music.pedal
    assert result.tempo is music.tempo and result.meter is music.meter
    struck = {(on, pitch) for on, _, pitch, _ in result.notes}
    for before, after in zip(segments(music), segments(result), strict=True):
        if before.index not in changed:
            assert np.array_equal(after.notes.onset, before.notes.onset)
            assert np.array_equal(after.notes.pitch, before.notes.pitch)
            assert np.array_equal(after.notes.velocity, before.notes.velocity)
    offsets = {(on, pitch): off for on, off, pitch, _ in result.notes}
    starts = np.array([segment.start for segment in segments(music)])
    for on, off, pitch, _ in music.notes:
        segment = np.searchsorted(starts - EARLY, on, side="right") - 1
        if segment not in changed:
            again = min(
                (start for start, key in struck if key == pitch and start > on), default=np.inf
            )
            assert offsets[on, pitch] == min(off, again)


@pytest.mark.slow
@given(pieces(), st.data())
def test_segments_put_back_as_they_are_change_nothing(music, data):
    count = segment_count(music)
    chosen = data.draw(st.sets(st.integers(0, count - 1)))
    result = stitch(music, {s.index: s.notes for s in segments(music) if s.index in chosen})
    assert list(result.notes) == list(music.notes)


@pytest.mark.slow
@given(changes())
def test_stitching_leaves_one_string_per_key(change):
    music, changed = change
    result = stitch(music, changed).notes
    Notes.of(result.onset, result.offset, result.pitch, result.velocity)  # raises if one is wrong
    order = np.lexsort((result.pitch, result.onset))
    assert np.array_equal(order, np.arange(len(result)))
    for pitch in np.unique(result.pitch):
        of_pitch = result[result.pitch == pitch]
        assert (of_pitch.onset[1:] >= of_pitch.offset[:-1]).all()
        assert (of_pitch.onset[1:] > of_pitch.onset[:-1]).all()


@pytest.mark.slow
@given(changes())
def test_new_notes_come_as_asked(change):
    music, changed = change
    result = segments(stitch(music, changed))
    for index, new_notes in changed.items():
        window = segments(music)[index]
        end = min(window.beats, music.length - window.start)
        # Less a hair: a note at the very limit may come back from the piece's beats on either side.
        limit = end - EARLY - 1e-6
        own = set(zip(window.notes.onset, window.notes.pitch, strict=True))
        new_notes = struck_once(new_notes[new_notes.onset < limit])
        played = result[index].notes
        played = played[played.onset < limit]
        assert np.allclose(played.onset, new_notes.onset)
        assert np.array_equal(played.pitch, new_notes.pitch)
        is_new = [(on, pitch) not in own for on, _, pitch, _ in new_notes]
        until = np.minimum(new_notes.offset, end)
        assert np.allclose(played.offset[is_new], until[is_new])


def test_what_begins_a_hair_before_the_next_segment_belongs_to_that_one():
    old = piece([(0, 1, 60, 64), (4, 5, 62, 64)])
    ends = [BEATS - EARLY - 1e-6, BEATS - EARLY, BEATS - 1e-6]
    new = Notes.of(ends, [BEATS] * 3, [64, 65, 66], [64] * 3)
    assert stitch(old, {0: new}).notes.pitch.tolist() == [64, 62]


def test_a_note_at_the_very_end_of_a_piece_is_none():
    """What is left of it is less than the rounding of beats of the piece."""
    music = replace(piece([(0, 1, 60, 64)]), length=20.89375)
    new = Notes.of([0.0, 0.89375], [0.5, 0.9], [60, 60], [64, 64])
    result = stitch(music, {5: new}).notes
    assert result.onset.tolist() == [0, 20]


@pytest.mark.parametrize("value", ["in.mid", Notes.empty(), []])
def test_what_is_no_piece_is_told_so(value):
    with pytest.raises(TypeError, match="^notes are stitched into a piece, such as read"):
        stitch(value, {0: Notes.empty()})
