import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from survey.statistics import twoway
from survey.statistics.crossed_design import Crossed, of_matrix
from survey.statistics.estimate import CONSTANT, EDGE, NEGATIVE, ONE, t_interval

MATRIX = np.array([[5, 5, 4], [4, 4, 4], [2, 3, 2], [3, 3, 4]], float)


def test_participants_by_items() -> None:
    naive = t_interval(MATRIX.ravel())
    assert naive.value == pytest.approx(3.5833333333, abs=1e-6)
    assert naive.error == pytest.approx(0.2875795893, abs=1e-6)
    assert (naive.low, naive.high) == pytest.approx((2.9503749249, 4.2162917418), abs=1e-6)

    people = twoway.by_participant(of_matrix(MATRIX))
    assert (people.error, people.freedom) == pytest.approx((0.4976798019, 3), abs=1e-6)
    assert (people.low, people.high) == pytest.approx((1.9994940867, 5.1671725796), abs=1e-6)

    both = twoway.mean(of_matrix(MATRIX))
    assert (both.error, both.freedom, both.n) == pytest.approx((0.4146415433, 2, 12), abs=1e-6)
    assert (both.low, both.high) == pytest.approx((1.7992747652, 5.3673919015), abs=1e-6)


def test_unequal_numbers_of_answers() -> None:
    right, asked = [3, 1, 4, 0], [4, 2, 5, 1]
    answers = np.full((4, 5), np.nan)
    for person, (k, n) in enumerate(zip(right, asked, strict=True)):
        answers[person, :n] = np.arange(n) < k
    found = twoway.share_by_participant(of_matrix(answers))
    assert found.value == pytest.approx(0.6666666667, abs=1e-6)
    assert np.mean(np.nanmean(answers, axis=1)) == pytest.approx(0.5125, abs=1e-6)
    assert (found.error, found.freedom) == pytest.approx((0.1014301032, 3), abs=1e-6)
    assert (found.low, found.high) == pytest.approx((0.3187691250, 0.8952689498), abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_as_statsmodels_with_answers_missing(seed: int) -> None:
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(15, 1)) + random.normal(size=(1, 9)) + random.normal(size=(15, 9))
    matrix[random.random(matrix.shape) < 0.3] = np.nan
    answers = of_matrix(matrix)
    groups = np.stack([answers.participants, answers.items], axis=1)
    fit = sm.OLS(answers.values, np.ones(len(answers.values)))
    theirs = fit.fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    ours = twoway.mean(answers)
    assert ours.error == pytest.approx(theirs.bse[0], abs=1e-10)
    assert (ours.low, ours.high) == pytest.approx(theirs.conf_int()[0], abs=1e-8)
    by_people = fit.fit(cov_type="cluster", cov_kwds={"groups": answers.participants}, use_t=True)
    ours = twoway.by_participant(answers)
    assert (ours.low, ours.high) == pytest.approx(by_people.conf_int()[0], abs=1e-8)


def test_a_difference_is_a_regression_on_the_kind_of_item() -> None:
    random = np.random.default_rng(3)
    matrix = random.normal(size=(12, 1)) + random.normal(size=(1, 8)) + random.normal(size=(12, 8))
    answers = of_matrix(matrix)
    lower = answers.items % 2 == 0
    ours = twoway.difference(answers.only(lower), answers.only(~lower))
    design = np.stack([np.ones(len(lower)), lower], axis=1)
    groups = np.stack([answers.participants, answers.items], axis=1)
    theirs = sm.OLS(answers.values, design).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}, use_t=True
    )
    assert ours.value == pytest.approx(theirs.params[1], abs=1e-10)
    people, items, n = 12, 8, 96  # statsmodels' own factors are for regressions
    squares = [
        sm.OLS(answers.values, design)
        .fit(cov_type="cluster", cov_kwds={"groups": by, "use_correction": False})
        .cov_params()[1, 1]
        for by in (answers.participants, answers.items, np.arange(n))
    ]
    factors = np.array([people / (people - 1), items / (items - 1), -n / (n - 1)])
    assert ours.error**2 == pytest.approx(factors @ squares, rel=1e-9)
    assert ours.freedom == 3


def test_shares_stay_within_0_and_1() -> None:
    matrix = np.ones((6, 5))
    matrix[0, 0] = 0
    found = twoway.share(of_matrix(matrix))
    assert 0 < found.low < found.value < found.high < 1


@pytest.mark.parametrize(("value", "ends"), [(1, (0.4781762499, 1)), (0, (0, 0.5218237501))])
def test_all_on_one_side_count_as_few(value: int, ends: tuple[float, float]) -> None:
    found = twoway.share(of_matrix(np.full((6, 5), float(value))))
    assert found.value == value
    assert (found.low, found.high) == pytest.approx(ends, abs=1e-6)  # Clopper-Pearson of 5
    assert found.note == EDGE


def test_equal_answers_have_no_width_and_say_so() -> None:
    found = twoway.mean(of_matrix(np.full((6, 5), 4.0)))
    assert (found.low, found.high, found.note) == (4, 4, CONSTANT)


@pytest.mark.parametrize("shape", [(1, 5), (5, 1), (1, 1)])
def test_one_participant_or_item_has_no_interval(shape: tuple[int, int]) -> None:
    matrix = np.arange(np.prod(shape), dtype=float).reshape(shape) % 2
    for found in (twoway.mean(of_matrix(matrix)), twoway.share(of_matrix(matrix))):
        assert found.value is not None
        assert (found.low, found.high, found.note) == (None, None, ONE)


def test_a_negative_variance_is_replaced_by_the_larger_one_way() -> None:
    # every participant and every item has nearly the same mean: less scatter than by chance
    matrix = np.array([[1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 0]], float)
    answers = of_matrix(matrix)
    found = twoway.mean(answers)
    assert found.note == NEGATIVE
    people = twoway.by_participant(answers).error
    items = twoway.by_participant(Crossed(answers.values, answers.items, answers.participants))
    assert found.error == pytest.approx(max(people, items.error), abs=1e-12)


def test_nothing_has_no_mean() -> None:
    nothing = of_matrix(np.full((3, 3), np.nan))
    for found in (twoway.mean(nothing), twoway.share(nothing), twoway.by_participant(nothing)):
        assert (found.value, found.n) == (None, 0)
    assert twoway.difference(nothing, nothing).value is None


def test_what_a_person_says_twice_of_one_segment_counts_once() -> None:
    """Cameron, Gelbach & Miller subtract the clusters where both meet, not single answers."""
    random = np.random.default_rng(7)
    matrix = random.normal(size=(9, 1)) + random.normal(size=(1, 6)) + random.normal(size=(9, 6))
    once = of_matrix(matrix)
    twice = Crossed(*(np.tile(part, 2) for part in (once.values, once.participants, once.items)))
    one, two = twoway.mean(once), twoway.mean(twice)
    assert (two.low, two.high) == pytest.approx((one.low, one.high))
    assert two.n == 2 * one.n
    assert twice.by_cell().values == pytest.approx(once.values)


def unequal() -> Crossed:
    """Four people, three items, three cells without an answer."""
    nan = np.nan
    return of_matrix(np.array([[1, 0, 1], [1, nan, 1], [0, 0, nan], [1, 1, nan]], float))


def test_a_share_is_the_mean_with_its_interval_on_logits() -> None:
    mean, share = twoway.mean(unequal()), twoway.share(unequal())
    p = 6 / 9
    logit, slope = np.log(p / (1 - p)), 1 / (p * (1 - p))
    reach = stats.t.ppf(0.975, 2) * mean.error * slope
    ends = 1 / (1 + np.exp(-np.array([logit - reach, logit + reach])))
    assert share.value == mean.value == pytest.approx(p)
    assert (share.low, share.high) == pytest.approx(tuple(ends))
    assert (share.error, share.freedom, share.n) == (mean.error, 2, 9)


def test_of_two_one_way_variances_the_larger_one_stands_for_a_negative_one() -> None:
    matrix = np.array([[1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 0]], float)[:, :3]
    for answers in (of_matrix(matrix), of_matrix(matrix.T)):
        found = twoway.mean(answers)
        turned = Crossed(answers.values, answers.items, answers.participants)
        errors = [twoway.by_participant(one).error for one in (answers, turned)]
        assert found.note == NEGATIVE and errors[0] != pytest.approx(errors[1])
        assert found.error == pytest.approx(max(errors))


def test_a_difference_where_some_answered_one_kind_only() -> None:
    answers = unequal()
    first, second = answers.only(answers.items == 0), answers.only(answers.items != 0)
    found = twoway.difference(first, second)
    assert (found.value, found.n) == (pytest.approx(3 / 4 - 3 / 5), 9)
    assert (found.low, found.note) == (None, ONE)  # one item on one side
    both = twoway.difference(answers, second)
    assert both.freedom == 1 and both.n == 14 and both.low < both.value < both.high


@pytest.mark.parametrize("side", [0, 1])
def test_no_difference_from_nothing(side: int) -> None:
    nothing = of_matrix(np.full((3, 3), np.nan))
    pair = [nothing, nothing]
    pair[side] = unequal()
    found = twoway.difference(*pair)
    assert (found.value, found.n) == (None, 9)


def test_a_share_by_participants_has_no_interval_for_one_and_an_edge_for_all_alike() -> None:
    one = of_matrix(np.array([[1.0, 0, 1]]))
    found = twoway.share_by_participant(one)
    assert (found.value, found.low, found.note) == (pytest.approx(2 / 3), None, ONE)
    alike = twoway.share_by_participant(of_matrix(np.ones((7, 3))))
    assert (alike.low, alike.high) == pytest.approx((0.025 ** (1 / 7), 1))  # of seven people
    assert (alike.note, alike.error, alike.freedom) == (EDGE, None, None)
    with pytest.raises(ValueError, match="standard error"):
        twoway.on_logits(found, 1)
