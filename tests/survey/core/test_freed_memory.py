"""Large blocks that were freed go back to the system."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from survey.core.freed_memory import give_back_large_blocks

# Prints how many MB the process takes more than before, once it has freed 180 MB.
SCRIPT = """
import os
from survey.core.freed_memory import give_back_large_blocks
def megabytes():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
give_back_large_blocks()
large = b"x" * 30_000_000
del large
before = megabytes()
blocks = [(b"x" * 3_000_000, b"x" * 5_000) for _ in range(60)]
small = [pair[1] for pair in blocks]
del blocks
print(megabytes() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps them")
def test_large_blocks_go_back_though_small_ones_stay_behind_them():
    output = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert float(output.stdout) < 20


def test_other_libraries_are_left_alone(monkeypatch):
    for error in (OSError, TypeError):

        def refuse(name, error=error):
            raise error

        monkeypatch.setattr("ctypes.CDLL", refuse)
        give_back_large_blocks()
    monkeypatch.setattr("ctypes.CDLL", lambda name: object())
    give_back_large_blocks()
