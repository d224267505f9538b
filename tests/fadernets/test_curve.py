"""Curves over beats and bars: what they say at every time, and what is said of wrong ones."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fadernets.curve import MAX_POINTS, Curve, along, amount, lowest, moves
from fadernets.music.segments import segments
from tests.fadernets.tiny import bars, piece

LINE = [[0, 0.0], [16, 0.5]]


@st.composite
def curves(draw):
    times = sorted(draw(st.lists(st.floats(0, 1000), min_size=1, max_size=20)))
    values = draw(st.lists(st.floats(-1, 1), min_size=len(times), max_size=len(times)))
    return Curve(list(zip(times, values, strict=True)), draw(st.sampled_from(["beats", "bars"])))


def test_a_line_by_hand():
    times = [0, 4, 8, 16, 17, 1e6]
    assert Curve(LINE).at(times).tolist() == [0, 0.125, 0.25, 0.5, 0.5, 0.5]
    assert Curve([(8, -1.0), (10, 1.0)]).at([0, 7.9, 9, 10]).tolist() == [-1, -1, 0, 1]
    assert Curve([(3, 0.25)]).at([0, 3, 9]).tolist() == [0.25] * 3


def test_two_breakpoints_at_one_time_are_a_jump():
    jump = Curve([(0, 0.0), (8, 0.0), (8, 1.0), (12, 0.5)])
    assert jump.at([0, 7.999, 8, 10, 12]).tolist() == [0, 0, 1, 0.75, 0.5]
    assert Curve([(8, 0.0), (8, 1.0)]).at([7, 8, 9]).tolist() == [0, 1, 1]


@given(curves(), st.floats(0, 2000))
def test_no_value_is_beyond_those_of_the_breakpoints(curve, time):
    values = [value for _, value in curve.points]
    assert min(values) - 1e-12 <= curve.at(time) <= max(values) + 1e-12
    assert lowest(curve) == min(values) and moves(curve) == any(values)


@given(curves())
def test_json_is_read_as_it_was_written(curve):
    assert amount(json.loads(json.dumps(curve.to_json()))) == curve
    turned = -curve
    assert -turned == curve and turned.at(3.0) == -curve.at(3.0)


def test_amounts_from_json():
    assert amount(1) == 1.0 and amount(np.float32(0.5)) == 0.5
    assert amount(LINE) == Curve(LINE) == amount({"beats": LINE})
    assert amount({"bars": LINE}) == Curve(LINE, "bars") != Curve(LINE)
    assert amount([[0, -1], [1, 1]], -1, 1).points == ((0, -1), (1, 1))


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (1.5, "1.5 is outside -1 to 1"),
        (-2, "-2 is outside -1 to 1"),
        ("0.5", "it is neither a number nor a curve such as [[0, 0.0], [16, 0.5]]"),
        (None, "it is neither a number nor a curve such as [[0, 0.0], [16, 0.5]]"),
        (True, "it is neither a number nor a curve such as [[0, 0.0], [16, 0.5]]"),
        (float("nan"), "it is neither a number nor a curve such as [[0, 0.0], [16, 0.5]]"),
        (10**400, "it is neither a number nor a curve such as [[0, 0.0], [16, 0.5]]"),
        ({"seconds": LINE}, "it is neither a number nor a curve such as [[0, 0.0], [16, 0.5]]"),
        ({"bars": LINE, "beats": LINE}, "it is neither a number nor a curve such as"),
        ({"bars": "all"}, "it is neither a number nor a curve such as"),
        ([], "a curve needs a breakpoint or more, and this one has none"),
        ([0.5], "breakpoint 1 of the curve is no pair of numbers such as [16, 0.5]"),
        ([[0, 0.0], [4]], "breakpoint 2 of the curve is no pair of numbers such as [16, 0.5]"),
        ([[0, 0.0, 1]], "breakpoint 1 of the curve is no pair of numbers such as [16, 0.5]"),
        ([[0, float("nan")]], "breakpoint 1 of the curve is no pair of numbers"),
        ([[float("inf"), 0]], "breakpoint 1 of the curve is no pair of numbers"),
        ([[0, "0.5"]], "breakpoint 1 of the curve is no pair of numbers"),
        ([[0, True]], "breakpoint 1 of the curve is no pair of numbers"),
        ([[-1, 0.5]], "breakpoint 1 of the curve, at -1, is before the piece begins"),
        (
            [[0, 0.0], [16, 0.5], [8, 0.5]],
            "breakpoint 3 of the curve, at 8, comes before the one ahead of it, at 16",
        ),
        ([[0, 0.0], [4, 1.25]], "breakpoint 2 of the curve has 1.25, outside -1 to 1"),
        (
            [[i, 0] for i in range(MAX_POINTS + 1)],
            f"{MAX_POINTS + 1} breakpoints are more than the {MAX_POINTS} of a curve",
        ),
    ],
)
def test_what_is_no_amount_gets_one_sentence(value, sentence):
    with pytest.raises(ValueError) as error:
        amount(value, -1, 1)
    assert str(error.value).startswith(sentence)


def test_a_curve_made_by_hand_is_checked_too():
    with pytest.raises(ValueError, match="^a curve counts beats or bars, not 'seconds'$"):
        Curve(LINE, "seconds")
    for points in ("[[0, 1]]", 0.5):
        with pytest.raises(ValueError, match="^a curve is a list of breakpoints such as"):
            Curve(points)
    with pytest.raises(ValueError, match="^breakpoint 2 of the curve, at 1, comes before"):
        Curve([(2, 0.0), (1, 0.0)])


def test_a_segment_takes_the_value_in_its_middle():
    music = piece(bars(4))  # of four beats
    parts = segments(music)
    assert Curve(LINE).along(music, parts).tolist() == [0.0625, 0.1875, 0.3125, 0.4375]
    assert along(Curve([(3, 0.0), (4, 1.0)], "bars"), music, parts).tolist() == [0, 0, 0.5, 1]
    assert along(0.25, music, parts[1:]).tolist() == [0.25] * 3
    assert Curve(LINE).along(music, []).shape == (0,)


def test_bars_follow_the_meter():
    meter = np.array([(0.0, 3, 4), (6.0, 7, 8), (11.0, 4, 4)])  # the one bar and a half of 7/8
    music = replace(piece(bars(5)), meter=meter)
    beats = np.array([0, 1.5, 3, 6, 7.75, 9.5, 10.9, 11, 13, 15])
    expected = [1, 1.5, 2, 3, 3.5, 4, 4.4, 5, 5.5, 6]
    assert music.bars(beats) == pytest.approx(expected)
    assert (np.diff(music.bars(np.linspace(0, 20, 999))) > 0).all()


def test_bars_have_the_numbers_that_segments_say():
    for meter in ([(0, 4, 4)], [(0, 1, 4), (1, 3, 4)], [(0, 4, 4), (1.5, 4, 4)], [(0, 5, 4)]):
        music = replace(piece(bars(5)), meter=np.array(meter, float))
        for segment in segments(music):
            assert int(music.bars(np.array(segment.start)) + 1e-9) == segment.span.bar
    upbeat = replace(piece(bars(5)), meter=np.array([(0, 1, 4), (1, 4, 4)], float))
    assert upbeat.bars(np.array([0, 0.5, 1, 5])) == pytest.approx([0, 0.5, 1, 2])


def test_in_gaps_a_curve_asks_for_nothing():
    points = [[0, None], [4, None], [4, 0.5], [8, 1.0], [8, None]]
    curve = amount(points, 0, 1, gaps=True)
    values = curve.at([0, 3, 4, 6, 9])
    assert np.isnan(values[[0, 1, 4]]).all() and values[2:4].tolist() == [0.5, 0.75]
    assert curve.has_gaps and amount(json.loads(json.dumps(curve.to_json())), gaps=True) == curve
    assert moves(curve) and lowest(curve) == 0.5 and (-curve).at(6) == -0.75
    assert not moves(Curve([(0, None)])) and not Curve([(0, 0.0)]).has_gaps
    with pytest.raises(ValueError, match="breakpoint 1 of the curve has no value"):
        amount(points, 0, 1)
    with pytest.raises(ValueError, match="breakpoint 4 of the curve has 1, outside 0 to 0.9"):
        amount(points, 0, 0.9, gaps=True)
