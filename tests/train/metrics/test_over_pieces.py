"""Means over pieces: what each counts for, and how far they differ."""

from __future__ import annotations

import numpy as np
import pytest

from train.metrics.over_pieces import Tally, mean, share


def test_a_mean_is_over_all_values_not_over_pieces():
    value, interval = mean([Tally.of([1, 1, 1]), Tally.of([0])])
    assert value == 0.75
    assert interval == [0.0, 1.0]  # a draw may have one piece twice


def test_pieces_that_agree_leave_nothing_open():
    assert mean([Tally(2.0, 4), Tally(3.0, 6), Tally(0.0, 0)]) == (0.5, [0.5, 0.5])


def test_one_piece_has_no_interval():
    assert mean([Tally(1.0, 4), Tally(0.0, 0)]) == (0.25, None)


def test_nothing_has_no_mean():
    with pytest.raises(ValueError, match="nothing"):
        mean([Tally(0.0, 0)])


def test_a_share_by_hand():
    true = np.array([True, True, False, True])
    value, (low, high) = share(true, np.array(["a", "a", "b", "b"]))
    assert value == 0.75
    # Draws of two pieces: a and a gives 1, b and b gives 1/2.
    assert (low, high) == (0.5, 1.0)


def test_pieces_are_drawn_not_segments():
    true = np.repeat([True, False], 50)
    _, by_piece = share(true, np.repeat([0, 1], 50))
    _, by_segment = share(true, np.arange(100))
    assert by_piece == [0.0, 1.0]
    assert 0.35 < by_segment[0] < by_segment[1] < 0.65


def test_pieces_weigh_as_much_as_they_have_segments():
    value, _ = share(np.array([True, False, False, False]), np.array([0, 1, 1, 1]))
    assert value == 0.25
