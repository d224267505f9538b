from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from survey.statistics import twoway
from survey.statistics.crossed_design import Crossed, joined, of_matrix
from survey.statistics.estimate import (
    CONSTANT,
    EDGES,
    ONE_ON_A_SIDE,
    ONE_PERSON,
    ONE_PIECE,
    RAISED,
    around,
    t_interval,
    two_sided,
)

MATRIX = np.array([[5, 5, 4], [4, 4, 4], [2, 3, 2], [3, 3, 4]], float)


def test_participants_by_items() -> None:
    naive = t_interval(MATRIX.ravel())
    assert naive.value == pytest.approx(3.5833333333, abs=1e-6)
    assert naive.error == pytest.approx(0.2875795893, abs=1e-6)
    assert (naive.low, naive.high) == pytest.approx((2.9503749249, 4.2162917418), abs=1e-6)

    people = twoway.by_participant(of_matrix(MATRIX))
    assert (people.error, people.freedom) == pytest.approx((0.4976798019, 3), abs=1e-6)
    assert (people.low, people.high) == pytest.approx((1.9994940867, 5.1671725796), abs=1e-6)

    answers = of_matrix(MATRIX)
    error = twoway.two_way(twoway.centred(answers)) ** 0.5
    assert error == pytest.approx(0.4146415433, abs=1e-6)
    ends = around(answers.mean, error, 2, 12)
    assert (ends.low, ends.high) == pytest.approx((1.7992747652, 5.3673919015), abs=1e-6)

    # Items are so alike here that participants alone scatter more: theirs is what is reported.
    estimate = twoway.mean(answers)
    assert (estimate.freedom, estimate.n, estimate.note) == (2, 12, RAISED)
    assert estimate.error == people.error


def test_by_hand_no_interval_is_shorter_than_by_one_way_alone() -> None:
    """Two people, two items: 1 and 3, 2 and 2. People agree exactly, and so do items' means.

    Scores are (-1, 1, 0, 0) / 4. By person all sums are 0; by item they are -1/4 and 1/4, so
    V_i = 2 (1/16 + 1/16) = 1/4; by cell V_pi = 4/3 (1/16 + 1/16) = 1/6. The two-way variance is
    1/12, a third of what items alone give.
    """
    answers = of_matrix(np.array([[1.0, 3], [2, 2]]))
    assert twoway.two_way(twoway.centred(answers)) == pytest.approx(1 / 12)
    estimate = twoway.mean(answers)
    assert (estimate.error, estimate.note) == (pytest.approx(1 / 2), RAISED)


@pytest.mark.parametrize("seed", range(20))
def test_random_ratings_are_not_surer_than_their_one_way_intervals(seed: int) -> None:
    random = np.random.default_rng(seed)
    answers = of_matrix(random.integers(1, 6, (12, 8)).astype(float))
    turned = Crossed(answers.values, answers.items, answers.participants)
    errors = [twoway.by_participant(one).error for one in (answers, turned)]
    estimate = twoway.mean(answers)
    assert estimate.error >= max(errors) * (1 - 1e-9)
    is_raised = estimate.error == pytest.approx(max(errors))
    wider = estimate.error**2 > 1.21 * twoway.two_way(twoway.centred(answers))
    assert (estimate.note == RAISED) == (is_raised and wider)  # by a tenth or more


def of_pieces(sizes: list[int], random: np.random.Generator, people: int = 12) -> Crossed:
    """Answers to all segments of pieces of these sizes; segments of one piece are alike."""
    piece = np.repeat(np.arange(len(sizes)), sizes)
    values = random.normal(size=(people, 1)) + random.normal(size=len(sizes))[piece]
    values = values + random.normal(size=(people, len(piece)))
    person, segment = np.indices(values.shape).reshape(2, -1)
    return Crossed(values.ravel(), person, piece[segment], segment)


@pytest.mark.parametrize("seed", range(3))
def test_segments_of_one_piece_are_one_cluster(seed: int) -> None:
    """The oracle clusters by participant and piece; it knows no segments."""
    from statsmodels.regression.linear_model import OLS

    answers = of_pieces([3, 3, 3, 3, 3, 3], np.random.default_rng(seed))
    groups = np.stack([answers.participants, answers.items], axis=1)
    fit = OLS(answers.values, np.ones(len(answers.values)))
    expected = fit.fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    assert twoway.two_way(twoway.centred(answers)) ** 0.5 == pytest.approx(expected.bse[0])
    estimate = twoway.mean(answers)
    assert (estimate.error, estimate.freedom) == (pytest.approx(expected.bse[0]), 5)
    by_segment = twoway.mean(Crossed(answers.values, answers.participants, answers.segments))
    assert by_segment.error < estimate.error and by_segment.freedom == 11


def test_pieces_of_unequal_sizes_count_as_fewer() -> None:
    """Kish: (1 + 1 + 4)² / (1 + 1 + 16) = 2 equal pieces, so 1 degree of freedom and not 2."""
    random = np.random.default_rng(0)
    answers = of_pieces([1, 1, 4], random)
    assert answers.even_item_count == pytest.approx(2)
    assert twoway.mean(answers).freedom == pytest.approx(1)
    assert twoway.mean(of_pieces([2, 2, 2], random)).freedom == 2
    assert twoway.mean(of_pieces([1, 9], random)).freedom == 1  # never below
    few_people = of_pieces([2, 2, 2, 3], random, people=3)
    assert twoway.mean(few_people).freedom == 2
    codes_with_gaps = answers.only(answers.items != 1)
    assert codes_with_gaps.even_item_count == pytest.approx(25 / 17)


def test_segments_that_differ_within_equal_pieces_are_not_forgotten() -> None:
    """Both pieces have the same mean, their segments do not: segments alone give the variance."""
    matrix = np.array([[1.0, 5, 5, 1], [1, 5, 5, 1], [2, 4, 4, 2]])
    person, segment = np.indices(matrix.shape).reshape(2, -1)
    answers = Crossed(matrix.ravel(), person, segment // 2, segment)
    estimate = twoway.mean(answers)
    by_segment = Crossed(answers.values, segment, person)  # as if segments were people
    assert estimate.note == RAISED
    assert estimate.error == pytest.approx(twoway.by_participant(by_segment).error)


def test_two_participants_are_the_fewest_with_an_interval() -> None:
    """Of equally many answers each, it is the t interval of the two means."""
    estimate = twoway.by_participant(of_matrix(np.array([[5, 4], [2, 3]], float)))
    expected = t_interval(np.array([4.5, 2.5]))
    assert (estimate.value, estimate.freedom, estimate.note) == (3.5, 1, None)
    assert (estimate.low, estimate.high) == pytest.approx((expected.low, expected.high))


def test_unequal_numbers_of_answers() -> None:
    agreed, answered = [3, 1, 4, 0], [4, 2, 5, 1]
    answers = np.full((4, 5), np.nan)
    for person, (k, n) in enumerate(zip(agreed, answered, strict=True)):
        answers[person, :n] = np.arange(n) < k
    estimate = twoway.share_by_participant(of_matrix(answers))
    assert estimate.value == pytest.approx(0.6666666667, abs=1e-6)
    assert np.mean(np.nanmean(answers, axis=1)) == pytest.approx(0.5125, abs=1e-6)
    assert (estimate.error, estimate.freedom) == pytest.approx((0.1014301032, 3), abs=1e-6)
    assert (estimate.low, estimate.high) == pytest.approx((0.3187691250, 0.8952689498), abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_as_statsmodels_with_answers_missing(seed: int) -> None:
    from statsmodels.regression.linear_model import OLS  # takes seconds

    random = np.random.default_rng(seed)
    matrix = random.normal(size=(15, 1)) + random.normal(size=(1, 9)) + random.normal(size=(15, 9))
    matrix[random.random(matrix.shape) < 0.3] = np.nan
    answers = of_matrix(matrix)
    groups = np.stack([answers.participants, answers.items], axis=1)
    fit = OLS(answers.values, np.ones(len(answers.values)))
    expected = fit.fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    estimate = twoway.mean(answers)
    assert estimate.error == pytest.approx(expected.bse[0], abs=1e-10)
    assert (estimate.low, estimate.high) == pytest.approx(expected.conf_int()[0], abs=1e-8)
    by_people = fit.fit(cov_type="cluster", cov_kwds={"groups": answers.participants}, use_t=True)
    estimate = twoway.by_participant(answers)
    assert (estimate.low, estimate.high) == pytest.approx(by_people.conf_int()[0], abs=1e-8)


def test_a_difference_is_a_regression_on_the_kind_of_item() -> None:
    from statsmodels.regression.linear_model import OLS

    random = np.random.default_rng(3)
    matrix = random.normal(size=(12, 1)) + random.normal(size=(1, 8)) + random.normal(size=(12, 8))
    answers = of_matrix(matrix)
    lower = answers.items % 2 == 0
    estimate = twoway.difference(answers.only(lower), answers.only(~lower))
    design = np.stack([np.ones(len(lower)), lower], axis=1)
    groups = np.stack([answers.participants, answers.items], axis=1)
    expected = OLS(answers.values, design).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}, use_t=True
    )
    assert estimate.value == pytest.approx(expected.params[1], abs=1e-10)
    people, items, n = 12, 8, 96  # statsmodels' own factors are for regressions
    squares = [
        OLS(answers.values, design)
        .fit(cov_type="cluster", cov_kwds={"groups": by, "use_correction": False})
        .cov_params()[1, 1]
        for by in (answers.participants, answers.items, np.arange(n))
    ]
    parts = np.array([people / (people - 1), items / (items - 1), -n / (n - 1)]) * squares
    assert estimate.error**2 == pytest.approx(max(parts.sum(), *parts), rel=1e-9)
    assert estimate.freedom == 3
    scores = [twoway.centred(answers.only(lower)), twoway.centred(answers.only(~lower))]
    scores[1] = replace(scores[1], values=-scores[1].values)
    assert twoway.two_way(joined(scores)) == pytest.approx(parts.sum(), rel=1e-9)


def test_shares_stay_within_0_and_1() -> None:
    matrix = np.ones((6, 5))
    matrix[0, 0] = 0
    estimate = twoway.share(of_matrix(matrix))
    assert 0 < estimate.low < estimate.value < estimate.high < 1


def test_where_few_items_are_hard_logits_reach_further_down() -> None:
    """Nine items that all people hear, one that nobody hears."""
    matrix = np.ones((40, 10))
    matrix[:, 0] = 0
    share = twoway.share(of_matrix(matrix))
    logits = twoway.on_logits(twoway.mean(of_matrix(matrix)), 10)
    assert share.low == logits.low and share.high > logits.high


def test_as_many_answers_as_count_give_clopper_and_pearsons_interval() -> None:
    """Each of very many people answers all items alike: their number is what counts, nearly."""
    matrix = np.repeat((np.arange(2000) < 1600)[:, None], 3000, axis=1).astype(float)[:, ::50]
    share = twoway.share(of_matrix(matrix))
    t = stats.t.ppf(0.975, share.freedom) / stats.t.ppf(0.975, share.n - 1)
    few = stats.binomtest(round(1600 / t**2), round(2000 / t**2))
    expected = few.proportion_ci(0.95, method="exact")
    assert (share.low, share.high) == pytest.approx((expected.low, expected.high), abs=2e-3)


@pytest.mark.parametrize(("value", "ends"), [(1, (0.4781762499, 1)), (0, (0, 0.5218237501))])
def test_all_on_one_side_count_as_few(value: int, ends: tuple[float, float]) -> None:
    estimate = twoway.share(of_matrix(np.full((6, 5), float(value))))
    assert estimate.value == value
    assert (estimate.low, estimate.high) == pytest.approx(ends, abs=1e-6)  # Clopper-Pearson of 5
    assert estimate.note == EDGES["pieces"]
    assert twoway.share(of_matrix(np.full((5, 6), float(value)))).note == EDGES["participants"]


def test_equal_answers_have_no_width_and_say_so() -> None:
    estimate = twoway.mean(of_matrix(np.full((6, 5), 4.0)))
    assert (estimate.low, estimate.high, estimate.note) == (4, 4, CONSTANT)


@pytest.mark.parametrize("shape", [(1, 5), (5, 1), (1, 1)])
def test_one_participant_or_item_has_no_interval(shape: tuple[int, int]) -> None:
    matrix = np.arange(np.prod(shape), dtype=float).reshape(shape) % 2
    for estimate in (twoway.mean(of_matrix(matrix)), twoway.share(of_matrix(matrix))):
        assert estimate.value is not None
        why = ONE_PERSON if shape[0] == 1 else ONE_PIECE
        assert (estimate.low, estimate.high, estimate.note) == (None, None, why)


def test_a_negative_variance_is_raised_to_the_larger_one_way() -> None:
    # every participant and every item has nearly the same mean: less scatter than by chance
    matrix = np.array([[1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 0]], float)
    answers = of_matrix(matrix)
    estimate = twoway.mean(answers)
    assert estimate.note == RAISED
    people = twoway.by_participant(answers).error
    items = twoway.by_participant(Crossed(answers.values, answers.items, answers.participants))
    assert estimate.error == pytest.approx(max(people, items.error), abs=1e-12)


def test_nothing_has_no_mean() -> None:
    nothing = of_matrix(np.full((3, 3), np.nan))
    for estimate in (twoway.mean(nothing), twoway.share(nothing), twoway.by_participant(nothing)):
        assert (estimate.value, estimate.n) == (None, 0)
    assert twoway.difference(nothing, nothing).value is None


def test_what_a_person_says_twice_of_one_segment_counts_once() -> None:
    """Cameron, Gelbach & Miller subtract the clusters where both meet, not single answers."""
    random = np.random.default_rng(7)
    matrix = random.normal(size=(9, 1)) + random.normal(size=(1, 6)) + random.normal(size=(9, 6))
    once = of_matrix(matrix)
    twice = Crossed(*(np.tile(part, 2) for part in (once.values, once.participants, once.items)))
    estimate_once, estimate_twice = twoway.mean(once), twoway.mean(twice)
    assert (estimate_twice.low, estimate_twice.high) == pytest.approx(
        (estimate_once.low, estimate_once.high)
    )
    assert estimate_twice.n == 2 * estimate_once.n
    assert twice.by_cell().values == pytest.approx(once.values)


def unequal() -> Crossed:
    """Four people, three items, three cells without an answer."""
    nan = np.nan
    return of_matrix(np.array([[1, 0, 1], [1, nan, 1], [0, 0, nan], [1, 1, nan]], float))


def test_a_share_is_the_mean_with_the_wider_of_two_intervals() -> None:
    """On logits, and Clopper and Pearson's for as many answers as have this variance."""
    mean, share = twoway.mean(unequal()), twoway.share(unequal())
    p = 6 / 9
    answers = p * (1 - p) / mean.error**2 * (stats.t.ppf(0.975, 8) / stats.t.ppf(0.975, 2)) ** 2
    exact = (
        stats.beta.ppf(0.025, p * answers, (1 - p) * answers + 1),
        stats.beta.ppf(0.975, p * answers + 1, (1 - p) * answers),
    )
    logit, slope = np.log(p / (1 - p)), 1 / (p * (1 - p))
    reach = stats.t.ppf(0.975, 2) * mean.error * slope
    ends = 1 / (1 + np.exp(-np.array([logit - reach, logit + reach])))
    assert share.value == mean.value == pytest.approx(p)
    assert exact[0] < ends[0] and exact[1] > ends[1]
    assert (share.low, share.high) == pytest.approx(exact)
    assert (share.error, share.freedom, share.n) == (mean.error, 2, 9)


def test_of_two_one_way_variances_the_larger_one_stands_for_a_negative_one() -> None:
    matrix = np.array([[1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 0]], float)[:, :3]
    for answers in (of_matrix(matrix), of_matrix(matrix.T)):
        estimate = twoway.mean(answers)
        turned = Crossed(answers.values, answers.items, answers.participants)
        errors = [twoway.by_participant(crossed).error for crossed in (answers, turned)]
        assert estimate.note == RAISED and errors[0] != pytest.approx(errors[1])
        assert estimate.error == pytest.approx(max(errors))


def test_a_difference_where_some_answered_one_kind_only() -> None:
    answers = unequal()
    first, second = answers.only(answers.items == 0), answers.only(answers.items != 0)
    estimate = twoway.difference(first, second)
    assert (estimate.value, estimate.n) == (pytest.approx(3 / 4 - 3 / 5), 9)
    assert (estimate.low, estimate.note) == (None, ONE_ON_A_SIDE)  # one item on one side
    difference = twoway.difference(answers, second)
    assert (
        difference.freedom == 1
        and difference.n == 14
        and difference.low < difference.value < difference.high
    )


@pytest.mark.parametrize("side", [0, 1])
def test_no_difference_from_nothing(side: int) -> None:
    nothing = of_matrix(np.full((3, 3), np.nan))
    pair = [nothing, nothing]
    pair[side] = unequal()
    estimate = twoway.difference(*pair)
    assert (estimate.value, estimate.n) == (None, 9)


def test_a_share_by_participants_has_no_interval_for_one_and_an_edge_for_all_alike() -> None:
    single = of_matrix(np.array([[1.0, 0, 1]]))
    estimate = twoway.share_by_participant(single)
    assert (estimate.value, estimate.low) == (pytest.approx(2 / 3), None)
    assert estimate.note == ONE_PERSON
    alike = twoway.share_by_participant(of_matrix(np.ones((7, 3))))
    assert (alike.low, alike.high) == pytest.approx((0.025 ** (1 / 7), 1))  # of seven people
    assert (alike.note, alike.error, alike.freedom) == (EDGES["participants"], None, None)
    with pytest.raises(ValueError, match="standard error"):
        twoway.on_logits(estimate, 1)


def test_where_all_are_on_one_side_the_fewer_of_people_and_pieces_tell_it() -> None:
    """Eight people and six pieces: 2 / 2⁶."""
    alike = of_matrix(np.full((8, 6), 2.0))
    assert twoway.against(alike, 0) == twoway.against(alike, 3) == pytest.approx(2 / 2**6)
    assert twoway.against(alike, 2) is None
    assert twoway.against(of_matrix(np.full((1, 6), 2.0)), 0) is None
    balanced = of_matrix(np.array([[1.0, 3], [3, 1]]))  # nobody and no piece differs from 2
    assert twoway.mean(balanced).note == CONSTANT
    assert twoway.against(balanced, 0) == pytest.approx(2 / 2**2)
    assert twoway.against(of_matrix(MATRIX), 3) == pytest.approx(
        two_sided(twoway.mean(of_matrix(MATRIX)), 3)
    )


def test_systems_that_all_rate_apart_differ_by_those_who_rated_both() -> None:
    ours, theirs = of_matrix(np.full((8, 6), 2.0)), of_matrix(np.full((8, 6), 5.0))
    assert twoway.differ(ours, theirs) == pytest.approx(2 / 2**6)
    assert twoway.differ(ours, ours) is None
    shifted = of_matrix(MATRIX + 1)
    assert twoway.differ(shifted, of_matrix(MATRIX)) == pytest.approx(2 / 2**3)
    few = Crossed(theirs.values, theirs.participants, theirs.items + 4)  # two pieces are both's
    assert twoway.differ(ours, few) == pytest.approx(2 / 2**2)
    others = Crossed(theirs.values, theirs.participants + 8, theirs.items)
    assert twoway.differ(ours, others) is None
    pair = of_matrix(MATRIX), of_matrix(MATRIX**2)
    gap = two_sided(twoway.difference(*pair), 0)
    assert gap is not None and twoway.differ(*pair) == gap
