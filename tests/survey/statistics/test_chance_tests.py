from dataclasses import asdict, astuple

import numpy as np
import pytest
from scipy import stats

from survey.statistics.agreement import by_direction
from survey.statistics.chance_tests import (
    EXACT,
    Better,
    ChanceTest,
    against_chance,
    holm,
    lower_against_higher,
    mcnemar,
    sign_flip,
)
from survey.statistics.crossed_design import of_matrix
from survey.statistics.estimate import t_interval
from tests.survey.statistics.by_hand import table
from tests.survey.statistics.unbalanced import transfers


def test_exact_sign_flips() -> None:
    higher = np.array([0.6, 0.7, 0.8, 0.5, 0.7, 0.9])
    lower = np.array([0.9, 0.9, 1, 0.8, 0.9, 0.9])
    flips = sign_flip(lower - higher, seed=0)
    assert (flips.difference, flips.p) == pytest.approx((0.2, 0.0625), abs=1e-6)
    assert (flips.exact, flips.n) == (True, 6)


def test_drawn_signs_agree_with_scipy() -> None:
    random = np.random.default_rng(1)
    differences = random.normal(0.25, 1, EXACT + 24)
    flips = sign_flip(differences, seed=5)
    scipys = stats.permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=20_000, rng=2
    )
    assert not flips.exact
    assert flips.p == pytest.approx(scipys.pvalue, abs=0.02)
    assert flips == sign_flip(differences, seed=5)


def test_more_than_any_drawn_sign_is_not_impossible() -> None:
    assert sign_flip(np.ones(50), seed=0, draws=999).p == pytest.approx(1 / 1000)


def test_no_difference_and_nobody() -> None:
    assert sign_flip(np.zeros(5), seed=0).p == 1
    assert sign_flip(np.array([]), seed=0).p is None


def test_mcnemar() -> None:
    assert mcnemar(12, 3) == pytest.approx(0.03515625, abs=1e-6)
    assert mcnemar(3, 12) == mcnemar(12, 3)
    assert mcnemar(0, 0) == 1


def test_holm() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02], abs=1e-6)
    assert holm([0.9, 0.8]) == [1, 1]
    assert holm([0.0, 1.0]) == [0, 1]
    assert holm([]) == []
    with pytest.raises(ValueError, match="0 to 1"):
        holm([0.1, float("nan")])


def test_p_depends_neither_on_the_unit_nor_on_rounding() -> None:
    """0.1 + 0.2 is not 0.3 to a computer, but is no less far from 0."""
    none = np.array([0.1, 0.2, -0.3, 0.6, -0.5, -0.1])  # adds up to 0, all but
    assert none.sum() != 0 and sign_flip(none, seed=0).p == 1
    differences = np.array([0.1, 0.2, -0.3, 0.7, 0.4, -0.2])
    p = sign_flip(np.array([1, 2, -3, 7, 4, -2.0]), seed=0).p
    for unit in (1.0, 1e-12, 1e12, -1.0):
        assert sign_flip(differences * unit, seed=0).p == p


def test_rates_of_those_who_answered_unequally_often() -> None:
    pooled = by_direction(transfers())
    comparison = against_chance(pooled, seed=0)
    rates = np.array([3 / 5, 1 / 2, 1.0])  # a, b and c; d gave no direction
    assert comparison["overall"].mean_rate == t_interval(rates)
    tests = comparison["overall"].guesses
    for guess, chance in (("one of three", 1 / 3), ("one of two", 1 / 2)):
        assert tests[guess] == ChanceTest(chance, *astuple(sign_flip(rates - chance, 0)))
    assert comparison["higher"].mean_rate.n == 2


def test_lower_against_higher_pairs_the_same_person() -> None:
    comparison = lower_against_higher(by_direction(transfers()), seed=0)
    differences = np.array([2 / 3 - 1 / 2, 0 - 1.0])  # a and b; c heard lower items only
    assert asdict(comparison.difference) == pytest.approx(asdict(t_interval(differences)))
    assert asdict(comparison.flips) == pytest.approx(asdict(sign_flip(differences, 0)))
    assert comparison.better == Better(lower=1, higher=1, equal=0)
    assert comparison.sign_test == 1
    assert comparison.twoway.value == pytest.approx(3 / 5 - 2 / 3)
    one_way = transfers()
    one_way = one_way[one_way["intended"] == "lower"]
    assert lower_against_higher(by_direction(one_way), seed=0).sign_test is None


def test_the_sign_test_leaves_equal_people_out() -> None:
    rates_of = {"lower": [1, 1, 1, 1, 1, 1, 0], "higher": [0, 0, 0, 0, 0, 1, 0]}
    answers = {
        word: of_matrix(np.array(values, float)[:, None]) for word, values in rates_of.items()
    }
    comparison = lower_against_higher(answers, seed=0)
    assert comparison.better == Better(lower=5, higher=0, equal=2)
    assert comparison.sign_test == pytest.approx(2 / 2**5)


@pytest.mark.slow
def test_drawn_signs_go_by_the_seed_in_every_test() -> None:
    """Participants are too many for all signs, so that p is drawn."""
    random = np.random.default_rng(0)
    answers = {
        word: of_matrix((random.random((EXACT + 9, 6)) < share).astype(float))
        for word, share in (("lower", 0.6), ("higher", 0.5))
    }

    def p_values(seed: int) -> list[float | None]:
        against = against_chance(answers, seed)["lower"].one_of_two
        paired = lower_against_higher(answers, seed).flips
        assert not against.exact and not paired.exact
        return [against.p, paired.p]

    for first, second in zip(p_values(1), p_values(2), strict=True):
        assert first != second and first == pytest.approx(second, abs=0.05)
    assert p_values(1) == p_values(1)
    exact = np.arange(1.0, EXACT + 1) - 4
    assert sign_flip(exact, seed=1) == sign_flip(exact, seed=2) and sign_flip(exact, 1).exact


def test_comparison_by_hand() -> None:
    agreement = by_direction(table())
    comparison = against_chance(agreement, seed=0)
    assert comparison["overall"].mean_rate.value == pytest.approx((2 / 3 + 3 / 4) / 2)
    assert comparison["overall"].one_of_two.difference == pytest.approx((2 / 3 + 3 / 4) / 2 - 0.5)
    assert comparison["overall"].one_of_three.chance == pytest.approx(1 / 3)
    paired = lower_against_higher(agreement, seed=0)
    assert paired.difference.value == pytest.approx((0.5 - 1 + 1 - 0.5) / 2)
    assert paired.better == Better(lower=1, higher=1, equal=0)
    assert paired.twoway.value == pytest.approx(3 / 4 - 2 / 3)
