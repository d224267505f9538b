"""The report's sections, on tables small enough to count by hand."""

import io
import json
import time

import krippendorff
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from survey.ratings import exclusion, rating_table
from survey.statistics.agreement import by_direction, directions, intervals
from survey.statistics.chance_tests import Better, against_chance, lower_against_higher
from survey.statistics.crossed_design import crossed
from survey.statistics.dose_response import HARDLY_VARIES, changes, doses, spearman
from survey.statistics.json_fields import plain
from survey.statistics.mean_opinion_score import opinions
from survey.statistics.participants import people
from survey.statistics.pieces import Music, music
from survey.statistics.precision import design_effect, precision
from survey.statistics.reliability import consensus
from survey.statistics.signal_detection import Rate, detection, lean
from survey.statistics.simulation import simulate
from survey.statistics.summary import summary

HAND = """participant,item,intended,heard,rhythm,melody
a,l1,lower,lower,5,3
a,h1,higher,higher,4,3
a,l2,lower,same,3,3
a,h2,higher,,2,
b,l1,lower,lower,5,1
b,h1,higher,lower,4,2
b,l2,lower,lower,4,
b,h2,higher,higher,1,3
"""


def table(text: str = HAND) -> pd.DataFrame:
    return rating_table.read_csv(io.StringIO(text))


def test_direction_by_hand() -> None:
    direction_counts = directions(table())
    lower, higher = direction_counts.table
    assert lower.counts == {"lower": 3, "same": 1, "higher": 0}
    assert higher.counts == {"lower": 1, "same": 0, "higher": 2}
    assert (higher.n, higher.missing) == (3, 1)  # no answer is neither
    assert lower.shares == {"lower": 0.75, "same": 0.25, "higher": 0}
    items = {row.item: (row.agree, row.n) for row in direction_counts.items}
    assert items == {"h1": (1, 2), "h2": (1, 1), "l1": (2, 2), "l2": (1, 2)}
    direction_counts = intervals(table())
    assert {name: (interval.agree, interval.n) for name, interval in direction_counts.items()} == {
        "overall": (5, 7),
        "lower": (3, 4),
        "higher": (2, 3),
    }


STRENGTHS = """participant,item,source,segment,intended,heard,rhythm,strength,change_rhythm
a,l1-1,x.mid,3,lower,lower,5,1,-0.2
a,l1-2,x.mid,3,lower,same,4,2,-0.4
a,h1-1,y.mid,3,higher,higher,3,1,0.3
b,l1-1,x.mid,3,lower,lower,2,1,-0.2
b,l1-2,x.mid,3,lower,lower,1,2,-0.4
b,h1-1,y.mid,3,higher,lower,5,1,0.3
b,h2-1,,4,higher,higher,5,1,0.1
"""


def test_one_segment_at_two_strengths_is_one_piece_of_music() -> None:
    """Items l1-1 and l1-2 are the same music; h2-1 does not tell, and counts by itself."""
    read = table(STRENGTHS)
    overall = by_direction(read)["overall"]
    assert overall.item_count == 3
    assert crossed(read, read["rhythm"], "item").item_count == 4
    answers = overall.values.tolist()
    assert sorted(answers) == [0, 0, 1, 1, 1, 1, 1]
    for estimate in changes(read).correlations["rhythm"].values():
        assert estimate.note  # of so few pieces there is none


def test_segments_without_a_source_are_not_the_same_music() -> None:
    text = "participant,item,segment,intended,heard\na,x,0,lower,lower\na,y,0,higher,same\n"
    read = table(text)
    assert by_direction(read)["overall"].item_count == 2
    assert music(read) == Music(items=2, segments=2, pieces=None, by_segment=None)


def test_how_much_music_there_is() -> None:
    read = table(STRENGTHS)
    with_source = read[read["source"] != ""]
    assert music(read).pieces is None  # h2-1 does not tell
    counts = music(with_source)
    assert (counts.items, counts.segments, counts.pieces) == (3, 2, 2)
    assert counts.by_segment is None  # as many pieces as segments: nothing new
    single_piece = music(with_source.assign(source="x.mid"))
    assert (single_piece.segments, single_piece.pieces) == (1, 1)
    several = with_source.assign(source="x.mid", segment=[1, 2, 3, 1, 2, 3])
    counts = music(several)
    assert (counts.segments, counts.pieces) == (3, 1)
    assert counts.by_segment.value == pytest.approx(4 / 6) and counts.by_segment.low is not None
    assert intervals(several)["overall"].twoway.low is None  # one piece tells nothing of others


def test_a_segment_at_several_strengths_plans_as_one() -> None:
    """Answers that are the same at both strengths tell no more than at one."""
    answers = simulate({"realistic": 24}, seed=5)
    once = answers[answers["kind"] == "transfer"].assign(segment=0)
    once["source"] = once["item"]
    twice = pd.concat([once, once.assign(item=once["item"] + "-2", strength=2.0)])
    precision_once, precision_twice = precision(once)["rhythm"], precision(twice)["rhythm"]
    assert precision_twice.components == pytest.approx(precision_once.components)
    assert precision_twice.limit == pytest.approx(precision_once.limit)


@pytest.mark.parametrize(
    ("of_lower", "of_higher", "varies"),
    [
        ([0.0] * 10, [0.0] * 10, False),  # the arranger leaves note density as it is
        ([-0.25] * 10, [0.25] * 10, False),  # and changes rhythm as much in every item
        ([-0.25, -0.26] * 5, [0.25, 0.26] * 5, False),
        ([0.0] * 6 + [-0.4, -0.1, -0.2, -0.3], [0.0] * 6 + [0.4, 0.1, 0.2, 0.3], False),
        ([-0.1, -0.2, -0.3, -0.4, -0.5] * 2, [0.1, 0.2, 0.3, 0.4, 0.5] * 2, True),
    ],
)
def test_a_change_that_hardly_varies_has_no_correlation(
    of_lower: list[float], of_higher: list[float], varies: bool
) -> None:
    answers = simulate({"realistic": 6})
    transfers = answers[answers["kind"] == "transfer"].copy()
    for word, values in (("lower", of_lower), ("higher", of_higher)):
        rows = transfers["intended"] == word
        items = dict(zip(sorted(set(transfers.loc[rows, "item"])), values, strict=True))
        transfers.loc[rows, "change_note"] = transfers.loc[rows, "item"].map(items)
    for estimate in changes(transfers).correlations["note"].values():
        assert (estimate.value is not None) == varies
        assert estimate.n == 10 and (estimate.note == HARDLY_VARIES) == (not varies)


def test_catch_trials_are_apart() -> None:
    text = HAND + "a,i1,same,same,,\nb,i1,same,lower,,\n"
    direction_counts = directions(table(text))
    assert sum(row.n for row in direction_counts.table) == 7
    assert direction_counts.catch[0].counts == {"lower": 1, "same": 1, "higher": 0}


def test_opinion_by_hand() -> None:
    opinion = opinions(table())
    rhythm = opinion["rhythm"]
    assert rhythm.twoway.value == 3.5
    assert rhythm.median == 4
    assert rhythm.histogram == {"1": 1, "2": 1, "3": 1, "4": 3, "5": 2}
    assert (opinion["melody"].n, opinion["melody"].missing) == (6, 2)
    assert opinion["harmony"].twoway.value is None
    assert opinion["harmony"].holm is None
    t = (3.5 - 3) / rhythm.twoway.error
    assert rhythm.p == pytest.approx(2 * stats.t.sf(t, rhythm.twoway.freedom))
    assert rhythm.holm >= rhythm.p


def test_intervals_of_opinions_are_not_clipped() -> None:
    text = "participant,item,intended,heard,rhythm\n" + "".join(
        f"p{person},i{item},lower,lower,{5 if (person, item) != (0, 0) else 1}\n"
        for person in range(3)
        for item in range(3)
    )
    assert opinions(table(text))["rhythm"].twoway.high > 5


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


def test_detection_by_hand() -> None:
    measures = detection(table())["higher"]
    assert measures.hits == Rate(count=2, n=3, rate=pytest.approx(2 / 3))
    assert measures.alarms == Rate(count=0, n=4, rate=0)
    z = stats.norm.ppf([2.5 / 4, 0.5 / 5])
    assert measures.d_prime == pytest.approx(z[0] - z[1])
    assert measures.criterion == pytest.approx(-z.sum() / 2)
    rates = stats.norm.ppf([[1.5 / 2, 0.5 / 3], [1.5 / 3, 0.5 / 3]])
    assert measures.mean_d_prime.value == pytest.approx(np.mean(rates[:, 0] - rates[:, 1]))
    only_lower = detection(table(HAND.replace("higher,", "lower,").replace("h1,lower", "h1,lower")))
    assert only_lower["higher"].d_prime is None


def test_who_leans_by_hand() -> None:
    """Lower items: 3 lower, 1 same; higher items: 1 lower, 2 higher of 3. (3/4 - 1/3) / 2."""
    measured = lean(table(HAND + "a,i1,same,same,,\nb,i1,same,lower,,\n"))
    assert measured.more_lower.value == pytest.approx((3 / 4 - 1 / 3) / 2)
    assert (measured.identical_lower, measured.identical_higher) == (1, 0)
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


def test_consensus_uses_all_items() -> None:
    reliability = consensus(table())
    answers = [[0, 2, 1, np.nan], [0, 0, 0, 2]]
    expected = krippendorff.alpha(answers, level_of_measurement="nominal")
    assert reliability["direction"].alpha == pytest.approx(expected)
    assert reliability["rhythm"].k == 2
    assert reliability["harmony"].alpha is None


def test_changes_by_strength_and_measure() -> None:
    answers = simulate({"perfect": 6}, items=20, strengths=(0.5, 1.0))
    transfers = answers[answers["kind"] == "transfer"]
    (dose,) = doses(transfers)
    assert [row.row for row in dose.strengths] == [-1, -0.5, 0.5, 1]
    assert [row.counts["higher"] for row in dose.strengths] == [0, 0, 30, 30]
    for rows in dose.measured.values():
        assert len(rows) == 5
        assert sum(row.n for row in rows) == len(transfers)
    answers = simulate({"perfect": 6})
    transfers = answers[answers["kind"] == "transfer"]
    assert doses(transfers) == []
    assert set(changes(transfers).correlations) == {"note", "rhythm"}


def test_hearing_the_direction_is_no_dose_effect() -> None:
    """Everybody hears every direction, at any strength: nothing more is heard of more."""
    answers = simulate({"perfect": 6}, items=40, strengths=(0.5, 1.0, 2.0))
    transfers = answers[answers["kind"] == "transfer"]
    signed = transfers["strength"] * transfers["intended"].map({"lower": -1, "higher": 1})
    heard = transfers["heard"].map({"lower": -1, "higher": 1})
    assert stats.spearmanr(signed, heard).statistic > 0.8  # what was reported before
    for estimate in doses(transfers)[0].correlations.values():
        assert (estimate.value, estimate.low) == (None, None)


def test_a_dose_effect_by_hand() -> None:
    """Strengths 1 to 5, each item heard by so many of four; ranks agree but for one swap."""
    agreeing = {1: 0, 2: 2, 3: 1, 4: 3, 5: 4}
    rows = "participant,item,source,segment,intended,heard,strength\n" + "".join(
        f"p{person},{word}{step},{word}{step}.mid,0,{word},"
        f"{word if person < most else 'same'},{step}\n"
        for word in ("lower", "higher")
        for step, most in agreeing.items()
        for person in range(4)
    )
    (dose,) = doses(table(rows))
    for estimate in dose.correlations.values():
        assert (estimate.value, estimate.n) == (pytest.approx(1 - 6 * 2 / (5 * 24)), 5)


def test_no_correlation_of_too_little() -> None:
    assert spearman(np.arange(3.0), np.arange(3.0)).value is None
    assert spearman(np.arange(9.0), np.ones(9)).value is None
    perfect = spearman(np.arange(9.0), np.arange(9.0) ** 3)
    assert (perfect.value, perfect.low) == (1, None)


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


def test_people_at_a_glance() -> None:
    answers = table(HAND + "a,i1,same,lower,,\n")
    _, excluded = exclusion.apply_rules(answers, {"identical_wrong": 0.5})
    first, second = people(answers, excluded)
    assert (first.participant, second.participant) == ("a", "b")
    assert first.agreement == pytest.approx(2 / 3)
    assert (first.identical_wrong, first.excluded_by) == (1, "identical_wrong")
    assert (second.identical_wrong, second.excluded_by) == (None, "")
    assert second.lower == 0.75


def test_summary_is_json_and_fast() -> None:
    answers = simulate({"realistic": 42}, seed=1)
    assert len(answers) > 1000
    summary(answers)
    start = time.process_time()  # whatever else the machine does
    result = summary(answers, exclusion.DEFAULT_RULES)
    assert time.process_time() - start < 0.1
    json.dumps(plain(result), allow_nan=False)
    assert result.participants == 42
    overall = result.agreement["overall"]
    assert overall.low < overall.value < overall.high
    assert summary(rating_table.empty()).agreement["overall"].value is None


@pytest.mark.parametrize(
    "rows",
    [
        slice(0, 0),
        slice(0, 1),
        slice(0, 4),
        [0, 4],
        [3, 7],
    ],
    ids=["nothing", "one answer", "one participant", "one item", "one item partly answered"],
)
def test_every_section_bears_little(rows: slice | list[int]) -> None:
    answers = table().iloc[rows].reset_index(drop=True)
    agreement = by_direction(answers)
    for section in (
        directions(answers),
        intervals(answers),
        against_chance(agreement, 0),
        lower_against_higher(agreement, 0),
        detection(answers),
        opinions(answers),
        consensus(answers),
        changes(answers),
        precision(answers),
        summary(answers),
    ):
        assert json.dumps(plain(section), allow_nan=False)  # raises where a number is none


def test_all_answers_equal() -> None:
    answers = table().assign(heard="same", rhythm=3)
    assert intervals(answers)["overall"].twoway.value == 0
    assert opinions(answers)["rhythm"].p is None
    reliability = consensus(answers)
    assert reliability["direction"].alpha is None
    assert reliability["rhythm"].icc_1 is None
    json.dumps(plain(precision(answers)), allow_nan=False)
