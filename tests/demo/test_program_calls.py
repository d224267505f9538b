"""Programs' calls with fake workers: sentences where they fail."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from gradio.context import LocalContext

from demo.compute import cost
from demo.compute.jobs import WorkError
from demo.compute.workers import FOR_PROGRAMS
from demo.guard import listeners
from demo.guard.blocks import Sentence
from demo.guard.listeners import Listeners
from demo.program_calls import ProgramCalls
from tests.demo.fakes import FakeFiles, FakeWorkers
from tests.demo.page_events import PAGE, VISITOR

PRICE = 0.4321


def calls(folder, is_full=False, **results) -> ProgramCalls:
    workers = FakeWorkers(price=PRICE, **results)
    return ProgramCalls(workers, FakeFiles(folder, is_full), Listeners())


def test_a_program_is_told_why_in_a_sentence(tmp_path):
    path = tmp_path / "a.mid"
    path.write_bytes(b"x")
    with pytest.raises(Sentence, match="Segment &lt;1&gt; is no music."):
        failing = calls(tmp_path, change=WorkError("segment <1> is no music"))
        asyncio.run(failing.change(str(path), {}))
    with pytest.raises(KeyError):  # a fault is no sentence; Gradio hides it
        asyncio.run(calls(tmp_path, change=KeyError("a")).change(str(path), {}))


def test_a_call_without_a_file_is_no_work(tmp_path):
    nothing = calls(tmp_path)
    with pytest.raises(Sentence, match="no MIDI file"):
        asyncio.run(nothing.change(None, {}))
    assert nothing.workers.calls == []


def test_nothing_is_made_for_a_full_folder(tmp_path):
    full = calls(tmp_path, is_full=True, change=("a.mid", {}))
    with pytest.raises(Sentence, match="no room"):
        asyncio.run(full.change("a.mid", {}))
    assert full.workers.calls == []


@pytest.mark.parametrize("task", FOR_PROGRAMS[1:])
def test_work_is_priced_first_by_what_the_files_hold(tmp_path, task):
    paths = [str(tmp_path / name) for name in ("a.mid", "b.mid")[: 1 + (task == "mix")]]
    for path in paths:
        Path(path).write_bytes(b"abcd")
    saving = calls(tmp_path, **{task: (paths[0], {"figures": 1})})
    values = {"seed": 1, "tracks": "1"}
    assert asyncio.run(saving.work(task, paths, values)) == (paths[0], {"figures": 1})
    assert saving.files.counted == [paths[0]]
    price, work = saving.workers.calls
    reading = sum(map(cost.of_reading, paths))
    assert price == ("price", (task, *paths, values), {"cost": reading, "visitor": None})
    options = {"cost": PRICE, "folder": saving.files.new_folder(), "visitor": None}
    assert work == (task, (*paths, values), options)


@pytest.fixture
def under_way() -> Iterator[SimpleNamespace]:
    """A call of a program as Gradio has it in its queue, beside that of somebody else."""
    call = SimpleNamespace(session_hash="mine", request=PAGE, enqueue_time=time.monotonic())
    neighbour = SimpleNamespace(client=SimpleNamespace(host="9.9.9.9"))
    other = SimpleNamespace(session_hash="other", request=neighbour, enqueue_time=0.0)
    queue = SimpleNamespace(event_ids_to_events={"7": call, None: other, "8": other})
    blocks = LocalContext.blocks.set(SimpleNamespace(_queue=queue))
    number = LocalContext.event_id.set("7")
    yield call
    LocalContext.event_id.reset(number)
    LocalContext.blocks.reset(blocks)


def test_work_and_files_of_a_call_are_its_callers(tmp_path, under_way):
    (tmp_path / "a.mid").write_bytes(b"x")
    path = str(tmp_path / "a.mid")
    working = calls(tmp_path, change=(path, {}))
    assert asyncio.run(working.change(path, {})) == (path, {})
    assert [options["visitor"] for _, _, options in working.workers.calls] == [VISITOR] * 2
    assert working.files.visitors == [VISITOR] * 2


def test_work_that_nobody_waits_for_is_given_up_with_a_sentence(tmp_path, under_way, monkeypatch):
    """A call is its own: that of a later one, which is heard, does not keep it going."""
    monkeypatch.setattr(listeners, "LOOK_SECONDS", 0.001)
    under_way.enqueue_time -= 1 + listeners.COLLECT_SECONDS
    waiting = calls(tmp_path)

    async def never(*_, **__):
        await asyncio.Event().wait()

    waiting.workers.run = never
    with (
        waiting.listeners.listening("other"),
        pytest.raises(Sentence, match=r"Nobody waited for the answer\. Please call again"),
    ):
        asyncio.run(waiting.change("a.mid", {}))


@pytest.mark.parametrize("missing", [LocalContext.event_id, LocalContext.blocks])
def test_without_a_call_in_the_queue_work_is_done_for_whoever_asked(tmp_path, under_way, missing):
    """And is not taken for that of another call."""
    missing.set(None)
    path = str(tmp_path / "a.mid")
    working = calls(tmp_path, change=(path, {}))
    assert asyncio.run(working.change(path, {})) == (path, {})
    assert working.files.visitors == [None, None]
