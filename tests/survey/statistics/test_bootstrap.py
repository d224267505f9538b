import numpy as np
import pytest
from scipy import sparse

from survey.statistics import bootstrap
from survey.statistics.agreement import agreement
from survey.statistics.estimate import CONSTANT
from survey.statistics.resampling import resampled
from survey.statistics.simulation import simulate


def matrices(seed: int = 0, people: int = 30, items: int = 12) -> dict[str, sparse.csr_array]:
    random = np.random.default_rng(seed)
    sums = random.integers(0, 6, (people, items)).astype(float)
    return {"sum": sparse.csr_array(sums), "n": sparse.csr_array(np.ones((people, items)))}


def test_totals_are_weighted_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    values_by_name = matrices()
    sums = bootstrap.totals(values_by_name, 50, seed=3)
    random = np.random.default_rng(3)
    people, items = bootstrap.weights(random, 50, 30), bootstrap.weights(random, 50, 12)
    for name, matrix in values_by_name.items():
        one_by_one = [p @ matrix.toarray() @ i for p, i in zip(people, items, strict=True)]
        assert sums[name] == pytest.approx(one_by_one, abs=0)
    monkeypatch.setattr(bootstrap, "DENSE", 2.0)  # the sparse way gives the same
    repeated = bootstrap.totals(values_by_name, 50, seed=3)
    assert all((repeated[name] == sums[name]).all() for name in sums)


def test_weights_draw_as_many_as_there_are() -> None:
    weights = bootstrap.weights(np.random.default_rng(0), 2000, 10)
    assert (weights.sum(axis=1) == 10).all()
    assert weights.var() == pytest.approx(0.9, abs=0.03)  # of a multinomial count


def test_progress_counts_all_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "WEIGHTS_AT_ONCE", 300)
    draws: list[int] = []
    sums = bootstrap.totals(matrices(), 95, 0, draws.append)
    assert (sum(draws), len(sums["sum"])) == (95, 95)
    assert len(draws) > 5


def test_draws_without_a_value_are_passed_over() -> None:
    ends = bootstrap.percentiles(np.array([np.nan, 1.0, 2.0, 3.0]))
    assert (ends.draws, ends.low >= 1, ends.high <= 3) == (3, True, True)
    assert ends.note is None
    alike = bootstrap.percentiles(np.array([0.1 + 0.2, 0.3, np.nan]))
    assert alike.note == CONSTANT
    assert bootstrap.percentiles(np.array([np.nan])) == bootstrap.Percentiles(None, None, 0)


def test_a_study_resampled_holds_its_own_means_and_repeats_itself() -> None:
    table = simulate({"realistic": 30}, seed=2)
    transfers = table[table["kind"] == "transfer"]
    resampled_intervals = resampled(transfers, 400, seed=1)
    share = agreement(transfers).mean()
    assert (
        resampled_intervals.agreement["overall"].low
        < share
        < resampled_intervals.agreement["overall"].high
    )
    mean = transfers["melody"].mean()
    assert (
        resampled_intervals.opinion["melody"].low
        < mean
        < resampled_intervals.opinion["melody"].high
    )
    assert resampled_intervals == resampled(transfers, 400, seed=1)
    assert resampled_intervals != resampled(transfers, 400, seed=2)
