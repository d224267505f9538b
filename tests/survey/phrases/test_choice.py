"""Which phrases there are, and how too few are refused."""

from __future__ import annotations

import numpy as np
import pytest

from survey.building.corpus import Work
from survey.building.selection import SelectionError
from survey.phrases import choice
from survey.phrases.system import System, systems
from survey.phrases.way import ways
from tests.fadernets import tiny


def piece(name: str, bars: int = 16, seed: int = 0, tempo: float = 140) -> Work:
    return Work(name, tiny.piece(tiny.bars(bars, seed=seed), tempo=((0, tempo),)))


@pytest.fixture(scope="module")
def arranger() -> list[System]:
    return systems(["arranger"], [1.0], {"arousal"})


def test_two_files_of_the_same_music_are_no_two_pieces(arranger: list[System]) -> None:
    works = [piece("one"), piece("copy"), piece("other", seed=1)]
    candidates, without = choice.candidates(works, arranger, (5, 9), lambda *_: None)
    assert [phrase.work for phrase in candidates] == ["one"] * 4 + ["other"] * 4
    assert list(without) == ["copy"] and "another piece has the same" in without["copy"]


def test_pieces_without_a_phrase_are_named(arranger: list[System]) -> None:
    works = [piece("one"), piece("slow", seed=1, tempo=8), piece("short", bars=1, seed=2)]
    candidates, without = choice.candidates(works, arranger, (5, 9), lambda *_: None)
    assert {phrase.work for phrase in candidates} == {"one"}
    assert list(without) == ["slow", "short"]


class Idle(System):
    """Changes nothing, and may not be asked to."""

    def changed(self, *args: object) -> None:  # type: ignore[override]
        raise AssertionError("nothing may be changed before enough is found")


def test_too_few_are_told_before_any_is_changed(arranger: list[System]) -> None:
    works = [piece("one"), piece("two", seed=1)]
    candidates, _ = choice.candidates(works, arranger, (5, 9), lambda *_: None)
    idle = [Idle(arranger[0].name, arranger[0].net, 1.0)]
    with pytest.raises(SelectionError, match="and 7 are needed, practice included"):
        choice.choose(
            works, candidates, idle, ways(["low"]), 7, np.random.default_rng(0), lambda *_: None
        )
