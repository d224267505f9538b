"""What the report says of what was heard, and that it claims no more."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest

from survey.analysis import heard_sentences, sentences
from survey.analysis.tables import tables
from survey.statistics.chance_tests import holm
from survey.statistics.simulation import simulate
from tests.survey.analysis.analysed import results, spread


@pytest.mark.slow
def test_what_is_near_its_end_is_said() -> None:
    few_pieces = results(simulate({"perfect": 4}), rules={})
    words = " ".join(heard_sentences.intervals(few_pieces.kept.intervals))
    assert (
        "Nearly all answers, or nearly none, agree on all items, items meant to be lower" in words
    )
    middling = results(simulate({"random": 8}), rules={})
    assert "Nearly all" not in " ".join(heard_sentences.intervals(middling.kept.intervals))


@pytest.mark.parametrize(("hard", "is_warned"), [(3, True), (4, False)])
def test_a_few_hard_pieces_among_easy_ones_are_said(hard: int, is_warned: bool) -> None:
    """Everybody hears the other ones of six pieces, one in three the hard ones."""
    table = simulate({"perfect": 12}, items=12)
    at = table["item"].str.extract(r"(\d+)$")[0].astype(int)
    table["source"] = "p" + (at % 6).astype(str)
    missed = (at % 6 < hard) & (table["participant"].factorize()[0] % 3 > 0)
    table["heard"] = table["heard"].mask(missed, "same")
    intervals = results(table, rules={}).kept.intervals
    words = " ".join(heard_sentences.intervals(intervals))
    on_half = "On 3 of 6 pieces nearly all answers to all items agree, on the other pieces not."
    assert (on_half in words) == is_warned and "Nearly all" not in words
    assert ("may have too few of them, or none" in words) == is_warned
    upside_down = {
        "overall": replace(
            intervals["overall"], twoway=replace(intervals["overall"].twoway, value=0.3)
        )
    }
    words = " ".join(heard_sentences.intervals(upside_down))
    assert ("On 3 of 6 pieces nearly none of the answers to all items agree" in words) == is_warned


@pytest.mark.slow
def test_equal_answers_and_one_person_make_no_claim() -> None:
    table = simulate({"realistic": 6})
    alike = results(table.assign(rhythm=4, heard="same"), rules={}).kept
    words = sentences.opinion(alike.opinion)[0]
    assert words == (
        "Rhythm: mean 4.00, no 95 % interval (answers do not differ between people or pieces, so "
        "their spread cannot be estimated); median 4 of 120 ratings."
    )
    assert "no ICC: too few answers, or too alike" in " ".join(
        sentences.reliability(alike.reliability)
    )
    assert "cannot be told" in " ".join(heard_sentences.bias(alike.bias, alike.lean))
    one = results(table[table["participant"] == "realistic-00000"], rules={}).kept
    claims = [
        *heard_sentences.intervals(one.intervals),
        *heard_sentences.chance(one.chance),
        *heard_sentences.bias(one.bias, one.lean),
        *sentences.opinion(one.opinion),
        *sentences.reliability(one.reliability),
    ]
    for claim in claims:
        assert "Naively" not in claim and "p = " not in claim and "p <" not in claim, claim
    assert "one person cannot be tested against guessing" in " ".join(claims)
    assert "cannot be told: fewer than four items have two answers" in " ".join(claims)


def words_of(table: pd.DataFrame) -> str:
    """All sentences of a study without conditions, nobody left out."""
    findings = results(table, rules={}).kept
    return " ".join(
        [
            *heard_sentences.intervals(findings.intervals),
            *heard_sentences.chance(findings.chance),
            *heard_sentences.bias(findings.bias, findings.lean),
            *sentences.reliability(findings.reliability),
            *sentences.planning(findings.planning),
        ]
    )


@pytest.mark.slow
@pytest.mark.parametrize("heard", ["higher", "same", "what was intended"])
def test_who_all_answer_alike_get_no_interval_without_width(heard: str) -> None:
    table = spread(5)
    table["heard"] = table["intended"] if heard == "what was intended" else heard
    words = words_of(table)
    assert not re.search(r"(\d[\d.]*)( %)? to \1\b", words), words
    assert "± 0.0" not in words
    assert "No interval, for answers to one direction are all alike" in words
    bias = tables(results(table, rules={}))["bias"]
    widths = bias[bias["low"].notna() & (bias["low"] == bias["high"])]
    assert len(widths) and widths["note"].notna().all()


@pytest.mark.slow
def test_a_lean_of_all_is_told_with_what_was_heard_of_identical_pairs() -> None:
    words = words_of(spread(5).assign(heard="higher"))
    assert "“lower” less “higher” is −100.0 percentage points, no 95 % interval" in words
    assert "Of 16 answers to identical pairs" in words
    assert "0 called them lower and 16 higher" in words
    table = spread(5).assign(heard="higher")
    assert "identical" not in words_of(table[table["kind"] != "identical"])


@pytest.mark.slow
def test_agreement_is_said_to_be_above_or_below_guessing() -> None:
    assert "below 33.3 %, guessing one of three" in words_of(spread(5).assign(heard="same"))
    assert "above 50.0 %, guessing one of two" in words_of(spread(5))
    half_lower = spread(5).assign(heard="lower")
    assert "at 50.0 %, guessing one of two: p = 1.000" in words_of(half_lower)


@pytest.mark.slow
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
    findings = results(spread(5), rules={}).kept
    paired = findings.chance.lower_less_higher
    one = replace(paired, better=replace(paired.better, lower=1))
    words = " ".join(heard_sentences.chance(replace(findings.chance, lower_less_higher=one)))
    assert "1 participant agrees more on lower" in words


@pytest.mark.slow
def test_a_difference_of_these_items_is_said_to_be_none_of_the_directions() -> None:
    """Everybody misses the same one of ten lower items, and no higher one: that is those items."""
    table = simulate({"perfect": 12})
    table["heard"] = table["heard"].mask(table["item"] == "transfer-000", "same")
    assert set(table.loc[table["item"] == "transfer-000", "intended"]) == {"lower"}
    chance = results(table, rules={}).kept.chance
    assert chance.lower_less_higher.flips.p < 0.001 and chance.lower_less_higher.twoway.low < 0
    words = " ".join(heard_sentences.chance(chance))
    assert "Of these very items alone: −10.0 points by participant" in words
    assert "whether they would with other pieces cannot be told" in words
    assert not heard_sentences.tells_directions(chance.lower_less_higher)
    lower = table["intended"] == "lower"
    odd = table["participant"].factorize()[0] + table["item"].factorize()[0]
    table["heard"] = table["intended"].mask(lower & (odd % 3 > 0), "same")  # of all of them
    chance = results(table, rules={}).kept.chance
    assert heard_sentences.tells_directions(chance.lower_less_higher)
    assert "cannot be told" not in " ".join(heard_sentences.chance(chance))


@pytest.mark.slow
def test_what_is_claimed_of_several_conditions_is_corrected_for_all_of_them() -> None:
    """One lean and one difference of directions at p = 0.03 each are none in three conditions."""
    table = spread(5, (0.5, 1.0, 1.5))
    all_results = results(table, rules={})
    leans = [both.kept.lean for both in all_results.conditions]
    assert [lean.holm for lean in leans] == holm([lean.p for lean in leans])
    directions = [both.kept.chance.lower_less_higher for both in all_results.conditions]
    assert [one.holm for one in directions] == holm([one.p for one in directions])
    guesses = [
        test
        for both in all_results.conditions
        for against in both.kept.chance.against.values()
        for test in against.guesses.values()
    ]
    assert [test.holm for test in guesses] == holm([test.p for test in guesses])
    scales = [one for both in all_results.conditions for one in both.kept.opinion.values()]
    assert [one.holm for one in scales] == holm([one.p for one in scales])
    part = all_results.conditions[0].kept
    lean = replace(part.lean, p=0.03, holm=0.09)
    assert "No lean to" in " ".join(heard_sentences.bias(part.bias, lean))
    words = " ".join(heard_sentences.bias(part.bias, replace(lean, holm=0.04)))
    assert "People answer" in words and "p = 0.040" in words
    paired = replace(part.chance.lower_less_higher, p=0.03, holm=0.09)
    words = " ".join(heard_sentences.chance(replace(part.chance, lower_less_higher=paired)))
    assert "would with other pieces of their kind" not in words and "p = 0.090" in words
    paired = replace(paired, holm=0.04)
    words = " ".join(heard_sentences.chance(replace(part.chance, lower_less_higher=paired)))
    assert "would with other pieces of their kind" in words


@pytest.mark.parametrize("alone", ["participant", "source"])
def test_tables_have_no_interval_where_the_text_has_none(alone: str) -> None:
    """One participant, or one piece: neither two-way nor naive, bootstrap or d'."""
    table = spread(5) if alone == "participant" else spread(1)
    table = table[table[alone] == table[alone].iloc[0]].reset_index(drop=True)
    tables_by_name = tables(results(table, rules={}))
    for name in ("agreement", "opinion", "bias"):
        rows = tables_by_name[name]
        if alone == "source" and name != "bias":  # for these very items, people tell something
            rows = rows[rows["method"] != "clustered by participant"]
        if alone == "source" and name == "bias":
            rows = rows[~rows["measure"].str.contains("mean of participants")]
        rows = rows[~rows.get("measure", pd.Series("", rows.index)).isin(["hits", "alarms"])]
        assert len(rows) and rows[["low", "high"]].isna().all(axis=None), name
        assert rows["note"].notna().all(), name
