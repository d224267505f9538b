import numpy as np
import pytest

from survey.statistics.estimate import CONSTANT, RAISED, around, t_interval


def test_t_intervals() -> None:
    estimate = t_interval(np.array([3, 4, 4, 5, 2.0]))
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx(
        (3.6, 2.1842852230, 5.0157147770), abs=1e-6
    )
    estimate = t_interval(np.array([5, 5, 5, 5, 4.0]))
    assert (estimate.value, estimate.high) == pytest.approx((4.8, 5.3552890210), abs=1e-6)


def test_equal_values_have_no_width_and_say_so() -> None:
    for value in (4.0, 0.1):
        estimate = t_interval(np.full(4, value))
        assert (estimate.low, estimate.high) == pytest.approx((value, value), abs=1e-12)
        assert estimate.note == CONSTANT


def test_one_value_has_no_interval() -> None:
    estimate = t_interval(np.array([3.0]))
    assert (estimate.value, estimate.low, estimate.high) == (3, None, None)
    assert "one value" in estimate.note
    assert t_interval(np.array([])).value is None


def test_the_standard_error_and_its_degrees_of_freedom_are_told() -> None:
    values = np.array([1, 2, 2, 7.0])
    estimate = t_interval(values)
    assert estimate.error == pytest.approx(values.std(ddof=1) / 2)
    assert (estimate.freedom, estimate.n, estimate.note) == (3, 4, None)
    constant = t_interval(np.full(3, 2.0))
    assert (constant.error, constant.freedom, constant.n) == (0, 2, 3)


def test_an_interval_that_was_helped_keeps_its_own_note() -> None:
    assert around(0.5, 0.0, 3, 4).note == CONSTANT
    assert around(0.5, 0.0, 3, 4, "another").note == "another"
    wide = around(0.5, 0.1, 3, 4)
    assert (wide.high - wide.low, wide.note) == (pytest.approx(2 * 0.1 * 3.1824463), None)


def test_values_alike_but_for_rounding_have_no_interval_of_no_width() -> None:
    """Two people agree a fifth more on one direction than on the other."""
    gaps = np.array([3 / 10 - 1 / 10, 2 / 10 - 0])
    assert gaps[0] != gaps[1]
    estimate = t_interval(gaps)
    assert (estimate.note, estimate.error) == (CONSTANT, 0)
    assert estimate.low == estimate.high == estimate.value == pytest.approx(0.2)
    assert around(1.0, 1e-17, 5, 12).note == around(1.0, 1e-17, 5, 12, RAISED).note == CONSTANT
    assert around(1.0, 1e-9, 5, 12).note is None
