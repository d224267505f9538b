"""Arguments of the command: what is taken, to the ends of every range, and what is refused."""

from __future__ import annotations

import argparse

import pytest

from fadernets.command_line.arguments import Parser, fader, seed, span, strength
from fadernets.curve import Curve


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (fader, "0", 0.0),
        (fader, "1", 1.0),
        (fader, "-1", -1.0),
        (fader, "0.25", 0.25),
        (fader, "1e-3", 0.001),
        (fader, "[[0, 0.0], [16, -0.5]]", Curve([(0, 0.0), (16, -0.5)])),
        (fader, ' {"bars": [[4, 1]]}', Curve([(4, 1.0)], "bars")),
        (strength, "[[0, 0], [16, 2.5]]", Curve([(0, 0.0), (16, 2.5)])),
        (strength, "0", 0.0),
        (strength, "7.5", 7.5),
        (strength, "10", 10.0),
        (seed, "0", 0),
        (seed, "9" * 18, 10**18 - 1),
        (span, "2:5", (2, 5)),
        (span, "2:", (2, None)),
        (span, ":5", (0, 5)),
        (span, ":", (0, None)),
        (span, "2", (2, 3)),
        (span, "0", (0, 1)),
        (span, "999999999", (999_999_999, 1_000_000_000)),
    ],
)
def test_what_is_taken(read, text, value):
    assert read(text) == value and type(read(text)) is type(value)


@pytest.mark.parametrize(
    ("read", "text", "sentence"),
    [
        (fader, "1.01", "1.01 is not between -1 and 1"),
        (fader, "-1.1", "-1.1 is not between -1 and 1"),
        (fader, "nan", "nan is not between -1 and 1"),
        (fader, "half", "half is not between -1 and 1"),
        (fader, "0,5", "0,5 is not between -1 and 1; write 0.5"),
        (fader, "-0,5", "-0,5 is not between -1 and 1; write -0.5"),
        (fader, ",5", ",5 is not between -1 and 1; write .5"),
        (fader, "0,5,1", "0,5,1 is not between -1 and 1"),
        (fader, "[]", "a curve needs a breakpoint or more, and this one has none"),
        (fader, "[[0, 2]]", "breakpoint 1 of the curve has 2, outside -1 to 1"),
        (fader, "[[0, NaN]]", "breakpoint 1 of the curve is no pair of numbers such as [16, 0.5]"),
        (
            fader,
            "[[0, 1]",
            "the curve is no JSON such as [[0, 0.0], [16, 0.5]]: Expecting ',' delimiter, column 8",
        ),
        (fader, "[" * 100_000, "the curve is nested too deeply"),
        (fader, f"[[0, {'1' * 5_000}]]", "the curve has a number that is too long"),
        (strength, "[[0, -1]]", "breakpoint 1 of the curve has -1, outside 0 to 10"),
        (strength, "-1", "-1 is not between 0 and 10"),
        (strength, "inf", "inf is not between 0 and 10"),
        (strength, "1,5", "1,5 is not between 0 and 10; write 1.5"),
        (seed, "-1", "-1 is not a whole number of 0 or more"),
        (seed, "1.0", "1.0 is not a whole number of 0 or more"),
        (seed, "9" * 19, "9" * 19 + " is not a whole number of 0 or more"),
        (seed, "", " is not a whole number of 0 or more"),
        (span, "", " is not a range such as 2:5"),
        (span, "5:2:1", "5:2:1 is not a range such as 2:5"),
        (span, "-1", "-1 is not a range such as 2:5"),
        (span, "1" * 10, "1" * 10 + " is not a range such as 2:5"),
        (span, "1:" + "1" * 10, "1:" + "1" * 10 + " is not a range such as 2:5"),
    ],
)
def test_what_is_said_of_others(read, text, sentence):
    with pytest.raises(argparse.ArgumentTypeError) as error:
        read(text)
    assert str(error.value) == sentence


def test_an_error_is_one_line_and_status_2(capsys):
    with pytest.raises(SystemExit) as end:
        Parser(prog="fadernets").parse_args(["--none"])
    assert end.value.code == 2
    assert capsys.readouterr().err == "fadernets: unrecognized arguments: --none\n"
