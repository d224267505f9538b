import pytest

from survey.statistics.signal_detection import criterion, d_prime, loglinear


def test_rates() -> None:
    assert d_prime(0.8, 0.1) == pytest.approx(2.1231727991, abs=1e-6)
    assert criterion(0.8, 0.1) == pytest.approx(0.2199651660, abs=1e-6)


def test_counts_at_the_edge() -> None:
    hits, alarms = loglinear(10, 10), loglinear(0, 10)
    assert d_prime(hits, alarms) == pytest.approx(3.3812432592, abs=1e-6)
    assert criterion(hits, alarms) == pytest.approx(0, abs=1e-12)
