"""What the README shows works as it stands there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from fadernets.__main__ import main
from fadernets.music import examples, midi

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()


@pytest.fixture
def pieces(tmp_path, monkeypatch) -> Path:
    """A folder to work in, with the files that the README names."""
    monkeypatch.chdir(tmp_path)
    for name, example in [("in", "prelude"), ("RHYTHM", "rag"), ("NOTES", "prelude")]:
        midi.write(examples.load(example), tmp_path / f"{name}.mid")
    (tmp_path / "IN.mid").write_bytes((tmp_path / "in.mid").read_bytes())
    return tmp_path


@pytest.mark.parametrize("line", re.findall(r"^python -m fadernets (.+)$", README, re.MULTILINE))
def test_command(line, pieces):
    assert main(shlex.split(line)) == 0
    for output in re.findall(r"OUT\.\w+", line):
        assert (pieces / output).stat().st_size


def test_python(pieces):
    (code,) = re.findall(r"```python\n(.+?)```", README, re.DOTALL)
    exec(compile(code, "README.md", "exec"), {})
    assert midi.read(pieces / "out.mid").length == midi.read(pieces / "in.mid").length


@pytest.mark.parametrize("link", re.findall(r"\]\((?!https?:|#)([^)#]+)", README))
def test_link(link):
    assert (ROOT / link).exists()
