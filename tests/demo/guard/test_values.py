"""Values that suit no component of an event are named, with what is wanted."""

from __future__ import annotations

import gradio as gr
import pytest

from demo.guard.values import completed, problem

FILE = {"path": "/somewhere/a.mid", "meta": {"_type": "gradio.FileData"}}


@pytest.fixture(scope="module")
def components():
    return [
        gr.File(label="midi"),
        gr.Number(None, minimum=0, maximum=1, label="rhythm"),
        gr.Number(None, precision=0, label="seed"),
        gr.Radio(["low", "high"], label="arousal"),
        gr.Slider(0, 1, value=1, label="strength"),
        gr.HTML(label="bench"),
        gr.JSON(label="note"),
        gr.Textbox(label="tracks", placeholder="1,3"),
    ]


@pytest.mark.parametrize(
    "values",
    [
        [FILE, 0.5, 3, "low", 1, "anything", -0.5, "1,3"],
        [FILE, 0, 3.0, "high", 0.0, {"any": "thing"}, [[0, 0.5]], ""],
        [FILE, 0, 3.0, "high", 0.0, "", {"bars": [[0, 0.5]]}, ""],
        [FILE, 0, 3.0, "high", 0.0, "", "[[0, 0.5]]", ""],
        [None, None, None, None, 0.5, None, None, None],
    ],
)
def test_values_that_suit(components, values):
    assert problem(components, values) is None


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        (0, "/tmp/a.mid", "Midi is not a file that was uploaded."),
        (0, "a.mid", "Midi 'a.mid' is not a file that was uploaded."),
        (0, {"path": 3}, "Midi is not a file that was uploaded."),
        (1, 2, "Rhythm 2 is not a number from 0 to 1."),
        (1, "<b>", "Rhythm is not a number."),
        (1, True, "Rhythm True is not a number."),
        (1, float("nan"), "Rhythm nan is not a number."),
        (1, [[[[1]]]], "Rhythm is not a number."),
        (2, 1.5, "Seed 1.5 is not a whole number."),
        (3, "up", "Arousal 'up' is not one of low, high."),
        (3, ["low"], "Arousal is not one of low, high."),
        (4, None, "Strength is not a number."),
        (4, 7, "Strength 7 is not a number from 0 to 1."),
        (7, 3, "Tracks 3 is not a text such as 1,3."),
        (7, [1], "Tracks is not a text such as 1,3."),
        (6, "<b>", "Note is not a number or a curve."),
        (6, "/tmp/a.mid", "Note is not a number or a curve."),
        (6, False, "Note False is not a number or a curve."),
        (6, float("nan"), "Note nan is not a number or a curve."),
    ],
)
def test_what_does_not_suit_is_named(components, place, value, sentence):
    values = [FILE, 0.5, 3, "low", 1, "", 0.5, ""]
    values[place] = value
    assert problem(components, values) == sentence


def test_long_values_are_not_repeated(components):
    assert "x" not in problem(components, ["x" * 10_000, *[None] * 7])
    assert len(problem(components, [None, 10**400, *[None] * 6])) < 1000


def test_last_texts_and_yes_or_nos_may_be_left_out(components):
    older = [FILE, 0.5, 3, "low", 1, "anything", 0.5]
    assert completed(components, older) == [*older, None]
    assert completed(components, [*older, "1"]) == [*older, "1"]
    assert completed(components[:-1], older[:-1]) == [*older[:-1], None]  # a strength of its own
    assert completed(components[:-2], older[:-2]) == older[:-2]
    newer = [*components, gr.Checkbox(label="absolute")]
    assert completed(newer, older) == [*older, None, None]
    assert completed(newer, [*older, "1"]) == [*older, "1", None]
    assert completed(newer, older[:-2]) == older[:-2]


def test_too_few_values(components):
    assert problem(components, [FILE]) == (
        "8 values are wanted, 1 came: midi, rhythm, seed, arousal, strength, bench, note, tracks."
    )
