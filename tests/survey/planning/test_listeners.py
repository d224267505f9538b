"""Simulated listeners of every design: what they hear, and what they answer."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from survey.designs import registry
from survey.designs.design import Design
from survey.designs.questions import Question
from survey.planning.listeners import Listening, Spread, form_of
from survey.planning.simulated_table import lean, simulate

NONE = Spread(0, 0, 0, 0, 0)


def listening(name: str, difference: float, spread: Spread | None = None, **of) -> Listening:
    form = form_of(registry.find(name), of.pop("systems", 2))
    items = of.pop("items", 8)
    size = {"pieces": 4, "trials": items * len(form.trials)} | of
    return Listening(form, difference, spread or form.spread, items, **size)


@pytest.mark.parametrize(("name", "difference"), [("mos", 1), ("ab", 2), ("abx", 0.2)])
def test_everybody_hears_a_pair_once_and_every_order_as_often(name: str, difference: float) -> None:
    answers = listening(name, difference, systems=3).drawn(
        ["realistic"] * 12, np.random.default_rng(0)
    )
    heard = Counter(
        (person, item, *sorted(set(clips)))
        for person, item, clips in zip(
            answers.person, answers.item, answers.clips.tolist(), strict=True
        )
    )
    assert set(heard.values()) == {1} and len(heard) == 12 * 8 * 3
    trials = Counter(zip(answers.item, map(tuple, answers.clips), strict=True))
    assert len(set(trials.values())) == 1
    for person in range(12):
        assert sorted(answers.order[answers.person == person]) == list(range(24))


def test_each_hears_some_items() -> None:
    answers = listening("mos", 1, trials=3).drawn(["realistic"] * 5, np.random.default_rng(0))
    heard = [answers.clips[answers.person == person, 0] for person in range(5)]
    assert all(sorted(Counter(one).values()) == [1, 2] for one in heard)


@pytest.mark.parametrize("name", ["mos", "ab", "abx"])
def test_trials_are_drawn_as_a_study_draws_them(name: str) -> None:
    """As many of each system or pair; its items by themselves, so not the same ones of all."""
    study = listening(name, 0.1, systems=3, trials=9)
    answers = study.drawn(["realistic"] * 20, np.random.default_rng(0))
    alike = 0
    for person in range(20):
        mine = answers.person == person
        sets = [tuple(sorted(set(clips))) for clips in answers.clips[mine].tolist()]
        assert list(Counter(sets).values()) == [3, 3, 3]
        items = {
            frozenset(item for item, one in zip(answers.item[mine], sets, strict=True) if one == of)
            for of in set(sets)
        }
        assert all(len(one) == 3 for one in items)
        alike += len(items) == 1
    assert alike < 3


def test_who_has_no_spread_says_the_truth() -> None:
    answers = listening("mos", 2, NONE).drawn(["realistic"], np.random.default_rng(0))
    assert set(zip(answers.clips[:, 0], answers.replies[:, 0], strict=True)) == {(0, 2), (1, 4)}
    answers = listening("ab", 2, NONE).drawn(["realistic"] * 2, np.random.default_rng(0))
    replies = set(zip(map(tuple, answers.clips), answers.replies[:, 0], strict=True))
    assert replies == {((0, 1), 2), ((1, 0), -2)}
    answers = listening("mushra", 20, NONE).drawn(["realistic"], np.random.default_rng(0))
    compared = answers.clips[:, 1:]
    known = np.array([40, 60, 95])
    assert (answers.replies == known[compared]).all() and len(set(map(tuple, compared))) > 1


@pytest.mark.parametrize("name", ["mos", "ab", "abx", "mushra"])
def test_kinds_of_people_are_what_they_are_called(name: str) -> None:
    kinds = ["perfect", "lazy", "random", *["biased"] * 16]
    study = listening(name, 0.4 if name == "abx" else 1, items=40)
    answers = study.drawn(kinds, np.random.default_rng(1))
    of_kind = np.array(kinds)[answers.person]
    replies_of = {kind: answers.replies[of_kind == kind] for kind in kinds}
    question = study.form.question
    if name == "abx":
        is_second = answers.clips[:, 2] == answers.clips[:, 1]
        assert (answers.replies[:, 0] == is_second)[answers.person == 0].all()
        assert set(replies_of["lazy"].ravel()) == {0} and replies_of["biased"].mean() < 0.2
        assert 0.2 < replies_of["random"].mean() < 0.8
        return
    assert set(replies_of["lazy"].ravel()) == {question.middle}
    assert replies_of["biased"].mean() > question.middle + study.form.span / 8
    assert len(set(replies_of["random"].ravel())) > 4
    assert (
        replies_of["random"].min() >= question.least and replies_of["random"].max() <= question.most
    )
    clips = answers.clips[answers.person == 0]
    compared = clips[:, study.form.design.compared(study.form.size)]
    heard = list(zip(map(tuple, compared), map(tuple, replies_of["perfect"]), strict=True))
    assert all(dict(heard)[clips] == answered for clips, answered in heard)


def test_terms_have_their_standard_deviations() -> None:
    wide = Question(name="quality", kind="slider", text="?", least=-1000, most=1000)
    spread = Spread(80, 60, 0, 0, 40)
    form = replace(form_of(registry.find("mos"), 2), question=wide)
    study = Listening(form, 100, spread, items=300, pieces=300, trials=600)
    answers = study.drawn(["realistic"] * 300, np.random.default_rng(2))
    table = lean(study, answers)
    grid = table.pivot_table(index="participant", columns="item", values="quality").to_numpy()
    assert grid.mean(axis=1).std() == pytest.approx(80, rel=0.15)
    assert grid.mean(axis=0).std() == pytest.approx(60, rel=0.15)
    own = grid - grid.mean(axis=1, keepdims=True) - grid.mean(axis=0)
    assert own.std() == pytest.approx(40 / 2**0.5, rel=0.05)  # a mean of two
    of_systems = table.groupby("system")["quality"].mean()
    assert of_systems.diff().iloc[-1] == pytest.approx(100, abs=2)


def test_items_of_a_piece_are_alike() -> None:
    spread = Spread(0, 100, 0, 0, 0)
    wide = Question(name="quality", kind="slider", text="?", least=-1000, most=1000)
    form = replace(form_of(registry.find("mos"), 2), question=wide)
    study = Listening(form, 0, spread, items=4000, pieces=2000, trials=8000)
    answers = study.drawn(["realistic"], np.random.default_rng(3))
    values = lean(study, answers).groupby("item")["quality"].first().to_numpy()
    assert np.corrcoef(values[:2000], values[2000:])[0, 1] == pytest.approx(0.64, abs=0.05)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.2, 0.45])
def test_right_answers_are_as_frequent_as_asked(share: float) -> None:
    study = listening("abx", share, items=200, pieces=200)
    answers = study.drawn(["realistic"] * 300, np.random.default_rng(4))
    right = answers.replies[:, 0] == (answers.clips[:, 2] == answers.clips[:, 1])
    assert right.mean() == pytest.approx(0.5 + share, abs=0.02)


@pytest.mark.parametrize("name", ["mos", "ab", "abx", "mushra"])
def test_the_table_of_an_export_is_that_of_the_statistics(name: str) -> None:
    study = listening(name, 0.2 if name == "abx" else 1, systems=3)
    table = simulate(study, {"realistic": 3, "lazy": 1}, 7)
    assert table["participant"].nunique() == 4 and set(table["design"]) == {name}
    positions = table.drop_duplicates(["participant", "stimulus"])["position"]
    assert set(positions.value_counts()) == {4}
    again = simulate(study, {"realistic": 3, "lazy": 1}, 7)
    assert table.equals(again)
    answers = study.drawn(["realistic"] * 3 + ["lazy"], np.random.default_rng(7))
    few = lean(study, answers)
    question = study.form.question.name
    columns = [column for column in few if str(column).startswith("system")]
    one, other = (
        sorted(map(tuple, frame[[*columns, question]].astype(object).to_numpy().tolist()))
        for frame in (few, table)
    )
    assert one == other
    with pytest.raises(ValueError, match="no 'deaf'"):
        simulate(study, {"deaf": 1}, 0)


def test_a_design_of_one_s_own_can_be_simulated_or_says_why_not() -> None:
    def questions(say: object) -> list[Question]:
        return [Question(name="why", kind="text", text="Why?")]

    silent = Design("silent", lambda item: [(name,) for name in item.systems], questions)
    with pytest.raises(ValueError, match="questions of design silent"):
        form_of(silent, 2)
    own_design = replace(
        silent, questions=lambda say: [*questions(say), Question(name="good", text="Good?")]
    )
    assert form_of(own_design, 2).question.name == "good"
    for systems in (1, 21):
        with pytest.raises(ValueError, match="2 to 20"):
            form_of(own_design, systems)
    with pytest.raises(ValueError, match="0 or more"):
        Spread(-1, 0, 0, 0, 0)
