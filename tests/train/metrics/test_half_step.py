"""Both counts of densities on music whose steps can be counted on paper."""

from __future__ import annotations

import numpy as np
import pytest

from fadernets.music.notes import Notes
from fadernets.music.windows import Span
from train.metrics import consistency
from train.metrics.half_step import HALF_STEP, consistency_of_windows, of_windows

NAMES = ("rhythm", "note")
BARS = [Span(0.0, 4.0, 1), Span(4.0, 8.0, 2)]


def struck(onsets: list[float], length: float = 0.1) -> Notes:
    """Notes of different keys, so short that each sounds in one step."""
    begins = np.array(onsets)
    return Notes.of(begins, begins + length, 40 + np.arange(len(begins)), [80] * len(begins))


def rhythm(onsets: list[float], later: float) -> list[float]:
    """Steps of either bar in which notes begin."""
    return (16 * of_windows(struck(onsets), BARS, ["rhythm"], later)[:, 0]).tolist()


def test_the_edges_of_steps_decide_the_own_count_alone() -> None:
    """Three steps with a strike on either side of their middles: later, six but for the first."""
    onsets = [0.05, 0.2, 1.05, 1.2, 2.05, 2.2]
    assert rhythm(onsets, 0) == [3, 0]
    assert rhythm(onsets, HALF_STEP) == [5, 0]


def test_strikes_on_both_sides_of_an_edge_are_one_step_later_on() -> None:
    assert rhythm([1.2, 1.3, 2.2, 2.3], 0) == [4, 0]
    assert rhythm([1.2, 1.3, 2.2, 2.3], HALF_STEP) == [2, 0]


def test_what_begins_in_the_next_window_counts_half_a_step_later() -> None:
    assert rhythm([4.0], 0) == [0, 1]
    assert rhythm([4.0], HALF_STEP) == [1, 0]
    assert rhythm([4.12], HALF_STEP) == [0, 1]  # a hair before it, as ever
    assert rhythm([7.9, 8.1], HALF_STEP) == [0, 1]  # of one step then


def test_on_the_grid_both_counts_are_one_but_at_the_ends() -> None:
    onsets = [0.0, 0.25, 1.5, 3.75, 5.0, 6.0]
    assert rhythm(onsets, 0) == [4, 2]
    assert rhythm(onsets, HALF_STEP) == [3, 2]


def test_notes_that_ring_into_a_later_window_sound_there() -> None:
    """Keys held from beat 0 to 4.5: sixteen steps and two, then sixteen and one and a half."""
    held = Notes.of([0.0, 0.0], [4.5, 4.5], [60, 64], [80, 80])
    own, later = (16 * of_windows(held, BARS, NAMES, by) for by in (0.0, HALF_STEP))
    assert own.tolist() == [[1, 32], [0, 4]]
    assert later.tolist() == [[0, 32], [0, 4]]  # half a step is filled: it counts


def test_steps_of_a_shorter_bar() -> None:
    waltz = [Span(0.0, 3.0, 1), Span(3.0, 6.0, 2)]
    notes = struck([0, 1, 2, 3, 4, 5])
    assert of_windows(notes, waltz, ["rhythm"]).tolist() == [[3 / 12], [3 / 12]]


def test_consistency_of_the_same_windows_is_equation_three() -> None:
    moved = np.array([[0.0, 1.0], [2.0, 5.0]])
    score, _ = consistency_of_windows(list(moved.T), [np.array([0, 1])] * 2)
    assert score == consistency(moved) == pytest.approx(-0.5)


def test_consistency_of_windows_that_differ_in_number() -> None:
    """Standard deviations of 1 and 0: their mean is a half. One piece has no interval."""
    densities, pieces = [np.array([1.0, 3.0, 1.0, 3.0]), np.array([5.0])], [np.zeros(4, int)] * 2
    pieces[1] = np.zeros(1, int)
    assert consistency_of_windows(densities, pieces) == (0.5, None)


def test_the_interval_draws_pieces() -> None:
    """Two pieces, each alike in itself: a draw has both (sd 1) or one of them twice (sd 0)."""
    score, interval = consistency_of_windows([np.array([1.0, 1, 3, 3])], [np.array([0, 0, 2, 2])])
    assert score == 0
    assert interval == pytest.approx([0, 1])


def test_a_draw_that_has_no_window_of_a_value_says_nothing_of_it() -> None:
    """Piece 1 alone has windows of the second value: sd 0 of either, whatever is drawn."""
    values = [np.array([2.0, 2.0]), np.array([4.0])]
    assert consistency_of_windows(values, [np.array([0, 1]), np.array([1])]) == (1, [1, 1])
