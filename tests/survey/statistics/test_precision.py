"""Design effects and expected half-widths of unbalanced answers, against their definitions."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from survey.statistics.crossed_design import crossed, of_matrix
from survey.statistics.mean_opinion_score import opinions
from survey.statistics.precision import SIZES, design_effect, half_width, precision
from survey.statistics.reliability import Components, components
from survey.statistics.simulation import simulate
from tests.survey.statistics.unbalanced import transfers


def test_a_half_width_has_its_part_of_people_of_items_and_of_single_answers() -> None:
    parts = Components(0.3, 0.2, 1.1)
    expected = stats.t.ppf(0.975, 3) * np.sqrt(0.3 / 10 + 0.2 / 4 + 1.1 / 40)
    assert half_width(parts, participants=10, items=4) == pytest.approx(expected)
    expected = stats.t.ppf(0.975, 2) * np.sqrt(0.3 / 3 + 0.2 / 8 + 1.1 / 24)
    assert half_width(parts, participants=3, items=8) == pytest.approx(expected)


def test_a_component_below_0_counts_as_none() -> None:
    below, none = Components(-5.0, 0.2, -0.1), Components(0.0, 0.2, 0.0)
    assert half_width(below, 6, 5) == half_width(none, 6, 5) > 0


def test_large_clusters_weigh_more_in_the_mean_size() -> None:
    precision_of_rhythm = precision(transfers())["rhythm"]
    people, items = np.array([5, 3, 1]), np.array([2, 1, 3, 2, 1])  # answers of a, b, c; of items
    assert precision_of_rhythm.participants.size == pytest.approx((people**2).sum() / 9)
    assert precision_of_rhythm.pieces.size == pytest.approx((items**2).sum() / 9)


def test_more_participants_make_the_interval_shorter_down_to_the_limit_of_the_items() -> None:
    table = transfers()
    precision_of_rhythm = precision(table)["rhythm"]
    parts = components(crossed(table, table["rhythm"]))
    assert parts is not None and precision_of_rhythm.components == parts
    assert {int(size) for size in precision_of_rhythm.half_widths} == set(SIZES)
    for size, width in precision_of_rhythm.half_widths.items():
        assert width == pytest.approx(half_width(parts, int(size), 5))
    assert precision_of_rhythm.limit is None  # items differ by no more than chance
    table["rhythm"] = table["item"].map({"h1": 1, "h2": 5, "l1": 2, "l2": 4, "l3": 3})
    differing = precision(table)["rhythm"]
    parts = components(crossed(table, table["rhythm"]))
    items_alone = stats.t.ppf(0.975, 4) * np.sqrt(parts.item / 5)
    assert differing.limit == pytest.approx(items_alone, rel=1e-4) and parts.item > 0


def crossed_answers(values: np.ndarray) -> pd.DataFrame:
    """Ratings of rhythm of segments, two a piece: float array, shape (people, segments)."""
    people, segments = np.indices(values.shape)
    return pd.DataFrame(
        {
            "participant": [f"p{at}" for at in people.ravel()],
            "item": [f"i{at}" for at in segments.ravel()],
            "source": [f"s{at // 2}" for at in segments.ravel()],
            "segment": segments.ravel() % 2,
            "intended": np.where(segments.ravel() % 2, "higher", "lower"),
            "heard": "higher",
            **dict.fromkeys(("rhythm", "melody", "harmony", "naturalness"), values.ravel()),
        }
    )


def test_no_width_is_claimed_where_segments_hold_what_pieces_hide() -> None:
    """All answer "higher": half of every piece agrees, whoever hears it."""
    always_higher = precision(crossed_answers(np.full((12, 8), 3.0)))
    agrees = always_higher["agreement"]
    variance_of_segments = 8 / 7 * 0.25  # 0 and 1 in turn
    expected = stats.t.ppf(0.975, 3) * np.sqrt(variance_of_segments / 8)
    assert agrees.limit == pytest.approx(expected, rel=1e-6)
    assert agrees.half_widths["96"] == pytest.approx(expected, rel=1e-6)
    alike = always_higher["rhythm"]
    assert alike.limit is None and set(alike.half_widths.values()) == {None}


@pytest.mark.slow
def test_a_limit_is_told_only_of_items_that_differ() -> None:
    random = np.random.default_rng(0)
    limits = 0
    for _ in range(100):
        answers = crossed_answers(random.normal(size=(12, 1)) + random.normal(size=(12, 10)))
        answers["source"] = answers["item"]
        rhythm = precision(answers)["rhythm"]
        assert rhythm.half_widths["96"] > 0
        limits += rhythm.limit is not None
    assert limits <= 12  # 5 % of such studies, by chance
    differ = random.normal(size=(12, 1)) + random.normal(size=(1, 10)) * 3
    rhythm = precision(crossed_answers(differ + random.normal(size=(12, 10))))["rhythm"]
    assert 0 < rhythm.limit < rhythm.half_widths["96"]


def test_what_was_observed_is_the_two_way_variance_over_that_of_independent_answers() -> None:
    table = transfers()
    scores = table["rhythm"].dropna().to_numpy(float)
    precision_of_rhythm = precision(table)["rhythm"]
    people, items = (table.loc[table["rhythm"].notna(), name] for name in ("participant", "item"))
    centred = scores - scores.mean()
    one_way = [
        len(set(by))
        / (len(set(by)) - 1)
        * sum(centred[(by == cluster).to_numpy()].sum() ** 2 for cluster in set(by))
        for by in (people, items)
    ]
    n = len(scores)
    two_way = (sum(one_way) - n / (n - 1) * (centred**2).sum()) / n**2
    two_way = max(two_way, *(variance / n**2 for variance in one_way))
    assert precision_of_rhythm.observed == pytest.approx(two_way / (scores.var(ddof=1) / n))


@pytest.mark.parametrize("rows", [slice(0, 0), slice(0, 1)])
def test_nothing_is_known_of_no_answer_or_a_single_one(rows: slice) -> None:
    for scale_precision in precision(transfers().iloc[rows]).values():
        assert scale_precision.observed is None and scale_precision.components is None
        assert scale_precision.limit is None and set(scale_precision.half_widths.values()) == {None}
        assert (
            scale_precision.participants.rho is None
            and scale_precision.pieces.design_effect is None
        )


def test_a_segment_at_several_strengths_plans_as_one() -> None:
    """Answers that are the same at both strengths tell no more than at one."""
    answers = simulate({"realistic": 24}, seed=5)
    once = answers[answers["kind"] == "transfer"].assign(segment=0)
    once["source"] = once["item"]
    twice = pd.concat([once, once.assign(item=once["item"] + "-2", strength=2.0)])
    precision_once, precision_twice = precision(once)["rhythm"], precision(twice)["rhythm"]
    assert precision_twice.components == pytest.approx(precision_once.components)
    assert precision_twice.limit == pytest.approx(precision_once.limit)


def test_design_effect_and_half_widths() -> None:
    assert design_effect(20, 0.1) == pytest.approx(2.9)
    answers = simulate({"realistic": 48}, seed=5)
    precision_of_rhythm = precision(answers[answers["kind"] == "transfer"])["rhythm"]
    person = precision_of_rhythm.participants
    assert person.size == 20
    assert person.design_effect == pytest.approx(1 + 19 * person.rho)
    widths = list(precision_of_rhythm.half_widths.values())
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] > precision_of_rhythm.limit > 0
    # the projection for the size it has is the interval it has, up to small-sample factors
    observed = opinions(answers[answers["kind"] == "transfer"])["rhythm"].twoway
    assert precision_of_rhythm.half_widths["48"] == pytest.approx(
        (observed.high - observed.low) / 2, rel=0.05
    )


def test_components_are_those_of_pieces_however_segments_differ() -> None:
    random = np.random.default_rng(3)
    values = (
        random.normal(size=(10, 1)) + random.normal(size=(1, 12)) + random.normal(size=(10, 12))
    )
    table = crossed_answers(values)
    of_pieces = values.reshape(10, 6, 2).mean(axis=2)  # two segments a piece
    by_segments = components(crossed(table, table["rhythm"], "item"))
    by_pieces = precision(table)["rhythm"].components
    assert by_pieces == pytest.approx(components(of_matrix(of_pieces)))
    assert by_pieces.item != pytest.approx(by_segments.item, rel=0.1)
