"""What the project says of itself: its requirements, and the settings of its Space."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from huggingface_hub import metadata_load
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("fadernets", "train", "demo", "survey", "db")
STARTED = {"midi2audio"}  # as a program
DRIVERS = {"psycopg"}  # SQLAlchemy imports it


def requirements() -> dict[str, Requirement]:
    """The lines of requirements.txt by canonical name."""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def imported() -> set[str]:
    """Canonical names of the installed packages that the project's own code imports."""
    modules = set()
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                modules.add(node.module.partition(".")[0])
    installed = packages_distributions()
    foreign = modules - set(sys.stdlib_module_names) - set(PACKAGES)
    return {canonicalize_name(installed[module][0]) for module in foreign}


def test_what_is_imported_is_required_and_nothing_else():
    assert imported() | STARTED | DRIVERS == set(requirements())


def test_requirements_name_no_place_to_get_them_from():
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        assert not re.search(r"https?:|@|^\s*-", text, flags=re.MULTILINE), name


def test_space_settings_match_the_project():
    space = metadata_load(ROOT / "README.md")
    assert space["sdk"] == "gradio"
    assert space["sdk_version"] in requirements()["gradio"].specifier
    assert (ROOT / space["app_file"]).is_file()
    assert len(space["short_description"]) <= 60  # longer ones are rejected
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"Programming Language :: Python :: {space['python_version']}" in project["classifiers"]
