"""Keys are held for other shares of the time to the next strike; what is struck stays."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fadernets.expression.articulation import Articulation, next_on_key, next_strike
from fadernets.music.notes import Notes
from tests.fadernets import tiny

NONE = Notes.empty()
EDGES = np.array([0.0, 4.0, 8.0])


def played(notes: Notes, *octaves: float, fixed: Notes = NONE) -> list[float]:
    piece = tiny.piece([notes, Notes.empty()])
    return Articulation().played(piece, EDGES, np.array(octaves), fixed).notes.offset.tolist()


def test_shorter_is_a_share_of_each_length():
    notes = Notes.of([0, 1, 5], [1, 2, 6], [60, 62, 64], [70] * 3)
    assert played(notes, -1, 0) == [0.5, 1.5, 6.0]
    assert played(notes, 0, -1) == [1.0, 2.0, 5.5]


def test_longer_ends_at_the_next_strike_and_behind_the_last_one_nothing_is():
    notes = Notes.of([0, 1, 2, 3], [0.9, 1.2, 2.4, 3.5], [60, 62, 64, 65], [70] * 4)
    assert np.allclose(played(notes, 1, 0), [1.0, 1.4, 2.8, 3.5])


def test_legato_stays_and_no_note_lasts_past_the_next_strike_of_its_key():
    notes = Notes.of([0, 1, 2], [1, 1.5, 4], [60, 62, 60], [70] * 3)
    assert played(notes, 1, 0) == [1.0, 2.0, 4.0]


def test_chosen_notes_stay_and_clicks_do_not_become_nothing():
    notes = Notes.of([0, 1, 2], [1, 1.04, 2.06], [60, 62, 64], [70] * 3)
    assert np.allclose(played(notes, -1, 0, fixed=notes[[0]]), [1.0, 1.04, 2.05])


def test_what_is_read_is_the_share_of_the_gap_to_the_next_strike():
    notes = Notes.of([0, 0.02, 1, 2], [0.5, 0.51, 2, 3], [60, 64, 62, 65], [70] * 4)
    piece = tiny.piece([notes])
    expected = (0.5 / 1 * 0.49 / 0.98 * 1.0) ** (1 / 3)
    assert np.isclose(Articulation().value(piece, 0, 4), expected)
    assert Articulation().text(piece, 0, 4) == "0.63"
    assert Articulation().text(piece, 3, 4) == "–"


def test_the_next_strikes():
    notes = Notes.of([0, 1, 2], [1, 2, 3], [60, 62, 60], [70] * 3)
    assert next_on_key(notes).tolist() == [2.0, np.inf, np.inf]
    assert next_strike(notes, np.array([0.0, 0.5, 2.5])).tolist() == [0.0, 1.0, np.inf]


@given(st.floats(-1, 1), st.integers(0, 50))
def test_nothing_but_ends_changes_and_none_comes_before_its_beginning(octaves, seed):
    piece = tiny.piece(tiny.bars(2, seed))
    after = Articulation().played(piece, EDGES, np.full(2, octaves), NONE).notes
    before = piece.notes
    for name in ("onset", "pitch", "velocity"):
        assert np.array_equal(getattr(before, name), getattr(after, name))
    assert (after.offset > after.onset).all()
    change = (after.offset - after.onset) - (before.offset - before.onset)
    assert (change * np.sign(octaves) >= -1e-9).all()
    assert (after.offset <= np.maximum(before.offset, next_on_key(before)) + 1e-9).all()
