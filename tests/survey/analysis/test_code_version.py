"""What an analysis says that it was computed by: a commit, or a release."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fadernets import __version__
from survey.analysis import code_version
from survey.analysis.code_version import code_version as current_version


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that the code is in, for the time of a test."""
    monkeypatch.setattr(code_version, "ROOT", tmp_path)
    return tmp_path


def git(root: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    command = ["git", "-C", str(root), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_a_checkout_tells_its_commit_and_whether_files_differ_from_it(root: Path) -> None:
    git(root, "init", "--quiet")
    (root / "code.py").write_text("1\n")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "one")
    commit = git(root, "rev-parse", "HEAD")
    assert current_version() == commit and len(commit) >= 40
    (root / "code.py").write_text("2\n")
    assert current_version() == f"{commit}+changed"


def test_without_a_commit_it_is_the_release(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert current_version() == __version__
    git(root, "init", "--quiet")  # a checkout of no commit
    assert current_version() == __version__
    monkeypatch.setenv("PATH", str(root))  # where there is no git
    assert current_version() == __version__


def test_a_git_that_does_not_answer_is_not_waited_for(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / ".git").mkdir()

    def hang(command: list[str], timeout: float, **options: object) -> None:
        assert 0 < timeout <= 60
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(subprocess, "run", hang)
    assert current_version() == __version__
