"""`train.prepare` however it ends: nothing half-written, no process left behind."""

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from fadernets.music import midi
from tests.fadernets.tiny import bars, piece
from tests.train.conftest import ROOT, command


@pytest.fixture(scope="module")
def long(tmp_path_factory) -> Path:
    """A folder that takes a minute to prepare; its first file is soon found to be none."""
    folder = tmp_path_factory.mktemp("long")
    (folder / "0000.mid").write_text("not MIDI")
    (folder / "piece").write_bytes(midi.dump(piece(bars(40) * 10)))
    for number in range(1, 1500):
        (folder / f"{number:04}.mid").symlink_to("piece")
    return folder


OLD = b"what was prepared before"


@dataclass(frozen=True)
class Began:
    """A command under way that has said that it skipped the first file."""

    process: subprocess.Popen
    out: Path

    def ended(self, status: int) -> str:
        """What it still says until it and all its workers, which share its pipe, have ended."""
        try:
            _, errors = self.process.communicate(timeout=240)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise
        assert self.process.returncode == status, errors
        return errors


def begin(piano: Path, folder: Path) -> Began:
    out = folder / "segments.npz"
    out.write_bytes(OLD)
    process = subprocess.Popen(
        command("--piano", piano, "--out", out),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr.readline().startswith("skipped 0000.mid")
    return Began(process, out)


def untouched(out: Path) -> None:
    """Nothing lies in the output's folder but the file of before."""
    assert [path.name for path in out.parent.iterdir()] == [out.name]
    assert out.read_bytes() == OLD


def test_ctrl_c_ends_it_at_once_without_a_trace(long, tmp_path, interruptible):
    began = begin(long, tmp_path)
    os.killpg(began.process.pid, signal.SIGINT)  # as a terminal does, to workers too
    assert began.ended(130) == "train.prepare: interrupted\n"
    untouched(began.out)


def test_a_termination_ends_it_likewise(long, tmp_path):
    began = begin(long, tmp_path)
    began.process.terminate()
    assert began.ended(130) == "train.prepare: interrupted\n"
    untouched(began.out)


def test_workers_do_not_outlive_it_when_it_is_killed(long, tmp_path):
    began = begin(long, tmp_path)
    began.process.kill()
    began.ended(-signal.SIGKILL)
    untouched(began.out)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux to find the workers")
def test_the_death_of_a_worker_ends_it(long, tmp_path):
    began = begin(long, tmp_path)
    pid = began.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    (worker, *_) = (
        int(child)
        for child in children
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    )
    ignored = re.search(r"^SigIgn:\s*(\w+)$", Path(f"/proc/{worker}/status").read_text(), re.M)
    assert int(ignored[1], 16) >> signal.SIGINT - 1 & 1  # Ctrl-C is for the command, not for it
    os.kill(worker, signal.SIGKILL)
    errors = began.ended(1)
    assert "a worker was killed" in errors and len(errors.splitlines()) == 1
    untouched(began.out)


# Preparation as ever, but that a save takes a minute once all is written and nothing renamed.
SLOW = """
import runpy, sys, time
import numpy as np
real = np.savez_compressed
def slow(file, **arrays):
    real(file, **arrays)
    print("saving", flush=True)
    time.sleep(60)
np.savez_compressed = slow
sys.argv = ["prepare", *sys.argv[1:]]
runpy.run_module("train.prepare", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_while_it_saves(corpus, tmp_path, interruptible, number):
    out = tmp_path / "segments.npz"
    out.write_bytes(OLD)
    options = ["--piano", corpus.piano / "2004", "--out", out, "--workers", 1]
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, *map(str, options)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "saving\n"
        assert len(list(tmp_path.iterdir())) == 2
        process.send_signal(number)
        began = time.monotonic()
        _, errors = process.communicate(timeout=240)
        assert time.monotonic() - began < 100
    if number == signal.SIGKILL:  # cannot be caught: a hidden part stays, of no name in use
        (part,) = (path for path in tmp_path.iterdir() if path != out)
        assert part.name.startswith(".") and part.suffix == ".part"
        part.unlink()
    else:
        assert process.returncode == 130 and errors == "train.prepare: interrupted\n"
    untouched(out)
