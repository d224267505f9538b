"""What the report says of doses and of planning, and that it claims no more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from survey.analysis import sentences
from survey.analysis.tables import tables
from survey.statistics.estimate import RAISED
from survey.statistics.simulation import simulate
from tests.survey.analysis.analysed import results, spread


@pytest.mark.slow
def test_no_limit_is_claimed_of_items_that_differ_by_no_more_than_chance() -> None:
    kept_sections = results(simulate({"random": 12}, items=10, seed=2), rules={}).kept
    words = " ".join(sentences.planning(kept_sections.planning))
    assert "if pieces differ as little as it seems; what any number of them would give" in words
    assert "± 0.0" not in words
    kept_sections = results(simulate({"realistic": 24}, seed=5), rules={}).kept
    assert "any number of them ± " in " ".join(sentences.planning(kept_sections.planning))


@pytest.mark.slow
def test_strength_is_correlated_with_going_the_intended_way() -> None:
    """Lower items are heard lower the stronger they are, and in no other way."""
    table = spread(5, (0.5, 1.0))
    weak = (table["strength"] == 0.5).to_numpy()
    table["heard"] = table["intended"].mask(weak & (table.index % 3 > 0), "same")
    analysis = results(table, rules={})
    correlation = analysis.doses[0].correlations["lower"]
    assert correlation.value > 0
    lower, higher, words, of_points = sentences.doses(analysis.doses)
    assert words.startswith("How far arousal is heard to go the way that was intended, against")
    assert of_points == sentences.FEW_POINTS
    change = f"{analysis.doses[0].slopes['higher'].value:.2f}"
    assert higher.startswith(
        "Of items meant to be higher, people hear more of a stronger transfer: from strength 0.5 "
        f"to 1 of the transfer, the mean answer to them goes {change} further the way that was "
        "intended"
    )
    assert lower.startswith("Of items meant to be lower, people hear more of a stronger transfer: ")
    assert "differences between participants" in lower
    tables_by_name = tables(analysis)
    assert list(tables_by_name["slopes"]["intended"]) == ["lower", "higher"]
    rows = tables_by_name["correlations"]
    of_strength = rows[rows["heard_against"] == "strength"]
    assert set(of_strength["heard_as"]) == {"as intended 1, same 0, the other way −1"}


@pytest.mark.slow
def test_stronger_may_be_heard_less_and_what_cannot_be_told_is_not() -> None:
    table = spread(5, (0.5, 1.0))
    strong = ((table["strength"] == 1) & (table["intended"] == "lower")).to_numpy()
    table["heard"] = table["intended"].mask(strong & (table.index % 3 > 0), "same")
    lower, higher, *_ = sentences.doses(results(table, rules={}).doses)
    assert lower.startswith("Of items meant to be lower, people hear less of a stronger transfer: ")
    assert " back from the way that was intended (as intended 1, same 0" in lower
    assert "or less, cannot be told: from" in higher
    assert "goes 0.00 further" in higher and "no 95 % interval (answers do not differ" in higher
    one_strength = table[(table["intended"] == "lower") | (table["strength"] == 1)]
    assert len(sentences.doses(results(one_strength, rules={}).doses)) == 3


@pytest.mark.slow
def test_nothing_is_said_to_be_heard_of_strength_that_may_be_chance() -> None:
    """Three answers in ten missed, at whatever strength."""
    table = spread(5, (0.5, 1.0))
    missed = np.random.default_rng(0).random(len(table)) < 0.3
    table["heard"] = table["intended"].mask(missed, "same")
    (dose,) = results(table, rules={}).doses
    for words, slope in zip(sentences.doses([dose]), dose.slopes.values(), strict=False):
        assert slope.low < 0 < slope.high and slope.value
        assert "that people hear more of a stronger transfer, or less, cannot be told: " in words


def test_a_share_that_is_so_many_points_is_no_percentage() -> None:
    kept_sections = results(simulate({"realistic": 12}, seed=1), rules={}).kept
    planned = sentences.planning(kept_sections.planning)
    assert "%" not in " ".join(planned)
    assert "96 participants would give ± 9.9 percentage points, any number" in planned[1]
    assert " points, any number" in planned[3] and "percentage" not in planned[3]


def test_a_mean_opinion_near_the_end_of_its_scale_is_warned_of() -> None:
    kept_sections = results(simulate({"realistic": 12}, seed=1), rules={}).kept
    assert "end of the scale" not in " ".join(sentences.opinion(kept_sections.opinion))
    high = replace(kept_sections.opinion["melody"].twoway, value=4.7)
    opinion = kept_sections.opinion | {
        "melody": replace(kept_sections.opinion["melody"], twoway=high)
    }
    assert "Near an end of the scale: melody." in sentences.opinion(opinion)[-1]


@pytest.mark.slow
def test_a_variance_that_was_raised_is_said_once() -> None:
    kept_sections = results(simulate({"realistic": 12}, seed=1), rules={}).kept
    noted = {
        name: replace(one, twoway=replace(one.twoway, note=RAISED))
        for name, one in kept_sections.opinion.items()
    }
    part = replace(kept_sections, opinion=noted)
    (words,) = sentences.raised([("strength 1", part), ("strength 2", part)])
    assert words.startswith(
        "Of rhythm at strength 1, melody at strength 1, harmony at strength 1, and 5 more, the"
    )
    assert "variance" not in " ".join(sentences.opinion(noted))
    assert sentences.raised([("", kept_sections)]) == []
