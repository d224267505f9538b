"""Only an attribute's own file names it: other code that did would not know a third one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fadernets.music.attributes import PAPER

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("fadernets", "train", "demo")
# Here rhythm is a scale of ratings, and a note is a remark: only these ways name an attribute.
OTHER_PACKAGES = {
    "survey": ("a table of both", "a constant", "an alias"),
    "db": ("a table of both", "a constant", "an alias"),
    "benchmarks": ("a constant", "an alias"),  # they send what the shipped models' page sends
}

MUSIC, ARRANGER = "fadernets/music/", "fadernets/arranger/"
OWN_FILE = f"{MUSIC}attributes.py"
ALIASES = ("PLANNED", "PLANNED_ONSETS", "PLANNED_COUNTS", "MIXED")
# Who may name an attribute, how, and why.
ALLOWED = {
    "a string": {
        OWN_FILE: "the attributes' own file",
        "train/reporting/paper.py": "columns of the paper's tables",
    },
    "a table of both": {},
    "a constant": {
        "train/data/definitions.py": "the paper's code measures two attributes",
        "train/reporting/claims.py": "what the paper says of them",
    },
    "an alias": {
        f"{ARRANGER}arrange.py": "the arranger plans two labels",
        f"{ARRANGER}preferences.py": "whether more is asked for of either",
        f"{ARRANGER}rhythm_pattern.py": "onsets are in one of them",
        f"{ARRANGER}candidate_plans.py": "what these cost",
        f"{ARRANGER}chosen_rhythms.py": "whether they change is by one of them",
        f"{ARRANGER}free_counts.py": "one of these may go along",
        f"{ARRANGER}reach.py": "how far these can go",
        f"{ARRANGER}request.py": "what is asked of these",
        "fadernets/models/reviser.py": "the arranger's model is trained for these",
        "fadernets/realisers.py": "calm music holds notes: the arranger plans fewer onsets",
        "fadernets/code_mix.py": "mixing takes one code of one music and the others of another",
        "train/export.py": "the scales of the arranger's faders",
    },
    "an attribute or argument": {
        f"{ARRANGER}arrange.py": "the arranger's plan has two labels",
        f"{ARRANGER}cheapest_paths.py": "the arranger's plan has two labels",
        f"{ARRANGER}label_plan.py": "the arranger's plan has two labels",
        f"{ARRANGER}preferences.py": "a grid knows its labels",
        f"{ARRANGER}reach.py": "the arranger's plan has two labels",
        f"{ARRANGER}request.py": "the labels of a grid",
        f"{ARRANGER}selection.py": "the arranger's plan has two labels",
        "fadernets/code_mix.py": "the music whose rhythm is mixed",
        "fadernets/models/reviser.py": "the labels of a grid",
        f"{MUSIC}locks.py": "a lock keeps the rhythm, whatever faders there are",
        "fadernets/net.py": "the music whose rhythm is mixed",
    },
}
QUOTED = re.compile(rf"""["'`](?:{"|".join(PAPER)})["'`]""")
KEYS = re.compile(rf"[{{,]\s*(?:{'|'.join(PAPER)})\s*:")


def files(packages: tuple[str, ...], *endings: str) -> list[str]:
    paths = (p for name in packages for p in (ROOT / name).rglob("*") if p.suffix in endings)
    return sorted(p.relative_to(ROOT).as_posix() for p in paths)


def mentions(text: str) -> Iterator[tuple[str, int]]:
    """Ways in which code names an attribute, as in `ALLOWED`, each with its line."""
    constants = {name.upper() for name in PAPER}
    for node in ast.walk(ast.parse(text)):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Constant) and node.value in PAPER:
            yield "a string", line
        elif isinstance(node, ast.Tuple | ast.List | ast.Set | ast.Dict):
            elements = node.keys if isinstance(node, ast.Dict) else node.elts
            values = {e.value for e in elements if isinstance(e, ast.Constant)}
            if values.issuperset(PAPER):
                yield "a table of both", line
        elif isinstance(node, ast.alias) and node.name in constants:
            yield "a constant", line
        elif isinstance(node, ast.alias) and node.name in ALIASES:
            yield "an alias", line
        elif isinstance(node, ast.Attribute) and node.attr in constants:
            yield "a constant", line
        elif isinstance(node, ast.Attribute) and node.attr in ALIASES:
            yield "an alias", line
        elif isinstance(node, ast.Attribute) and node.attr in PAPER:
            yield "an attribute or argument", line
        elif isinstance(node, ast.arg | ast.keyword) and node.arg in PAPER:
            yield "an attribute or argument", line


def mentions_in(file: str) -> dict[str, list[int]]:
    """Lines of a file by the way in which they name an attribute."""
    lines: dict[str, list[int]] = {}
    ways = OTHER_PACKAGES.get(file.partition("/")[0], ALLOWED)
    for way, line in mentions((ROOT / file).read_text(encoding="utf-8")):
        if way in ways:
            lines.setdefault(way, []).append(line)
    if file in ALLOWED["a string"]:  # a table of them is made of strings
        lines.pop("a table of both", None)
    return lines


@pytest.mark.parametrize("package", (*PACKAGES, *OTHER_PACKAGES))
def test_no_code_names_an_attribute(package):
    for file in files((package,), ".py"):
        for way, lines in mentions_in(file).items():
            assert file in ALLOWED[way], f"{file} names an attribute by {way} in lines {lines}"


def test_no_script_names_an_attribute():
    for file in files(PACKAGES, ".js", ".html"):
        text = (ROOT / file).read_text(encoding="utf-8")
        keys = KEYS.findall(text) if file.endswith(".js") else []
        assert not QUOTED.findall(text) and not keys, file


def test_what_is_allowed_is_needed():
    for way, reasons in ALLOWED.items():
        for file in reasons:
            assert mentions_in(file).get(way), f"{file} names no attribute by {way}"


@pytest.mark.parametrize(
    ("code", "way"),
    [
        ('x = {"rhythm": 1}', "a string"),
        ('z = ["note"]', "a string"),
        ('BOTH = ("note", "rhythm")', "a table of both"),
        ("from fadernets.music.attributes import NOTE", "a constant"),
        ("from fadernets.music.attributes import RHYTHM as FIRST", "a constant"),
        ("attributes.RHYTHM", "a constant"),
        ("from fadernets.music.attributes import PLANNED_COUNTS", "an alias"),
        ("attributes.MIXED", "an alias"),
        ("densities.rhythm", "an attribute or argument"),
        ("slide(note=0.5)", "an attribute or argument"),
        ("def slide(rhythm=None): ...", "an attribute or argument"),
    ],
)
def test_names_are_seen(code, way):
    assert (way, 1) in list(mentions(code))


def test_other_words_are_no_names():
    assert list(mentions('y = f"{a} note"\nnotes = note = 1\nfor rhythm in x: pass')) == []
    assert QUOTED.search('<div data-fader="note">') and KEYS.search("{ rhythm: null }")
