"""Programs' calls with fake workers: sentences where they fail."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from demo.compute import cost
from demo.compute.jobs import WorkError
from demo.compute.workers import FOR_PROGRAMS
from demo.editing.piece_session import PieceSession
from demo.guard.blocks import Sentence
from demo.guard.listeners import Listeners
from demo.program_calls import ProgramCalls
from tests.demo.fakes import FakeFiles, FakeWorkers
from tests.fadernets import tiny

PIECE = PieceSession(tiny.piece(tiny.bars(4)))


def calls(folder, is_full=False, **results) -> ProgramCalls:
    workers = FakeWorkers(open_call=PIECE, **results)
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
def test_workers_open_a_file_first_and_learn_what_its_work_costs(tmp_path, task):
    path, donors = str(tmp_path / "a.mid"), [str(tmp_path / "b.mid")] * (task == "mix")
    for each in (path, *donors):
        Path(each).write_bytes(b"abcd")
    saving = calls(tmp_path, **{task: (path, {"figures": 1})})
    values = {"seed": 1, "tracks": "1"}
    answer = asyncio.run(saving.work(task, [path, *donors], values))
    assert answer == (path, {"figures": 1}) and saving.files.counted == [path]
    opening, work, end = saving.workers.calls
    price = sum(map(cost.of_opening, [path, *donors]))
    assert opening == ("open_call", (path, "1"), {"cost": price, "visitor": None})
    price = cost.of_call(task, PIECE, values, *donors)
    options = {"cost": price, "folder": saving.files.new_folder(), "visitor": None}
    assert work == (task, (*donors, values), {**options, "session": PIECE})
    assert end == ("forget", (PIECE.id,), {})


def test_what_a_file_was_opened_for_is_let_go_of_if_the_work_fails(tmp_path):
    (tmp_path / "a.mid").write_bytes(b"x")
    failing = calls(tmp_path, change=WorkError("no"))
    with pytest.raises(Sentence):
        asyncio.run(failing.change(str(tmp_path / "a.mid"), {}))
    assert failing.workers.calls[-1] == ("forget", (PIECE.id,), {})
