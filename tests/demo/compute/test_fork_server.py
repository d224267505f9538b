"""What workers are forked from, and what becomes of them when it or the server goes."""

from __future__ import annotations

import runpy

import pytest

from demo.compute import messages
from demo.compute.fork_server import ForkServer
from demo.compute.jobs import WorkError
from demo.compute.messages import ReplyKind, Request
from fadernets.music import midi
from tests.fadernets import tiny

pytestmark = pytest.mark.server


@pytest.fixture
def without_posix(monkeypatch, root):
    """This process, and those that it starts, lack what Windows lacks."""
    folder = root / "tests" / "without_posix"
    for module, names in runpy.run_path(str(folder / "missing.py"))["MISSING"].items():
        for name in names:
            monkeypatch.delattr(module, name)
    monkeypatch.setenv("PYTHONPATH", str(folder))


@pytest.mark.usefixtures("without_posix")
def test_where_nothing_can_be_forked_each_worker_loads_the_model_itself():
    started = ForkServer(None, forks=False)
    workers = [started.start(nice=0) for _ in range(2)]
    try:
        for worker in workers:
            messages.write(worker.requests, Request(1, "open_file", None, None, ("/none.mid",)))
            reply = messages.read(worker.replies)
            assert (reply.number, reply.kind) == (1, ReplyKind.REFUSED)
        started.close()  # workers go on
        assert not any(worker.has_ended for worker in workers)
        workers[0].requests.close()
        assert workers[0].wait(60)
        assert not workers[1].has_ended
        workers[1].kill()
        assert workers[1].wait(60)
        with pytest.raises(OSError, match="the server stops"):
            started.start(nice=0)
    finally:
        for worker in workers:
            worker.kill()
            worker.close()


def test_where_nothing_can_be_forked_a_missing_model_is_told(tmp_path):
    started = ForkServer(str(tmp_path / "none"), forks=False)
    with pytest.raises(WorkError, match="none"):
        started.start(nice=0)
    started.close()


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
