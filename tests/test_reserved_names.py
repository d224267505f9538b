"""No attribute can be named as something that stands beside the faders' amounts."""

from __future__ import annotations

import argparse
import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo import mcp_server, programs
from fadernets.__main__ import parser
from fadernets.music.attributes import ATTRIBUTES, PAPER, RESERVED_NAMES, Attribute
from train.data import packed

ROOT = Path(__file__).resolve().parents[1]
READERS = {"flag", "number", "whole", "amount", "mapping"}  # of `fadernets.score.values`


def options_of_slide() -> Iterator[str]:
    """Options and files of the command that has an option for every fader."""
    (commands,) = [
        action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)
    ]
    for action in commands.choices["slide"]._actions:
        yield from (option.removeprefix("--") for option in action.option_strings)
        yield action.dest


def values_read(folder: str) -> Iterator[str]:
    """Names under which code reads one of the `values` of a request or of a file of settings."""
    for path in (ROOT / folder).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name("values"), attr="get"),
                    args=[ast.Constant(str(name)), *_],
                ):
                    yield name
                case ast.Call(
                    func=ast.Name(function),
                    args=[ast.Name("values"), ast.Constant(str(name)), *_],
                ) if function in READERS:
                    yield name


def tool_arguments() -> Iterator[str]:
    """Arguments of the assistant's tool and of the programs' endpoint that slide."""
    yield from inspect.signature(mcp_server.Tools.slide).parameters.keys() - {"self", "amounts"}
    yield from (*mcp_server.SPAN, *mcp_server.SWITCHES)
    for node in ast.walk(ast.parse(inspect.getsource(programs))):
        match node:
            case ast.Assign(targets=[ast.Name("names")], value=ast.Tuple(elts)):
                yield from (each.value for each in elts if isinstance(each, ast.Constant))


BESIDE = {
    "options of slide": {*options_of_slide()},
    "values of a request": {*values_read("demo/editing")},
    "values of settings": {*values_read("fadernets/score")},
    "arguments of programs": {*tool_arguments()},
    "arrays of prepared segments": {*packed.UNLABELLED_ARRAYS, packed.DEFINITION},
}


@pytest.mark.parametrize("kind", BESIDE)
def test_what_stands_beside_the_faders_is_no_name_of_an_attribute(kind: str):
    words = {name for name in BESIDE[kind] if name.isidentifier() and name.islower()}
    assert len(words) > 3
    assert words - set(PAPER) - RESERVED_NAMES == set()


@pytest.mark.parametrize("name", ["strict", "bars", "tokens"])
def test_an_attribute_with_such_a_name_is_refused(name: str):
    like = ATTRIBUTES[PAPER[0]]
    with pytest.raises(ValueError, match=f"cannot be named '{name}'"):
        Attribute(name, like.classes, like.highest, like.label, like.density)
