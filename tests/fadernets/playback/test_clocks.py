import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fadernets.music.notes import NO_PEDAL, Notes
from fadernets.music.piece import Piece
from fadernets.playback.clocks import clock, in_step


def piece(*tempo, length=8.0):
    """A piece of one note with a tempo map of rows (beat, quarter notes a minute)"""
    note = Notes.of([0.0], [1.0], [60], [80])
    return Piece(note, NO_PEDAL, np.array(tempo, float), np.array([[0, 4, 4]]), length)


def test_one_tempo_beside_another():
    """Eight beats at 60 last eight seconds, at 120 four."""
    np.testing.assert_allclose(clock(piece((0, 60)), piece((0, 120))), [[0, 0], [8, 4]])


def test_the_clock_turns_where_one_of_the_tempos_is_another():
    """Beats 0 to 2 as they were, 2 to 4 twice as fast; then the piece itself slows down."""
    original = piece((0, 60), (4, 30))
    result = piece((0, 60), (2, 120), (4, 30))
    np.testing.assert_allclose(clock(original, result), [[0, 0], [2, 2], [4, 3], [12, 11]])


def test_a_level_change_of_a_tempo_that_changes_is_two_rows():
    original = piece((0, 60), (1, 61), (2.5, 47), (6, 90))
    result = piece((0, 90), (1, 91.5), (2.5, 70.5), (6, 135))
    rows = clock(original, result)
    assert rows.shape == (2, 2)
    assert rows[1] == pytest.approx([original.duration, original.duration / 1.5], abs=1e-4)


def test_there_is_none_where_the_tempo_is_the_same():
    original = piece((0, 60), (4, 30))
    assert clock(original, original) is None
    assert clock(original, piece((0, 60), (2, 60), (4, 30))) is None
    assert clock(original, piece((0, 60), (4, 30), (8, 120))) is None  # at the very end


def test_marks_that_come_at_once_do_not_stop_the_clock():
    """The two tempos are apart for the 10000th part of a beat."""
    rows = clock(piece((0, 60)), piece((0, 120), (4, 240), (4.00001, 120)))
    assert (np.diff(rows, axis=0) > 0).all()
    np.testing.assert_allclose(rows[[0, -1]], [[0, 0], [8, 4]], atol=1e-3)


def test_a_result_is_drawn_at_the_tempo_of_the_original():
    original, result = piece((0, 60)), piece((0, 120))
    drawn = in_step(result, original)
    assert drawn.duration == 8.0 and drawn.notes is result.notes
    assert in_step(original, original) is original


TEMPOS = st.lists(
    st.tuples(st.floats(0, 20), st.floats(20, 300)),
    min_size=1,
    max_size=8,
    unique_by=lambda r: r[0],
)


@given(TEMPOS, TEMPOS, st.floats(0, 16))
def test_the_clock_comes_to_every_beat_in_both(first, second, beat):
    maps = [[(0.0, rows[0][1]), *sorted(r for r in rows if r[0] > 0)] for rows in (first, second)]
    original, result = (piece(*rows, length=16.0) for rows in maps)
    rows = clock(original, result)
    expected = result.seconds(beat)
    if rows is None:
        assert original.seconds(beat) == pytest.approx(expected, abs=1e-3)
    else:
        assert (np.diff(rows, axis=0) > 0).all() and not rows[0].any()
        own = np.interp(original.seconds(beat), *rows.T)
        assert own == pytest.approx(expected, abs=3e-3)
