"""Workers that die or hang: the work is done by another, and nothing of theirs stays."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from demo.compute import processes
from demo.compute.cost import MEDIUM_SECONDS
from demo.compute.jobs import WorkError
from demo.editing.piece_session import PieceSession
from fadernets.playback.audio import rendering_prefix
from tests.demo.compute.asking import asking, values
from tests.fadernets import tiny
from tests.waiting import wait_until

pytestmark = pytest.mark.server


def kill(process: processes.WorkerProcess) -> None:
    with suppress(ProcessLookupError):  # it ended in the test before, which nobody noticed yet
        os.kill(process._process.pid, signal.SIGKILL)


def test_a_worker_that_dies_or_hangs_is_replaced(workers, monkeypatch):
    session = PieceSession(tiny.piece(tiny.bars(2)))
    os.kill(workers._processes[0]._process.pid, signal.SIGSTOP)  # as good as hung
    monkeypatch.setattr(processes, "JOB_SECONDS", 1.0)
    with pytest.raises(WorkError, match="try again"):
        asyncio.run(asking(workers, session, cost=0.1, rhythm=0.1))
    monkeypatch.setattr(processes, "JOB_SECONDS", 200.0)
    assert asyncio.run(asking(workers, session, cost=0.1, rhythm=0.1))["number"] == 1
    assert workers.are_ready


def test_work_is_done_although_its_worker_is_killed(workers):
    """Another worker takes it over, once."""
    session = PieceSession(tiny.piece(tiny.bars(60)))
    long = workers._processes[-1]

    async def killed():
        work = asyncio.ensure_future(asking(workers, session, cost=MEDIUM_SECONDS * 2, rhythm=0.7))
        while long.job is None:
            await asyncio.sleep(0.01)
        kill(long)
        return await work

    assert asyncio.run(killed())["number"] == 1


def test_a_worker_comes_although_what_it_is_forked_from_is_killed(workers):
    wait_until(lambda: workers.are_ready)
    short, (fork_server,) = workers._processes[0], workers._fork_servers
    fork_server._process.kill()
    dead = short._process
    kill(short)
    wait_until(lambda: short._process is not dead and short.is_ready)
    session = PieceSession(tiny.piece(tiny.bars(2)))
    assert asyncio.run(asking(workers, session, cost=0.1, rhythm=0.1))["number"] == 1


@pytest.mark.parametrize("deaths", [1, 2])
def test_half_a_file_goes_with_the_process_that_wrote_it(workers, tmp_path, deaths):
    """It is removed at once; another process makes the file from the beginning."""
    session = PieceSession(tiny.piece(tiny.bars(2_000)))
    long, folder = workers._processes[-1], tmp_path / "own"
    wish = values(session, kind="wav", scope="piece")

    async def killed():
        work = asyncio.ensure_future(
            workers.run("save", wish, session=session, cost=MEDIUM_SECONDS * 2, folder=folder)
        )
        for _ in range(deaths):
            while not any(path.stat().st_size > 100_000 for path in tmp_path.rglob("*.wav")):
                await asyncio.sleep(0.01)
            kill(long)
            while folder.exists():
                await asyncio.sleep(0.01)
        return work

    async def save():
        work = await killed()
        if deaths == 2:
            with pytest.raises(WorkError, match="try again"):
                await work
            return
        while not list(tmp_path.rglob("*.wav")):
            await asyncio.sleep(0.01)
        work.cancel()

    asyncio.run(asyncio.wait_for(save(), 120))
    wait_until(lambda: not folder.exists())  # given up, it goes, too


def test_a_rendering_ends_with_the_process_that_started_it(workers, tmp_path):
    """A long sound's synthesiser is a process, too; it writes into the server's own folder."""
    wait_until(lambda: workers.are_ready)
    long, temporary = workers._processes[-1], Path(os.environ["GRADIO_TEMP_DIR"])
    session = PieceSession(tiny.piece(tiny.bars(2_000)))
    wish = values(session, kind="wav", scope="piece")
    begins = f"{temporary}/{rendering_prefix(long._process.pid)}"

    def synthesisers():
        """Numbers of the processes that write into a folder of the worker's."""
        return [path.parent.name for path in Path("/proc").glob("[0-9]*/cmdline")
                if begins in _text(path)]  # fmt: skip

    async def save():
        work = asyncio.ensure_future(
            workers.run(
                "save", wish, session=session, cost=MEDIUM_SECONDS * 2, folder=tmp_path / "own"
            )
        )
        while not synthesisers():
            await asyncio.sleep(0.005)
        kill(long)
        while synthesisers() or list(temporary.glob(f"{Path(begins).name}*")):
            await asyncio.sleep(0.01)
        work.cancel()

    asyncio.run(asyncio.wait_for(save(), 120))


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # the process has ended meanwhile
        return ""


def test_a_worker_that_dies_with_nothing_to_do_is_replaced(workers):
    """Without a request: a server that a load balancer left out gets no request."""
    wait_until(lambda: workers.are_ready)
    dead = {process._process for process in workers._processes}
    for process in workers._processes:
        kill(process)
    assert all(process.wait(60) for process in dead)
    # Each is noticed when its own turn comes, so all are ready again between two of them.
    wait_until(lambda: not {process._process for process in workers._processes} & dead)
    wait_until(lambda: workers.are_ready)
