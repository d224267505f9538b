"""Requests of the page: values that are accepted, left out, and refused with a sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from demo.editing.requests import (
    EditRequest,
    SaveRequest,
    flag,
    moods_towards,
    number,
    towards,
    track_numbers,
    whole,
)
from fadernets.curve import Curve
from fadernets.lock_words import LockWords
from fadernets.score.settings import HIGHEST_SEED

FADERS = ("rhythm", "note")


def read(count: int = 5, faders: tuple[str, ...] = FADERS, **values: Any) -> EditRequest:
    return EditRequest.of({"first": 0, "last": 1, **values}, count, faders)


def test_what_was_not_moved_is_left_out() -> None:
    assert read() == EditRequest(0, 1)
    assert read(rhythm=None, note=None, arousal=None, valence=0, seed=None) == EditRequest(0, 1)
    assert read(rhythm=0, note=[[0, 0.0], [4, 0]], arousal=[[8, 0]]).is_neutral
    values = {"first": 2, "last": 4, "note": 1.0, "arousal": -1, "valence": 0.5, "seed": 7}
    same = {"arousal": -1, "valence": 0.5, "seed": 7}
    assert read(**values, rhythm=0) == EditRequest(2, 4, faders={"note": 1.0}, **same)
    request = read(**values, rhythm=0, absolute=True)
    assert request == EditRequest(2, 4, positions={"rhythm": 0, "note": 1.0}, **same)
    assert read(**values, strict=True) == replace(read(**values), strict=True)
    assert request.span == (2, 4) and request.moods == {"arousal": -1, "valence": 0.5}


@pytest.mark.parametrize(
    ("values", "neutral"),
    [
        ({}, True),
        ({"seed": 3}, True),
        ({"rhythm": 0.0}, True),
        ({"rhythm": 0.0, "absolute": True}, False),  # all the way down is moved
        ({"positions": {"note": 0}}, False),
        ({"positions": {"note": None}}, True),
        ({"rhythm": -0.01}, False),
        ({"rhythm": [[0, 0.0], [99, 0.5]]}, False),
        ({"valence": {"bars": [[0, 0.0], [1, -0.5]]}}, False),
        ({"arousal": 0.0, "valence": 0}, True),
        ({"arousal": 0.1}, False),
        ({"valence": -0.1}, False),
    ],
)
def test_neutral_is_where_nothing_was_moved(values: dict[str, Any], neutral: bool) -> None:
    assert read(**values).is_neutral is neutral


@pytest.mark.parametrize(
    "values",
    [
        {"first": 0, "last": 0},
        {"first": 4, "last": 4},
        {"first": 0, "last": 4},
        {"first": 1.0, "last": 3.0},
        {"rhythm": -1},
        {"rhythm": 1},
        {"rhythm": 0, "absolute": True},
        {"rhythm": 1, "absolute": True},
        {"arousal": -1},
        {"arousal": 1},
        {"valence": -1},
        {"valence": 1},
        {"seed": 0},
        {"seed": 999_999},
    ],
)
def test_the_ends_of_every_range_belong_to_it(values: dict[str, Any]) -> None:
    request = read(**values)
    got = {"first": request.first, "last": request.last, "seed": request.seed, **request.faders}
    got |= {"arousal": request.arousal, "valence": request.valence}
    if values.pop("absolute", False):
        got |= request.positions
    assert got.items() >= values.items()
    assert isinstance(request.first, int) and isinstance(request.last, int)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"first": None}, "first is missing"),
        ({"last": None}, "last is missing"),
        ({"first": None, "last": None}, "first is missing"),
        ({"first": -1}, "first -1 is outside 0 to 4"),
        ({"first": 5, "last": 5}, "first 5 is outside 0 to 4"),
        ({"last": 5}, "last 5 is outside 0 to 4"),
        ({"first": 3, "last": 2}, "last 2 is outside 3 to 4"),
        ({"first": 0.5}, "first 0.5 is not a whole number"),
        ({"first": True}, "first True is not a number"),
        ({"rhythm": "0.5"}, "rhythm '0.5' is not a number"),
        ({"rhythm": float("nan")}, "rhythm nan is not a number"),
        ({"note": 1.01}, "note 1.01 is outside -1 to 1"),
        ({"note": -1.01}, "note -1.01 is outside -1 to 1"),
        ({"note": -0.01, "absolute": True}, "note -0.01 is outside 0 to 1"),
        ({"absolute": 1}, "absolute 1 is neither true nor false"),
        ({"strict": "no"}, "strict 'no' is neither true nor false"),
        ({"everywhere": 1}, "everywhere 1 is neither true nor false"),
        ({"positions": [0.5]}, r"positions \[0.5\] have no names"),
        ({"positions": {"note": -0.5}}, "note -0.5 is outside 0 to 1"),
        ({"note": [[0, None]]}, "note: breakpoint 1 of the curve has no value"),
        (
            {"note": [[0, -0.5]], "absolute": True},
            "note: breakpoint 1 of the curve has -0.5, outside 0 to 1",
        ),
        ({"arousal": []}, "arousal: a curve needs a breakpoint or more, and this one has none"),
        (
            {"rhythm": {"a": [1]}},
            r"rhythm: it is neither a number nor a curve such as \[\[0, 0.0\], \[16, 0.5\]\]",
        ),
        ({"arousal": -10.01}, "arousal -10.01 is outside -10 to 10"),
        ({"valence": 10.01}, "valence 10.01 is outside -10 to 10"),
        ({"seed": -1}, "seed -1 is outside 0 to 999999"),
        ({"seed": HIGHEST_SEED + 1}, "seed 1000000 is outside 0 to 999999"),
        ({"seed": [1]}, r"seed \[1\] is not a number"),
        ({"arousal": "x" * 500}, r"arousal 'x+\.\.\.x+' is not a number"),
    ],
)
def test_what_cannot_be_is_named_with_its_bounds(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        read(**values)


def test_a_curve_is_read_for_faders_and_moods() -> None:
    request = read(note=[[0, 0.0], [16, -0.5]], arousal={"bars": [[0, 0.5]]}, valence=0.5)
    assert request.faders == {"note": Curve([(0, 0.0), (16, -0.5)])}
    assert request.moods == {"arousal": Curve([(0, 0.5)], "bars"), "valence": 0.5}


def test_a_curve_may_be_json_text() -> None:
    """As programs send it that keep curves in files."""
    text = read(note=" [[0, 0.0], [16, -0.5]]", arousal='{"bars": [[1, 0.5]]}')
    assert text == read(note=[[0, 0.0], [16, -0.5]], arousal={"bars": [[1, 0.5]]})
    assert towards("low", "[[0, 0.5]]") == {"beats": [[0.0, -0.5]]}
    for wrong, words in (
        ("[[0, 0.0]", "note: the curve is no JSON such as .+ column 10"),
        ("[[0, 3]]", "note: breakpoint 1 of the curve has 3, outside -1 to 1"),
        ("[" * 100_000, "note: the curve is nested too deeply"),
        ("0.5", "note '0.5' is not a number"),
        ('"[[0, 0]]"', "is not a number"),
    ):
        with pytest.raises(ValueError, match=words):
            read(note=wrong)


def test_locks_are_read() -> None:
    request = read(lock=["bass", "melody"])
    assert request.lock == LockWords.read("melody,bass") and request.is_neutral
    assert read(lock="melody,bass") == request and read(lock=[]) == read(lock=None) == read()
    with pytest.raises(ValueError, match="'tune' is no lock"):
        read(lock="tune")


def test_a_side_and_a_strength_are_a_mood() -> None:
    assert towards("high", 0.5) == 0.5 and towards("low", 1) == -1 and towards("low", 0) == 0
    curve = towards("low", [[0, 0.0], [8, 1]])
    assert read(arousal=curve).arousal == Curve([(0, 0.0), (8, -1.0)])
    assert towards("high", {"bars": [[2, 0.5]]}) == {"bars": [[2, 0.5]]}
    for wrong in (-0.5, 10.5, "1", [[0, 11]], None):
        with pytest.raises(ValueError, match="^strength"):
            towards("low", wrong)


def test_a_transfer_moves_each_mood_that_has_a_side_by_its_own_strength() -> None:
    strengths = {"arousal": 0.5, "valence": [[0, 0.0], [8, 1]]}
    assert moods_towards({"arousal": "low", "valence": None}, None, strengths) == {"arousal": -0.5}
    both = moods_towards({"arousal": "high", "valence": "low"}, None, strengths)
    assert both == {"arousal": 0.5, "valence": {"beats": [[0.0, 0.0], [8.0, -1.0]]}}
    with pytest.raises(ValueError, match="preset"):
        moods_towards({"arousal": "low", "valence": None}, "no such one", strengths)


def test_a_request_may_name_a_thousand_tracks_and_no_more() -> None:
    assert track_numbers({"tracks": [1000] * 1000}) == [1000] * 1000
    for wrong in ([1] * 1001, [1001], [0], "1", None):
        with pytest.raises(ValueError, match="track"):
            track_numbers({"tracks": wrong})


def test_a_fader_that_the_model_has_not_is_an_error_once_it_is_moved() -> None:
    assert read(faders=("note",), rhythm=None, note=0.5).faders == {"note": 0.5}
    with pytest.raises(ValueError, match="^the model has no fader for rhythm$"):
        read(faders=("note",), rhythm=0.5)
    with pytest.raises(ValueError, match="^the model has no fader for rhythm$"):
        read(faders=("note",), positions={"rhythm": 0.5})
    assert read(faders=()).is_neutral


def test_single_values() -> None:
    values = {"a": 2, "b": 2.5, "yes": True, "no": False, "none": None, "word": "true", "one": 1}
    assert number(values, "a", 2, 2) == 2 and number(values, "b", 0, 3) == 2.5
    assert number(values, "missing", 0, 1) is None and whole(values, "none", 0, 1) is None
    assert whole(values, "a", 0, 2) == 2
    assert flag(values, "yes") is True
    assert flag(values, "no") is flag(values, "none") is flag(values, "missing") is False
    for name in ("word", "one"):
        with pytest.raises(ValueError, match=f"^{name} .+ is neither true nor false$"):
            flag(values, name)


def test_a_file_has_a_kind_and_a_scope() -> None:
    edit = {"first": 1, "last": 2, "note": 0.5}
    for kind in ("midi", "wav", "ogg", "mp3"):
        for scope in ("selection", "piece"):
            request = SaveRequest.read({**edit, "kind": kind, "scope": scope}, 5, FADERS)
            assert request == SaveRequest(kind, scope, EditRequest(1, 2, faders={"note": 0.5}))
    for changes, sentence in (
        ({"kind": "aiff", "scope": "piece"}, "kind 'aiff' is neither midi, wav, ogg nor mp3"),
        ({"kind": None, "scope": "piece"}, "kind None is neither midi, wav, ogg nor mp3"),
        ({"kind": "wav", "scope": "all"}, "scope 'all' is neither selection nor piece"),
    ):
        with pytest.raises(ValueError, match=f"^{sentence}$"):
            SaveRequest.read({**edit, **changes}, 5, FADERS)
