import pytest

from survey.statistics.estimate import clopper_pearson, wilson


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (7, 10, 0.3967781475, 0.8922087326),
        (0, 10, 0, 0.2775327999),
        (10, 10, 0.7224672001, 1),
        (38, 38, 0.9081901318, 1),
        (444, 480, 0.8979151970, 0.9453362288),
        (338, 480, 0.6618449233, 0.7432464479),
        (782, 960, 0.7887624467, 0.8378966314),
    ],
)
def test_wilson(successes: int, n: int, low: float, high: float) -> None:
    estimate = wilson(successes, n)
    assert (estimate.value, estimate.n) == (successes / n, n)
    assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=1e-6)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"), [(7, 10, 0.3475471499, 0.9332604888), (1, 1, 0.025, 1)]
)
def test_clopper_pearson(successes: int, n: int, low: float, high: float) -> None:
    estimate = clopper_pearson(successes, n)
    assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("n", [1, 2, 17, 480])
def test_as_statsmodels(n: int) -> None:
    from statsmodels.stats.proportion import proportion_confint  # takes seconds

    for successes in {0, 1, n // 2, n - 1, n}:
        for method, interval in (("wilson", wilson), ("beta", clopper_pearson)):
            estimate = interval(successes, n)
            expected = proportion_confint(successes, n, method=method)
            assert (estimate.low, estimate.high) == pytest.approx(expected, abs=1e-9)


def test_nothing_is_no_share() -> None:
    assert wilson(0, 0).value is None
    with pytest.raises(ValueError, match="11 of 10"):
        wilson(11, 10)
