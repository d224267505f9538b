"""The process that computes, and the one that it is forked from (`demo.compute.fork_server`).

A worker reads messages (`demo.compute.messages`) from a pipe and writes replies to another. It
keeps the pieces of the latest requests with what it computed for them, so that the next move of a
fader starts from there.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import queue
import signal
import socket
import sys
import threading
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from demo.compute import messages
from demo.compute.fork_server import ALONE
from demo.compute.messages import Forget, Reply, ReplyKind, Request, Stop
from survey.core.process_end import run

if TYPE_CHECKING:
    from demo.editing.answers import PieceMessage
    from demo.editing.piece_session import PieceSession, WorkProgress
    from demo.editing.requests import Values

NOTES_KEPT = 500_000  # of all pieces kept, some 100 bytes each with their results
PIECES_KEPT = 100  # with 50 visitors and 8 pieces, most results had to be computed again
PACKAGES = tuple(str(Path(__file__).resolve().parents[2] / name) for name in ("demo", "fadernets"))
ABANDONED_SECONDS = 1.0  # that a worker has to end by itself when the server is gone
log = logging.getLogger(__name__)

Tasks = Mapping[str, Callable[..., Any]]


class Stopped(Exception):
    """Raised in work that nobody waits for any more."""


class Worker:
    """Answers requests one by one, until its input ends.

    Parameters
    ----------
    tasks : name -> function
        What can be asked for. A task about a piece takes its `PieceSession` first, any other a
        function that is told how far the work is.
    requests, replies : binary files
    abandoned : function, optional
        Called when nobody writes requests any more.
    """

    def __init__(
        self,
        tasks: Tasks,
        requests: IO[bytes],
        replies: IO[bytes],
        abandoned: Callable[[], None] = lambda: None,
    ) -> None:
        self.tasks, self.requests, self.replies = tasks, requests, replies
        self.abandoned = abandoned
        self.waiting: queue.SimpleQueue[Request | Forget | None] = queue.SimpleQueue()
        self.stopped: int | None = None
        self.number = 0
        self.sessions: OrderedDict[str, PieceSession] = OrderedDict()

    def run(self) -> None:
        """Answer requests until the input ends."""
        threading.Thread(target=self._listen, daemon=True).start()
        while (message := self.waiting.get()) is not None:
            if isinstance(message, Forget):
                for session_id in message.session_ids:
                    self.sessions.pop(session_id, None)
            else:
                self.number = message.number
                self._reply(*self._answer(message))

    def progress(self, count: int, total: int) -> None:
        """Say how far the work is; raises `Stopped` if nobody waits for it."""
        if self.stopped == self.number:
            raise Stopped
        self._reply(ReplyKind.PROGRESS, (count, total))

    def _listen(self) -> None:
        try:
            while True:
                message = messages.read(self.requests)
                if isinstance(message, Stop):
                    self.stopped = message.number
                else:
                    self.waiting.put(message)
        except EOFError:
            self.stopped = self.number
            self.waiting.put(None)
            self.abandoned()

    def _answer(self, request: Request) -> tuple[ReplyKind, Any]:
        arguments = request.arguments
        if request.session is not None:
            self.sessions[request.session.id] = request.session
        if request.session_id is not None:
            if request.session_id not in self.sessions:
                return ReplyKind.UNKNOWN, None
            self.sessions.move_to_end(request.session_id)
            session = self.sessions[request.session_id]
            session.progress = self.progress
            arguments = (session, *arguments)
        else:
            arguments = (self.progress, *arguments)
        self._make_room()
        try:
            return ReplyKind.RESULT, self.tasks[request.task](*arguments)
        except Stopped:
            return ReplyKind.STOPPED, None
        except Exception as error:  # noqa: BLE001 - the worker lives on, whatever it is
            return _failure(error)

    def _make_room(self) -> None:
        """Forget the pieces used longest ago, but never the one used last."""
        notes = sum(session.piece.weight for session in self.sessions.values())
        while len(self.sessions) > 1 and (len(self.sessions) > PIECES_KEPT or notes > NOTES_KEPT):
            _, session = self.sessions.popitem(last=False)
            notes -= session.piece.weight

    def _reply(self, kind: ReplyKind, value: Any) -> None:
        messages.write(self.replies, Reply(self.number, kind, value))


def _failure(error: Exception) -> tuple[ReplyKind, str]:
    """A sentence for the visitor if our own code raised it, else where it happened, for the log.

    A `ValueError` from a library may hold paths and values, so the visitor does not see it.
    """
    last = traceback.extract_tb(error.__traceback__)[-1]
    is_ours = last.filename.startswith(PACKAGES)
    if is_ours and isinstance(error, (ValueError, RuntimeError)) and str(error):
        return ReplyKind.REFUSED, str(error)
    return ReplyKind.FAILED, f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"


def load_tasks(model: str | None) -> Tasks:
    """The tasks, with the model loaded and warm.

    Parameters
    ----------
    model : str or None
        Name or folder.
    """
    from fadernets import checkpoint

    checkpoint.find(model)  # refuses a missing model before the imports, which take seconds
    import torch

    from demo.compute import cost
    from demo.compute.warm import warm_up
    from demo.editing import endpoints, saving, service
    from demo.editing.figures import along
    from demo.editing.mixing import mix_piece
    from demo.editing.opening import open_example, open_file
    from demo.editing.variations import variations
    from fadernets.net import FaderNet

    # Threads that share one visitor's work wait for each other when the cores are busy.
    torch.set_num_threads(1)
    net = FaderNet.load(model)
    warm_up(net)

    def opened(session: PieceSession) -> tuple[PieceSession, str]:
        session.takes_any = net.realiser.takes_any
        return session, described(session, service.piece_message(session))

    def described(session: PieceSession, message: PieceMessage) -> str:
        return json.dumps({**message, "along": along(net, session)})

    def choose(session: PieceSession, values: Values) -> tuple[PieceSession, str]:
        chosen, message = service.choose(session, values)
        return chosen, described(chosen, message)

    def price_opening(_: WorkProgress, path: str) -> float:
        return cost.of_opening(open_file(path))

    def price_choice(session: PieceSession, values: Values) -> float:
        return cost.of_opening(service.chosen(session, values))

    def price_mix(session: PieceSession, values: Values, donor: str) -> float:
        return cost.of_mixing(session, values, open_file(donor))

    def called(progress: WorkProgress, path: str, values: Values) -> PieceSession:
        session = endpoints.opened(net, path, values.get("tracks"))
        session.progress = progress
        return session

    def price(progress: WorkProgress, task: str, path: str, *more: Any) -> float:
        *others, values = more
        reading = sum(map(cost.of_reading, (path, *others)))
        session = called(progress, path, values)
        if task == "edit":
            (settings,) = others
            all_values = endpoints.with_settings(net, settings, values)
            return reading + cost.of_call("change", session, all_values)
        return reading + cost.of_call(task, session, values, *map(open_file, others))

    return {
        "price_opening": price_opening,
        "price_choice": price_choice,
        "price_mix": price_mix,
        "open_example": lambda _, key: opened(open_example(key)),
        "open_file": lambda _, path: opened(open_file(path)),
        "choose": choose,
        # As JSON already: a long answer would keep the server itself busy.
        "answer": lambda session, values: json.dumps(service.answer(net, session, values)),
        "hear": lambda session, values: json.dumps(service.answer(net, session, values, hear=True)),
        "vary": lambda session, values: json.dumps(variations(net, session, values)),
        "mix_piece": lambda session, values, donor, is_example, folder: mix_piece(
            net, session, values, donor, is_example, folder
        ),
        "save": lambda session, values, folder: saving.save(net, session, values, folder),
        "price": price,
        "change": lambda progress, path, values, folder: endpoints.change(
            net, called(progress, path, values), values, folder
        ),
        "edit": lambda progress, path, settings, values, folder: endpoints.edit(
            net, called(progress, path, values), settings, values, folder
        ),
        "mix": lambda progress, path, donor, values, folder: endpoints.mix(
            net, called(progress, path, values), donor, values, folder
        ),
        "describe": lambda progress, path, values, folder: endpoints.describe(
            called(progress, path, values), values, folder
        ),
        "render": lambda progress, path, values, folder: endpoints.render(
            called(progress, path, values), values, folder
        ),
    }


def main() -> int:
    """Start workers until the server ends; 2 with one sentence if model or sound cannot be."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the whole group: the server acts
    if sys.argv[1] == ALONE:
        return _alone(int(sys.argv[2]))
    control = socket.socket(fileno=int(sys.argv[1]))
    os.dup2(2, 1)  # whatever a library prints belongs into the log
    gc.disable()  # what is loaded now stays
    from fadernets.checkpoint import CheckpointError
    from fadernets.playback import audio

    try:
        audio.check()
        tasks = load_tasks(os.environ.get("FADERNETS_MODEL") or None)
    except (CheckpointError, audio.AudioError) as error:
        control.recv(2)  # else the pipe closes before the server reads the sentence
        _report(control, ReplyKind.REFUSED, str(error))
        return 2
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for workers
    # Collecting garbage would write into every object, and so copy what workers share.
    gc.collect()
    gc.freeze()
    gc.enable()
    try:
        while (request := socket.recv_fds(control, 1, 2))[0]:
            (nice,), pipes = request[:2]
            if worker := os.fork():
                with suppress(OSError):  # it has ended already
                    os.setpgid(worker, worker)  # here, too: it may be killed at once
                for pipe in pipes:
                    os.close(pipe)
                _report(control, ReplyKind.READY, worker)
                continue
            control.close()
            return _work(tasks, nice, *pipes)
    except ConnectionError:  # the server was killed
        return 1
    return 0


def _alone(nice: int) -> int:
    """Be a worker that loads the model itself, by this process's standard input and output."""
    requests, replies = os.dup(0), os.dup(1)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)  # else a synthesiser might read the requests
    os.dup2(2, 1)  # whatever a library prints belongs into the log
    from fadernets.checkpoint import CheckpointError
    from fadernets.playback import audio

    with os.fdopen(replies, "wb", closefd=False) as answers:
        try:
            audio.check()
            tasks = load_tasks(os.environ.get("FADERNETS_MODEL") or None)
        except (CheckpointError, audio.AudioError) as error:
            messages.write(answers, Reply(0, ReplyKind.REFUSED, str(error)))
            return 2
        messages.write(answers, Reply(0, ReplyKind.READY, os.getpid()))
    return _work(tasks, nice, requests, replies)


def _report(control: socket.socket, kind: ReplyKind, value: Any) -> None:
    with control.makefile("wb") as pipe:
        messages.write(pipe, Reply(0, kind, value))


def _work(tasks: Tasks, nice: int, requests: int, replies: int) -> int:
    """Be a worker until the server ends, or its messages do."""
    if hasattr(signal, "SIGCHLD"):  # Windows has none
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # it waits for the synthesiser
    with suppress(OSError, AttributeError):  # it leads one already; Windows
        os.setpgid(0, 0)
    if nice and hasattr(os, "nice"):
        os.nice(nice)
    Worker(tasks, os.fdopen(requests, "rb"), os.fdopen(replies, "wb"), _end_soon).run()
    return 0


def _end_soon() -> None:
    """End this process and the synthesiser that it started: the server was killed."""
    time.sleep(ABANDONED_SECONDS)
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)  # Windows


if __name__ == "__main__":
    run(main)
