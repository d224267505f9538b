"""The analysis must see simulated participants for what they are."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from survey.analysis.analyse import sections
from survey.analysis.results import Sections
from survey.planning.power import truth_of
from survey.ratings import exclusion
from survey.statistics import twoway
from survey.statistics.chance_tests import Better
from survey.statistics.crossed_design import of_matrix
from survey.statistics.simulation import PEOPLE, Truth, simulate

PEOPLE_COUNT = 40


@pytest.fixture(scope="module")
def sections_by_kind() -> dict[str, Sections]:
    return {
        kind: sections(simulate({kind: PEOPLE_COUNT}, seed=11), seed=0, draws=200)
        for kind in PEOPLE
    }


def left_out(kind: str) -> float:
    table = simulate({kind: PEOPLE_COUNT}, seed=11)
    return 1 - len(exclusion.apply_rules(table)[0]) / PEOPLE_COUNT


@pytest.mark.slow
def test_random_participants_hear_nothing_and_agree_by_chance(
    sections_by_kind: dict[str, Sections],
) -> None:
    sections = sections_by_kind["random"]
    overall = sections.intervals["overall"].twoway
    assert overall.low < 1 / 3 < overall.high
    tests = sections.chance.against["overall"]
    assert tests.one_of_three.p > 0.05
    assert tests.one_of_two.p < 0.001
    ends = sections.bias["higher"].d_prime
    assert ends.value == pytest.approx(0, abs=0.25)
    assert ends.low < 0 < ends.high
    assert sections.reliability["direction"].alpha == pytest.approx(0, abs=0.03)
    assert sections.opinion["melody"].twoway.value == pytest.approx(3, abs=0.2)
    assert left_out("random") > 0.25


@pytest.mark.slow
def test_biased_participants_agree_on_lower_and_hear_nothing(
    sections_by_kind: dict[str, Sections],
) -> None:
    sections = sections_by_kind["biased"]
    assert sections.intervals["lower"].twoway.value > 0.85
    assert sections.intervals["higher"].twoway.value < 0.15
    assert sections.bias["higher"].d_prime.value == pytest.approx(0, abs=0.25)
    assert sections.bias["higher"].criterion.low > 1
    assert sections.bias["lower"].criterion.high < -1
    paired = sections.chance.lower_less_higher
    assert paired.flips.p < 0.001
    for estimate in (paired.difference, paired.twoway):
        assert 0.7 < estimate.low < estimate.value < 1
    assert paired.better == Better(lower=PEOPLE_COUNT, higher=0, equal=0)
    assert left_out("biased") > 0.8


@pytest.mark.slow
def test_lazy_participants_are_left_out_and_never_agree(
    sections_by_kind: dict[str, Sections],
) -> None:
    sections = sections_by_kind["lazy"]
    assert sections.intervals["overall"].twoway.value == 0
    assert sections.reliability["direction"].alpha is None
    assert sections.opinion["rhythm"].twoway.low == 3
    assert left_out("lazy") == 1


@pytest.mark.slow
def test_perfect_participants_agree_always(sections_by_kind: dict[str, Sections]) -> None:
    sections = sections_by_kind["perfect"]
    overall = sections.intervals["overall"].twoway
    assert (overall.value, overall.high) == (1, 1)
    assert overall.low == pytest.approx(stats.beta.ppf(0.025, 20, 1), abs=1e-9)
    assert sections.bias["higher"].d_prime.value > 5
    assert sections.bias["higher"].criterion.value == pytest.approx(0, abs=0.05)
    assert sections.reliability["direction"].alpha == pytest.approx(1)
    assert left_out("perfect") == 0


@pytest.mark.slow
def test_realistic_participants_are_between(sections_by_kind: dict[str, Sections]) -> None:
    sections, truth = sections_by_kind["realistic"], Truth()
    overall = sections.intervals["overall"].twoway
    assert overall.low < truth.share() < overall.high
    assert sections.chance.against["overall"].one_of_two.p < 0.001
    for scale in sections.opinion.values():
        assert scale.twoway.low < truth.mean() < scale.twoway.high
    assert left_out("realistic") < 0.15


def test_the_truth_is_what_many_draws_come_to() -> None:
    truth, random = Truth(), np.random.default_rng(0)
    agrees = [truth.agreements(random, 20, 20).mean() for _ in range(1500)]
    ratings = [truth.ratings(random, 20, 20).mean() for _ in range(1500)]
    for draws, expected in ((agrees, truth.share()), (ratings, truth.mean())):
        assert abs(np.mean(draws) - expected) < 4 * np.std(draws) / math.sqrt(len(draws))


@pytest.mark.slow
def test_headline_intervals_cover_and_naive_ones_do_not() -> None:
    # the full table is in docs/statistics.md; this would notice a broken interval
    truth, runs = Truth(), 300
    twoway_hits = naive_hits = 0
    for seed in range(runs):
        random = np.random.default_rng([3, seed])
        agrees = of_matrix(truth.agreements(random, 48, 20))
        interval = twoway.share(agrees)
        twoway_hits += interval.low <= truth.share() <= interval.high
        n = len(agrees.values)
        wilson = stats.binomtest(int(agrees.values.sum()), n).proportion_ci(method="wilson")
        naive_hits += wilson.low <= truth.share() <= wilson.high
    assert twoway_hits / runs > 0.91
    assert naive_hits / runs < 0.65


def test_a_study_is_the_same_again_and_complete() -> None:
    people = dict.fromkeys(PEOPLE, 2)
    table = simulate(people, items=10, seed=4, strengths=(0.5, 1.0))
    pd.testing.assert_frame_equal(table, simulate(people, items=10, seed=4, strengths=(0.5, 1.0)))
    assert len(table) == 10 * (10 + 4)
    transfers = table[table["kind"] == "transfer"]
    counts = transfers.drop_duplicates("item").groupby(["intended", "strength"]).size()
    assert set(counts.index) == {
        (direction, s) for direction in ("lower", "higher") for s in (0.5, 1.0)
    }
    assert not table[["heard", "rhythm", "naturalness", "position"]].isna().any().any()
    assert not table.duplicated(["participant", "position"]).any()


@pytest.mark.parametrize("pieces", [1, 4, 5, 12, 20])
def test_items_are_segments_of_pieces_of_both_directions(pieces: int) -> None:
    table = simulate({"realistic": 2}, items=20, pieces=pieces)
    transfers = table[table["kind"] == "transfer"].drop_duplicates("item")
    assert transfers["source"].nunique() == pieces
    assert not transfers.duplicated(["source", "segment"]).any()
    assert (transfers["intended"] == "lower").sum() == 10
    several = transfers.groupby("source").filter(lambda segments: len(segments) > 1)
    assert (several.groupby("source")["intended"].nunique() == 2).all()


def test_segments_of_one_piece_are_alike() -> None:
    """Four pieces of forty segments each, heard by two hundred: shares differ by piece."""
    truth = Truth(agreement=0.6, item_sd=2, participant_sd=0, of_piece=1)
    table = simulate({"realistic": 200}, items=40, truth=truth, catch=0, pieces=4)
    agrees = (table["heard"] == table["intended"]).astype(float)
    by_item = agrees.groupby([table["source"], table["item"]]).mean()
    within = by_item.groupby("source").std().mean()
    assert by_item.groupby("source").mean().std() > 3 * within


def test_unknown_people_and_impossible_truths() -> None:
    with pytest.raises(ValueError, match="'angry'"):
        simulate({"angry": 1})
    with pytest.raises(ValueError, match="20 items are of 1 to 20 pieces, not of 0"):
        simulate({"realistic": 1}, pieces=0)
    with pytest.raises(ValueError, match="agreement"):
        Truth(agreement=1)
    with pytest.raises(ValueError, match="item_sd"):
        Truth(item_sd=-1)
    assert truth_of(0.8, Truth()).share() == pytest.approx(0.8, abs=1e-9)
