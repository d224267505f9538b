"""Journal lines merged in any order."""

from __future__ import annotations

import copy
from itertools import permutations
from typing import Any

import pytest

from survey.journal.state import JournalState, content, is_idle, merge_lines, person_of, pseudonym
from survey.records.to_json import RecordError
from tests.postgres import ONE

Line = dict[str, Any]  # a line or a record, to be changed at will
EARLY, LATE = "2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00+00:00"
FAR = "2999-01-01T00:00:00+00:00"  # after all that a test does


def line(record: Line, moment: str = EARLY, study: str = "small") -> Line:
    return {"type": "participant", "at": moment, "study": study, "participant": record}


def with_trials(record: Line, *trials: Line, **changed: object) -> Line:
    """A participant's record with these trials only."""
    return {**copy.deepcopy(record), "trials": list(copy.deepcopy(trials)), **changed}


def person_in(lines: list[Line], public_id: str) -> Line:
    return merge_lines(lines).people[public_id][1]


def trial_in(lines: list[Line], public_id: str, stimulus: str) -> Line:
    trials = person_in(lines, public_id)["trials"]
    (match,) = [trial for trial in trials if trial["stimulus"] == stimulus]
    return match


@ONE
def test_lines_of_one_person_add_up_in_any_order(records: tuple[Line, list[Line]]) -> None:
    _, (_, _, record) = records
    trials = record["trials"]
    parts = [
        with_trials(record, *trials[:4], seen_at=EARLY, finished_at=None, stage="active"),
        with_trials(record, *trials[2:6], seen_at=LATE, finished_at=None, stage="active"),
        with_trials(record, trials[6], trials[7], seen_at=EARLY),
    ]
    for ordered in permutations(parts):
        lines = [line(part) for part in ordered]  # all of one moment: the order is as given
        person = person_in(lines, record["public_id"])
        assert content(person)["trials"] == content(record)["trials"]
        assert person["finished_at"] == record["finished_at"]  # who finished once has finished


@ONE
def test_of_two_lines_the_newer_one_says_how_somebody_is(
    records: tuple[Line, list[Line]],
) -> None:
    _, (_, person, _) = records
    old = with_trials(person, seen_at=EARLY, training="none")
    new = with_trials(person, seen_at=LATE, training="over 10 years")
    for lines in ([line(old), line(new)], [line(new), line(old)]):
        assert person_in(lines, person["public_id"])["training"] == "over 10 years"


@ONE
def test_a_trial_keeps_its_answer_and_every_play_once(records: tuple[Line, list[Line]]) -> None:
    _, (_, person, _) = records
    trial = next(row for row in person["trials"] if row["answer"])
    plays = trial["plays"]
    heard_only = {**trial, "plays": plays[:3], "answer": None}
    answered_later = {**trial, "plays": plays[2:]}
    for lines in (
        [line(with_trials(person, heard_only)), line(with_trials(person, answered_later))],
        [line(with_trials(person, answered_later)), line(with_trials(person, heard_only))],
    ):
        merged = trial_in(lines, person["public_id"], trial["stimulus"])
        assert merged["answer"] == trial["answer"]
        assert sorted(play["submission"] for play in merged["plays"]) == sorted(
            play["submission"] for play in plays
        )


@ONE
def test_who_withdrew_is_gone_whatever_other_lines_say(records: tuple[Line, list[Line]]) -> None:
    study, (_, person, remaining) = records
    public_id = person["public_id"]
    withdrawal = {"type": "withdrawn", "at": EARLY, "study": "small", "mark": pseudonym(public_id)}
    begin = {"type": "study", "at": "2025", "study": study}
    for lines in permutations([line(person), {**withdrawal}, {**withdrawal}, line(remaining)]):
        state = merge_lines([begin, *lines])
        assert set(state.people) == {remaining["public_id"]}
        assert state.studies["small"]["withdrawn"] == study["withdrawn"] + 1  # once
        assert state.consented("small") == 2
    assert study["withdrawn"] == 0  # the line itself is as it was


@ONE
def test_how_many_joined_is_the_most_that_any_line_tells(
    records: tuple[Line, list[Line]],
) -> None:
    study, people = records
    state = JournalState()
    assert state.consented("small") == 0
    for count, expected in ((2, 2), (5, 5), (3, 5)):
        state.add({"type": "begun", "study": "small", "count": count})
        assert state.consented("small") == expected
    state = JournalState()
    state.add({"type": "begun", "study": "small", "count": 1})
    state.add({"type": "study", "study": {**study, "withdrawn": 4}})
    for person in people:
        state.add(line(person))
    state.add(line({**people[0], "public_id": "f" * 16}, study="another"))
    assert state.consented("small") == 3 + 4
    assert state.consented("another") == 1


@pytest.mark.parametrize("count", [-1, 2**31, True, 2.0, "3", None])
def test_a_number_of_people_that_cannot_be_is_an_error(count: object) -> None:
    state = JournalState()
    with pytest.raises(RecordError, match="count"):
        state.add({"type": "begun", "study": "small", "count": count})
    state.add({"type": "begun", "study": "small", "count": 0})
    state.add({"type": "begun", "study": "large", "count": 2**31 - 1})
    assert state.begun == {"small": 0, "large": 2**31 - 1}


@ONE
def test_the_newest_line_of_a_study_is_the_one_that_counts(
    records: tuple[Line, list[Line]], caplog: pytest.LogCaptureFixture
) -> None:
    study, people = records
    lines = [
        {"type": "study", "at": LATE, "study": {**study, "state": "closed"}},
        {"type": "study", "at": EARLY, "study": study},
        {"type": "start", "at": EARLY},
        line({"public_id": people[0]["public_id"]}),
        {"type": "withdrawn", "at": EARLY},
    ]
    state = merge_lines(lines)
    assert state.studies["small"]["state"] == "closed"
    assert not state.people and not state.withdrawn
    assert len([entry for entry in caplog.records if "makes no sense" in entry.message]) == 2


def test_whose_a_line_is() -> None:
    assert person_of({"participant": {"public_id": "abc"}}) == "abc"
    for unknown_line in (
        {},
        {"participant": "abc"},
        {"participant": {}},
        {"participant": {"public_id": 5}},
    ):
        assert person_of(unknown_line) is None


@pytest.mark.slow
@pytest.mark.parametrize("field", ["asked_at", "checked_at", "finished_at", "invitation"])
@ONE
def test_who_did_anything_but_join_is_not_idle(
    records: tuple[Line, list[Line]], field: str
) -> None:
    _, (nothing, _, _) = records
    idle = {**nothing, "asked_at": None, "checked_at": None}
    assert is_idle(idle)
    assert not is_idle({**idle, field: EARLY})
    for trial in ({"plays": [{}], "answer": None}, {"plays": [], "answer": {}}):
        trials = [*idle["trials"], {**idle["trials"][0], **trial}]
        assert is_idle({**idle, "trials": trials}) == (trial["answer"] == {})


@ONE
def test_records_are_alike_in_any_order_and_differ_by_any_value(
    records: tuple[Line, list[Line]],
) -> None:
    _, (_, _, person) = records
    turned = copy.deepcopy(person)
    turned["trials"].reverse()
    for trial in turned["trials"]:
        trial["plays"].reverse()
    assert content(turned) == content(person)
    turned["trials"][0]["answer"]["comment"] = "another"
    assert content(turned) != content(person)
    unanswered = with_trials(person, {**person["trials"][0], "answer": None})
    assert content(unanswered)["trials"][0]["answer"] is None
