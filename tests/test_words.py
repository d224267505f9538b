"""Names and docstrings say what a value is: no bare `found` or `given`, no two classes `Job`."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("benchmarks", "db", "demo", "fadernets", "survey", "tests", "tools", "train")
REFUSED = frozenset(
    "asked done found given gone kept made many meant named said seen sent shown taken told used"
    " wanted".split()
)
# Words that a docstring cannot begin with: its noun would come late, or never.
REFUSED_BEGINNINGS = frozenset({"By", "Of", "Nobody", "Those", "Whose"})
# Who may have such a name all the same, and why.
ALLOWED = {
    ("demo/editing/answers.py", "made"): "the workbench's page reads this key",
    ("fadernets/arranger/reach.py", "asked"): "what `FaderNet.reach` answers has this name",
    ("fadernets/models/reviser.py", "shown"): "shipped weights have this name",
    ("fadernets/playback/comparison.py", "kept"): "the mark of such notes, which pages read",
    ("survey/analysis/results.py", "kept"): "stored results have this key",
    ("survey/participant/page_state.py", "done"): "the participant's page reads this key",
    ("survey/ratings/exclusion.py", "found"): "exported tables have a column of this name",
    ("train/reporting/results/evaluation.py", "asked"): "stored results have this key",
    ("train/reporting/results/score.py", "asked"): "stored results have this key",
    ("train/reporting/results/valence.py", "asked"): "stored results have this key",
}
# Classes of one name in several modules are one thing.
ALLOWED_CLASSES = {
    "Estimate": "a number with its 95 % interval, in packages that do not import each other"
}


def bound_names(text: str) -> Iterator[tuple[str, int]]:
    """Every name that code gives to something, each with its line.

    Names that it only reads, as the `done` of a future, are others' choice.
    """
    for node in ast.walk(ast.parse(text)):
        line = getattr(node, "lineno", 0)
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name, line
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name, line
            case ast.ExceptHandler(name=str(name)) | ast.alias(asname=str(name)):
                yield name, line
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name, line
            case ast.MatchMapping(rest=str(name)) | ast.arg(arg=name):
                yield name, line


@cache
def refused_names(package: str) -> list[tuple[str, str, int]]:
    """Files of a package, names in them that are refused unless allowed, and lines."""
    return [
        (path.relative_to(ROOT).as_posix(), name, line)
        for path in sorted((ROOT / package).rglob("*.py"))
        for name, line in bound_names(path.read_text(encoding="utf-8"))
        if name in REFUSED
    ]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_name_is_a_bare_participle(package):
    assert list((ROOT / package).rglob("*.py")), "the package has moved"
    places = [place for place in refused_names(package) if place[:2] not in ALLOWED]
    assert not places, "name what the value is (members, studies, report_of)"


def test_no_module_is_named_by_a_bare_participle():
    modules = [
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.suffix in (".js", ".py") and path.stem in REFUSED
    ]
    assert not modules, "name what is in it (density_requests, weight_cache)"


def test_what_is_allowed_is_needed():
    packages = {file.partition("/")[0] for file, _ in ALLOWED}
    assert {place[:2] for name in packages for place in refused_names(name)} == set(ALLOWED)


@pytest.mark.parametrize(
    "code",
    [
        "found = 1",
        "found: int",
        "found += 1",
        "one, (two, *found) = x",
        "if (found := x): pass",
        "self.found = 1",
        "for found in x: pass",
        "[found for found in x]",
        "with x as found: pass",
        "def found(): ...",
        "async def found(): ...",
        "class found: ...",
        "def f(found): ...",
        "def f(*found): ...",
        "def f(**found): ...",
        "lambda found: 0",
        "import x as found",
        "from x import y as found",
        "try: pass\nexcept X as found: pass",
        "match x:\n case found: pass",
        "match x:\n case [*found]: pass",
        "match x:\n case {**found}: pass",
    ],
)
def test_every_way_to_name_something_is_seen(code):
    assert "found" in [name for name, _ in bound_names(code)]


@pytest.mark.parametrize("word", sorted(REFUSED))
def test_a_word_is_refused_where_it_is_bound_and_not_where_it_is_read(word, tmp_path, monkeypatch):
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    (tmp_path / "demo").mkdir()
    code = f"{word} = 1\nbrought_{word} = x.{word}\nprint({word})\n"
    (tmp_path / "demo" / "new.py").write_text(code)
    assert refused_names.__wrapped__("demo") == [("demo/new.py", word, 1)]


SCRIPTS = sorted(path for package in ("demo", "survey") for path in (ROOT / package).rglob("*.js"))
# The page's state has a key `done`: what takes it apart, in braces, has that name.
WORDS = f"(?:{'|'.join(sorted(REFUSED))})\\b"
NAMED_IN_SCRIPTS = re.compile(
    rf"(?:\b(?:const|let|var|function|class)\s+|\(|=\s*){WORDS}(?=\)?\s*(?:=(?!=)|\())"
    rf"|\bthis\.{WORDS}(?=\s*[+*-]?=(?!=))"
    rf"|^\s*(?:(?:async|get|set|static)\s+)*{WORDS}(?=\([^()]*\)\s*\{{)",
    re.MULTILINE,
)


def test_no_name_in_a_script_is_a_bare_participle():
    assert len(SCRIPTS) > 50
    places = [
        (path.relative_to(ROOT).as_posix(), match[0])
        for path in SCRIPTS
        for match in NAMED_IN_SCRIPTS.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not places, "name what the value is (isCopied, outcome)"


@pytest.mark.parametrize(
    "script",
    [
        "const found = 1;",
        "let done = await x();",
        "function told(x) {}",
        "list.map((many) => many);",
        "const given = x;",
        "let kept = asked();",
        "list.map((made) => 1);",
        "  this.given = null;",
        "  this.sent += 1;",
        "  asked(points) {\n  }",
        "  static async get told() {\n  }",
    ],
)
def test_names_in_scripts_are_seen(script):
    assert NAMED_IN_SCRIPTS.search(script)


def test_names_in_scripts_that_are_others_choice_are_let_be():
    script = (
        "const { done, total } = await x(); say(`it is done (${total})`); page.told(1);"
        "\nthis.done(x); if (this.kept === 1) asked(x); if (wanted === 1) x();"
    )
    assert not NAMED_IN_SCRIPTS.search(script)


def test_names_that_are_only_read_are_others_choice():
    code = "future.done()\nfound(1)\nf(found=1)\nfrom x import told\nx = 'many'  # found"
    assert [name for name, _ in bound_names(code)] == ["x"]


def test_the_name_of_a_class_means_one_thing():
    places = defaultdict(list)
    for package in PACKAGES:
        for path in () if package == "tests" else sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef):
                    places[node.name].append(path.relative_to(ROOT).as_posix())
    several = {name: files for name, files in places.items() if len(files) > 1}
    assert several.keys() == ALLOWED_CLASSES.keys(), several


def beginnings(text: str) -> Iterator[tuple[str, int]]:
    """The first word of every docstring, each with the line of what it describes."""
    described = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, described) and (words := (ast.get_docstring(node) or "").split()):
            yield words[0], getattr(node, "lineno", 1)


@pytest.mark.parametrize("package", [name for name in PACKAGES if name != "tests"])
def test_docstrings_begin_with_what_something_is_or_does(package):
    places = [
        (path.relative_to(ROOT).as_posix(), line)
        for path in sorted((ROOT / package).rglob("*.py"))
        for word, line in beginnings(path.read_text(encoding="utf-8"))
        if word in REFUSED_BEGINNINGS
    ]
    assert not places, "put the noun first (The number of each note, not Of each note the number)"


def test_the_beginning_of_every_docstring_is_seen():
    code = '"""Of a module."""\nclass A:\n "Those of a class."\n def f(self):\n  "By name."'
    assert [word for word, _ in beginnings(code)] == ["Of", "Those", "By"]
    assert list(beginnings("x = 1")) == []
