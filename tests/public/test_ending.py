"""The server ends on a signal, whatever it has begun."""

from __future__ import annotations

import signal
import time

import pytest

from tests.public.ending import all_end, ends_soon
from tests.public.server import serving, starting


@pytest.mark.server
def test_it_ends_within_seconds_while_it_makes_its_first_study(tmp_path):
    with serving("space", tmp_path, study=False) as server:
        ends_soon(server, signal.SIGINT)


@pytest.mark.server
@pytest.mark.parametrize(("way", "after"), [("make-run", 0.0), ("space", 1.0)])
def test_it_ends_within_seconds_while_it_starts(way, after, tmp_path):
    """Counted from when its folder of uploads is there: before that nothing is open."""
    with starting(way, tmp_path) as server:
        until = time.monotonic() + 60
        while not list(server.temporary.glob("fadernets-*")):
            assert time.monotonic() < until
            time.sleep(0.02)
        time.sleep(after)
        workers = server.workers()
        began = time.monotonic()
        server.process.terminate()
        status = server.process.wait(timeout=30)
        print(f"ended after {time.monotonic() - began:.1f} s")
        assert status == 0
        assert time.monotonic() - began < 20
        assert "Traceback" not in server.log_text(), server.log_text()
        assert not list(server.temporary.glob("*")), list(server.temporary.rglob("*"))
        all_end(workers)
