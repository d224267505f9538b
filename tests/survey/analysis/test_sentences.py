"""What the report says of studies, and that it claims no more."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest

from survey.analysis import participant_sentences, sentences
from survey.analysis.tables import tables
from survey.ratings.exclusion import NEW_STUDY_RULES
from survey.statistics.simulation import simulate
from tests.survey.analysis.analysed import results, spread


def test_who_answers_without_listening_is_shown() -> None:
    table = simulate({"realistic": 3, "random": 1}, seed=1)
    script = (table["participant"] == "random-00003").to_numpy()
    table["time_to_hear"] = pd.array(~script, dtype="boolean")
    analysis = results(table)
    words = " ".join(participant_sentences.flow(analysis.flow))
    assert f"{script.sum()} of {len(table)} answers (25.0 %) came before both clips" in words
    assert "1 participant gave more than half of theirs so. No rule leaves them out" in words
    assert [row.faster_than_clips for row in analysis.participants] == [1, 0, 0, 0]
    ruled = results(table, rules=NEW_STUDY_RULES)
    words = " ".join(participant_sentences.flow(ruled.flow))
    assert "“faster_than_clips”, left out who answered more than 50% of the trials" in words
    assert "No rule" not in words and "random-00003" in {
        row.participant for row in ruled.flow.excluded
    }
    table.loc[script, "seconds"] = 1.0
    words = " ".join(
        participant_sentences.flow(results(table).flow)
    )  # another rule leaves the script out
    assert "gave more than half of theirs so. The rules leave them out." in words
    unknown = results(simulate({"realistic": 3}))
    assert "is not known" in " ".join(participant_sentences.flow(unknown.flow))


def test_who_left_is_said_and_what_that_means() -> None:
    table = simulate({"realistic": 8, "random": 2}, seed=1)
    assert "left before the end" not in " ".join(participant_sentences.flow(results(table).flow))
    table["finished"] = ~table["participant"].str.startswith("random")
    words = " ".join(participant_sentences.flow(results(table).flow))
    assert "2 of 10 people who answered left before the end" in words
    assert "None of them is analysed." in words
    assert "the results are for people who stay, and intervals hold" in words
    assert "less often than 95 times in 100" in words
    words = " ".join(participant_sentences.flow(results(table, rules={}).flow))
    assert "2 of them are analysed." in words
    assert "for people who stay more than for others, for who left gave fewer" in words


def test_what_is_near_its_end_is_said() -> None:
    few_pieces = results(simulate({"perfect": 4}), rules={})
    words = " ".join(sentences.intervals(few_pieces.kept.intervals))
    assert (
        "Nearly all answers, or nearly none, agree on all items, items meant to be lower" in words
    )
    middling = results(simulate({"random": 8}), rules={})
    assert "Nearly all" not in " ".join(sentences.intervals(middling.kept.intervals))


@pytest.mark.parametrize(("hard", "said"), [(3, True), (4, False)])
def test_a_few_hard_pieces_among_easy_ones_are_said(hard: int, said: bool) -> None:
    """Everybody hears the other ones of six pieces, one in three the hard ones."""
    table = simulate({"perfect": 12}, items=12)
    at = table["item"].str.extract(r"(\d+)$")[0].astype(int)
    table["source"] = "p" + (at % 6).astype(str)
    missed = (at % 6 < hard) & (table["participant"].factorize()[0] % 3 > 0)
    table["heard"] = table["heard"].mask(missed, "same")
    intervals = results(table, rules={}).kept.intervals
    words = " ".join(sentences.intervals(intervals))
    on_half = "On 3 of 6 pieces nearly all answers to all items agree, on the other pieces not."
    assert (on_half in words) == said and "Nearly all" not in words
    assert ("may have too few of them, or none" in words) == said
    upside_down = {
        "overall": replace(
            intervals["overall"], twoway=replace(intervals["overall"].twoway, value=0.3)
        )
    }
    words = " ".join(sentences.intervals(upside_down))
    assert ("On 3 of 6 pieces nearly none of the answers to all items agree" in words) == said


def test_equal_answers_and_one_person_make_no_claim() -> None:
    table = simulate({"realistic": 6})
    alike = results(table.assign(rhythm=4, heard="same"), rules={}).kept
    words = sentences.opinion(alike.opinion)[0]
    assert words == (
        "Rhythm: mean 4.00, no 95 % interval (all answers are equal, so their spread cannot be "
        "estimated); median 4 of 120 ratings."
    )
    assert "no ICC: too few answers, or too alike" in " ".join(
        sentences.reliability(alike.reliability)
    )
    assert "cannot be told" in " ".join(sentences.bias(alike.bias, alike.lean))
    one = results(table[table["participant"] == "realistic-00000"], rules={}).kept
    claims = [
        *sentences.intervals(one.intervals),
        *sentences.chance(one.chance),
        *sentences.bias(one.bias, one.lean),
        *sentences.opinion(one.opinion),
        *sentences.reliability(one.reliability),
    ]
    for claim in claims:
        assert "Naively" not in claim and "p = " not in claim and "p <" not in claim, claim
    assert "one person cannot be tested against guessing" in " ".join(claims)
    assert "cannot be told: fewer than two items have two answers" in " ".join(claims)


def words_of(table: pd.DataFrame) -> str:
    """All sentences of a study without conditions, nobody left out."""
    kept = results(table, rules={}).kept
    return " ".join(
        [
            *sentences.intervals(kept.intervals),
            *sentences.chance(kept.chance),
            *sentences.bias(kept.bias, kept.lean),
            *sentences.reliability(kept.reliability),
            *sentences.planning(kept.planning),
        ]
    )


@pytest.mark.parametrize("heard", ["higher", "same", "what was intended"])
def test_who_all_answer_alike_get_no_interval_without_width(heard: str) -> None:
    table = spread(5)
    table["heard"] = table["intended"] if heard == "what was intended" else heard
    words = words_of(table)
    assert not re.search(r"(\d[\d.]*)( %)? to \1\b", words), words
    assert "± 0.0" not in words
    assert "No interval, for answers to each direction are all alike" in words
    bias = tables(results(table, rules={}))["bias"]
    widths = bias[bias["low"].notna() & (bias["low"] == bias["high"])]
    assert len(widths) and widths["note"].notna().all()


def test_a_lean_of_all_is_told_with_what_was_heard_of_identical_pairs() -> None:
    words = words_of(spread(5).assign(heard="higher"))
    assert "“lower” less “higher” is −100.0 percentage points, no 95 % interval" in words
    assert "0 were called lower and 16 higher" in words


def test_agreement_is_said_to_be_above_or_below_guessing() -> None:
    assert "below 33.3 %, guessing one of three" in words_of(spread(5).assign(heard="same"))
    assert "above 50.0 %, guessing one of two" in words_of(spread(5))
    half_lower = spread(5).assign(heard="lower")
    assert "at 50.0 %, guessing one of two: p = 1.000" in words_of(half_lower)


def test_no_limit_is_claimed_of_items_that_differ_by_no_more_than_chance() -> None:
    kept = results(simulate({"random": 12}, items=10, seed=2), rules={}).kept
    words = " ".join(sentences.planning(kept.planning))
    assert "if items differ as little as it seems; what any number of them would give" in words
    assert "± 0.0" not in words
    kept = results(simulate({"realistic": 24}, seed=5), rules={}).kept
    assert "any number of them ± " in " ".join(sentences.planning(kept.planning))


def test_why_there_is_no_interval_is_what_is_lacking() -> None:
    assert "no 95 % interval (it takes two pieces, and there is one)" in words_of(spread(1))
    table = spread(5)
    alone = table[table["participant"] == table["participant"].iloc[0]]
    assert "no 95 % interval (it takes two participants, and there is one)" in words_of(alone)


def test_few_independent_answers_are_those_of_pieces() -> None:
    table = spread(5)
    assert table["participant"].nunique() > 5
    words = words_of(table.assign(heard=table["intended"]))
    assert "for as few answers as there are pieces, which are fewer than participants" in words


def test_one_participant_is_singular() -> None:
    kept = results(spread(5), rules={}).kept
    paired = kept.chance.lower_less_higher
    one = replace(paired, better=replace(paired.better, lower=1))
    words = " ".join(sentences.chance(replace(kept.chance, lower_less_higher=one)))
    assert "1 participant agrees more on lower" in words


def test_a_rule_that_could_not_be_checked_is_not_one_that_found_nobody() -> None:
    table = simulate({"realistic": 3}, seed=1)
    table = table[table["kind"] != "identical"].assign(seconds=float("nan"))
    table.loc[table["participant"] == "realistic-00000", "seconds"] = 20.0
    words = " ".join(participant_sentences.flow(results(table).flow))
    assert "of the identical pairs lower or higher: this could not be checked" in words
    assert "for the median trial: 0 participants; of 2 participants the answers do not" in words
    assert "in more than 95% of the trials: 0 participants." in words


def test_strength_is_correlated_with_going_the_intended_way() -> None:
    """Lower items are heard lower the stronger they are, and in no other way."""
    table = spread(5, (0.5, 1.0))
    weak = (table["strength"] == 0.5).to_numpy()
    table["heard"] = table["intended"].mask(weak & (table.index % 3 > 0), "same")
    analysis = results(table, rules={})
    correlation = analysis.doses[0].correlations["lower"]
    assert correlation.value > 0
    (words,) = sentences.doses(analysis.doses)
    assert words.startswith("How far arousal is heard to go the way that was intended, against")
    rows = tables(analysis)["correlations"]
    of_strength = rows[rows["heard_against"] == "strength"]
    assert set(of_strength["heard_as"]) == {"as intended 1, same 0, the other way −1"}
