import io
import json

import pytest

from survey.ratings import exclusion, rating_table
from survey.ratings.exclusion import DEFAULT_RULES, Excluded, apply_rules
from survey.statistics.simulation import simulate

HEAD = "participant,item,kind,intended,heard,rhythm,melody,harmony,naturalness,seconds,finished\n"


def rows(person: str, count: int, kind: str = "transfer", **cells: object) -> str:
    """Trials of one person; cells may depend on the number of the trial."""
    usual = {
        "intended": "same" if kind == "identical" else "lower",
        "heard": "same" if kind == "identical" else "lower",
        "rhythm": lambda number: 1 + number % 5,
        "seconds": 20,
        "finished": "true",
        **cells,
    }
    text = ""
    for number in range(count):
        row_cells = {name: cell(number) if callable(cell) else cell for name, cell in usual.items()}
        text += (
            f"{person},{kind}{number},{kind},{row_cells['intended']},{row_cells['heard']},{row_cells['rhythm']},3,3,3,"
            f"{row_cells['seconds']},{row_cells['finished']}\n"
        )
    return text


def rules_of(*text: str, rules: dict | None = None) -> dict[str, str]:
    """Which rule leaves out whom."""
    table = rating_table.read_csv(io.StringIO(HEAD + "".join(text)))
    people, excluded = apply_rules(table, rules)
    rule_by_person = {row.participant: row.rule for row in excluded}
    assert len(rule_by_person) == len(excluded)
    assert set(people) == set(table["participant"]) - set(rule_by_person)
    return rule_by_person


def test_each_rule_at_its_limit() -> None:
    two = ("same", "lower")
    rules = rules_of(
        rows("good", 10),
        rows("left", 10, finished="false"),
        rows("unknown", 10, finished=""),
        rows("half", 10) + rows("half", 2, "identical", heard=lambda number: two[number]),
        rows("deaf", 10) + rows("deaf", 3, "identical", heard=lambda number: two[number > 0]),
        rows("quick", 10, seconds=3.9),
        rows("brisk", 10, seconds=4.0),
        rows("lazy", 10, rhythm=3),
        rows("short", 7, rhythm=3),
        rows("nearly", 10, rhythm=lambda number: 3 if number else 2),
    )
    assert rules == {
        "left": "finished",
        "deaf": "identical_wrong",
        "quick": "median_seconds",
        "lazy": "same_answers",
    }


def test_what_is_missing_speaks_neither_for_nor_against_anybody() -> None:
    words = ("same", "", "")
    assert (
        rules_of(rows("silent", 10) + rows("silent", 3, "identical", heard=words.__getitem__)) == {}
    )
    assert rules_of(rows("untimed", 10, seconds=lambda number: "" if number > 2 else 20)) == {}
    assert rules_of(rows("hasty", 10, seconds=lambda number: "" if number > 2 else 1)) == {
        "hasty": "median_seconds"
    }
    # Of seven trials alike and complete nothing is said, nor of answers that are not all there.
    partly = rows("partly", 10, rhythm=lambda number: "" if number > 6 else 3)
    assert rules_of(partly, rows("none", 10, rhythm="")) == {}
    assert rules_of(partly, rules={"same_answers": 0.5, "same_answers_least": 7}) == {
        "partly": "same_answers"
    }


def test_disagreeing_with_the_model_leaves_nobody_out() -> None:
    contrary = rows("contrary", 10, heard="higher") + rows("contrary", 4, "swapped", heard="higher")
    assert rules_of(contrary) == {}
    assert rules_of(contrary, rules={"swapped_wrong": 0.5}) == {"contrary": "swapped_wrong"}


def test_what_was_found_is_said() -> None:
    table = rating_table.read_csv(io.StringIO(HEAD + rows("quick", 4, seconds=1)))
    _, excluded = apply_rules(table)
    assert excluded == [Excluded("quick", "median_seconds", found=1.0, limit=4.0)]
    assert (
        exclusion.sentence("median_seconds", 4.0) == "took less than 4 seconds for the median trial"
    )
    assert "50%" in exclusion.sentence("identical_wrong", 0.5)


def heard(person: str, *in_time: str) -> str:
    """Answers of somebody, each in time to hear both clips or not."""
    return "".join(
        f"{person},i{at},lower,{'lower' if at % 2 else 'same'},{flag}\n"
        for at, flag in enumerate(in_time)
    )


def test_answers_before_the_clips_were_heard_leave_out_where_that_is_a_rule() -> None:
    text = "participant,item,intended,heard,time_to_hear\n" + "".join(
        (
            heard("script", "false", "false", "false", "true"),
            heard("half", "false", "false", "true", "true"),
            heard("offline", "", "", "false", "true"),
            heard("unknown", "", "", "", ""),
        )
    )
    table = rating_table.read_csv(io.StringIO(text))
    assert exclusion.faster(table).to_dict() == {"script": 0.75, "half": 0.5, "offline": 0.5}
    assert apply_rules(table)[1] == []  # studies of before, and files: the same people as ever
    assert apply_rules(table, exclusion.NEW_STUDY_RULES)[1] == [
        Excluded("script", "faster_than_clips", found=0.75, limit=0.5)
    ]
    assert exclusion.sentence("faster_than_clips", 0.5) == (
        "answered more than 50% of the trials before their clips could be heard"
    )
    with pytest.raises(ValueError, match="faster_than_clips"):
        exclusion.checked({"faster_than_clips": 1.5})


def test_a_new_study_fixes_its_rules_and_an_older_one_keeps_its_own() -> None:
    old = {name: limit for name, limit in DEFAULT_RULES.items() if name != "faster_than_clips"}
    assert exclusion.checked(old) == old
    assert {**exclusion.NEW_STUDY_RULES, "faster_than_clips": None} == DEFAULT_RULES


def test_no_rules_and_nobody() -> None:
    table = simulate({"lazy": 3, "random": 3})
    assert len(apply_rules(table, {})[0]) == 6
    assert apply_rules(rating_table.empty()) == ([], [])


def test_the_default_rules_are_json_and_right() -> None:
    assert exclusion.checked(json.loads(json.dumps(DEFAULT_RULES))) == DEFAULT_RULES


@pytest.mark.parametrize(
    "rules",
    [
        {"agreement": 0.5},
        {"finished": 1},
        {"identical_wrong": 1.5},
        {"identical_wrong": True},
        {"median_seconds": -1},
        {"same_answers": "all"},
        {"median_seconds": float("nan")},
    ],
)
def test_wrong_rules_are_named(rules: dict) -> None:
    with pytest.raises(ValueError, match=next(iter(rules))):
        apply_rules(rating_table.empty(), rules)
