"""Means over pieces: what each counts for, and how far they differ."""

from __future__ import annotations

import pytest

from train.metrics.over_pieces import Tally, mean


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
