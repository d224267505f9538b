"""Programs' calls with fake workers: sentences where they fail."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from demo.compute import cost
from demo.compute.jobs import WorkError
from demo.compute.workers import FOR_PROGRAMS
from demo.guard.blocks import Sentence
from demo.guard.listeners import Listeners
from demo.program_calls import ProgramCalls
from tests.demo.fakes import FakeFiles, FakeWorkers

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
