"""What the project says of itself: its requirements, and the settings of its Space."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from email.parser import Parser
from functools import cache
from importlib import metadata
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from huggingface_hub import metadata_load
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import fadernets
from fadernets.music import examples, midi
from tools import space

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PACKAGES = ("fadernets", "train", "demo", "survey", "db")
STARTED = {"midi2audio"}  # as a program
DRIVERS = {"psycopg"}  # SQLAlchemy imports it
TOOLS = {"mypy", "pytest-timeout", "pytest-cov", "pytest-xdist", "ruff", "setuptools"}  # of `make`
MAX_REQUIREMENTS = 10  # of the bare package
OF_ASSISTANTS = {"mcp"}  # an extra that is not in `all`, and not on a Space
# What each extra is for: packages that run from a checkout, with those that they import.
EXTRAS = {"survey": ("survey", "db"), "demo": ("demo",), "train": ("train",), "mcp": ("demo",)}
GPU = re.compile(r"(nvidia|cuda|triton)\b")  # what a build of PyTorch may bring beside the lock
FILES = ("requirements.txt", "requirements-dev.txt", "requirements-audit.txt", "requirements.lock")


def requirements(file: str = "requirements.txt") -> dict[str, Requirement]:
    """The lines of a requirements file by canonical name."""
    lines = (ROOT / file).read_text().splitlines()
    parsed = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(requirement.name): requirement for requirement in parsed}


def requirements_of(lines: list[str]) -> dict[str, Requirement]:
    """Requirements by canonical name, each extra of our own replaced by what it brings."""
    by_name = {}
    for requirement in map(Requirement, lines):
        if requirement.name == PROJECT["name"]:
            for extra in requirement.extras:
                by_name |= requirements_of(PROJECT["optional-dependencies"][extra])
        else:
            by_name[canonicalize_name(requirement.name)] = requirement
    return by_name


def locked() -> dict[str, str]:
    """The versions of requirements.lock by canonical name."""
    versions = {}
    for name, requirement in requirements("requirements.lock").items():
        (exact,) = requirement.specifier
        assert exact.operator == "==" and not Version(exact.version).local, str(requirement)
        versions[name] = exact.version
    return versions


def brought(by: dict[str, Requirement] | None = None) -> set[str]:
    """Canonical names of all that requirements bring, as far as it is installed."""
    names: set[str] = set()
    waiting = list((requirements() if by is None else by).values())
    while waiting:
        requirement = waiting.pop()
        extras = ["", *requirement.extras]
        marker = requirement.marker
        name = canonicalize_name(requirement.name)
        if marker and not any(marker.evaluate({"extra": extra}) for extra in extras):
            continue
        if name in names and not requirement.extras:
            continue
        names.add(name)
        for line in metadata.requires(name) or []:
            needed = Requirement(line)
            if needed.marker is None or any(needed.marker.evaluate({"extra": e}) for e in extras):
                needed.marker = None
                waiting.append(needed)
    return {name for name in names if not GPU.match(name)}


def own(module: str) -> bool:
    """Whether a module lies in this repository."""
    return any((ROOT / place).exists() for place in (module, f"tests/{module}.py"))


@cache
def imported_modules(folder: str) -> set[str]:
    """Top-level names of what the code in this folder imports."""
    modules = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                modules.add(node.module.partition(".")[0])
    return modules


installed_packages = cache(packages_distributions)  # reads the files of all of them


def imported(*folders: str) -> set[str]:
    """Canonical names of the installed packages that the code in these folders imports."""
    modules = set().union(*map(imported_modules, folders))
    installed = installed_packages()
    foreign = {module for module in modules - set(sys.stdlib_module_names) if not own(module)}
    return {canonicalize_name(installed[module][0]) for module in foreign}


@pytest.mark.slow
def test_what_is_imported_is_required_and_nothing_else():
    assert imported(*PACKAGES) | STARTED | DRIVERS == set(requirements()) | OF_ASSISTANTS


@pytest.mark.slow
def test_what_tests_import_is_required_and_nothing_else():
    development = set(requirements("requirements-dev.txt"))
    assert development - imported("tests", "benchmarks") == TOOLS


def test_the_package_and_a_space_ask_for_the_same():
    package = requirements_of(PROJECT["dependencies"]) | requirements_of(["fadernets[all]"])
    assert {n: str(r) for n, r in package.items()} == {n: str(r) for n, r in requirements().items()}


def test_bounds_that_stand_twice_are_the_same():
    lines = [*PROJECT["dependencies"], *sum(PROJECT["optional-dependencies"].values(), [])]
    own_lines = {line for line in lines if Requirement(line).name != PROJECT["name"]}
    assert len({Requirement(line).name for line in own_lines}) == len(own_lines)


@pytest.mark.slow
def test_the_model_needs_what_it_imports_and_no_more():
    needed = set(requirements_of(PROJECT["dependencies"]))
    assert imported("fadernets") == needed | set(requirements_of(["fadernets[examples]"]))
    assert len(needed) <= MAX_REQUIREMENTS


@pytest.mark.slow
@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extra_brings_what_its_packages_import(extra):
    brings = requirements_of([f"fadernets[{extra}]"])
    needed = imported(*EXTRAS[extra]) - (OF_ASSISTANTS - {extra})
    assert needed <= set(requirements_of(PROJECT["dependencies"])) | set(brings)


@pytest.mark.slow
@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extra_brings_nothing_else(extra):
    own_lines = [
        line
        for line in PROJECT["optional-dependencies"][extra]
        if Requirement(line).name != PROJECT["name"]
    ]
    assert set(requirements_of(own_lines)) - DRIVERS <= imported(*EXTRAS[extra])


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


@pytest.mark.skipif(
    "FADERNETS_REQUIRE_ALL" not in os.environ, reason="others may have what requirements.txt allows"
)
def test_what_is_tested_is_what_is_locked():
    installed = {name: metadata.version(name).partition("+")[0] for name in brought()}
    assert installed == {name: locked()[name] for name in installed}


def test_a_space_does_not_get_the_audit():
    assert not set(requirements("requirements-audit.txt")) & (brought() | set(locked()))


def test_space_settings_match_the_project():
    card = metadata_load(ROOT / "README.md")
    assert card["sdk"] == "gradio"
    assert card["sdk_version"] in requirements()["gradio"].specifier
    assert (ROOT / card["app_file"]).is_file()
    assert len(card["short_description"]) <= 60  # longer ones are rejected
    assert f"Programming Language :: Python :: {card['python_version']}" in PROJECT["classifiers"]


def test_what_a_space_installs_beside_leaves_a_version_of_everything():
    """Its builder asks for Gradio with extras, whose bounds are not those of Gradio alone."""
    (gradio, *others) = map(Requirement, space.beside(ROOT))
    extras = [Requirement(line) for line in metadata.requires("gradio")]
    extras = [
        each
        for each in extras
        if each.marker is None or any(each.marker.evaluate({"extra": e}) for e in gradio.extras)
    ]
    assert {"mcp", "pydantic"} <= {each.name for each in extras}
    for other in (gradio, *others, *extras):
        if (name := canonicalize_name(other.name)) in (ours := requirements()):
            bounds = ours[name].specifier & other.specifier
            assert any(bound.version in bounds for bound in bounds), f"{ours[name]} and {other}"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The package as `pip install .` builds it, of the files that would be committed."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    for name in ("fadernets", "demo", "train"):
        (folder / name).symlink_to(ROOT / name)
    program = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
    command = [sys.executable, "-c", program, "dist"]
    built = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    (path,) = (folder / "dist").glob("*.whl")
    return path


@pytest.mark.slow
def test_the_wheel_has_the_model_and_nothing_else(wheel):
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    expected = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "fadernets").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert inside == expected
    assert {"fadernets/py.typed", "fadernets/pretrained/arranger/model.safetensors"} <= inside


@pytest.mark.slow
def test_the_wheel_says_what_it_is(wheel):
    archive = zipfile.ZipFile(wheel)
    (path,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    fields = Parser().parsestr(archive.read(path).decode())
    assert fields["Version"] == fadernets.__version__
    cards = (ROOT / "fadernets" / "pretrained").glob("*/README.md")
    licences = {metadata_load(card)["license"].upper() for card in cards}
    assert set(fields["License-Expression"].split(" AND ")) == {"MIT", *licences}
    texts = {name.partition("/licenses/")[2] for name in archive.namelist() if "/licenses/" in name}
    assert texts == {"LICENSE", "fadernets/assets/piano-fluidr3.LICENSE.txt"}


@pytest.fixture(scope="module")
def bare(wheel, tmp_path_factory) -> Path:
    """The programs of an environment with the wheel and what it requires, linked from here."""
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    for name in brought(requirements_of(PROJECT["dependencies"])):
        distribution = metadata.distribution(name)
        for top in {file.parts[0] for file in distribution.files} - {"..", "__pycache__"}:
            (packages / top).symlink_to(distribution.locate_file(top))
    install = [sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install"]
    subprocess.run([*install, "--quiet", "--no-deps", "--no-index", wheel], check=True)
    return folder / "bin"


@pytest.mark.slow
def test_the_command_is_there_with_what_the_package_requires_alone(bare, tmp_path):
    midi.write(examples.load("chorale"), tmp_path / "in.mid")

    def run(*command: str) -> str:
        process = subprocess.run(
            [bare / command[0], *command[1:]], cwd=tmp_path, capture_output=True, text=True
        )
        assert process.returncode == 0, process.stderr
        return process.stdout

    assert run("fadernets", "--version") == f"fadernets {fadernets.__version__}\n"
    run("fadernets", "slide", "in.mid", "out.mid", "--rhythm", "0.9", "--segments", "0:2")
    run("fadernets", "render", "out.mid", "out.wav")
    assert midi.read(tmp_path / "out.mid").length == midi.read(tmp_path / "in.mid").length
    program = """
import importlib, pkgutil, fadernets
for module in pkgutil.walk_packages(fadernets.__path__, "fadernets."):
    importlib.import_module(module.name)
try:
    fadernets.music.examples.load("rag")
except ModuleNotFoundError as error:
    assert "pip install 'fadernets[examples]'" in str(error), error
print(*dir(fadernets))
"""
    assert run("python", "-c", program).split() == dir(fadernets)


def test_the_package_shows_its_public_names():
    assert dir(fadernets) == sorted([*fadernets.__all__, "__version__"])
    assert all(getattr(fadernets, name) is not None for name in dir(fadernets))


def test_the_citation_is_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == fadernets.__version__
    assert citation["license"] == PROJECT["license"].split(" AND ")
    assert f"## {fadernets.__version__} - " in (ROOT / "CHANGELOG.md").read_text()
    assert (
        f"title     = {{{citation['preferred-citation']['title'].partition(':')[0]}"
        in (ROOT / "README.md").read_text()
    )


@pytest.mark.parametrize("form", sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml")))
def test_forms_for_issues_ask_everything_once(form):
    fields = yaml.safe_load(form.read_text())
    assert {"name", "description", "body"} <= set(fields)
    names = [part["id"] for part in fields["body"] if part["type"] != "markdown"]
    assert names and len(set(names)) == len(names)
    labels = [part["attributes"]["label"] for part in fields["body"] if part["type"] != "markdown"]
    assert all(labels)


def test_hooks_before_a_commit_are_those_of_make_test():
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert local["repo"] == "local"  # nothing is downloaded
    make = (ROOT / "Makefile").read_text()
    for hook in local["hooks"]:
        python, _, tool = hook["entry"].partition(" -m ")
        assert python == ".venv/bin/python"
        assert f"$(BIN)/python -m {' '.join(tool.split()[:2])}" in make
