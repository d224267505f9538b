"""What workers are forked from, and what becomes of them when it or the server goes."""

from __future__ import annotations

import pytest

from demo.compute import messages
from demo.compute.fork_server import ForkServer
from demo.compute.messages import ReplyKind, Request
from fadernets.music import midi
from tests.fadernets import tiny

pytestmark = pytest.mark.server


def test_where_nothing_can_be_forked_the_process_becomes_a_worker():
    """As on macOS."""
    started = ForkServer(None, forks=False)
    worker = started.start(nice=0)
    try:
        messages.write(worker.requests, Request(1, "open_file", None, None, ("/none.mid",)))
        reply = messages.read(worker.replies)
        assert (reply.number, reply.kind) == (1, ReplyKind.REFUSED)
        started.close()  # workers go on
        assert not worker.has_ended
        worker.requests.close()
        assert worker.wait(60)
    finally:
        worker.kill()
        worker.close()


def test_a_worker_ends_with_its_server_in_the_midst_of_work(tmp_path):
    """It is told so by its pipe alone: a killed server cannot end it."""
    (tmp_path / "long.mid").write_bytes(midi.dump(tiny.piece(tiny.bars(800))))
    fork_server = ForkServer(None, True)
    forked = fork_server.start(0)
    try:
        folder = str(tmp_path / "own")
        arguments = (str(tmp_path / "long.mid"), {"rhythm": 1.0}, folder)
        messages.write(forked.requests, Request(1, "change", None, None, arguments))
        assert messages.read(forked.replies).kind == ReplyKind.PROGRESS
        forked.requests.close()
        assert forked.wait(60)
    finally:
        forked.kill()
        forked.close()
        fork_server.close()
