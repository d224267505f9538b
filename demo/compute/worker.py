"""The process that computes: ``python -m demo.compute.worker``, started by `demo.compute.workers`.

It reads requests from its standard input and writes replies to its standard output. It keeps the
pieces it was asked about last, with what was worked out about them, so that the next move of a
fader starts from there.

Request: ``(number, task, id of a piece or None, the piece or None, arguments)``, ``("stop",
number)`` to give one up, or ``("forget", ids)`` of pieces that were closed.
Reply: ``(number, kind, value)``.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import signal
import sys
import threading
import traceback
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from demo.compute import frames
from survey.core.process_end import run

READY, PROGRESS, DONE, SAID, FAILED, UNKNOWN, STOPPED = (
    "ready",
    "progress",
    "done",
    "said",
    "failed",
    "unknown",
    "stopped",
)
KEPT_NOTES = 500_000  # of the pieces kept, some 100 bytes each with what is worked out
KEPT_PIECES = 100  # with 50 visitors, 8 meant working out most of it again
PACKAGES = tuple(str(Path(__file__).resolve().parents[2] / name) for name in ("demo", "fadernets"))
log = logging.getLogger(__name__)


class Stopped(Exception):
    """Nobody waits for this work any more."""


class Worker:
    """Answers requests one by one, until its input ends.

    Parameters
    ----------
    model : str or None
        Name or folder of the model.
    requests, replies : binary files
    """

    def __init__(self, model: str | None, requests: IO[bytes], replies: IO[bytes]) -> None:
        self.requests, self.replies = requests, replies
        self.waiting: queue.SimpleQueue[tuple | None] = queue.SimpleQueue()
        self.stopped: int | None = None
        self.number = 0
        self.pieces: OrderedDict[str, Any] = OrderedDict()
        self.tasks = _tasks(model)

    def run(self) -> None:
        """Answer until nobody asks any more."""
        threading.Thread(target=self._listen, daemon=True).start()
        self._reply(READY, None)
        while (request := self.waiting.get()) is not None:
            if request[0] == "forget":
                for name in request[1]:
                    self.pieces.pop(name, None)
                continue
            self.number, task, name, piece, arguments = request
            self._reply(*self._answer(task, name, piece, arguments))

    def progress(self, done: int, total: int) -> None:
        """Say how far the work is; raises `Stopped` if nobody waits for it."""
        if self.stopped == self.number:
            raise Stopped
        self._reply(PROGRESS, (done, total))

    def _listen(self) -> None:
        try:
            while True:
                request = frames.read(self.requests)
                if request[0] == "stop":
                    self.stopped = request[1]
                else:
                    self.waiting.put(request)
        except EOFError:
            self.stopped = self.number
            self.waiting.put(None)

    def _answer(self, task: str, name: str | None, piece: Any, arguments: tuple) -> tuple[str, Any]:
        if piece is not None:
            self.pieces[piece.id] = piece
        if name is not None:
            if name not in self.pieces:
                return UNKNOWN, None
            self.pieces.move_to_end(name)
            self.pieces[name].progress = self.progress
            arguments = (self.pieces[name], *arguments)
        self._make_room()
        try:
            return DONE, self.tasks[task](*arguments)
        except Stopped:
            return STOPPED, None
        except Exception as error:  # noqa: BLE001 - the worker lives on, whatever it is
            return _failure(error)

    def _make_room(self) -> None:
        """Let go of the pieces used longest ago, but for the last."""
        notes = sum(len(piece.piece.notes) for piece in self.pieces.values())
        while len(self.pieces) > 1 and (len(self.pieces) > KEPT_PIECES or notes > KEPT_NOTES):
            _, piece = self.pieces.popitem(last=False)
            notes -= len(piece.piece.notes)

    def _reply(self, kind: str, value: Any) -> None:
        frames.write(self.replies, (self.number, kind, value))


def _failure(error: Exception) -> tuple[str, str]:
    """A sentence for the visitor if our own code raised one, else where it happened, for the log.

    A `ValueError` from a library may hold paths and values, so it is no sentence for anybody.
    """
    last = traceback.extract_tb(error.__traceback__)[-1]
    ours = last.filename.startswith(PACKAGES)
    if ours and isinstance(error, (ValueError, RuntimeError)) and str(error):
        return SAID, str(error)
    return FAILED, f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"


def _tasks(model: str | None) -> dict[str, Callable]:
    """What can be asked of a worker; what is about a piece takes it first."""
    import torch

    from demo.compute.warm import warm_up
    from demo.editing import endpoints, service
    from demo.editing.piece_session import open_example, open_file
    from fadernets.net import FaderNet

    # Threads that share one visitor's work wait for each other when the cores are busy.
    torch.set_num_threads(1)
    net = FaderNet.load(model)
    warm_up(net)

    def opened(study):
        return study, json.dumps(service.piece_message(study))

    return {
        "open_example": lambda key: opened(open_example(key)),
        "open_file": lambda path: opened(open_file(path)),
        # As JSON already: a long answer would keep the server itself busy.
        "answer": lambda study, values, hear: json.dumps(
            service.answer(net, study, values, hear=hear)
        ),
        "save": lambda study, values, folder: service.save(net, study, values, folder),
        "change": lambda path, values, folder: endpoints.change(net, path, values, folder),
    }


def main() -> int:
    """Work until the server ends; 2 with one sentence if the model cannot be loaded."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the whole group: the server acts
    nice = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    if nice and hasattr(os, "nice"):
        os.nice(nice)
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is not a reply
    from fadernets.checkpoint import CheckpointError

    try:
        worker = Worker(os.environ.get("FADERNETS_MODEL") or None, sys.stdin.buffer, replies)
    except CheckpointError as error:
        frames.write(replies, (0, SAID, str(error)))
        return 2
    try:
        worker.run()
    except BrokenPipeError:  # the server was killed
        return 1
    return 0


if __name__ == "__main__":
    run(main)
