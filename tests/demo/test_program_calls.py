"""Programs' calls with fake workers: sentences where they fail."""

from __future__ import annotations

import asyncio

import pytest

from demo.compute import cost
from demo.compute.jobs import WorkError
from demo.guard.blocks import Sentence
from demo.guard.listeners import Listeners
from demo.program_calls import ProgramCalls
from tests.demo.fakes import FakeFiles, FakeWorkers


def calls(folder, is_full=False, **results) -> ProgramCalls:
    return ProgramCalls(FakeWorkers(**results), FakeFiles(folder, is_full), Listeners())


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


def test_workers_learn_where_a_file_goes_and_what_it_costs(tmp_path):
    path = str(tmp_path / "a.mid")
    (tmp_path / "a.mid").write_bytes(b"abcd")
    saving = calls(tmp_path, change=(path, {"figures": 1}))
    assert asyncio.run(saving.change(path, {"note": 1.0})) == (path, {"figures": 1})
    options = {"cost": cost.of_file(path), "folder": saving.files.new_folder(), "visitor": None}
    assert saving.workers.calls == [("change", (path, {"note": 1.0}), options)]
    assert saving.files.counted == [4]
