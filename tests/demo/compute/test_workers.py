"""Worker processes: short work before long, newer before older; a dead worker is replaced."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest

from demo.compute.cost import MEDIUM_SECONDS
from demo.compute.jobs import Dropped, WorkError
from demo.compute.messages import ReplyKind
from demo.compute.workers import Workers
from demo.editing.piece_session import PieceSession
from fadernets.music import midi
from tests.demo.compute.asking import asking, job, values
from tests.fadernets import tiny
from tests.waiting import wait_until

pytestmark = pytest.mark.server


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


def test_sound_does_not_wait_for_the_notes_it_was_asked_for_with(workers):
    """Nor are notes that come a moment later its end: they belong to the same move."""
    session = PieceSession(tiny.piece(tiny.bars(60)))
    sound = values(session, first=0, last=59, rhythm=0.5, chunk=0, gain=1.0)

    async def both():
        ask = workers.run("answer", sound, session=session, cost=MEDIUM_SECONDS, key="ask", order=2)
        notes = asyncio.ensure_future(ask)
        await asyncio.sleep(0.05)  # under way
        hear = workers.run("hear", sound, session=session, cost=MEDIUM_SECONDS, key="hear", order=2)
        first = asyncio.ensure_future(hear)
        again = workers.run(
            "save", {}, session=session, cost=0.1, key="a", order=2, replaces=["hear"]
        )
        with pytest.raises(WorkError):
            await again
        heard = json.loads(await first)
        is_first = not notes.done()
        older = workers.run("hear", sound, session=session, cost=1.0, key="hear", order=2)
        dropped = asyncio.ensure_future(older)
        await asyncio.sleep(0)
        newer = workers.run(
            "answer", sound, session=session, cost=0.1, key="x", order=3, replaces=["hear"]
        )
        await newer
        with pytest.raises(Dropped):
            await dropped
        await notes
        return heard, is_first

    heard, is_first = asyncio.run(both())
    assert heard["chunk"] == 0 and heard["sound"]["result"]
    assert is_first


def test_work_says_how_far_it_is_and_can_be_given_up(workers):
    session = PieceSession(tiny.piece(tiny.bars(300)))
    edit = values(session, rhythm=0.5)

    async def given_up():
        assert workers.progress("k") is None
        work = workers.run(
            "answer", edit, session=session, cost=MEDIUM_SECONDS * 2, key="k", order=4
        )
        job = asyncio.ensure_future(work)
        while (progress := workers.progress("k")) is None:
            await asyncio.sleep(0.01)
        workers.give_up("k", order=3)  # of an older move: nothing
        workers.give_up("other", order=9)
        await asyncio.sleep(0.05)
        assert not job.done() or job.exception() is None
        workers.give_up("k", order=4)
        with pytest.raises(Dropped):
            await job
        assert workers.progress("k") is None
        return progress

    order, (count, total) = asyncio.run(given_up())
    assert order == 4 and 0 <= count < total == 300


def test_requests_that_come_in_another_order_do_not_drop_the_newest(workers):
    session = PieceSession(tiny.piece(tiny.bars(30)))

    async def out_of_order():
        moves = [
            workers.run(
                "answer",
                values(session, number=number, rhythm=number / 10),
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


def test_a_worker_does_not_know_the_admin_s_token(workers):
    """It reads strangers' files."""
    wait_until(lambda: workers.are_ready)
    environment = Path(f"/proc/{workers._processes[0]._process.pid}/environ").read_bytes()
    assert b"GRADIO_TEMP_DIR=" in environment and b"FADERNETS_ADMIN_TOKEN=" not in environment


def test_workers_let_go_of_closed_pieces(workers):
    session = PieceSession(tiny.piece(tiny.bars(2)))
    asyncio.run(asking(workers, session, cost=0.1, rhythm=0.1))
    short = workers._processes[0]
    assert short._ask(job(-1, 0, session), with_session=False).kind != ReplyKind.UNKNOWN
    workers.forget([session.id])
    wait_until(lambda: not short.closed_pieces)
    assert short._ask(job(-2, 0, session), with_session=False).kind == ReplyKind.UNKNOWN


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
