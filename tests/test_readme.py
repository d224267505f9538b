"""The commands and code of the README and the pages work as printed."""

from __future__ import annotations

import ast
import re
import shlex
from importlib.util import find_spec
from pathlib import Path

import pytest

from fadernets.__main__ import main, parser
from fadernets.music import examples, midi
from fadernets.score import controllers
from fadernets.score.settings import PieceSettings

ROOT = Path(__file__).resolve().parents[1]
PAGES = {
    str(path.relative_to(ROOT)): path.read_text()
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("fadernets/**/*.md"))
}
ALL_PAGES = "\n".join(PAGES.values())
STARTED_BY_OTHERS = {
    "survey.building.child_process",
    "survey.phrases.child_process",
    "demo.app",
    "demo.compute.worker",
}


def commands_of(page: str) -> list[str]:
    """The arguments of each `fadernets` command that a page shows."""
    return re.findall(r"^(?:python -m )?fadernets (\w.+)$", PAGES[page], re.MULTILINE)


@pytest.fixture
def pieces(tmp_path, monkeypatch) -> Path:
    """A folder to work in, with the files that the pages name."""
    monkeypatch.chdir(tmp_path)
    for name, example in [("in", "prelude"), ("RHYTHM", "rag"), ("NOTES", "prelude")]:
        midi.write(examples.load(example), tmp_path / f"{name}.mid")
    (tmp_path / "IN.mid").write_bytes((tmp_path / "in.mid").read_bytes())
    piece = midi.read(tmp_path / "in.mid")
    carried = controllers.written(midi.file_bytes(piece), PieceSettings(arousal=0.5), piece)
    (tmp_path / "CURVES.mid").write_bytes(carried)
    return tmp_path


@pytest.mark.parametrize("line", commands_of("README.md") + commands_of("docs/usage.md"))
def test_command_is_understood(line):
    assert callable(parser().parse_args(shlex.split(line)).run)


@pytest.mark.slow
@pytest.mark.parametrize("line", commands_of("docs/usage.md"))
def test_command_works(line, pieces):
    assert main(shlex.split(line)) == 0
    for output in re.findall(r"OUT\.\w+", line):
        assert (pieces / output).stat().st_size


@pytest.mark.slow
def test_python(pieces):
    (code,) = re.findall(r"```python\n(.+?)```", PAGES["docs/usage.md"], re.DOTALL)
    exec(compile(code, "usage.md", "exec"), {})
    assert midi.read(pieces / "out.mid").length == midi.read(pieces / "in.mid").length


def test_links():
    for page, text in PAGES.items():
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
            assert (ROOT / page).parent.joinpath(link).exists(), f"{page} to {link}"


def test_links_to_headings():
    for page, text in PAGES.items():
        for file, heading in re.findall(r"\]\(([^):]*?)#([^)]+)\)", text):
            target = (ROOT / page).parent / file if file else ROOT / page
            headings = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)
            slugs = [re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-") for line in headings]
            assert heading in slugs, f"{page} to {file}#{heading}"


def test_what_pages_start_is_there():
    modules = set(
        re.findall(r"-m ((?:fadernets|train|survey|demo|db|benchmarks)[\w.]*\w)", ALL_PAGES)
    )
    assert [name for name in sorted(modules) if find_spec(name) is None] == []


def test_every_command_is_on_a_page():
    programs = set()
    for package in ("fadernets", "train", "survey", "demo", "db", "benchmarks"):
        for path in (ROOT / package).rglob("*.py"):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            if '__name__ == "__main__"' in path.read_text():
                programs.add(name.removesuffix(".__main__"))
    missing = {
        name for name in programs - STARTED_BY_OTHERS if not re.search(rf"{name}\b", ALL_PAGES)
    }
    assert missing == set()


@pytest.mark.slow
def test_every_variable_is_on_a_page():
    names = set()
    for package in ("fadernets", "train", "survey", "demo", "db"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    names |= set(re.findall(r"^FADERNETS_[A-Z_]+$", node.value))
    settings = PAGES["docs/settings.md"]
    assert {name for name in names if f"`{name}`" not in settings} == set()
