"""Worker processes: short work before long, newer before older; a dead worker is replaced."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from io import BytesIO
from pathlib import Path

import pytest

from demo.compute import jobs, messages, processes, worker
from demo.compute.cost import MEDIUM_SECONDS
from demo.compute.fork_server import ForkServer
from demo.compute.jobs import Dropped, Full, Job, Lane, WorkError
from demo.compute.messages import Kind, Request
from demo.compute.worker import Worker, _failure
from demo.compute.workers import Workers
from demo.editing.piece_session import PieceSession
from fadernets.music import examples, midi
from fadernets.playback.audio import rendering_prefix
from tests.fadernets import tiny

pytestmark = pytest.mark.server


def job(number: int, due: float, session: PieceSession | None = None) -> Job:
    return Job(due, number, "answer", session)


def test_cheap_work_overtakes_but_nothing_waits_for_ever():
    lane = Lane()
    for queued in (job(1, due=10 + 2 * 5.0), job(2, due=11 + 2 * 0.5), job(3, due=25 + 2 * 0.1)):
        lane.put(queued)
    assert [lane.take().number for _ in range(3)] == [2, 1, 3]
    lane.close()
    assert lane.take() is None


def test_dropped_work_is_not_taken_and_a_full_lane_says_so(monkeypatch):
    monkeypatch.setattr(jobs, "LONGEST_LANE", 2)
    lane, dropped = Lane(), job(1, 0)
    lane.put(dropped)
    lane.put(job(2, 1))
    with pytest.raises(Full, match="try again"):
        lane.put(job(3, 2))
    dropped.dropped = True
    lane.put(job(4, 3))
    assert [lane.take().number for _ in range(2)] == [2, 4]


def test_only_our_own_sentences_reach_the_visitor():
    def failure(call):
        try:
            call()
        except Exception as error:  # noqa: BLE001
            return _failure(error)

    assert failure(lambda: examples.load("none"))[0] == Kind.REFUSED
    kind, text = failure(lambda: json.loads("{secret"))
    assert kind == Kind.FAILED and "secret" not in text and text.startswith("JSONDecodeError at ")


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("temporary")))
        patch.setenv("FADERNETS_ADMIN_TOKEN", "0123456789abcdef")
        pool = Workers(short=1)
        pool.wait_until_ready()
        yield pool
        pool.close()


def kill(process: processes.WorkerProcess) -> None:
    os.kill(process._process.pid, signal.SIGKILL)


def values(session: PieceSession, **changes) -> dict:
    last = len(session.segments) - 1
    return {"number": 1, "piece": session.id, "first": 0, "last": last, "original": False} | changes


async def asking(workers, session, *, cost, key=None, **changes):
    edit = values(session, **changes)
    answer = workers.run("answer", edit, False, session=session, cost=cost, key=key)
    return json.loads(await answer)


def test_a_piece_goes_to_a_worker_once_and_stays_known(workers):
    session = PieceSession(tiny.piece(tiny.bars(2)))

    async def twice():
        first = await asking(workers, session, cost=0.1, rhythm=0.5)
        return first, await asking(workers, session, cost=0.1, rhythm=0.5)

    first, second = asyncio.run(twice())
    assert first["figures"] == second["figures"] and first["piece"] == session.id


def test_newer_work_drops_older_work_with_its_key(workers):
    session = PieceSession(tiny.piece(tiny.bars(30)))

    async def several():
        long = MEDIUM_SECONDS * 2
        moves = [asking(workers, session, cost=long, key="one", rhythm=i / 10) for i in range(5)]
        other_answer = asking(workers, session, cost=long, key="other", rhythm=0.9)
        return await asyncio.gather(*moves, other_answer, return_exceptions=True)

    *older, newest, other_answer = asyncio.run(several())
    assert all(isinstance(outcome, Dropped) for outcome in older)
    assert newest["number"] == other_answer["number"] == 1
    assert workers._latest == {}


def test_requests_that_come_in_another_order_do_not_drop_the_newest(workers):
    session = PieceSession(tiny.piece(tiny.bars(30)))

    async def out_of_order():
        moves = [
            workers.run(
                "answer",
                values(session, number=number, rhythm=number / 10),
                False,
                session=session,
                cost=MEDIUM_SECONDS * 2,
                key="k",
                order=number,
            )
            for number in (1, 3, 2)
        ]
        return await asyncio.gather(*moves, return_exceptions=True)

    first, newest, late = asyncio.run(out_of_order())
    assert isinstance(first, Dropped) and isinstance(late, Dropped)
    assert json.loads(newest)["number"] == 3


def test_what_cannot_be_done_is_one_sentence(workers):
    session = PieceSession(tiny.piece(tiny.bars(2)))
    with pytest.raises(WorkError, match="outside -1 to 1"):
        asyncio.run(asking(workers, session, cost=0.1, rhythm=7))
    with pytest.raises(WorkError, match="^This could not be worked out"):
        asyncio.run(workers.run("open_file", 5.5, cost=0.1))


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


def test_where_nothing_can_be_forked_the_process_becomes_a_worker():
    """As on macOS."""
    started = ForkServer(None, forks=False)
    worker = started.start(nice=0)
    try:
        messages.write(worker.requests, Request(1, "open_file", None, None, ("/none.mid",)))
        reply = messages.read(worker.replies)
        assert (reply.number, reply.kind) == (1, Kind.REFUSED)
        started.close()  # workers go on
        assert not worker.has_ended
        worker.requests.close()
        assert worker.wait(60)
    finally:
        worker.kill()
        worker.close()


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


def test_a_program_keeps_no_visitor_waiting_and_is_dropped_when_it_goes(workers, tmp_path):
    (tmp_path / "long.mid").write_bytes(midi.dump(tiny.piece(tiny.bars(800))))
    session = PieceSession(tiny.piece(tiny.bars(2)))
    programs = workers._processes[-2]

    async def beside():
        path, wish = str(tmp_path / "long.mid"), {"rhythm": 1.0}
        call = asyncio.ensure_future(
            workers.run("change", path, wish, cost=MEDIUM_SECONDS * 2, folder=tmp_path / "own")
        )
        while programs.job is None:
            await asyncio.sleep(0.01)
        await asking(workers, session, cost=MEDIUM_SECONDS * 2, rhythm=0.1)
        assert not call.done()
        call.cancel()
        began = time.monotonic()
        while programs.job is not None:
            await asyncio.sleep(0.01)
        return time.monotonic() - began

    print(f"dropped after {asyncio.run(asyncio.wait_for(beside(), 120)):.1f} s")
    assert not (tmp_path / "own").exists()


def test_a_worker_ends_with_its_server_in_the_midst_of_work(tmp_path):
    """It is told so by its pipe alone: a killed server cannot end it."""
    (tmp_path / "long.mid").write_bytes(midi.dump(tiny.piece(tiny.bars(800))))
    fork_server = ForkServer(None, True)
    forked = fork_server.start(0)
    try:
        folder = str(tmp_path / "own")
        arguments = (str(tmp_path / "long.mid"), {"rhythm": 1.0}, folder)
        messages.write(forked.requests, Request(1, "change", None, None, arguments))
        assert messages.read(forked.replies).kind == Kind.PROGRESS
        forked.requests.close()
        assert forked.wait(60)
    finally:
        forked.kill()
        forked.close()
        fork_server.close()


def test_a_worker_does_not_know_the_admin_s_token(workers):
    """It reads strangers' files."""
    wait_until(lambda: workers.are_ready)
    environment = Path(f"/proc/{workers._processes[0]._process.pid}/environ").read_bytes()
    assert b"GRADIO_TEMP_DIR=" in environment and b"FADERNETS_ADMIN_TOKEN=" not in environment


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


def test_workers_let_go_of_closed_pieces(workers):
    session = PieceSession(tiny.piece(tiny.bars(2)))
    asyncio.run(asking(workers, session, cost=0.1, rhythm=0.1))
    short = workers._processes[0]
    assert short._ask(job(-1, 0, session), with_session=False).kind != Kind.UNKNOWN
    workers.forget([session.id])
    wait_until(lambda: not short.closed_pieces)
    assert short._ask(job(-2, 0, session), with_session=False).kind == Kind.UNKNOWN


def test_a_worker_keeps_no_more_notes_than_it_may():
    keeper = Worker({}, BytesIO(), BytesIO())
    for number in range(5):
        keeper.sessions[str(number)] = PieceSession(tiny.piece(tiny.bars(2)))
    notes = len(keeper.sessions["0"].piece.notes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "NOTES_KEPT", 3 * notes)
        keeper._make_room()
        assert list(keeper.sessions) == ["2", "3", "4"]
        patch.setattr(worker, "NOTES_KEPT", 1)
        keeper._make_room()
        assert list(keeper.sessions) == ["4"]


def wait_until(condition, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_closing_ends_processes_and_waiting_work():
    workers = Workers(short=1)
    session = PieceSession(tiny.piece(tiny.bars(2)))

    async def close():
        waiting = [asyncio.ensure_future(asking(workers, session, cost=0.1)) for _ in range(3)]
        await asyncio.sleep(0.1)
        workers.close()
        return await asyncio.gather(*waiting, return_exceptions=True)

    began = time.monotonic()
    assert all(isinstance(outcome, WorkError) for outcome in asyncio.run(close()))
    for process in workers._processes:
        process.thread.join(30)
        assert process._process is None or process._process.has_ended
    assert time.monotonic() - began < 30


def test_a_model_that_is_not_there_is_one_sentence(tmp_path):
    workers = Workers(model=str(tmp_path), short=1)
    with pytest.raises(WorkError, match="no model named"):
        workers.wait_until_ready()
    workers.close()
