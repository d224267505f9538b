import warnings
from dataclasses import asdict, astuple

import krippendorff
import numpy as np
import pandas as pd
import pytest

from survey.statistics import reliability as reliability_module
from survey.statistics.crossed_design import of_matrix
from survey.statistics.reliability import (
    FEW_ITEMS,
    OUTSIDE,
    UNTOLD,
    Components,
    alpha,
    components,
    consensus,
    icc_absolute,
    icc_one_way,
)
from tests.survey.statistics.by_hand import table
from tests.survey.statistics.unbalanced import transfers

X = np.nan
# Krippendorff's own example: four observers, twelve units
OBSERVERS = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, X, X, X],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, X, 3],
        [X, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, X],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, X],
    ]
)
# Shrout and Fleiss (1979), table 2: six targets by four judges
JUDGES = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
)
LEVELS = ("nominal", "ordinal")


def counted(ratings: np.ndarray) -> np.ndarray:
    return np.stack([(ratings == value).sum(axis=0) for value in range(1, 6)], axis=1)


def test_krippendorffs_example() -> None:
    alphas = [alpha(counted(OBSERVERS), level) for level in LEVELS]
    assert alphas == pytest.approx([0.7434210526, 0.8153875038], abs=1e-6)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("seed", range(3))
def test_as_krippendorff(level: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    ratings = np.clip(np.round(random.normal(3, 1, (1, 20)) + random.normal(0, 1, (9, 20))), 1, 5)
    ratings[random.random(ratings.shape) < 0.4] = np.nan
    expected = krippendorff.alpha(ratings, level_of_measurement=level)
    assert alpha(counted(ratings), level) == pytest.approx(expected, abs=1e-9)


def test_no_alpha_of_equal_or_single_answers() -> None:
    assert alpha(counted(np.full((4, 5), 3.0)), "ordinal") is None
    assert alpha(counted(np.arange(5.0)[None] + 1), "ordinal") is None
    assert alpha(np.zeros((0, 5), int), "nominal") is None
    single_item = np.array([[3, 9, 0], [0, 1, 0]])  # of the second, one answer
    assert alpha(single_item, "nominal") is None
    with pytest.raises(ValueError, match="ratio"):
        alpha(counted(OBSERVERS), "ratio")


def test_shrout_and_fleiss() -> None:
    answers = of_matrix(JUDGES.T)  # participants are the judges
    parts = components(answers)
    correlations = [icc_one_way(answers.items, answers.values), icc_absolute(parts)]
    assert correlations == pytest.approx([0.165742, 0.289764], abs=1e-6)
    assert icc_absolute(parts, 4) == pytest.approx(0.620051, abs=1e-6)


@pytest.mark.slow
def test_as_pingouin() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # not ours
        import pingouin  # takes seconds

    random = np.random.default_rng(4)
    matrix = random.normal(size=(7, 1)) + random.normal(size=(1, 11)) + random.normal(size=(7, 11))
    people, items = np.indices(matrix.shape)
    long = pd.DataFrame({"p": people.ravel(), "i": items.ravel(), "y": matrix.ravel()})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = pingouin.intraclass_corr(long, targets="i", raters="p", ratings="y")
    expected = expected.set_index("Type")["ICC"]
    answers = of_matrix(matrix)
    parts = components(answers)
    values = {
        "ICC(1,1)": icc_one_way(answers.items, answers.values),
        "ICC(A,1)": icc_absolute(parts),
        "ICC(A,k)": icc_absolute(parts, 7),
    }
    for name, value in values.items():
        assert value == pytest.approx(expected[name], abs=1e-9), name


def test_components_are_unbiased_with_answers_missing() -> None:
    estimates = []
    for seed in range(300):
        random = np.random.default_rng(seed)
        matrix = (
            random.normal(0, 0.6, (24, 1))
            + random.normal(0, 0.4, (1, 15))
            + random.normal(0, 0.8, (24, 15))
        )
        matrix[random.random(matrix.shape) < 0.5] = np.nan
        estimates.append(astuple(components(of_matrix(matrix))))
    error = np.std(estimates, axis=0) / np.sqrt(len(estimates))
    assert (np.abs(np.mean(estimates, axis=0) - [0.36, 0.16, 0.64]) < 4 * error).all()


@pytest.mark.parametrize("shape", [(1, 5), (5, 1), (1, 1)])
def test_no_components_of_one_participant_or_item(shape: tuple[int, int]) -> None:
    assert components(of_matrix(np.ones(shape))) is None


def test_no_correlation_of_equal_answers() -> None:
    parts = components(of_matrix(np.full((4, 3), 2.0)))
    assert icc_absolute(parts) is None
    assert icc_one_way(np.array([0, 0, 1, 1]), np.ones(4)) is None


def test_one_way_correlation_of_unequal_groups_is_the_analysis_of_variance() -> None:
    """Mean squares and the mean group size n0 by their definitions, group by group."""
    groups = [[1.0, 2, 2, 3], [4, 5], [3, 3, 4, 2, 3, 1], [5]]
    values = np.concatenate([np.array(group, float) for group in groups])
    clusters = np.repeat(np.arange(4), [len(group) for group in groups])
    n = len(values)
    between = sum(len(g) * (np.mean(g) - values.mean()) ** 2 for g in groups) / 3
    within = sum(((np.array(g) - np.mean(g)) ** 2).sum() for g in groups) / (n - 4)
    size = (n - sum(len(g) ** 2 for g in groups) / n) / 3
    expected = (between - within) / (between + (size - 1) * within)
    assert icc_one_way(clusters, values) == pytest.approx(expected)
    # A code that nobody has, as after some were left out, changes nothing.
    assert icc_one_way(clusters * 2 + 1, values) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("clusters", "values"), [([0, 0, 0], [1, 2, 3]), ([0, 1, 2], [1, 2, 3]), ([], [])]
)
def test_no_one_way_correlation_of_one_group_or_of_single_answers(
    clusters: list[int], values: list[int]
) -> None:
    assert icc_one_way(np.array(clusters, int), np.array(values, float)) is None


def test_consensus_of_answers_that_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reliability_module, "FEWEST_ITEMS", 2)
    reliability = consensus(transfers())
    nan = np.nan
    directions = [[2, 0, 0, 1, 0], [2, nan, 2, nan, nan], [nan, nan, 0, nan, nan]]
    expected = krippendorff.alpha(directions, level_of_measurement="nominal")
    assert reliability["direction"].alpha == pytest.approx(expected)
    scores = np.array([[4, 2, 5, 5, 3], [4, nan, 2, 1, nan], [nan, nan, 4, nan, nan]])
    rhythm = reliability["rhythm"]
    expected = krippendorff.alpha(scores, level_of_measurement="ordinal")
    assert rhythm.alpha == pytest.approx(expected)
    parts = components(of_matrix(scores))
    assert asdict(rhythm.components) == pytest.approx(asdict(parts))
    assert rhythm.k == pytest.approx(5 / (1 / 2 + 1 + 1 / 3 + 1 / 2 + 1))
    assert icc_absolute(parts) < 0  # which is no reliability at all
    assert (rhythm.icc_1, rhythm.icc_k, rhythm.note) == (None, None, OUTSIDE)
    harmony = asdict(reliability["harmony"])
    assert harmony.pop("note") == FEW_ITEMS and set(harmony.values()) == {None}


def test_consensus_of_judges_is_that_of_the_variance_components() -> None:
    table = transfers_of(JUDGES.T / 2)
    rhythm = consensus(table)["rhythm"]
    parts = components(of_matrix(JUDGES.T / 2))
    assert asdict(rhythm.components) == pytest.approx(asdict(parts)) and rhythm.note is None
    assert rhythm.icc_1 == pytest.approx(0.289764, abs=1e-6)  # Shrout and Fleiss'
    assert (rhythm.k, rhythm.icc_k) == (pytest.approx(4), pytest.approx(icc_absolute(parts, 4)))


def transfers_of(scores: np.ndarray) -> pd.DataFrame:
    """Ratings of rhythm, participants by items."""
    person, item = np.indices(scores.shape).reshape(2, -1)
    return pd.DataFrame(
        {
            "participant": person,
            "item": item,
            "heard": "same",
            "rhythm": scores.ravel(),
            **dict.fromkeys(("melody", "harmony", "naturalness"), np.nan),
        }
    )


def test_answers_too_alike_have_no_correlation_and_say_so() -> None:
    alike = consensus(transfers_of(np.full((2, 4), 3.0)))["rhythm"]
    assert (alike.icc_1, alike.icc_k, alike.note) == (None, None, UNTOLD)
    # each person always says the same: items are no different, which is an ICC of 0 and no error
    habits = consensus(transfers_of(np.repeat([[1.0], [2]], 4, axis=1)))["rhythm"]
    assert (habits.icc_1, habits.icc_k, habits.note) == (0, 0, None)


def test_nothing_is_told_of_fewer_than_four_items() -> None:
    """Two people who say the same of two items made an ICC of 1.00."""
    scores = np.array([[1.0, 4, 2, 5], [1, 4, 2, 5]])
    for items, is_known in ((2, False), (3, False), (4, True)):
        by_scale = consensus(transfers_of(scores[:, :items]))
        rhythm = by_scale["rhythm"]
        assert (rhythm.icc_1 is not None, rhythm.icc_k is not None) == (is_known, is_known)
        assert (rhythm.alpha is not None, rhythm.note) == (
            is_known,
            None if is_known else FEW_ITEMS,
        )
    once = np.array([[1.0, 4, 2, 5], [1, 4, 2, np.nan]])  # a fourth item that one person rated
    assert consensus(transfers_of(once))["rhythm"].note == FEW_ITEMS


def test_values_that_do_not_begin_at_0_are_counted_by_value() -> None:
    """Ordinal distances go by the ranks of 1 to 5, wherever the answers lie among them."""
    lowest = transfers().assign(rhythm=[1, 2, 1, 1, 2, 1, 1, 2, 1, 1])
    highest = lowest.assign(rhythm=lowest["rhythm"] + 3)
    alphas = [consensus(table)["rhythm"].alpha for table in (lowest, highest)]
    assert alphas[0] == pytest.approx(alphas[1]) and alphas[0] is not None


def test_correlations_of_the_mean_of_several() -> None:
    parts = Components(participant=0.2, item=0.5, residual=0.7)
    assert icc_absolute(parts) == pytest.approx(0.5 / 1.4)
    assert icc_absolute(parts, 3) == pytest.approx(0.5 / (0.5 + 0.3))
    assert icc_absolute(Components(0.1, -0.2, 0.05)) is None


def test_consensus_uses_all_items(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reliability_module, "FEWEST_ITEMS", 2)
    reliability = consensus(table())
    answers = [[0, 2, 1, np.nan], [0, 0, 0, 2]]
    expected = krippendorff.alpha(answers, level_of_measurement="nominal")
    assert reliability["direction"].alpha == pytest.approx(expected)
    assert reliability["rhythm"].k == 2
    assert reliability["harmony"].alpha is None
