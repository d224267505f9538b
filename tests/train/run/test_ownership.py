"""A folder has one process at a time, which does not outlive the one that started it."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.train.conftest import ROOT
from train.run.ownership import owned

HOLDER = """
import sys, time
from pathlib import Path
from train.run.ownership import owned, when_orphaned
folder = Path(sys.argv[1])
over = []
with owned(folder):
    when_orphaned(lambda: over.append(True))
    (folder / "begun").touch()
    while not over:
        time.sleep(0.01)
    (folder / "saved").touch()
"""
STARTER = "import subprocess, sys; subprocess.run([sys.executable, '-c', *sys.argv[1:]])"


def wait_for(path, seconds=60):
    until = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < until, f"{path.name} did not come"
        time.sleep(0.02)


@pytest.mark.slow
def test_who_lost_the_process_that_started_it_ends_and_the_next_one_waits_for_it(tmp_path):
    starter = subprocess.Popen([sys.executable, "-c", STARTER, HOLDER, str(tmp_path)], cwd=ROOT)
    wait_for(tmp_path / "begun")
    with pytest.raises(ValueError, match="another process is training into"), owned(tmp_path, 0):
        pass
    assert not (tmp_path / "saved").exists()
    os.kill(starter.pid, signal.SIGKILL)
    starter.wait()
    with owned(tmp_path):
        assert (tmp_path / "saved").exists()


def test_a_folder_can_be_owned_again(tmp_path):
    for _ in range(2):
        with owned(tmp_path / "new", 0):
            assert (tmp_path / "new").is_dir()
