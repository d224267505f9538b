"""Continuous integration runs every test: one that is skipped there fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TESTS = """
import pytest

def test_skips():
    pytest.skip("no such program")

@pytest.mark.skipif(True, reason="another system")
def test_is_skipped(): ...

@pytest.mark.xfail
def test_fails_as_expected():
    assert False
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("required", "counts"),
    [(False, "2 skipped, 1 xfailed"), (True, "1 failed, 1 xfailed, 1 error")],
)
def test_what_is_skipped_fails_where_all_is_required(required, counts, tmp_path):
    path = tmp_path / "test_some.py"
    path.write_text(TESTS)
    env = {**os.environ, "PYTHONPATH": str(ROOT), "FADERNETS_REQUIRE_ALL": "1"}
    if not required:
        del env["FADERNETS_REQUIRE_ALL"]
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    process = subprocess.run(
        [*command, "--rootdir", tmp_path, path],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
    )
    assert counts in process.stdout and bool(process.returncode) is required, process.stdout
    assert not required or "no such program" in process.stdout
