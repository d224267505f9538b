import numpy as np
import pytest
from scipy import stats

from survey.statistics.chance_tests import EXACT, holm, mcnemar, sign_flip


def test_exact_sign_flips() -> None:
    higher = np.array([0.6, 0.7, 0.8, 0.5, 0.7, 0.9])
    lower = np.array([0.9, 0.9, 1, 0.8, 0.9, 0.9])
    found = sign_flip(lower - higher, seed=0)
    assert (found["difference"], found["p"]) == pytest.approx((0.2, 0.0625), abs=1e-6)
    assert (found["exact"], found["n"]) == (True, 6)


def test_drawn_signs_agree_with_scipy() -> None:
    random = np.random.default_rng(1)
    differences = random.normal(0.25, 1, EXACT + 24)
    found = sign_flip(differences, seed=5)
    theirs = stats.permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=20_000, rng=2
    )
    assert not found["exact"]
    assert found["p"] == pytest.approx(theirs.pvalue, abs=0.02)
    assert found == sign_flip(differences, seed=5)


def test_more_than_any_drawn_sign_is_not_impossible() -> None:
    assert sign_flip(np.ones(50), seed=0, draws=999)["p"] == pytest.approx(1 / 1000)


def test_no_difference_and_nobody() -> None:
    assert sign_flip(np.zeros(5), seed=0)["p"] == 1
    assert sign_flip(np.array([]), seed=0)["p"] is None


def test_mcnemar() -> None:
    assert mcnemar(12, 3) == pytest.approx(0.03515625, abs=1e-6)
    assert mcnemar(3, 12) == mcnemar(12, 3)
    assert mcnemar(0, 0) == 1


def test_holm() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02], abs=1e-6)
    assert holm([0.9, 0.8]) == [1, 1]
    assert holm([]) == []
    with pytest.raises(ValueError, match="0 to 1"):
        holm([0.1, float("nan")])
