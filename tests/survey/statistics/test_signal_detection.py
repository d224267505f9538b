import math
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit, logit

from survey.statistics.crossed_design import Crossed
from survey.statistics.estimate import t_interval
from survey.statistics.signal_detection import Rate, criterion, d_prime, detection, lean, loglinear
from survey.statistics.simulation import simulate
from survey.statistics.twoway import clustered_variance
from tests.survey.statistics.by_hand import HAND, table
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


def test_intervals_are_those_of_rates_moved_a_little() -> None:
    """The delta method: d' and c where every answer counts a little more, one at a time."""
    answers = simulate({"realistic": 12}, seed=3)
    rows = answers[answers["kind"] == "transfer"].reset_index(drop=True)
    measures = detection(rows)["higher"]
    heard_higher = (rows["heard"] == "higher").to_numpy(float)
    is_higher = (rows["intended"] == "higher").to_numpy()

    def of(weights: np.ndarray) -> tuple[float, float]:
        rates = [
            loglinear((weights * heard_higher)[side].sum(), weights[side].sum())
            for side in (is_higher, ~is_higher)
        ]
        return d_prime(*rates), criterion(*rates)

    one, small = np.ones(len(rows)), 1e-4
    parts = np.array([np.subtract(of(one + small * row), of(one)) for row in np.eye(len(rows))])
    parts = (parts - parts.mean(axis=0)) / small
    codes = [pd.factorize(rows[name])[0] for name in ("participant", "item")]
    for column, estimate in enumerate((measures.d_prime, measures.criterion)):
        scores = Crossed(parts[:, column], *codes)
        assert estimate.error == pytest.approx(math.sqrt(clustered_variance(scores)[0]), rel=0.05)
        reach = stats.t.ppf(0.975, 10 - 1) * estimate.error  # ten items of a direction
        assert estimate.high - estimate.value == pytest.approx(reach)
        assert estimate.value - estimate.low == pytest.approx(reach)


@pytest.mark.slow
def test_the_interval_of_d_prime_holds_where_pieces_are_few() -> None:
    """Of 4 pieces a bootstrap's percentiles held the truth in 85 % of studies."""
    held, runs = 0, 60
    random = np.random.default_rng(5)
    ease = random.normal(0, np.sqrt(0.7**2 + 0.8**2 + 0.6**2), 400_000)
    hits = expit(logit(0.8) + ease).mean()
    truth = stats.norm.ppf(hits) - stats.norm.ppf((1 - hits) / 2)
    for _ in range(runs):
        person, segment = np.indices((48, 20)).reshape(2, -1)
        piece = segment % 4
        its = random.normal(0, 0.8, 4)[piece] + random.normal(0, 0.6, 20)[segment]
        hears = random.random(960) < expit(logit(0.8) + its + random.normal(0, 0.7, 48)[person])
        sides = np.array(["lower", "higher"])
        intended, other = sides[segment // 10], sides[1 - segment // 10]
        missed = np.where(random.random(960) < 0.5, "same", other)
        study = pd.DataFrame(
            {
                "participant": person.astype(str),
                "item": segment.astype(str),
                "source": piece.astype(str),
                "segment": segment,
                "intended": intended,
                "heard": np.where(hears, intended, missed),
            }
        )
        ends = detection(study)["higher"].d_prime
        held += ends.low <= truth <= ends.high
    assert held >= 54


def test_detection_by_hand() -> None:
    measures = detection(table())["higher"]
    assert measures.hits == Rate(count=2, n=3, rate=pytest.approx(2 / 3))
    assert measures.alarms == Rate(count=0, n=4, rate=0)
    z = stats.norm.ppf([2.5 / 4, 0.5 / 5])
    assert measures.d_prime.value == pytest.approx(z[0] - z[1])
    assert measures.criterion.value == pytest.approx(-z.sum() / 2)
    rates = stats.norm.ppf([[1.5 / 2, 0.5 / 3], [1.5 / 3, 0.5 / 3]])
    assert measures.mean_d_prime.value == pytest.approx(np.mean(rates[:, 0] - rates[:, 1]))
    only_lower = detection(table(HAND.replace("higher,", "lower,").replace("h1,lower", "h1,lower")))
    assert only_lower["higher"].d_prime is None


def test_who_leans_by_hand() -> None:
    """Lower items: 3 lower, 1 same; higher items: 1 lower, 2 higher of 3. (3/4 - 1/3) / 2."""
    measured = lean(table(HAND + "a,i1,same,same,,\nb,i1,same,lower,,\n"))
    assert measured.more_lower.value == pytest.approx((3 / 4 - 1 / 3) / 2)
    assert (measured.identical_lower, measured.identical_higher, measured.identical) == (1, 0, 2)
    t = measured.more_lower.value / measured.more_lower.error
    assert measured.p == pytest.approx(2 * stats.t.sf(t, measured.more_lower.freedom))
    only_lower = table(HAND)[lambda rows: rows["intended"] == "lower"]
    assert lean(only_lower).more_lower.value is None
    assert lean(only_lower).p is None


def test_the_lean_is_a_regression_on_both_directions() -> None:
    from statsmodels.regression.linear_model import OLS

    answers = simulate({"realistic": 20, "biased": 5}, seed=4)
    transfers = answers[answers["kind"] == "transfer"]
    sides = transfers["heard"].map({"lower": 1.0, "same": 0.0, "higher": -1.0})
    sign = transfers["intended"].map({"lower": 0.5, "higher": -0.5})
    codes = [pd.factorize(transfers[name])[0] for name in ("participant", "item")]
    design = np.stack([np.ones(len(sign)), sign], axis=1)
    fit = OLS(sides.to_numpy(), design).fit(
        cov_type="cluster", cov_kwds={"groups": np.stack(codes, axis=1), "use_correction": False}
    )
    measured = lean(answers).more_lower
    assert measured.value == pytest.approx(fit.params[0])
    assert measured.error == pytest.approx(fit.bse[0], rel=0.05)  # but for small-sample factors


def test_who_always_answers_lower_leans_and_who_hears_all_does_not() -> None:
    biased = lean(simulate({"biased": 12}, seed=1))
    assert biased.p < 0.001 and biased.more_lower.low > 0.5
    assert biased.identical_lower > 5 * biased.identical_higher
    upside_down = simulate({"biased": 12}, seed=1)
    words = {"lower": "higher", "higher": "lower"}
    upside_down["heard"] = upside_down["heard"].replace(words)
    assert lean(upside_down).more_lower.value == -biased.more_lower.value
    for kind in ("perfect", "lazy"):
        assert lean(simulate({kind: 12})).more_lower.value == 0
