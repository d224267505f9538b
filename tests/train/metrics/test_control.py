"""Table 1's scores on codes whose scores can be worked out: perfect, null, duplicated, noisy."""

import numpy as np
import pytest

from train.metrics import consistency, linearity_each, linearity_pooled, restrictiveness

ASKED = np.array([0.0, 1.0, 2.0, 3.0])
OWN = np.array([[2.0], [4.0], [9.0]])  # densities of three unmoved segments


def everywhere(row):
    """The same row for three segments."""
    return np.tile(row, (3, 1))


def test_a_perfect_code():
    moved, other = everywhere(2 + 0.5 * ASKED), np.tile(OWN, 4)
    assert consistency(moved) == restrictiveness(other) == 1
    assert linearity_each(ASKED, moved) == linearity_pooled(ASKED, moved) == pytest.approx(1)


def test_a_null_code():
    """The fader does nothing: what comes out is the segments' own, of sd 1."""
    own = (OWN - OWN.mean()) / OWN.std()
    moved = np.tile(own, 4)
    assert consistency(moved) == pytest.approx(0)
    assert restrictiveness(moved) == 1
    assert linearity_each(ASKED, moved) == 0
    assert linearity_pooled(ASKED, moved) == pytest.approx(0)


def test_a_duplicated_code():
    """One fader moves both attributes alike, by 0 to 3 sd: the other's sd is √(5/4)."""
    duplicated = everywhere(ASKED)
    assert consistency(duplicated) == 1
    assert linearity_each(ASKED, duplicated) == pytest.approx(1)
    assert restrictiveness(duplicated) == pytest.approx(1 - np.sqrt(1.25))


def test_a_fader_from_each_segments_own_level():
    """Every segment follows the fader from where it is: each is linear, together they are not."""
    moved = OWN + ASKED  # means 3.5, 5.5, 10.5
    assert linearity_each(ASKED, moved) == pytest.approx(1)
    # spread of the fader 5/4, of the levels 26/3: R² is 1.25 / (1.25 + 26/3)
    assert linearity_pooled(ASKED, moved) == pytest.approx(1.25 / (1.25 + 26 / 3))
    assert consistency(moved) == pytest.approx(1 - np.sqrt(26 / 3))


def test_by_hand():
    moved = np.array([[0.0, 1.0], [2.0, 5.0]])  # sd of the columns 1 and 2, of the rows 1/2, 3/2
    assert consistency(moved) == pytest.approx(1 - 1.5)
    assert restrictiveness(moved) == pytest.approx(1 - 1.0)


def test_linearity_by_hand():
    targets = np.array([0.0, 1.0, 2.0])
    assert linearity_each(targets, np.array([[0.0, 0.0, 3.0]])) == pytest.approx(0.75)
    falling, constant = [3.0, 2.0, 1.0], [1.0, 1.0, 1.0]
    assert linearity_each(targets, np.array([falling, constant])) == pytest.approx(0.5)


def test_linearity_is_that_of_a_least_squares_line():
    rng = np.random.default_rng(0)
    moved = rng.normal(size=(5, 4)) + ASKED
    x, y = np.tile(ASKED, 5), moved.ravel()
    residual = y - np.polyval(np.polyfit(x, y, 1), x)
    assert linearity_pooled(ASKED, moved) == pytest.approx(1 - residual.var() / y.var())


def test_whole_numbers_count_as_they_are():
    assert consistency(np.array([[0, 1], [2, 5]])) == pytest.approx(-0.5)


@pytest.mark.parametrize("shape", [(4,), (0, 8), (2, 3, 4)])
def test_what_is_no_table_is_refused(shape):
    for score in (consistency, restrictiveness):
        with pytest.raises(ValueError, match=r"are not \(segments, values\)"):
            score(np.zeros(shape))


def test_one_fader_value_has_no_line():
    with pytest.raises(ValueError, match="one fader value, 2"):
        linearity_pooled(np.array([2.0, 2.0]), np.array([[1.0, 2.0]]))
