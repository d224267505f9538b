"""How many participants designs need: against formulas where there are any."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from survey import plan
from survey.analyze import main as analyze
from survey.designs import registry
from survey.designs.questions import Question
from survey.planning.design_power import expected
from survey.planning.listeners import Listening, Spread, form_of
from survey.simulate import main as simulate

RUNS = 400


@pytest.mark.slow
def test_a_choice_without_spread_has_the_power_of_the_binomial_test() -> None:
    """The clustered test is a little more careful: its variance is the largest of three."""
    form = form_of(registry.find("abx"), 2)
    study = Listening(form, 0.09, Spread(0, 0, 0, 0, 0), items=20, pieces=20, trials=20)
    n, share = 20 * 20, 0.59
    least = stats.binom.isf(0.025, n, 0.5) + 1  # right answers that are more than chance
    by_formula = stats.binom.sf(least - 1, n, share)
    expectation = expected(study, 20, 0.0, RUNS, 0)
    assert 0.9 < by_formula < 0.97
    assert by_formula - 0.12 < expectation.power < by_formula + 0.03
    assert expectation.value == pytest.approx(share, abs=0.01) and expectation.covered > 0.93


@pytest.mark.slow
@pytest.mark.parametrize("difference", [4, 7])
def test_two_systems_without_items_have_the_power_of_the_paired_t_test(difference: float) -> None:
    people, items = 12, 40
    spread = Spread(participant=15, item=0, participant_system=5, item_system=0, answer=4)
    wide = Question(name="quality", kind="slider", text="?", least=-500, most=500)
    form = replace(form_of(registry.find("mos"), 2), question=wide)
    study = Listening(form, difference, spread, items, items, 2 * items)
    sd = np.sqrt(2 * 5**2 + 2 * 4**2 / items)
    reach = stats.t.ppf(0.975, people - 1)
    by_formula = stats.nct.sf(reach, people - 1, difference / sd * people**0.5)
    expectation = expected(study, people, 0.0, RUNS, 0)
    assert 0.3 < by_formula < 0.95
    assert expectation.power == pytest.approx(by_formula, abs=0.07)
    width = 2 * reach * sd / people**0.5
    assert expectation.width == pytest.approx(width, rel=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mos", "ab", "abx", "mushra"])
def test_more_people_find_more_and_nothing_is_seldom_found(name: str) -> None:
    form = form_of(registry.find(name), 2)
    size = {"items": 8, "pieces": 8, "trials": 8 * len(form.trials)}
    large = 0.2 if name == "abx" else form.span / 6
    few_people, many_people = (
        expected(Listening(form, large, form.spread, **size), people, 0.0, 40, 0)
        for people in (4, 40)
    )
    assert few_people.power < many_people.power and few_people.width > many_people.width
    nothing = expected(Listening(form, 0, form.spread, **size), 16, 0.0, 60, 1)
    assert nothing.power <= 0.1
    careless = expected(Listening(form, large, form.spread, **size), 40, 1.0, 40, 0)
    assert careless.power <= 0.15


@pytest.mark.slow
@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (["--design", "mos"], "48 participants, 40 of 40 trials each, of 20 items of 12 pieces"),
        (["--design", "ab", "--each", "5"], "5 of 20 trials each"),
        (["--design", "ab", "--effect", "1"], "For 1 points between the first system and the last"),
        (["--design", "abx", "--width", "0.3"], "at most 0.3 wide:"),
        (["--design", "mushra", "--pieces", "5"], "5 pieces are few"),
        (["--design", "mushra", "--systems", "3"], "4 systems, the reference among them"),
        (["--design", "ab", "--answer-sd", "2.5"], "single answers 2.5"),
        (["--design", "abx", "--item-sd", "0.5"], "participants 0.7, items 0.5"),
    ],
)
def test_the_command(
    question: list[str], expected: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "plan.json"
    assert plan.main([*question, "--runs", "10", "--json", str(file)]) == 0
    printed = capsys.readouterr().out
    assert expected in printed and "assumed:" in printed
    record = json.loads(file.read_text())
    assert f"{record['answer']['participants']} participants" in printed
    assert record["plan"]["design"] == question[1]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (["ab", "--systems", "3", "--trials", "7"], "7 trials, which do not go round 3 pairs"),
        (["mos", "--systems", "5", "--trials", "1"], "1 trial, and there are 5 systems"),
        (["abx", "--participants", "3", "--trials", "2"], "3 participants hear 6 at most of 80 s"),
        (["ab", "--participants", "9", "--trials", "4"], "9 participants hear 36 at most of 40 s"),
    ],
)
def test_what_a_participant_s_trials_leave_out_is_said(
    question: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plan.main(["--design", *question, "--runs", "2"]) == 0
    assert expected in capsys.readouterr().out


@pytest.mark.parametrize(
    "question", [["ab", "--systems", "3"], ["mos", "--trials", "6"], ["mushra", "--trials", "3"]]
)
def test_nothing_is_said_of_what_is_heard_evenly(
    question: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert plan.main(["--design", *question, "--runs", "2"]) == 0
    printed = capsys.readouterr().out
    assert "go round" not in printed and "nobody" not in printed


@pytest.mark.parametrize("name", ["mos", "ab", "abx"])
def test_systems_that_nobody_heard_are_unknown(name: str) -> None:
    form = form_of(registry.find(name), 6)
    study = Listening(form, 0.1, form.spread, items=4, pieces=4, trials=1)
    expectation = expected(study, 3, 0.0, 5, 0)
    assert expectation.power == 0 and expectation.participants == 3


def test_not_even_the_most_are_enough(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("survey.planning.power.MOST_PARTICIPANTS", 20)
    arguments = ["--design", "mos", "--width", "0.05", "--items", "2", "--runs", "2"]
    assert plan.main(arguments) == 0
    assert "it takes more pieces of music than 2" in capsys.readouterr().out


@pytest.mark.parametrize(
    "question",
    [
        ["--design", "mos", "--agreement", "0.8"],
        ["--design", "mos", "--systems", "1"],
        ["--design", "mos", "--difference", "9"],
        ["--design", "abx", "--difference", "0.5"],
        ["--design", "abx", "--answer-sd", "1"],
        ["--design", "ab", "--width", "0"],
        ["--design", "ab", "--effect", "0"],
        ["--design", "ab", "--effect", "-1"],
        ["--design", "ab", "--participants", "2"],
        ["--design", "ab", "--careless", "1.1"],
        ["--design", "ab", "--runs", "0"],
        ["--design", "ab", "--power", "1"],
        ["--design", "ab", "--items", "1"],
        ["--design", "ab", "--pieces", "21"],
        ["--design", "ab", "--each", "0"],
        ["--design", "mos", "--each", "21"],
        ["--design", "mos", "--trials", "41"],
        ["--design", "ab", "--trials", "0"],
        ["--design", "ab", "--item-sd", "-1"],
        ["--design", "mushra", "--systems", "12"],
        ["--systems", "3"],
        ["--difference", "1"],
        ["--answer-sd", "1"],
    ],
)
def test_senseless_questions(question: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert plan.main(question) == 2
    output = capsys.readouterr()
    assert len(output.err.strip().splitlines()) == 1
    assert not output.out


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mos", "ab", "abx", "mushra"])
def test_a_whole_dry_study_is_analysed(name: str, tmp_path: Path) -> None:
    file, out = tmp_path / "dry.csv", tmp_path / "out"
    arguments = ["--design", name, "--systems", "3", "--participants", "10", "--lazy", "1"]
    assert simulate([*arguments, "--items", "6", "--each", "4", "--out", str(file)]) == 0
    assert analyze(["--csv", str(file), "--out", str(out), "--draws", "50"]) == 0
    results = json.loads((out / "results.json").read_text())
    assert results["design"] == name and results["flow"]["kept"] == 11
    assert simulate(["--systems", "3", "--out", str(file)]) == 2
