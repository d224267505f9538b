import numpy as np
import pytest

from survey.statistics.estimate import CONSTANT, t_interval


def test_t_intervals() -> None:
    found = t_interval(np.array([3, 4, 4, 5, 2.0]))
    assert (found.value, found.low, found.high) == pytest.approx(
        (3.6, 2.1842852230, 5.0157147770), abs=1e-6
    )
    found = t_interval(np.array([5, 5, 5, 5, 4.0]))
    assert (found.value, found.high) == pytest.approx((4.8, 5.3552890210), abs=1e-6)


def test_equal_values_have_no_width_and_say_so() -> None:
    for value in (4.0, 0.1):
        found = t_interval(np.full(4, value))
        assert (found.low, found.high) == pytest.approx((value, value), abs=1e-12)
        assert found.note == CONSTANT


def test_one_value_has_no_interval() -> None:
    found = t_interval(np.array([3.0]))
    assert (found.value, found.low, found.high) == (3, None, None)
    assert "one value" in found.note
    assert t_interval(np.array([])).value is None
