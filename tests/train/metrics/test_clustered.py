"""Shares with intervals over pieces."""

import numpy as np
import pytest

from train.metrics.clustered import share


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


def test_no_segment_has_no_share():
    with pytest.raises(ValueError, match="no segments"):
        share(np.zeros(0, bool), np.zeros(0))
