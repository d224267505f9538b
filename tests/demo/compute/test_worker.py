"""The process that computes: what it says of failures, and what it keeps."""

from __future__ import annotations

import json
import subprocess
import sys
from io import BytesIO

import pytest

from demo.compute import worker
from demo.compute.messages import ReplyKind
from demo.compute.worker import Worker, _failure
from demo.editing.piece_session import PieceSession
from fadernets.music import examples
from tests.fadernets import tiny
from tests.public.server import ROOT


def test_only_our_own_sentences_reach_the_visitor():
    def failure(call):
        try:
            call()
        except Exception as error:  # noqa: BLE001
            return _failure(error)

    assert failure(lambda: examples.load("none"))[0] == ReplyKind.REFUSED
    kind, text = failure(lambda: json.loads("{secret"))
    assert (
        kind == ReplyKind.FAILED and "secret" not in text and text.startswith("JSONDecodeError at ")
    )


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


ALL_WORK = """
import sys, tempfile
from pathlib import Path
from benchmarks import prices
from benchmarks.pieces import priced_pieces
from demo.compute.worker import load_tasks
tasks = load_tasks(None)
loaded, kinds = set(sys.modules), sys.argv[1:]
with tempfile.TemporaryDirectory() as name:
    data = priced_pieces.piece(priced_pieces.tune(8), 32.0, tempo=7.0)  # four minutes and a half
    subject, made = prices.subject_of("tune", data, Path(name)), Path(name) / "made"
    made.mkdir()
    for kind in kinds:
        prices.seconds(tasks, subject, prices.KINDS[kind](subject), made)
print(*sorted(set(sys.modules) - loaded))
"""


@pytest.mark.slow
def test_what_work_needs_is_loaded_before_it_comes():
    """Else whoever hears a long piece first in a worker waits a second more, unpriced."""
    kinds = ("open", "one segment", "sound of a part", "OGG", "/mix", "/describe")
    command = [sys.executable, "-c", ALL_WORK, *kinds]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    assert process.stdout.strip() == "", process.stdout
