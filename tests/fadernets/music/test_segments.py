"""Segments of a piece: where they lie and what they have."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fadernets.music import segment_limits
from fadernets.music.segments import ending_rows, segment_count, segments
from tests.fadernets.music.generated import piece, pieces, rows

STARTS = np.array([0.0, 4.0, 8.0])


@pytest.mark.parametrize("wrong", ["in.mid", None, piece([(0, 1, 60, 64)]).notes])
def test_what_is_no_piece_has_no_segments(wrong):
    with pytest.raises(TypeError, match=r"such as read\(path\) gives"):
        segments(wrong)


def test_segments_have_keys_as_played_and_their_sound_cut_at_the_end():
    bar = [(0, 0.5, 60, 64), (1, 1.5, 64, 64), (2, 2.5, 67, 64), (5, 6, 60, 64)]
    first, second = segments(piece(bar, pedal=[(0.25, 4.5)], length=8))
    assert rows(first.notes) == bar[:3]
    assert rows(first.sounding) == [(0, 4, 60, 64), (1, 4, 64, 64), (2, 4, 67, 64)]
    assert (first.index, first.start, first.problem, first.paper_problem) == (0, 0.0, None, None)
    assert rows(second.notes) == [(1, 2, 60, 64)]
    assert (second.index, second.start, second.problem) == (1, 4.0, None)
    assert second.paper_problem == segment_limits.NO_FIRST_ONSET


def test_a_segment_knows_the_presses_of_the_pedal_that_touch_it():
    pedal = [(0, 2), (2.5, 4), (4, 5), (6, 9)]
    first, second = segments(piece([(0, 8, 60, 64)], pedal=pedal, length=8))
    assert first.window.pedal.tolist() == [[0, 2], [2.5, 4], [4, 5]]
    assert second.window.pedal.tolist() == [[0, 1], [2, 5]]


def test_what_ends_about_a_segments_beginning_sounds_in_the_step_before():
    """To within half a step of it, or struck in that step; what rings in does not end there."""
    music = piece(
        [
            (0, 3.8, 60, 64),  # lets go a step before
            (0, 3.9, 61, 64),
            (3.8, 3.82, 62, 64),
            (3.7, 3.82, 63, 64),
            (1, 4.1, 64, 64),
            (1, 4.125, 65, 64),  # rings in
            (4, 7.95, 66, 64),  # into the third
            (9, 11.99, 67, 64),  # nothing begins behind it
        ],
        length=12,
    )
    before = [music.notes.pitch[rows].tolist() for rows in ending_rows(music.notes, STARTS)]
    assert before == [[], [61, 64, 62], [66]]


@pytest.mark.parametrize(
    ("length", "count"), [(0.5, 1), (4, 1), (4.01, 2), (8, 2), (8 + 1e-12, 2), (11.9, 3)]
)
def test_segments_cover_the_piece(length, count):
    music = piece([(0, 0.25, 60, 64)], length=length)
    assert segment_count(music) == len(segments(music)) == count


@pytest.mark.slow
@given(pieces(), st.data())
def test_some_segments_are_those_of_all(music, data):
    every = segments(music)
    numbers = data.draw(st.sets(st.integers(0, len(every))))
    some = segments(music, numbers=numbers)
    assert [s.index for s in some] == sorted(numbers - {len(every)})
    for segment in some:
        same = every[segment.index]
        assert (segment.span, segment.problem) == (same.span, same.problem)
        assert list(segment.window.notes) == list(same.window.notes)
        assert segment.rows.tolist() == same.rows.tolist()


def test_the_last_note_has_a_step_though_it_begins_shortly_before_it():
    last = (1.7375, 1.739, 60, 70)
    (segment,) = segments(piece([(0, 1, 48, 70), last], length=1.739))
    assert rows(segment.notes)[-1] == last and segment.window.steps == 8
    (segment,) = segments(piece([(0, 1.75, 48, 70)], length=1.75))
    assert segment.window.steps == 7
