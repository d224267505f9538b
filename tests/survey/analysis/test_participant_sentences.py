"""What the report says of participants, and that it claims no more."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from survey.analysis import participant_sentences
from survey.ratings.exclusion import NEW_STUDY_RULES
from survey.ratings.rating_table import ParticipantCounts
from survey.statistics.simulation import simulate
from tests.survey.analysis.analysed import results


@pytest.mark.slow
def test_who_answers_without_listening_is_shown() -> None:
    table = simulate({"realistic": 3, "random": 1}, seed=1)
    script = (table["participant"] == "random-00003").to_numpy()
    table["time_to_hear"] = pd.array(~script, dtype="boolean")
    analysis = results(table)
    words = " ".join(participant_sentences.flow(analysis.flow))
    assert f"{script.sum()} of {len(table)} answers (25.0 %) came before their clips" in words
    assert "1 participant gave more than half of theirs so. No rule leaves them out" in words
    assert [row.faster_than_clips for row in analysis.participants] == [1, 0, 0, 0]
    ruled = results(table, rules=NEW_STUDY_RULES)
    words = " ".join(participant_sentences.flow(ruled.flow))
    assert "“faster_than_clips” leaves out people who answered more than 50% of the trials" in words
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


@pytest.mark.slow
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
    assert "for people who stay more than for others, for those who left gave fewer" in words


@pytest.mark.slow
def test_how_far_people_came_is_counted_in_their_order() -> None:
    table = simulate({"realistic": 9}, seed=1)
    counts = ParticipantCounts(invited=15, consented=13, began=12, finished=8, withdrawn=2)
    assert participant_sentences.flow(results(table, counts=counts, rules={}).flow)[0] == (
        "Of all people: 15 were invited; 13 consented; 12 began; 2 withdrew; "
        "9 answered at least one trial; 8 reached the end; nobody is left out by the rules; "
        "9 are analysed."
    )
    one = table[table["participant"] == "realistic-00000"]
    counts = ParticipantCounts(invited=1, consented=1, began=1, finished=1, withdrawn=1)
    assert participant_sentences.flow(results(one, counts=counts, rules={}).flow)[0] == (
        "Of all people: 1 was invited; 1 consented; 1 began; 1 withdrew; "
        "1 answered at least one trial; 1 reached the end; nobody is left out by the rules; "
        "1 is analysed."
    )
    of_a_file = participant_sentences.flow(results(table, rules={}).flow)[0]
    assert of_a_file.startswith("Of all people: 9 answered at least one trial;")


@pytest.mark.slow
def test_who_left_without_a_rated_answer_is_said() -> None:
    """20 agreed, 5 withdrew, 7 left after practice: no table of ratings has any of these."""
    table = simulate({"realistic": 8}, seed=1)
    counts = ParticipantCounts(invited=None, consented=21, began=20, finished=8, withdrawn=5)
    analysis = results(table, counts=counts, rules={})
    words = " ".join(participant_sentences.flow(analysis.flow))
    assert (
        "12 of 20 participants who began are not at the end (60.0 %): 5 withdrew, 7 have "
        "rated nothing that counts." in words
    )
    assert "That is many." in words and "intervals hold the truth of all people less often" in words
    assert "Nobody" not in " ".join(participant_sentences.comparison(analysis))
    one_each = replace(counts, began=10, finished=7, withdrawn=1)
    words = " ".join(participant_sentences.flow(results(table, counts=one_each, rules={}).flow))
    assert ": 1 withdrew, 1 has rated nothing that counts, 1 has rated something." in words
    assert "What those heard who withdrew or rated nothing cannot be known." in words
    later = replace(counts, began=9, finished=7, withdrawn=0)
    words = " ".join(participant_sentences.flow(results(table, counts=later, rules={}).flow))
    assert "What those heard who rated nothing cannot" in words and "withdrew or" not in words
    only_later = replace(counts, began=8, finished=7, withdrawn=0)
    words = " ".join(participant_sentences.flow(results(table, counts=only_later, rules={}).flow))
    assert "That is many. The results are for people who stay" in words
    nobody = replace(counts, began=9, finished=8, withdrawn=0)
    words = " ".join(participant_sentences.flow(results(table, counts=nobody, rules={}).flow))
    assert "1 of 9 participants who began is not at the end (11.1 %): 1 has rated nothing" in words
    few = replace(counts, began=82, finished=80, withdrawn=1)
    words = " ".join(participant_sentences.flow(results(table, counts=few, rules={}).flow))
    assert "2 of 82 participants who began are not at the end" in words and "many" not in words
    all_there = replace(counts, began=8, withdrawn=0)
    words = " ".join(participant_sentences.flow(results(table, counts=all_there, rules={}).flow))
    assert "not at the end" not in words


def test_a_rule_that_could_not_be_checked_is_not_one_that_found_nobody() -> None:
    table = simulate({"realistic": 3}, seed=1)
    table = table[table["kind"] != "identical"].assign(seconds=float("nan"))
    table.loc[table["participant"] == "realistic-00000", "seconds"] = 20.0
    words = " ".join(participant_sentences.flow(results(table).flow))
    assert "of the identical pairs lower or higher: this could not be checked" in words
    assert "for the median trial: nobody; of 2 participants the answers do not" in words
    assert "in more than 95% of the trials: nobody." in words


@pytest.mark.slow
def test_people_who_answer_the_same_throughout_are_counted() -> None:
    """Half of the people answer "same", their ratings at random: no rule finds them."""
    table = simulate({"realistic": 6, "random": 6}, seed=2)
    table.loc[table["participant"].str.startswith("random"), "heard"] = "same"
    words = " ".join(participant_sentences.flow(results(table, rules={}).flow))
    assert "6 participants (all analysed) answered “same” in nearly all trials" in words
    alone = simulate({"realistic": 6, "lazy": 1}, seed=2)
    words = " ".join(participant_sentences.flow(results(alone).flow))
    assert "1 participant (not analysed) answered “same” in nearly all trials" in words
    assert "Rated alike in nearly all trials: harmony by 1 participant (not analysed)," in words
    listeners = simulate({"realistic": 12}, seed=2)
    words = " ".join(participant_sentences.flow(results(listeners).flow))
    assert "nearly all trials" not in words


@pytest.mark.slow
def test_headphones_are_told_of_where_they_were_checked() -> None:
    table = simulate({"realistic": 4, "random": 2}, seed=1)
    assert "headphone" not in " ".join(participant_sentences.flow(results(table).flow))
    worn = table["participant"].str.startswith("realistic")
    table["headphones_right"] = pd.array([6 if yes else 4 for yes in worn], dtype="Int64")
    analysis = results(table, rules={})
    words = " ".join(participant_sentences.flow(analysis.flow))
    assert (
        "Of 6 participants analysed who did the headphone check, 4 passed it: 5 or more of 6"
        in words
    )
    by_name = {row.participant: row.agreement for row in analysis.participants}
    means = [
        sum(share for name, share in by_name.items() if name.startswith(kind)) / count
        for kind, count in (("realistic", 4), ("random", 2))
    ]
    shares = analysis.flow.headphones
    assert [shares.passed_agreement, shares.failed_agreement] == pytest.approx(means)
    assert f"{100 * means[0]:.1f} % of the answers of those who passed, and" in words
    table["headphones_right"] = pd.array([5] * len(table), dtype="Int64")
    words = " ".join(participant_sentences.flow(results(table, rules={}).flow))
    assert "6 passed it" in words and "those who did not" not in words
    counts = ParticipantCounts(None, 9, 9, 6, 0, turned_away=3)
    words = " ".join(participant_sentences.flow(results(table, counts=counts).flow))
    assert "3 participants failed the headphone check and could not take part." in words
