"""The rooms of docs/architecture.md: imports point one way, and no room is crowded."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("db", "fadernets", "survey", "train", "demo", "benchmarks")
MAX_TOP_MODULES = 20  # of one package
# A package may import those before it, and nothing else of ours.
MAY_IMPORT = {
    "db": set(),
    "fadernets": set(),
    "survey": {"db", "fadernets"},
    "train": {"fadernets"},
    "demo": {"survey", "fadernets"},
    "benchmarks": {"db", "fadernets", "survey", "train", "demo"},
}
# Within a package a room may import the rooms before it; what lies at the top may import them all.
ROOMS = {
    "fadernets": ("music", "expression", "compute", "models", "decoding", "discriminator",
        "arranger", "playback"),
    "survey": (
        "core", "ratings", "statistics", "analysis", "comparisons", "designs", "planning",
        "records", "publishing", "journal", "building", "phrases", "participant", "admin",
    ),
    "train": ("metrics", "data", "reporting", "evaluation", "run", "figures"),
    "demo": ("pianoroll", "guard", "editing", "compute"),
    "benchmarks": ("measuring", "pieces", "model", "survey", "public"),
}  # fmt: skip
ABOVE = {"fadernets/command_line", "fadernets/score"}  # rooms that use the top of its package
# `fadernets` is a library: of its top these stand below their users in its rooms.
IMPORTABLE_BY_ALL = {
    *("fadernets.command_line", "fadernets.command_line.arguments", "fadernets.atomic_file"),
    *("survey", "train", "fadernets"),
}


def modules() -> dict[str, Path]:
    """Every module of ours by its dotted name."""
    modules_by_name = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            modules_by_name[name.removesuffix(".__init__")] = path
    return modules_by_name


MODULES = modules()


def imported(path: Path) -> Iterator[str]:
    """Modules of ours that a module imports, at its top or in a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in MODULES else node.module for name in inner]
        else:
            continue
        yield from (name for name in names if name in MODULES)


@cache
def all_imports() -> dict[str, list[str]]:
    """What each module of ours imports of ours."""
    return {name: sorted(set(imported(path)) - {name}) for name, path in MODULES.items()}


def room(module: str) -> str | None:
    """The room of a package that a module lies in; None at its top."""
    package, *rooms = module.split(".")
    return rooms[0] if rooms and rooms[0] in ROOMS.get(package, ()) else None


@pytest.mark.slow
def test_no_import_comes_back_to_where_it_began():
    try:
        list(TopologicalSorter(all_imports()).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_packages_import_only_those_below_them():
    violations = [
        f"{module} imports {imported_module}"
        for module, imports in all_imports().items()
        for imported_module in imports
        if (a := module.split(".")[0]) != (b := imported_module.split(".")[0])
        and b not in MAY_IMPORT[a]
    ]
    assert violations == []


def test_rooms_import_only_those_before_them():
    violations = []
    for module, imports in all_imports().items():
        package, own_room = module.split(".")[0], room(module)
        for imported_module in imports:
            if (
                own_room is None
                or imported_module.split(".")[0] != package
                or imported_module in IMPORTABLE_BY_ALL
            ):
                continue
            imported_room, order = room(imported_module), ROOMS[package]
            if imported_room is None or order.index(imported_room) > order.index(own_room):
                violations.append(f"{module} imports {imported_module}")
    assert violations == []


def test_no_room_is_crowded():
    for package in {path.parent for path in MODULES.values()}:
        if package != ROOT / "benchmarks":  # whose top has a command for each thing measured
            assert len(list(package.glob("[a-z]*.py"))) <= MAX_TOP_MODULES, package


def test_at_the_top_of_benchmarks_lie_commands_alone():
    commands = {path.name: path.read_text() for path in (ROOT / "benchmarks").glob("*.py")}
    assert [name for name, text in commands.items() if '__name__ == "__main__"' not in text] == []


PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def paragraphs() -> dict[str, str]:
    """What the page says of each package, and of each of its rooms, by their folders."""
    texts = {}
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]:
        head, *rooms = re.split(r"^- `", section, flags=re.MULTILINE)
        package = re.match(r"`(\w+)`", head)
        if package:
            texts[package[1]] = head
            texts |= {room.partition("/`")[0]: room for room in rooms}
    return texts


def test_the_page_on_architecture_names_every_room():
    texts = paragraphs()
    rooms = {f"{package}/{name}" for package, names in ROOMS.items() for name in names}
    assert texts.keys() == set(PACKAGES) | rooms | ABOVE


def test_the_page_on_architecture_names_every_module_where_it_lies():
    modules = {
        name if "/" in name else f"{folder}/{name}"
        for folder, text in paragraphs().items()
        for name in re.findall(r"`([\w/]+\.py)`", text)
    }
    present = set()
    for path in MODULES.values():
        package, *folders, name = path.relative_to(ROOT).parts
        is_migration = folders == ["migrations", "versions"]
        if name != "__init__.py" and not is_migration:
            present.add("/".join([package, *folders[:1], name]))
    assert modules == present


def test_the_page_on_architecture_names_every_tool():
    text = PAGE.partition("- `tools/`")[2].partition("\n- `")[0]
    names = set(re.findall(r"`(\w+\.\w+)`", text))
    assert names == {path.name for path in (ROOT / "tools").iterdir() if path.is_file()}


def test_every_file_that_the_page_on_architecture_follows_is_there():
    paths = set(re.findall(r"`(\w+(?:/\w+)+\.\w+)`", PAGE))
    assert len(paths) > 30
    assert [path for path in sorted(paths) if not (ROOT / path).is_file()] == []
