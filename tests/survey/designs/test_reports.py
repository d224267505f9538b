"""What the reports of designs say, of the small fixed study of each."""

from __future__ import annotations

import html
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from survey.analysis import participant_sentences
from survey.analysis.analyse import NothingToAnalyse
from survey.analysis.results import Provenance
from survey.analyze import StudyRatings, from_file
from survey.designs import ratings
from survey.designs.analysis import DesignResults, analyse, files
from survey.designs.design import Resampling
from survey.designs.discrimination_findings import of_discrimination
from survey.designs.preference_findings import of_preferences
from survey.designs.questions import Question
from tests.survey.designs.golden import DESIGNS, FOLDER

PROVENANCE = Provenance("small", 1, "study", "0" * 64, "1", 0, 20, {})


def data(design: str) -> StudyRatings:
    return from_file(FOLDER / design / "study" / "ratings.csv", None)


def results(of: StudyRatings, table: pd.DataFrame | None = None) -> DesignResults:
    chosen = of.table if table is None else table
    return analyse(
        of.design, chosen, of.questions, of.counts, of.rules, Resampling(seed=0, draws=20)
    )


@pytest.mark.parametrize("design", DESIGNS)
def test_whoever_did_the_headphone_check_is_counted(design: str) -> None:
    of = data(design)
    names = sorted(set(of.table["participant"]))
    score = of.table["participant"].map({name: 4 + at % 2 for at, name in enumerate(names)})
    checked_results = results(of, of.table.assign(headphones_right=score.astype("Int64")))
    words = " ".join(participant_sentences.flow(checked_results.flow))
    check = checked_results.flow.headphones
    assert check is not None and check.checked == checked_results.flow.kept
    assert f"{check.passed} passed it" in words and 0 < check.passed < check.checked
    assert "agree" not in words  # nothing is intended


def test_where_nobody_is_left_it_is_said_how_often_rules_applied() -> None:
    of = data("ab")
    table = of.table[of.table["participant"] == of.table["participant"].iloc[0]]
    with pytest.raises(NothingToAnalyse, match=r"\(1 time a participant fell under one\)"):
        results(of, table.assign(finished=False))


@pytest.mark.parametrize("few", ["participant", "source"])
@pytest.mark.parametrize("design", DESIGNS)
def test_one_participant_or_piece_has_no_interval_of_any_kind(design: str, few: str) -> None:
    """Neither a naive nor a resampled one: nothing tells of other people, or other pieces."""
    of = data(design)
    name = of.table[few].iloc[0]
    tables = results(of, of.table[of.table[few] == name]).everyone.tables
    ends = ("low", "high", "naive_low", "naive_high", "bootstrap_low", "bootstrap_high")
    for table in ("means", "differences", "preferences", "strengths", "discrimination"):
        rows = tables.get(table, pd.DataFrame())
        assert not rows[[end for end in ends if end in rows]].notna().any(axis=None), table


def test_a_mean_near_the_end_of_its_scale_is_warned_of() -> None:
    """The hidden reference is put near 100, where an interval is right less often."""
    warnings = [
        one for one in results(data("mushra")).findings.sentences if "end of the scale" in one
    ]
    assert len(warnings) == 1 and "quality of reference" in warnings[0]
    table = data("mushra").table
    middling = table.assign(quality=(table["quality"] / 4 + 40).round().astype("Int64"))
    sentences = results(data("mushra"), middling).findings.sentences
    assert not any("end of the scale" in one for one in sentences)


@pytest.mark.slow
@pytest.mark.parametrize("design", DESIGNS)
def test_both_groups_of_the_headphone_check_are_compared(design: str) -> None:
    of = data(design)
    unchecked = of.table.assign(headphones_right=pd.array([None] * len(of.table), dtype="Int64"))
    assert "headphones" not in results(of, unchecked).findings.tables
    assert "Headphone check," not in _page(of, unchecked)
    names = sorted(set(of.table["participant"]))
    score = of.table["participant"].map({name: 4 + at % 2 for at, name in enumerate(names)})
    table = of.table.assign(headphones_right=score.astype("Int64"))
    findings = results(of, table).findings
    rows = findings.tables["headphones"]
    assert {"heard", "passed", "failed", "low", "high", "p", "holm"} <= set(rows)
    known = rows[rows["p"].notna()]
    assert len(known) and (known["holm"] >= known["p"]).all()
    assert "Headphone check, " in " ".join(findings.sentences) and "who passed" in _page(of, table)


def test_the_difference_between_groups_is_that_of_their_means() -> None:
    of = data("mos")
    names = sorted(set(of.table["participant"]))
    passed = of.table["participant"].isin(names[::2])
    table = of.table.assign(headphones_right=passed.map({True: 6, False: 0}).astype("Int64"))
    rows = results(replace(of, rules={}), table).findings.tables["headphones"]
    for row in rows.to_dict("records"):
        heard = table[(table["system"] == row["heard"]) & (table["kind"] == "rated")]
        means = heard.groupby(heard["headphones_right"] == 6)[row["question"]].mean()
        assert (row["passed"], row["failed"]) == pytest.approx((means[True], means[False]))
        assert row["value"] == pytest.approx(means[True] - means[False])
        assert row["low"] < row["value"] < row["high"]


@pytest.mark.slow
@pytest.mark.parametrize("design", DESIGNS)
def test_who_is_left_out_and_what_was_asked_is_named(design: str) -> None:
    of = data(design)
    names = sorted(set(of.table["participant"]))
    finished = (of.table["participant"] != names[1]).astype("boolean")
    hasty = of.table["participant"].isin(names[1:3])
    table = of.table.assign(
        finished=finished, time_to_hear=(~hasty).astype("boolean").where(of.table["item"].notna())
    )
    strict = replace(of, rules={"finished": True, "faster_than_clips": 0.5})
    page = _page(strict, table)
    assert (
        f"Left out, by their names in the ratings: {names[1]} (finished, faster_than_clips); "
        f"{names[2]} (faster_than_clips)." in page
    )
    assert "Left out, by" not in _page(replace(of, rules={}))
    for question in of.questions:
        assert question.text in page
        for word in (*question.ends, *question.choices):
            assert word in page
    assert f"Design {design}: {of.design.about}." in page


def ab(values: list[list[int]], systems: tuple[str, str] = ("alder", "birch")) -> list[str]:
    """Sentences of preferences for the second system: a row a person, a column a piece."""
    rows = [
        (f"p{person}", f"i{piece}", f"s{piece}", *(systems if order else systems[::-1]), reply)
        for person, of_person in enumerate(values)
        for piece, value in enumerate(of_person)
        for order in ((person + piece) % 2,)
        for reply in (value if order else -value,)
    ]
    names = ["participant", "item", "source", "system_first", "system_second", "preference"]
    table = pd.DataFrame(rows, columns=names)
    question = Question(name="preference", text="?", least=-3, most=3)
    return list(of_preferences(table, [question], Resampling(0, 20)).sentences)


CLEAR = [[2, 3, 2, 2], [1, 2, 3, 2], [2, 2, 2, 3], [3, 2, 1, 2]]


def test_the_preferred_system_is_named_first_and_never_by_a_negative_number() -> None:
    for sign, better, worse in ((1, "birch", "alder"), (-1, "alder", "birch")):
        words = ab([[sign * value for value in row] for row in CLEAR])[0]
        assert words.startswith(f"Preference: {better} is preferred to {worse} by 2.12 on average")
        assert f"16 answers for {better}, 0 for neither, 0 for {worse}." in words


def test_what_all_prefer_is_told_by_as_many_answers_as_are_independent() -> None:
    """Of 8 people and 6 pieces: six independent answers, 2 / 2⁶; of 5 pieces 2 / 2⁵."""
    for sign, better, worse in ((1, "birch", "alder"), (-1, "alder", "birch")):
        words = ab([[sign * 2] * 6] * 8)[0]
        assert words.startswith(
            f"Preference: {better} is preferred to {worse} by 2.00 on average, 3 being most, no "
            "95 % interval (answers do not differ between people or pieces, so their spread cannot "
            "be estimated); its share of the answers that prefer one is 100.0 %, 95 % interval "
            "with few independent answers: 54.1 % to 100.0 %, p = 0.031 by Holm's correction; 48 "
        )
        few = ab([[sign * 2] * 5] * 8)[0]
        assert f"cannot be told. {better} is ahead by 2.00 on average" in few
        assert "47.8 % to 100.0 %, p = 0.062 by Holm's correction" in few
    nobody = ab([[0] * 6] * 8)
    assert not [one for one in nobody if "is preferred to" in one or "was preferred" in one]
    assert "its share" not in " ".join(nobody)


def test_an_order_that_all_follow_is_told() -> None:
    """Whatever it is, the second: what each prefers of the systems goes with their order."""
    second = [[3 if (person + piece) % 2 else -3 for piece in range(8)] for person in range(8)]
    words = ab(second)[1]
    assert words.startswith("Whichever it was, the clip heard second was preferred by 3.00 on")
    assert "100.0 %, 95 % interval with few independent answers: 63.1 % to 100.0 %" in words
    assert "the clip heard first was preferred by 3.00" in ab((-np.array(second)).tolist())[1]


@pytest.mark.parametrize(("pieces", "is_clear"), [(8, True), (4, False)])
def test_a_choice_that_all_make_is_a_habit_and_what_all_know_is_tested(
    pieces: int, is_clear: bool
) -> None:
    rows = [
        (f"p{person}", f"i{piece}", f"s{piece}", "alder", "birch", "alder", "A")
        for person in range(8)
        for piece in range(pieces)
    ]
    heard = ["system_first", "system_second", "system_third"]
    table = pd.DataFrame(rows, columns=["participant", "item", "source", *heard, "same_as"])
    question = Question(name="same_as", text="?", kind="choice", choices=("A", "B"))
    findings = of_discrimination(table, [question], Resampling(0, 20))
    right, habit, *_ = findings.sentences
    p = "p = 0.008" if is_clear else "p = 0.125"
    assert right.endswith(f"{p} by Holm's correction.")
    assert ("not one half, which it would be without a habit" in habit) == is_clear
    assert habit.startswith("100.0 % of the answers are “A”, 95 % interval with few independent")
    assert findings.tables["order"]["low"][0] == pytest.approx(0.025 ** (1 / pieces))


def test_no_preference_is_claimed_that_is_not_clear() -> None:
    words = ab([[2, -1, 0, 1], [-2, 1, 1, 0], [0, 2, -1, -2], [1, 0, -1, 1]])
    assert not [one for one in words if "is preferred to" in one or "was preferred" in one]
    assert "cannot be told. birch is ahead by 0.12 on average, 3 being most" in words[0]
    assert "cannot be told: the first is ahead by" in words[1]


def test_strengths_are_said_the_greatest_first() -> None:
    lines = ab([[2, 3, -1, 2], [1, -2, 3, 2], [2, 2, 2, -3], [3, 2, 1, 2]])
    (words,) = [sentence for sentence in lines if sentence.startswith("Strengths")]
    assert words.startswith("Strengths after Bradley and Terry, with 95 % intervals: birch 0.7")
    assert "; alder −0.7" in words
    assert any(one.startswith("Bradley and Terry’s model: no strength") for one in ab(CLEAR))


def test_where_nobody_prefers_any_no_strength_has_an_interval_of_no_width() -> None:
    of = data("ab")
    findings = results(of, of.table.assign(preference=0)).findings
    (words,) = [one for one in findings.sentences if one.startswith("Strengths after Bradley")]
    assert words.startswith(
        "Strengths after Bradley and Terry, without intervals (answers do not differ between "
        "people or pieces, so their spread cannot be estimated): "
    )
    assert "(0.00 to 0.00)" not in words


@pytest.mark.slow
def test_how_much_music_intervals_are_of_is_said_in_every_design() -> None:
    of = data("mos")
    words = _page(of)
    assert "pieces are few" in words and "The intervals count pieces" in words
    one = _page(of, of.table.assign(source="all of one"))
    assert "They are all of one piece: nothing can be said of other pieces." in one


@pytest.mark.slow
def test_a_larger_variance_and_an_interval_past_the_scale_are_said() -> None:
    of = data("mos")
    by_person = 1 + 4 * (pd.factorize(of.table["participant"])[0] % 2)
    words = _page(of, of.table.assign(quality=pd.array(by_person, dtype="Int64")))
    assert "The interval reaches past the scale; it is not clipped." in words
    dice = np.random.default_rng(2)
    once = of.table[of.table["kind"] == "rated"]
    once = once.assign(headphones_right=pd.array([None] * len(once), dtype="Int64"))
    noise = pd.array(dice.integers(2, 5, len(once)), dtype="Int64")
    words = _page(of, once.assign(quality=noise))
    assert "Of quality (alder), " in words and "the larger one stands for it" in words


def _page(of: StudyRatings, table: pd.DataFrame | None = None) -> str:
    """What the report says, as text."""
    page = files(results(of, table), PROVENANCE)["report.html"].decode()
    return html.unescape(page)


@pytest.mark.slow
def test_people_are_counted_once_however_many_questions_are_asked() -> None:
    of = data("mushra")
    low = of.table["quality"].where(of.table["system"] != "reference", 50)
    two = of.table.assign(quality=low, likeness=low)
    questions = [of.questions[0], of.questions[0].model_copy(update={"name": "likeness"})]
    study = replace(of, questions=questions)
    sentences = [one for one in results(study, two).findings.sentences if "BS.1534" in one]
    count = results(study, two).flow.kept
    assert len(sentences) == 2
    for name, words in zip(("quality", "likeness"), sentences, strict=True):
        assert words.startswith(f"{name}: {count} of {count} participants gave")
        assert "would leave these out" in words
    good = of.table["quality"].where(of.table["system"] != "reference", 100)
    (words,) = [
        one
        for one in results(of, of.table.assign(quality=good)).findings.sentences
        if "BS.1534" in one
    ]
    assert words.startswith("None of ") and "out for that here" not in words


@pytest.mark.slow
@pytest.mark.parametrize("design", DESIGNS)
def test_nothing_is_said_of_pairs_where_a_trial_is_none(design: str) -> None:
    of = data(design)
    meanings = {column.name: column.meaning for column in ratings.columns(of.questions, 2)}
    words = [_page(of), meanings["item"], meanings["time_to_hear"], meanings["source"]]
    assert not [one for one in words if "both clips" in one or "pair of clips" in one]


@pytest.mark.slow
@pytest.mark.parametrize("design", DESIGNS)
def test_who_answers_alike_throughout_is_said_and_kept(design: str) -> None:
    of = data(design)
    assert results(of).habits == [] and "Answered alike" not in _page(of)
    question = of.questions[0]
    table = pd.concat([of.table.assign(stimulus=of.table["stimulus"] + str(k)) for k in range(9)])
    table = table.reset_index(drop=True)
    name = sorted(set(of.table["participant"]))[0]
    same = question.choices[1] if question.choices else question.most
    table.loc[table["participant"] == name, question.name] = same
    with_habit = results(of, table)
    assert [(one.habit, one.participants) for one in with_habit.habits] == [(question.name, 1)]
    assert with_habit.flow.kept == results(of).flow.kept
    assert f"nearly all trials: {question.name} by 1 participant (" in _page(of, table)
