from dataclasses import asdict

import numpy as np
import pytest
from scipy import stats

from survey.statistics.estimate import t_interval
from survey.statistics.signal_detection import Rate, criterion, d_prime, detection, loglinear
from tests.survey.statistics.unbalanced import transfers


def test_rates() -> None:
    assert d_prime(0.8, 0.1) == pytest.approx(2.1231727991, abs=1e-6)
    assert criterion(0.8, 0.1) == pytest.approx(0.2199651660, abs=1e-6)


def test_counts_at_the_edge() -> None:
    hits, alarms = loglinear(10, 10), loglinear(0, 10)
    assert d_prime(hits, alarms) == pytest.approx(3.3812432592, abs=1e-6)
    assert criterion(hits, alarms) == pytest.approx(0, abs=1e-12)


def test_answers_are_counted_for_both_words_where_people_answered_unequally_often() -> None:
    measures = detection(transfers())
    assert measures["lower"].hits == Rate(count=3, n=5, rate=3 / 5)
    assert measures["lower"].alarms == Rate(count=1, n=3, rate=1 / 3)
    assert measures["higher"].hits == Rate(count=2, n=3, rate=2 / 3)
    assert measures["higher"].alarms == Rate(count=1, n=5, rate=1 / 5)


def test_means_are_over_those_who_answered_both_kinds_of_items() -> None:
    """c heard lower items only, and d gave no direction: a and b are left."""
    measures = detection(transfers())["lower"]
    z = stats.norm.ppf([[2.5 / 4, 1.5 / 3], [0.5 / 2, 0.5 / 2]])  # hits and alarms of a, of b
    for name, values in (
        ("mean_d_prime", z[:, 0] - z[:, 1]),
        ("mean_criterion", -z.sum(axis=1) / 2),
    ):
        mean = getattr(measures, name)
        assert asdict(mean) == pytest.approx(asdict(t_interval(np.array(values))))
        assert mean.n == 2


@pytest.mark.parametrize("only", ["lower", "higher"])
def test_without_one_kind_of_items_nothing_can_be_told_apart(only: str) -> None:
    table = transfers()
    for measures in detection(table[table["intended"] == only]).values():
        assert measures.d_prime is None and measures.criterion is None
        assert {measures.hits.rate is None, measures.alarms.rate is None} == {True, False}
