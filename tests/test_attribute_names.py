"""Only an attribute's own file names it: other code that did would not know a third one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from fadernets.music.attributes import PAPER

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("fadernets", "train", "demo")  # in `survey` and `db` rhythm is a scale of ratings
ALLOWED = {
    "fadernets/music/attributes.py": "the attributes' own file",
    "train/reporting/paper.py": "columns of the paper's tables",
}
QUOTED = re.compile(rf"""["'`](?:{"|".join(PAPER)})["'`]""")
KEYS = re.compile(rf"[{{,]\s*(?:{'|'.join(PAPER)})\s*:")


def files(*endings: str) -> list[str]:
    paths = (p for name in PACKAGES for p in (ROOT / name).rglob("*") if p.suffix in endings)
    return sorted(p.relative_to(ROOT).as_posix() for p in paths)


def lines_of_python(text: str) -> list[int]:
    """Lines with a string that is an attribute's name, and nothing else."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and node.value in PAPER
    ]


@pytest.mark.parametrize("file", files(".py"))
def test_no_code_names_an_attribute(file):
    lines = lines_of_python((ROOT / file).read_text(encoding="utf-8"))
    assert not lines or file in ALLOWED, f"{file} names an attribute in lines {lines}"


@pytest.mark.parametrize("file", files(".js", ".html"))
def test_no_script_names_an_attribute(file):
    text = (ROOT / file).read_text(encoding="utf-8")
    keys = KEYS.findall(text) if file.endswith(".js") else []
    assert not QUOTED.findall(text) and not keys


def test_what_is_allowed_is_needed():
    for file in ALLOWED:
        assert lines_of_python((ROOT / file).read_text(encoding="utf-8")), file


def test_names_are_seen():
    assert lines_of_python('x = {"rhythm": 1}\ny = f"{a} note"\nz = ["note"]') == [1, 3]
    assert QUOTED.search('<div data-fader="note">') and KEYS.search("{ rhythm: null }")
