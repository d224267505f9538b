"""What the project says of itself: its requirements, and the settings of its Space."""

from __future__ import annotations

import ast
import os
import re
import sys
import tomllib
from importlib import metadata
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from huggingface_hub import metadata_load
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("fadernets", "train", "demo", "survey", "db")
STARTED = {"midi2audio"}  # as a program
DRIVERS = {"psycopg"}  # SQLAlchemy imports it
TOOLS = {"pytest-timeout", "ruff"}  # of `make test`
GPU = re.compile(r"(nvidia|cuda|triton)\b")  # what a build of PyTorch may bring beside the lock
FILES = ("requirements.txt", "requirements-dev.txt", "requirements-audit.txt", "requirements.lock")


def requirements(file: str = "requirements.txt") -> dict[str, Requirement]:
    """The lines of a requirements file by canonical name."""
    lines = (ROOT / file).read_text().splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def locked() -> dict[str, str]:
    """The versions of requirements.lock by canonical name."""
    versions = {}
    for name, requirement in requirements("requirements.lock").items():
        (exact,) = requirement.specifier
        assert exact.operator == "==" and not Version(exact.version).local, str(requirement)
        versions[name] = exact.version
    return versions


def brought() -> set[str]:
    """Canonical names of all that requirements.txt brings, as far as it is installed."""
    found: set[str] = set()
    waiting = list(requirements().values())
    while waiting:
        requirement = waiting.pop()
        extras = ["", *requirement.extras]
        marker = requirement.marker
        name = canonicalize_name(requirement.name)
        if marker and not any(marker.evaluate({"extra": extra}) for extra in extras):
            continue
        if name in found and not requirement.extras:
            continue
        found.add(name)
        for line in metadata.requires(name) or []:
            needed = Requirement(line)
            if needed.marker is None or any(needed.marker.evaluate({"extra": e}) for e in extras):
                needed.marker = None
                waiting.append(needed)
    return {name for name in found if not GPU.match(name)}


def own(module: str) -> bool:
    """Whether a module lies in this repository."""
    return any((ROOT / place).exists() for place in (module, f"tests/{module}.py"))


def imported(*folders: str) -> set[str]:
    """Canonical names of the installed packages that the code in these folders imports."""
    modules = set()
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                modules.add(node.module.partition(".")[0])
    installed = packages_distributions()
    foreign = {module for module in modules - set(sys.stdlib_module_names) if not own(module)}
    return {canonicalize_name(installed[module][0]) for module in foreign}


def test_what_is_imported_is_required_and_nothing_else():
    assert imported(*PACKAGES) | STARTED | DRIVERS == set(requirements())


def test_what_tests_import_is_required_and_nothing_else():
    development = set(requirements("requirements-dev.txt"))
    assert development - imported("tests", "benchmarks") == TOOLS


@pytest.mark.parametrize("file", FILES)
def test_requirements_name_no_place_to_get_them_from(file):
    text = (ROOT / file).read_text()
    assert not re.search(r"https?:|@|^\s*-", text, flags=re.MULTILINE)


@pytest.mark.parametrize("file", [file for file in FILES if file.endswith(".txt")])
def test_no_next_major_version_comes_by_itself(file):
    for requirement in requirements(file).values():
        operators = {specifier.operator for specifier in requirement.specifier}
        assert ">=" in operators and operators & {"<", "<="}, str(requirement)


def test_the_lock_is_what_the_requirements_ask_for():
    versions = locked()
    for file in ("requirements.txt", "requirements-dev.txt"):
        for name, requirement in requirements(file).items():
            assert versions[name] in requirement.specifier, str(requirement)


def test_the_lock_names_all_that_is_brought():
    assert brought() <= set(locked())


@pytest.mark.skipif("CI" not in os.environ, reason="others may have what requirements.txt allows")
def test_what_is_tested_is_what_is_locked():
    installed = {name: metadata.version(name).partition("+")[0] for name in brought()}
    assert installed == {name: locked()[name] for name in installed}


def test_a_space_does_not_get_the_audit():
    assert not set(requirements("requirements-audit.txt")) & (brought() | set(locked()))


def test_space_settings_match_the_project():
    space = metadata_load(ROOT / "README.md")
    assert space["sdk"] == "gradio"
    assert space["sdk_version"] in requirements()["gradio"].specifier
    assert (ROOT / space["app_file"]).is_file()
    assert len(space["short_description"]) <= 60  # longer ones are rejected
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"Programming Language :: Python :: {space['python_version']}" in project["classifiers"]
